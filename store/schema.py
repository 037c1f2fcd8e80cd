"""The shape of the database: which revision it has, how it gets to another, and where it differs from the models.

All revisions of one upgrade run in one transaction, so an upgrade that is killed has not happened. What every start asks
needs no Alembic, which would take a seventh of it: only an upgrade loads that. Never run by itself on a database that holds
something: an old database is refused with the verb to run.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, inspect, make_url, text
from sqlalchemy.exc import DBAPIError

from store.faults import StoreError
from store.session import engine, looking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config

_LOCK: Final = 0x50524F58454E59  # "PROXENY": PostgreSQL's advisory lock for two upgrades at once


def prepare(url: str) -> Engine:
    """The database, ready for this version: an empty one is created, any other shape refused with the verb to run."""
    _private_file(url)
    database = engine(url)
    try:
        have = revision(database)
        empty = have is None and not _tables(database)
    except DBAPIError as fault:
        raise StoreError(f"database {shown(url)}: {first_line(fault)}") from None
    if empty:
        upgrade(url)
    elif have != head():
        raise StoreError(f"database {shown(url)}: {misfit(have)}")
    return database


def upgrade(url: str, to: str = "head") -> None:
    """Bring the database up to a revision; nothing happens where it is there already."""
    from alembic import command  # noqa: PLC0415  above

    _private_file(url)
    with _alone(url) as connection:
        have = _revision(connection)
        if have is not None and have not in revisions():
            raise StoreError(f"database {shown(url)}: {misfit(have)}")
        command.upgrade(_config(connection), to)


def downgrade(url: str, to: str) -> None:
    """Take the database down to a revision, or to "base": nothing. What the later shape alone can hold is lost."""
    from alembic import command  # noqa: PLC0415  above

    with _alone(url) as connection:
        command.downgrade(_config(connection), to)


def revision(database: Engine) -> str | None:
    """The revision the database has; None before the first."""
    with looking(database) as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def revisions() -> list[str]:
    """Every revision, oldest first: their files are named for them, in order."""
    return sorted(path.name.partition("_")[0] for path in (_folder() / "versions").glob("[0-9]*.py"))


def head() -> str:
    """The revision this version needs."""
    return revisions()[-1]


def shown(url: str) -> str:
    """A database address fit to be shown: its password masked."""
    return make_url(url).render_as_string(hide_password=True)


def dangling(connection: Connection) -> list[str]:
    """References to rows that are not there; only SQLite can have them, whose foreign keys rest during an upgrade."""
    if connection.dialect.name != "sqlite":
        return []
    return [
        f"a row of {row[0]} refers to one of {row[2]} that is not there" for row in connection.execute(text("PRAGMA foreign_key_check"))
    ]


def misfit(have: str | None) -> str:
    """Why a revision is not the one this version needs, and what to do."""
    if have is None:
        return "it has no shape yet; run: proxeny db upgrade"
    if have not in revisions():
        return f"it has revision {have}, made by a newer version of Proxeny; run that version, or restore a backup"
    return f"it has revision {have}, this version needs {head()}; run: proxeny db upgrade"


def _folder() -> Path:
    return Path(str(files("migrations")))


def _config(connection: Connection) -> Config:
    from alembic.config import Config  # noqa: PLC0415  above

    config = Config()
    config.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _alone(url: str) -> Iterator[Connection]:
    """One transaction that no other upgrade shares; SQLite's foreign keys rest, for altering a table means copying it."""
    database = engine(url)
    try:
        with database.connect() as connection:
            if connection.dialect.name == "sqlite":
                _raw(connection, "PRAGMA foreign_keys=OFF")
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                yield connection
                if broken := dangling(connection):
                    raise StoreError(f"database {shown(url)}: the change was undone: {broken[0]}")
    except DBAPIError as fault:
        raise StoreError(f"database {shown(url)}: {first_line(fault)}") from fault
    finally:
        database.dispose()


def _raw(connection: Connection, statement: str) -> None:
    """Outside any transaction, where alone this PRAGMA has an effect."""
    held: Any = connection.connection.dbapi_connection
    held.execute(statement)


def _tables(database: Engine) -> list[str]:
    return inspect(database).get_table_names()


def first_line(fault: DBAPIError) -> str:
    """What the database said, without the statement."""
    return str(fault.orig).strip().splitlines()[0] if str(fault.orig).strip() else type(fault.orig).__name__


def _private_file(url: str) -> None:
    """A new SQLite file is ours alone from its first moment: others on the machine have no business with it."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite" or not address.database or address.database == ":memory:":
        return
    path = Path(address.database)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as fault:
        raise StoreError(f"database {path}: {fault.strerror}; make its folder writable or change database.url") from None
