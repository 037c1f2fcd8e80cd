"""The accounting spool: what a worker must have on disk before it answers an Accounting-Request.

Theory of operation. A spool is a small SQLite file with one writer: WAL, `synchronous=FULL`, so that a commit returns
after the fdatasync that covers it. `keep` puts a record into a bounded queue; one thread takes all that waits, commits
it together and only then says `done(True)` for each. Draining is store/drain.py's work, in another process.

On any I/O error the file is not trusted again (an fsync that failed once may "succeed" without having written): it is
renamed `.suspect`, still to be drained, and a new one is opened. SQLite deletes its WAL *by name* when the last
connection closes, so a rename while somebody else has the file open could remove the new file's WAL: whoever opens,
closes or renames spools of other people holds the folder's lock meanwhile.

Stands alone on sqlite3: a worker imports nothing heavier. Never says `done(True)` for what a power cut could take.
"""

from __future__ import annotations

import fcntl
import logging
import os
import queue
import sqlite3
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Done = Callable[[bool], None]

FORMAT: Final = 1  # of a row; a reader that meets a newer one leaves it alone
SUSPECT: Final = ".suspect"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS record (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: a late delete cannot hit a younger row
    format INTEGER NOT NULL, received REAL NOT NULL, key BLOB NOT NULL,
    client TEXT NOT NULL, source TEXT NOT NULL, local TEXT NOT NULL, octets BLOB NOT NULL)
"""
_INSERT: Final = "INSERT INTO record (format, received, key, client, source, local, octets) VALUES (?, ?, ?, ?, ?, ?, ?)"
_GROUP: Final = 512  # records in one commit
_CHECKPOINT_EVERY: Final = 2_000  # records: the WAL stays at a few MiB
_RETRY: Final = 0.5  # seconds between attempts to open a spool that would not open
_ROOM: Final = 8 << 20  # octets left free on the disk, so that the drain can still delete
_log = logging.getLogger(__name__)


class Kept(NamedTuple):
    """A record as it waits: radius.records.Accounting's fields, by duck type."""

    key: bytes
    client: str
    source: str
    local: str
    octets: bytes


@contextmanager
def folder_lock(folder: Path, patience: float = 1.0) -> Iterator[None]:
    """Hold the folder's lock; TimeoutError after `patience` seconds. A dead holder's lock is free (flock)."""
    deadline = time.monotonic() + patience
    with (folder / "folder.lock").open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{folder}: another process holds the spool folder's lock") from None
                time.sleep(0.005)
        yield


class Spool:
    """One worker's spool. Thread-safe; `done` is called in the spool's own thread, so keep it short."""

    def __init__(self, path: Path, most: int = 8_192) -> None:
        """Open `path`, or `path` with a number where another living process has it. At most `most` records wait."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path, self._owner = _own(path)
        self._most = most
        self._queue: queue.SimpleQueue[tuple[Kept | tuple[Any, ...], float, Done] | None] = queue.SimpleQueue()
        self._file: sqlite3.Connection | None = None
        self._since_checkpoint = 0
        self._retry_at = 0.0
        self._closed = False
        self.fault = ""  # why nothing can be kept just now, "" where all is well
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)
        self._thread.start()

    @property
    def works(self) -> bool:
        """False while records cannot be made durable: Status-Server on the accounting port stays silent then."""
        return not self.fault and not self._closed

    def keep(self, record: Kept | tuple[Any, ...], done: Done) -> None:
        """Make (key, client, source, local, octets) durable, then call `done(True)`; `done(False)` if that fails."""
        if self._closed or self._queue.qsize() >= self._most:
            done(False)
        else:
            self._queue.put((record, time.time(), done))

    def close(self, timeout: float = 5.0) -> None:
        """Commit what waits, then close the file."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            self._thread.join(timeout)

    def _run(self) -> None:
        self._open()
        last = False
        while not last:
            waiting, last = self._take()
            kept = self._commit([(FORMAT, received, *record) for record, received, _ in waiting])
            for _, _, done in waiting:
                self._tell(done, kept)
            self._checkpoint()
        while not self._queue.empty():  # came between the last word and the closing
            if (late := self._queue.get()) is not None:
                self._tell(late[2], kept=False)
        if self._file is not None:
            self._file.close()
        self._owner.close()

    def _take(self) -> tuple[list[tuple[Any, float, Done]], bool]:
        """All that waits, at most a group of it; and whether that was the end."""
        waiting: list[tuple[Any, float, Done]] = []
        try:
            item = self._queue.get(timeout=_RETRY if self.fault else None)
            while item is not None:
                waiting.append(item)
                if len(waiting) == _GROUP:
                    return waiting, False
                item = self._queue.get_nowait()
        except queue.Empty:
            return waiting, False
        return waiting, True

    def _tell(self, done: Done, kept: bool) -> None:
        try:
            done(kept)
        except Exception:  # noqa: BLE001 - one caller's fault must not stop the others' answers
            _log.exception("a spool callback failed")

    # The file ------------------------------------------------------------------------------------------------------

    def _commit(self, rows: list[tuple[Any, ...]]) -> bool:
        """Write and sync; False where that cannot be vouched for."""
        if self._file is None and not self._open():
            return False
        assert self._file is not None  # noqa: S101 - for the type checker
        if not rows and not self.fault:
            return True
        try:
            if _crowded(self.path):  # fails where the file has lost its name: what it takes then, nobody would drain
                return self._full("the disk of the spool is full")
            with self._file:  # without rows: a probe whether the fault has passed
                self._file.executemany(_INSERT, rows)
        except (sqlite3.Error, OSError) as fault:  # the latter: file or folder is gone, or the disk fails
            return self._failed(fault)
        self._well()
        self._since_checkpoint += len(rows)
        return True

    def _failed(self, fault: Exception) -> bool:
        code = getattr(fault, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY):  # rolled back cleanly: the file stays good
            return self._full(str(fault))
        self._mark(f"{self.path.name}: {fault}")
        self._distrust()
        return False

    def _full(self, why: str) -> bool:
        self._mark(why)
        return False

    def _mark(self, fault: str) -> None:
        if fault != self.fault:
            self.fault = fault
            _log.error("accounting is not answered: %s", fault)

    def _well(self) -> None:
        if self.fault:
            self.fault = ""
            _log.warning("accounting is answered again")

    def _open(self) -> bool:
        if time.monotonic() < self._retry_at:
            return False
        self._retry_at = time.monotonic() + _RETRY
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if _crowded(self.path.parent):
                raise OSError("the disk of the spool is full")  # noqa: TRY301 - same road as a refused open
            self._file = connect(self.path)
            self._file.execute(_SCHEMA)
            _sync_folder(self.path.parent)
        except (sqlite3.Error, OSError) as fault:
            self._mark(f"{self.path.name}: {fault}")
            if getattr(fault, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR):
                self._distrust()
            self._file = None
            return False
        self._well()
        return True

    def _distrust(self) -> None:
        """Put the file aside as `.suspect`, with its WAL: what it holds is still drained."""
        if self._file is not None:
            with suppress(sqlite3.Error):
                self._file.close()
            self._file = None
        aside = self.path.with_name(f"{self.path.name}.{time.time_ns()}{SUSPECT}")
        try:
            with folder_lock(self.path.parent):
                _put_aside(self.path, aside)
        except OSError as fault:
            _log.error("%s could not be put aside: %s", self.path, fault)
        self._retry_at = 0.0

    def _checkpoint(self) -> None:
        """Move the WAL into the file, after the answers: two more syncs that nobody waits for."""
        if self._file is None or self._since_checkpoint < _CHECKPOINT_EVERY:
            return
        self._since_checkpoint = 0
        try:
            self._file.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.Error as fault:
            self._failed(fault)


def connect(path: Path, synchronous: str = "FULL") -> sqlite3.Connection:
    """A connection to a spool file: WAL, no checkpoint but the writer's own."""
    file = sqlite3.connect(path, timeout=2.0, check_same_thread=False)
    try:
        file.execute("PRAGMA journal_mode=WAL").fetchall()
        file.execute(f"PRAGMA synchronous={synchronous}")
        file.execute("PRAGMA wal_autocheckpoint=0")
    except sqlite3.Error:
        file.close()
        raise
    path.chmod(0o600)
    return file


def _put_aside(path: Path, aside: Path) -> None:
    """Rename a spool with its WAL, so that a kill at any point loses neither.

    The WAL gets its second name first; a WAL left without its database is thrown away by SQLite at the next open.
    """
    wal = Path(f"{path}-wal")
    if wal.exists():
        Path(f"{aside}-wal").hardlink_to(wal)
    path.rename(aside)
    wal.unlink(missing_ok=True)
    Path(f"{path}-shm").unlink(missing_ok=True)
    _sync_folder(path.parent)


def _own(path: Path) -> tuple[Path, Any]:
    """The first of path, path-2, path-3 ... that no living process writes, and its lock."""
    for number in range(1, 1000):
        mine = path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
        lock = mine.with_name(f"{mine.name}.lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        return mine, lock
    raise RuntimeError(f"{path}: a thousand processes write spools of this name")


def _crowded(place: Path) -> bool:
    """Whether the disk is so full that the drain could soon not delete any more."""
    disk = os.statvfs(place)
    return disk.f_bavail * disk.f_frsize < min(_ROOM, disk.f_blocks * disk.f_frsize // 16)


def _sync_folder(folder: Path) -> None:
    """Make a new file's name durable: fsync on the file alone does not cover its directory."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
