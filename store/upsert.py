"""Many rows in one go, by statements that are compiled once: written anew, or merged with the row that is there.

Beside the unit of work: rows of these tables are never loaded as objects by whoever writes them so. Never reorders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session as Database

    from store.models import Base

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


def _table(model: type[Base]) -> Table:
    return cast(Table, model.__table__)


def _insert(database: Database, model: type[Base]) -> sqlite.Insert | postgresql.Insert:
    if database.get_bind().dialect.name == "sqlite":
        return sqlite.insert(_table(model))
    return postgresql.insert(_table(model))
