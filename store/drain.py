"""Empties the workers' spools: the recorder's side of store/spool.py.

Reads every spool file of a folder, whoever wrote it, dead or alive, `.suspect` included. A batch is read, the caller
commits it to the main database, then `done` deletes it; a kill in between means it is read again, and the ledger's
idempotence keys take care of that. Rows are deleted by id *and* key, so that a file which was replaced meanwhile
loses nothing. Each file is open only under the folder's lock (see spool.py on renames).

Never deletes a row that the caller has not called done.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from store.slices import slices
from store.spool import FORMAT, SUSPECT, connect, folder_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

_SELECT: Final = "SELECT id, received, key, client, source, local, octets FROM record WHERE format <= ? ORDER BY id LIMIT ?"
_AT_ONCE: Final = 250  # rows deleted while the spool's writer waits: half a millisecond
_PAUSE: Final = 0.001  # in which the writer, who looks after one and after two milliseconds, has its turn
_UNREADABLE_FOR: Final = 60.0  # seconds until a file that would not be read is tried again
_log = logging.getLogger(__name__)


class Row(NamedTuple):
    """One accounting record on its way from a spool to the ledger."""

    id: int
    received: float  # wall clock
    key: bytes
    client: str
    source: str
    local: str
    octets: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of one file, oldest first."""

    path: Path
    rows: tuple[Row, ...]


class Drain:
    """All spools of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._unreadable: dict[Path, float] = {}

    def batches(self, most: int = 500) -> Iterator[Batch]:
        """One batch of each file that has rows; call again until nothing comes. TimeoutError where the lock is held."""
        for path in self.files():
            if rows := self._read(path, most):
                yield Batch(path, rows)

    def files(self) -> list[Path]:
        """Every spool file, oldest name first, but those that could not be read a moment ago."""
        if not self.folder.is_dir():
            return []
        found = sorted({*self.folder.glob("*.spool"), *self.folder.glob(f"*{SUSPECT}")})
        return [path for path in found if self._unreadable.get(path, 0.0) < time.monotonic()]

    def done(self, batch: Batch) -> None:
        """The main database holds these rows: delete them here. A `.suspect` file that is empty goes altogether."""
        with self._opened(batch.path) as file:
            if file is None:
                return
            for number, some in enumerate(slices(batch.rows, _AT_ONCE)):
                if number:
                    time.sleep(_PAUSE)
                with file:
                    file.executemany("DELETE FROM record WHERE id = ? AND key = ?", [(row.id, row.key) for row in some])
            empty = file.execute("SELECT 1 FROM record LIMIT 1").fetchone() is None
            file.close()
            if empty and batch.path.suffix == SUSPECT:
                for end in ("", "-wal", "-shm"):
                    Path(f"{batch.path}{end}").unlink(missing_ok=True)

    def backlog(self) -> int:
        """About how many records wait (rows of a file lie closely together)."""
        total = 0
        for path in self.files():
            with self._opened(path) as file:
                if file is not None:
                    total += file.execute("SELECT coalesce(max(id) - min(id) + 1, 0) FROM record").fetchone()[0]
        return total

    @property
    def unreadable(self) -> list[Path]:
        """Files that hold records nobody can read: an operator's matter."""
        return [path for path in self._unreadable if path.exists()]

    def _read(self, path: Path, most: int) -> tuple[Row, ...]:
        with self._opened(path) as file:
            if file is None:
                return ()
            rows: list[Row] = []
            cursor = file.execute(_SELECT, (FORMAT, most))
            try:
                rows.extend(Row(*row) for row in cursor)
            except sqlite3.DatabaseError as fault:  # a damaged page: what came before it is good
                if not rows:
                    self._give_up(path, fault)
            return tuple(rows)

    @contextmanager
    def _opened(self, path: Path) -> Iterator[sqlite3.Connection | None]:
        """The file open under the folder's lock; None where it is gone, still without table, or unreadable."""
        with folder_lock(self.folder):
            file = None
            try:
                if path.exists() and path.stat().st_size:
                    file = connect(path, synchronous="NORMAL")  # a lost delete is only a second reading
                    if file.execute("SELECT 1 FROM sqlite_master WHERE name = 'record'").fetchone() is None:
                        file.close()
                        file = None
            except sqlite3.DatabaseError as fault:
                self._give_up(path, fault)
                file = None
            try:
                yield file
            finally:
                if file is not None:
                    file.close()

    def _give_up(self, path: Path, fault: sqlite3.DatabaseError) -> None:
        if getattr(fault, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL):
            _log.error("the spool %s cannot be read: %s", path, fault)
            self._unreadable[path] = time.monotonic() + _UNREADABLE_FOR
