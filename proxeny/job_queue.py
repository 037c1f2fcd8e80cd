"""A queue of jobs: huey over a SQLite file of its own, its messages signed JSON that holds row ids and nothing else.

What is queued is a hint: the row says what is to be done, and whoever finds it done already does nothing. So a file that is
damaged is made anew. Workers sleep until the bell rings and not by polling. Never unpickles, never keeps a result.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from typing import TYPE_CHECKING, Any, Final

from huey import SqliteHuey
from huey.consumer import Consumer, Worker
from huey.registry import Message
from huey.serializer import SignedSerializer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAME: Final = "jobs.db"
KEY: Final = "jobs"  # store.keys.named
WORKERS: Final = 8
IDLE: Final = 1.0  # seconds until a worker looks without having heard the bell
logging.getLogger("huey").setLevel(logging.WARNING)  # a line for every task is nobody's reading


class SignedJson(SignedSerializer):  # type: ignore[misc]  # huey has no types
    """Messages as JSON under an HMAC: a stranger's octets are refused before they are read."""

    def _serialize(self, data: Any) -> bytes:
        octets: bytes = self._sign(json.dumps(data, separators=(",", ":")).encode())
        return octets

    def _deserialize(self, data: Any) -> Any:
        return Message(*json.loads(self._unsign(bytes(data))))


class JobQueue:
    """Row ids by the name of their job."""

    def __init__(self, folder: Path, key: bytes, jobs: dict[str, Callable[[int], None]], name: str = NAME, workers: int = WORKERS) -> None:
        self._huey = _opened(folder / name, key)
        self._workers = workers
        self._bell = threading.Semaphore(0)
        self._tasks = {name: self._huey.task(name=name)(job) for name, job in jobs.items()}
        self._consumer: Hands | None = None

    def put(self, name: str, row: int) -> None:
        """Have this job done for this row, soon."""
        self._tasks[name](row)
        self._bell.release()

    def begin(self) -> None:
        """Work, in threads."""
        self._consumer = Hands(self._huey, self._bell, self._workers)
        self._consumer.start()

    def end(self, seconds: float) -> bool:
        """Begin nothing more, and wait for what is under way; whether all of it ended."""
        if self._consumer is None:
            return True
        self._consumer.stop_flag.set()
        for _ in range(self._workers):
            self._bell.release()
        self._consumer.shutdown_timeout = seconds
        return bool(self._consumer._join_workers())  # noqa: SLF001  `stop` would log and interrupt; a thread cannot be interrupted


class Listening(Worker):  # type: ignore[misc]
    """A worker that waits for the bell."""

    bell: threading.Semaphore

    def sleep(self) -> None:
        self.bell.acquire(timeout=IDLE)


class Hands(Consumer):  # type: ignore[misc]
    """huey's consumer in somebody else's process: signals are not its business."""

    worker_class = Listening

    def __init__(self, queue: SqliteHuey, bell: threading.Semaphore, workers: int) -> None:
        self._bell = bell
        super().__init__(queue, workers=workers, periodic=False, check_worker_health=False)

    def _create_worker(self) -> Worker:
        worker = super()._create_worker()
        worker.bell = self._bell
        return worker

    def _set_signal_handlers(self) -> None:
        pass


def _opened(path: Path, key: bytes) -> SqliteHuey:
    """The queue in this file; what lies there and is no queue gives way."""
    try:
        return _queue(path, key)
    except sqlite3.DatabaseError:
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
        return _queue(path, key)


def _queue(path: Path, key: bytes) -> SqliteHuey:
    signed = SignedJson(secret=key.hex())
    # fsync=False: what a power cut takes from it, the sweep puts there again
    huey = SqliteHuey("proxeny", filename=str(path), serializer=signed, results=False, fsync=False)
    if huey.storage.sql("pragma quick_check", (), results=True)[0][0] != "ok":
        raise sqlite3.DatabaseError("the queue's file is damaged")
    huey.storage.flush_queue()  # of a process before us: the sweep knows better
    return huey
