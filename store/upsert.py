"""Many rows in one go, by statements that are compiled once: written anew, or merged with the row that is there.

Beside the unit of work: rows of these tables are never loaded as objects by whoever writes them so. Never reorders.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sqlalchemy import JSON, Dialect, Enum, Table, and_, bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite

from store.slices import slices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Compiled
    from sqlalchemy.orm import Session as Database

    from store.models import Base

    _Column = tuple[int, Callable[[Any], Any], bool]  # its place, how its values are converted, whether they are of few kinds
    Merge = Callable[[Any], Mapping[str, Any]]  # the row that is refused -> what the one that is there becomes: a plain function


def upsert(database: Database, model: type[Base], rows: Sequence[Mapping[str, Any]], key: Iterable[str], merge: Merge) -> None:
    """Insert rows; where one of this key is there, `merge(excluded)` says what it becomes. It closes over nothing that changes."""
    if rows:
        columns = tuple(rows[0])
        statement = _Merging(model, columns, tuple(key), merge)
        _many(database, _merged(statement, _dialect(database)), columns, [tuple(row[name] for name in columns) for row in rows])


def grow(
    database: Database, model: type[Base], rows: Iterable[Mapping[str, Any]], key: tuple[str, ...], figures: tuple[str, ...], *more: str
) -> None:
    """Add the figures of these rows to those of the row of their key, which has these columns more; the rows may tell of one key twice.

    Sorted: two writers never wait for one another in a circle. What adds up to nothing is not written.
    """
    sums: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * len(figures))
    for row in rows:
        held = sums[tuple(row[name] for name in (*key, *more))]
        for at, name in enumerate(figures):
            held[at] += row[name]
    columns = (*key, *more, *figures)
    told = [dict(zip(columns, (*each, *counts), strict=True)) for each, counts in sorted(sums.items()) if any(counts)]
    upsert(database, model, told, key, lambda new: {name: getattr(model, name) + new[name] for name in figures})


def unseen(database: Database, model: type[Base], columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]], key: int = 0) -> set[Any]:
    """Insert the rows, of columns in the table's order, that are not there yet; the keys of those that were not: octets, in this column."""
    if not rows:
        return set()
    added: set[Any] = set()
    connection, dialect = database.connection(), _dialect(database)
    for some in slices(rows):
        ready = _adding(model, columns, len(some), dialect, key)
        values = [value if convert is None else convert(value) for row in some for convert, value in zip(ready.each, row, strict=True)]
        named = tuple(values) if ready.positional else dict(zip(ready.names, values, strict=True))
        added.update(bytes(row[0]) for row in connection.exec_driver_sql(ready.statement, named))
    return added


def load(database: Database, model: type[Base], columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows of these columns, straight to the driver: a tenth of the unit of work's time, a third of Core's.

    SQLAlchemy's types convert the values as ever, but column by column, and equal values of few kinds once.
    """
    if rows:
        _many(database, _loading(model, columns, _dialect(database)), columns, rows)


def change(database: Database, model: type[Base], columns: tuple[str, ...], key: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """Set these columns, in the table's order, of the rows whose key stands behind them."""
    if rows:
        _many(database, _changing(model, columns, key, _dialect(database)), (*columns, *(f"key_{name}" for name in key)), rows)


def _many(database: Database, ready: _Ready, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    told: list[Iterable[Any]] = list(zip(*rows, strict=True))
    for place, convert, few in ready.converts:
        known = {value: convert(value) for value in set(told[place])} if few else None
        told[place] = map(known.__getitem__ if known is not None else convert, told[place])
    values = list(zip(*told, strict=True))
    named = values if ready.positional else [dict(zip(columns, row, strict=True)) for row in values]
    database.connection().exec_driver_sql(ready.statement, named)


class _Ready(NamedTuple):
    """A statement for the driver, and how its values are converted."""

    statement: str
    positional: bool
    converts: list[_Column]


class _Adding(NamedTuple):
    """An insert of several rows in one statement that tells which of them are new."""

    statement: str
    positional: bool
    names: list[str]
    each: Sequence[Callable[[Any], Any] | None]  # how the values of one row are converted


class _Merging(NamedTuple):
    """An upsert, as far as it is known before its dialect. Equal where its text is: of `merge` only the code counts."""

    model: type[Base]
    columns: tuple[str, ...]
    key: tuple[str, ...]
    merge: Merge

    def __hash__(self) -> int:
        return hash((self.model, self.columns, self.key, self.merge.__code__))

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, _Merging) and self[:3] == other[:3]
        return same and self.merge.__code__ is cast(_Merging, other).merge.__code__


@lru_cache(maxsize=32)
def _merged(wanted: _Merging, dialect: Dialect) -> _Ready:
    table = _table(wanted.model)
    statement = (sqlite if dialect.name == "sqlite" else postgresql).insert(table)
    merged = statement.on_conflict_do_update(index_elements=list(wanted.key), set_=dict(wanted.merge(statement.excluded)))
    return _ready(merged.compile(dialect=dialect, column_keys=list(wanted.columns)), wanted.columns, table, dialect)


@lru_cache(maxsize=32)
def _loading(model: type[Base], columns: tuple[str, ...], dialect: Dialect) -> _Ready:
    table = _table(model)
    return _ready(insert(table).compile(dialect=dialect, column_keys=list(columns)), columns, table, dialect)


@lru_cache(maxsize=32)
def _adding(model: type[Base], columns: tuple[str, ...], count: int, dialect: Dialect, key: int) -> _Adding:
    table = _table(model)
    statement = (sqlite if dialect.name == "sqlite" else postgresql).insert(table).values([dict.fromkeys(columns)] * count)
    compiled = statement.on_conflict_do_nothing().returning(table.c[columns[key]]).compile(dialect=dialect)
    names = list(compiled.positiontup or compiled.params)
    each = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns]
    return _Adding(str(compiled), compiled.positional, names, each)


@lru_cache(maxsize=256)
def _changing(model: type[Base], columns: tuple[str, ...], key: tuple[str, ...], dialect: Dialect) -> _Ready:
    table = _table(model)
    one = and_(*(table.c[name] == bindparam(f"key_{name}", type_=table.c[name].type) for name in key))
    statement = update(table).where(one).values({name: bindparam(name, type_=table.c[name].type) for name in columns})
    return _ready(statement.compile(dialect=dialect), (*columns, *(f"key_{name}" for name in key)), table, dialect)


def _ready(compiled: Compiled, columns: tuple[str, ...], table: Table, dialect: Dialect) -> _Ready:
    """Whether its parameters are positional, and which of them are converted how."""
    order = tuple(compiled.positiontup) if compiled.positiontup else columns  # type: ignore[attr-defined]
    if order != columns:
        raise ValueError(f"columns of {table.name} in another order than the table's: {columns}")
    types = [table.c[name.removeprefix("key_")].type if name not in table.c else table.c[name].type for name in columns]
    converts = [kind.dialect_impl(dialect).bind_processor(dialect) for kind in types]
    found: list[_Column] = [
        (place, convert, isinstance(types[place], JSON | Enum)) for place, convert in enumerate(converts) if convert is not None
    ]
    return _Ready(str(compiled), compiled.positional, found)  # type: ignore[attr-defined]


def _dialect(database: Database) -> Dialect:
    return database.get_bind().dialect


def _table(model: type[Base]) -> Table:
    return cast(Table, model.__table__)


def _insert(database: Database, model: type[Base]) -> sqlite.Insert | postgresql.Insert:
    if database.get_bind().dialect.name == "sqlite":
        return sqlite.insert(_table(model))
    return postgresql.insert(_table(model))
