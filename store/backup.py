"""A copy of the database in one file, while the controller runs, and the way back.

SQLite through its own backup call, PostgreSQL through its own programs (store/archive.py). The key file and the spool belong to a
backup and are not in it: without the key no shared secret opens. Never overwrites a backup, never restores what this
version cannot read.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import make_url

from store import archive
from store.faults import StoreError
from store.schema import misfit, revisions

if TYPE_CHECKING:
    from collections.abc import Callable

PAGES: Final = 1000  # copied at a time; between two lots a writer gets its turn


def backup(
    url: str, file: Path, progress: Callable[[int, int], None] = lambda _done, _total: None, *, count: bool = False
) -> dict[str, int]:
    """Write the database into `file`, 0600, whole or not at all. `progress` hears pages copied and pages in all.

    Returns how many rows each table has in it, where `count` and SQLite's own way say so; else nothing.
    """
    if file.exists():
        raise StoreError(f"backup {file}: it exists already; choose another name")
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        if make_url(url).get_backend_name() == "sqlite":
            rows = _copy(_sqlite_file(url), draft, progress, count=count)
        else:
            rows = {}
            archive.dump(url, draft)
        _sync(draft)
        file.hardlink_to(draft)
        _sync(file.parent)
    except FileExistsError:
        raise StoreError(f"backup {file}: it exists already; choose another name") from None
    except OSError as fault:
        raise StoreError(f"backup {file}: {fault.strerror}; choose a folder that can be written to") from None
    finally:
        draft.unlink(missing_ok=True)
    return rows


def restore(url: str, file: Path) -> Path | None:
    """Put a backup in the database's place. The caller makes sure that no controller runs.

    Returns where the SQLite database that was there before now lies; None where there was none, or in PostgreSQL.
    """
    if not file.is_file():
        raise StoreError(f"backup {file}: there is no such file")
    if make_url(url).get_backend_name() != "sqlite":
        archive.load(url, file)
        return None
    _readable(file)
    target = _sqlite_file(url)
    kept = _set_aside(target)
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    _copy(file, target, lambda _done, _total: None, how="mode=ro&immutable=1")  # else its own log would lie beside it
    _sync(target)
    return kept


def _set_aside(target: Path) -> Path | None:
    """The database that is there, copied beside itself under a name that is free."""
    if not target.exists() or not target.stat().st_size:
        return None
    number = 1
    while (kept := target.with_name(f"{target.name}.before-restore-{number}")).exists():
        number += 1
    os.close(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    _copy(target, kept, lambda _done, _total: None)
    return kept


def _copy(source: Path, target: Path, progress: Callable[[int, int], None], *, count: bool = False, how: str = "mode=ro") -> dict[str, int]:
    """One SQLite file into another, as one transaction of the target: the state of one moment, however many write meanwhile.

    Without a transaction that is held, SQLite begins anew at every change of another's: beside a recorder, for ever.
    """
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?{how}", uri=True, timeout=10)) as have,
            closing(sqlite3.connect(target, timeout=10)) as want,
        ):
            have.execute("BEGIN")
            have.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()  # from here on it sees this state alone
            rows = counted(have) if count else {}
            have.backup(want, pages=PAGES, progress=lambda _status, left, total: progress(total - left, total), sleep=0.01)
            want.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return rows
    except sqlite3.Error as fault:
        raise StoreError(f"database {source} into {target}: {fault}; nothing was changed") from None


def counted(database: sqlite3.Connection) -> dict[str, int]:
    """Table -> rows."""
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")]
    return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in sorted(tables)}  # noqa: S608  its own tables


def _readable(file: Path) -> None:
    """A backup that is whole, ours, and not of a newer version."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as source:
            (sound,) = source.execute("PRAGMA quick_check(1)").fetchone()
            row = source.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as fault:
        raise StoreError(f"backup {file}: not a Proxeny database ({fault})") from None
    if sound != "ok":
        raise StoreError(f"backup {file}: damaged ({sound}); choose an older one")
    if row is None or row[0] not in revisions():
        raise StoreError(f"backup {file}: {misfit(row[0] if row else None)}")


def _sqlite_file(url: str) -> Path:
    name = make_url(url).database
    if not name or name == ":memory:":
        raise StoreError("database url: a database in memory has no file to back up")
    return Path(name)


def _sync(path: Path) -> None:
    held = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(held)
    finally:
        os.close(held)
