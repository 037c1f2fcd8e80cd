"""Is the database whole, and of the shape the models say? `proxeny db check` prints what this finds.

Never mends anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from store.faults import DamagedError
from store.models import Base
from store.schema import dangling, first_line, head, misfit, revision, shown
from store.session import engine

if TYPE_CHECKING:
    from collections.abc import Iterator


def check(url: str) -> list[str]:
    """Where the database's shape is not that of the models, and what is broken in it; [] is well."""
    database = engine(url)
    try:
        have = revision(database)
        if have != head():
            return [misfit(have)]
        with database.connect() as connection:
            return [*differences(connection), *dangling(connection), *_damage(connection)]
    except DBAPIError as fault:
        return [f"database {shown(url)}: {first_line(fault)}"]
    except DamagedError as fault:
        return [str(fault)]
    finally:
        database.dispose()


def differences(connection: Connection) -> list[str]:
    """What a migration would have to change for the database to fit the models, in words."""
    # Here, as the recorder rehearses a backup once a day, and each of its starts would pay for it.
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415
    from alembic.migration import MigrationContext  # noqa: PLC0415

    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return [line for change in compare_metadata(context, Base.metadata) for line in _told(change)]


def _told(change: Any) -> Iterator[str]:
    """One difference as alembic gives it: a tuple of a verb and its objects, or a list of such for one column."""
    if isinstance(change, list):
        for part in change:
            yield from _told(part)
        return
    verb, *objects = change
    names = [str(getattr(item, "name", None) or item) for item in objects if item is not None and not isinstance(item, dict)]
    table = getattr(getattr(objects[-1], "table", None), "name", "")
    yield f"{verb.replace('_', ' ')}: {' '.join([table, *names] if table and table not in names else names)}"


def _damage(connection: Connection) -> list[str]:
    """What SQLite finds wrong with its file; PostgreSQL keeps its own house."""
    if connection.dialect.name != "sqlite":
        return []
    return [
        f"the file is damaged: {row[0]}; restore a backup" for row in connection.execute(text("PRAGMA quick_check(5)")) if row[0] != "ok"
    ]
