"""A new sealing key: put on top of the key file, then every sealed value closed with it, batch by batch.

Killed half-way, the file holds both keys and every value opens; run again, it goes on. Retired keys stay in the file,
because older backups and a transaction begun before still need them, until they are forgotten by request. Never
removes a key that a row is sealed with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Column, Engine, Table, bindparam, func, select, update

from store.models import Base, Sealed
from store.sealed import Seal, Where, key_id, new_key, replace_keys
from store.session import reading, transaction

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BATCH: Final = 500


def rotate(database: Engine, path: Path, progress: Callable[[str, int], None] = lambda _table, _values: None) -> int:
    """Seal everything with a fresh key; how many values. `progress` hears of each batch. The controller may run meanwhile."""
    seal = Seal(path)
    replace_keys(path, (new_key(), *seal.keys))
    changed = 0
    while went := sum(_reseal(database, seal, column, progress) for column in sealed_columns()):
        changed += went  # again until nothing is left: others wrote while we did
    return changed


def forget_retired(database: Engine, path: Path) -> int:
    """Drop the keys that no row needs; how many. Backups made under them cannot be opened any more."""
    seal = Seal(path)
    with reading(database) as session:
        used = {
            value[1:9]
            for column in sealed_columns()
            for value in session.scalars(select(func.substr(column, 1, 9)).where(column.is_not(None)).distinct())
        }
    held = seal.keys
    kept = tuple(key for key in held if key is held[0] or key.id in used)
    replace_keys(path, kept)
    return len(held) - len(kept)


def sealed_columns() -> list[Column[Any]]:
    """Every column that holds sealed values."""
    return [column for table in Base.metadata.sorted_tables for column in table.columns if isinstance(column.type, Sealed)]


def _reseal(database: Engine, seal: Seal, column: Column[Any], progress: Callable[[str, int], None]) -> int:
    """Walk a table by its primary key; each batch is one transaction."""
    table: Table = column.table
    (key,) = table.primary_key
    changed, after = 0, None
    while True:
        with transaction(database) as session:
            page = select(key, column).where(column.is_not(None), *(() if after is None else (key > after,))).order_by(key).limit(BATCH)
            rows = session.execute(page.with_for_update()).all()
            fresh = [
                {"row": row, "value": again}
                for row, value in rows
                if (again := _again(seal, Where(table.name, name_of(row), column.name), value))
            ]
            if fresh:
                session.connection().execute(update(table).where(key == bindparam("row")).values({column: bindparam("value")}), fresh)
        if not rows:
            return changed
        after = rows[-1][0]
        changed += len(fresh)
        progress(table.name, len(fresh))


def name_of(row: Any) -> str:
    """A primary key as text."""
    return row.hex() if isinstance(row, bytes) else str(row)


def _again(seal: Seal, where: Where, value: bytes) -> bytes | None:
    """The value under the newest key; None where it has that already."""
    if key_id(value) == seal.keys[0].id:
        return None
    return seal.close(seal.open(value, where), where)
