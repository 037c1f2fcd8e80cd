"""Backups: made as often as [backup] says, or when somebody asks, tried out, and the oldest removed. A thread of the recorder's.

Theory of operation. The recorder is the one process that runs wherever there is a database to write to; what takes long here
(copying, checking) happens inside SQLite or in PostgreSQL's own programs, outside the interpreter's lock. A run is a row from
the moment it is asked for, so a page's button only adds one. One that failed, or was cut short, leaves no file.

Never removes a file that it did not make, and never the last good one.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy import func, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from store import backup as copies
from store import backups, rehearsal
from store.faults import StoreError
from store.models import AccessPoint, BackupRun, BackupState, Client, Home, NamedKey, Realm, Site, Staff
from store.session import engine, reading, transaction

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from proxeny.parts_backup import Backup
    from proxeny.settings import Settings

LOOK: Final = 2.0  # seconds between looks: whoever pressed the button watches
KEPT: Final = timedelta(days=400)  # of a run whose file is gone
ROOM: Final = 2.1  # times the database that must be free: the copy, and the copy of the rehearsal
_OURS: Final = re.compile(r"proxeny-\d{8}T\d{6}Z\.(db|dump)")
_STEADY: Final = (Site, AccessPoint, Client, Home, Realm, NamedKey, Staff)  # seldom changed: counted before and after, and compared


class Backing:
    """The thread, and what it knows of the last good one."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.good_at = 0.0  # of the last good one, in seconds since 1970; 0: none
        self._database: Engine | None = None
        self._under_way = True  # a row may say so of one that nobody makes: of the process before us, or of a look that failed
        self._fault = ""
        self._ending = threading.Event()
        self._log = structlog.get_logger(part="backup")
        self.thread = threading.Thread(target=self._run, name="backing", daemon=True)

    def adopt(self, settings: Settings) -> None:
        """In another thread: new settings, from the next look on."""
        self.settings = settings

    def end(self) -> None:
        """Begin nothing more; one that is being made is cut short, and said to be by the next process."""
        self._ending.set()

    def _run(self) -> None:
        while not self._ending.wait(LOOK):
            try:
                self.look()
                self._fault = ""
            except Exception as fault:  # noqa: BLE001 - a look that failed is a look later
                words = _words(fault)
                if words != self._fault:
                    self._log.warning("backups cannot be looked after", fault=words)
                self._fault = words

    def look(self) -> None:
        """Make the one that is wanted, if any."""
        part = self.settings.backup
        if part is None:
            return
        database = self._opened()
        now = datetime.now(UTC)
        with reading(database) as session:
            self.good_at = _stamp(backups.good(session))
            run = backups.wanted(session, timedelta(seconds=part.every), now)
        if run is None:
            return
        self._under_way = True
        with transaction(database) as session:
            number = backups.begin(session, run, now)
        self._make(database, part, number, now)
        self._under_way = False

    def _opened(self) -> Engine:
        if self._database is None:
            self._database = engine(self.settings.database.url)
        if self._under_way:
            with transaction(self._database) as session:
                backups.cut_short(session)
            self._under_way = False
        return self._database

    def _make(self, database: Engine, part: Backup, number: int, now: datetime) -> None:
        began = time.monotonic()
        file, octets, rows, fault = "", 0, 0, ""
        try:
            path = _named(part.folder, self.settings.database.url, now)
            rows = self._made(database, path)
            file, octets = str(path), path.stat().st_size
        except StoreError as wrong:
            fault = str(wrong)
        except OSError as wrong:
            fault = f"{part.folder}: {wrong.strerror or wrong}"
        except SQLAlchemyError as wrong:
            fault = _words(wrong)
        ended = datetime.now(UTC)
        with transaction(database) as session:
            row = session.get_one(BackupRun, number)
            row.state = BackupState.FAILED if fault else BackupState.GOOD
            row.file, row.octets, row.rows, row.fault = file, octets, rows, fault
            row.milliseconds = round((time.monotonic() - began) * 1000)
            row.rehearsed_at = None if fault else ended
        if fault:
            self._log.error("a backup failed", fault=fault)
            return
        self._log.info("a backup is made and tried out", file=file, octets=octets, rows=rows)
        self._thin(database, part.keep, ended)

    def _made(self, database: Engine, path: Path) -> int:
        """Copied and tried out; a copy that is not good does not stay."""
        _tidy(path.parent)
        _refuse_full(path.parent, self.settings.database.url)
        before = _counts(database)
        expected = copies.backup(self.settings.database.url, path, count=True)
        if not expected:
            after = _counts(database)
            expected = {table: rows for table, rows in before.items() if after[table] == rows}
        try:
            return rehearsal.rehearse(self.settings.database.url, path, self.settings.seal_key, expected)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def _thin(self, database: Engine, keep: int, now: datetime) -> None:
        with transaction(database) as session:
            for row in backups.too_many(session, keep):
                path = Path(row.file)
                if _OURS.fullmatch(path.name):
                    path.unlink(missing_ok=True)
                row.removed_at = now
            backups.purge(session, KEPT, now)


def _named(folder: Path, url: str, now: datetime) -> Path:
    suffix = "db" if make_url(url).get_backend_name() == "sqlite" else "dump"
    return folder / f"proxeny-{now:%Y%m%dT%H%M%SZ}.{suffix}"


def _tidy(folder: Path) -> None:
    """What a process that was killed left half done."""
    for path in folder.iterdir():
        name = path.name.removeprefix(".")
        if path.name.startswith(".") and _OURS.match(name) and not _OURS.fullmatch(name):
            path.unlink(missing_ok=True)


def _refuse_full(folder: Path, url: str) -> None:
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        return
    wanted = int(ROOM * os.stat(str(address.database)).st_size)  # noqa: PTH116  a name, not a path of ours
    if (free := shutil.disk_usage(folder).free) < wanted:
        raise StoreError(f"{folder}: {free >> 20} MiB are free, and {wanted >> 20} are needed for a copy and its rehearsal")


def _counts(database: Engine) -> dict[str, int]:
    with reading(database) as session:
        return {table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0 for table in _STEADY}


def _words(fault: Exception) -> str:
    return (str(getattr(fault, "orig", None) or fault).strip() or type(fault).__name__).splitlines()[0]


def _stamp(moment: datetime | None) -> float:
    return moment.timestamp() if moment is not None else 0.0
