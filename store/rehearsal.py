"""A backup tried out: restored beside, opened, held against the models, its key tried, its rows counted.

SQLite is restored into a file of its own. A PostgreSQL archive is read to its end by pg_restore, row by row, and not loaded into a
server: that would take a second database, which is not ours to make; docs/backups.md says how to do it by hand. Never
touches the database in use, and leaves nothing behind.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING, Final

from sqlalchemy import make_url

from store import keys
from store.backup import counted, restore
from store.check import check
from store.faults import StoreError
from store.schema import head
from store.session import engine, reading

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_COPY: Final = re.compile(rb'COPY (?:[^. ]+\.)?"?([a-z_]+)"? \(')


def rehearse(url: str, file: Path, key: Path, expected: Mapping[str, int]) -> int:
    """Rows in all; StoreError says in a line why the backup is not good. `expected`: rows of tables, where they are known."""
    sqlite = make_url(url).get_backend_name() == "sqlite"
    found = _restored(file, key) if sqlite else _read(file)
    wrong = [f"{table} has {found.get(table, 0)} rows, not {rows}" for table, rows in expected.items() if found.get(table, 0) != rows]
    if wrong:
        raise StoreError(f"backup {file}: {wrong[0]}")
    return sum(found.values())


def _restored(file: Path, key: Path) -> dict[str, int]:
    beside = file.with_name(f".{file.name}.rehearsal")
    url = f"sqlite:///{beside}"
    try:
        _remove(beside)
        restore(url, file)
        if faults := check(url):
            raise StoreError(f"backup {file}, restored: {faults[0]}")
        database = engine(url)
        try:
            with reading(database) as session:
                keys.unlock(session, key)
        finally:
            database.dispose()
        with closing(sqlite3.connect(beside)) as copy:
            return counted(copy)
    except sqlite3.Error as fault:
        raise StoreError(f"backup {file}, restored: {fault}") from None
    finally:
        _remove(beside)


def _remove(beside: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        beside.with_name(beside.name + suffix).unlink(missing_ok=True)


def _read(file: Path) -> dict[str, int]:
    """Table -> rows of an archive, as pg_restore writes them out."""
    path = shutil.which("pg_restore")
    if path is None:
        raise StoreError("pg_restore is not installed here, so no backup can be tried out; install Debian's postgresql-client")
    rows: dict[str, int] = {}
    table, revision = "", b""
    with subprocess.Popen(  # noqa: S603  found by PATH as any operator's tool; the arguments are ours and a path
        [path, "--data-only", "--file=-", os.fspath(file)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as reader:
        assert reader.stdout is not None  # noqa: S101  for the type checker
        for line in reader.stdout:
            if table and line == b"\\.\n":
                table = ""
            elif table:
                rows[table] += 1
                revision = line.strip() if table == "alembic_version" else revision
            elif begun := _COPY.match(line):
                table = begun[1].decode()
                rows[table] = 0
    if reader.returncode:
        raise StoreError(f"backup {file}: pg_restore cannot read it to its end")
    if revision.decode() != head():
        raise StoreError(f"backup {file}: it is of revision {revision.decode() or 'none'}, not {head()}")
    return rows
