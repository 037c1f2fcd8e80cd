"""Many rows in one go, by statements that are compiled once: written anew, or merged with the row that is there.

Beside the unit of work: rows of these tables are never loaded as objects by whoever writes them so. Never reorders.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import JSON, Dialect, Enum, Table, insert
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session as Database

    from store.models import Base

    _Column = tuple[int, Callable[[Any], Any], bool]  # its place, how its values are converted, whether they are of few kinds
    Merge = Callable[[Any], Mapping[str, Any]]  # the row that is refused -> what the one that is there becomes


def upsert(database: Database, model: type[Base], rows: Sequence[Mapping[str, Any]], key: Iterable[str], merge: Merge) -> None:
    """Insert rows; where one of this key is there, `merge(excluded)` says what it becomes."""
    if rows:
        statement = _insert(database, model)
        merged = statement.on_conflict_do_update(index_elements=list(key), set_=dict(merge(statement.excluded)))
        database.connection().execute(merged, list(rows))


def insert_new(database: Database, model: type[Base], rows: Sequence[Mapping[str, Any]], returning: str) -> list[Any]:
    """Insert the rows that are not there yet; this column of each that was new."""
    if not rows:
        return []
    statement = _insert(database, model).on_conflict_do_nothing().returning(_table(model).c[returning])
    return list(database.connection().execute(statement, list(rows)).scalars())


def load(database: Database, model: type[Base], columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows of these columns, straight to the driver: a tenth of the unit of work's time, a third of Core's.

    SQLAlchemy's types convert the values as ever, but column by column, and equal values of few kinds once.
    """
    if not rows:
        return
    connection = database.connection()
    statement, positional, types = _loading(model, columns, connection.dialect)
    told: list[Iterable[Any]] = list(zip(*rows, strict=True))
    for place, convert, few in types:
        known = {value: convert(value) for value in set(told[place])} if few else None
        told[place] = map(known.__getitem__ if known is not None else convert, told[place])
    values = list(zip(*told, strict=True))
    connection.exec_driver_sql(statement, values if positional else [dict(zip(columns, row, strict=True)) for row in values])


@lru_cache(maxsize=16)
def _loading(model: type[Base], columns: tuple[str, ...], dialect: Dialect) -> tuple[str, bool, list[_Column]]:
    """The statement, whether its parameters are positional, and which columns are converted how."""
    table = _table(model)
    compiled = insert(table).compile(dialect=dialect, column_keys=list(columns))
    types = [table.c[name].type for name in columns]
    converts = [kind.dialect_impl(dialect).bind_processor(dialect) for kind in types]
    order = tuple(compiled.positiontup) if compiled.positiontup else columns
    if order != columns:
        raise ValueError(f"columns of {table.name} in another order than the table's: {columns}")
    found: list[_Column] = [
        (place, convert, isinstance(types[place], JSON | Enum)) for place, convert in enumerate(converts) if convert is not None
    ]
    return str(compiled), compiled.positional, found


def _table(model: type[Base]) -> Table:
    return cast(Table, model.__table__)


def _insert(database: Database, model: type[Base]) -> sqlite.Insert | postgresql.Insert:
    if database.get_bind().dialect.name == "sqlite":
        return sqlite.insert(_table(model))
    return postgresql.insert(_table(model))
