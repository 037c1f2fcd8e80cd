"""A few threads that answer questions, and the bound on how many wait for them.

A question that finds no room is refused at once; one that waited too long before its turn is refused instead of tried,
so that a queue behind a dead database empties. Never waits in the loop, and never lets an exception out of a thread.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from proxeny.verdicts import refused
from radius.actions import Reason
from store.faults import StoreError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from radius.questions import Verdict


Answer = TypeVar("Answer")
PATIENCE: Final = 3.0  # seconds in the queue: the road waits for 8, and the work itself takes some
_AWAY: Final = (SQLAlchemyError, StoreError, OSError)  # a database that is locked, gone, or not what it was


class Clerks(Generic[Answer]):
    """`threads` of them, with `most` questions waiting; `busy` is what one too many is told.

    An answer is what the work makes, or a Verdict that refuses.
    """

    def __init__(self, name: str, threads: int, most: int, busy: Reason, loop: asyncio.AbstractEventLoop) -> None:
        self._name, self._waits = name, most
        self._busy = busy
        self._loop = loop
        self._queue: queue.SimpleQueue[tuple[float, Callable[[], Answer], Callable[[Answer | Verdict], None]] | None] = queue.SimpleQueue()
        self._threads = 0
        self._log = structlog.get_logger(part="porter")
        self.waiting = 0  # asked and not answered
        self.faults = 0
        self.staff(threads)

    def staff(self, threads: int) -> None:
        """So many threads from now on; one too many ends after the questions that are waiting now."""
        for number in range(self._threads, threads):
            threading.Thread(target=self._run, name=f"{self._name} {number}", daemon=True).start()
        for _ in range(threads, self._threads):
            self._queue.put(None)
        self._threads = threads

    def take(self, work: Callable[[], Answer], done: Callable[[Answer | Verdict], None]) -> None:
        """In the loop: have it answered; `done` is called in the loop, at once where there is no room."""
        if self.waiting >= self._threads + self._waits:
            done(refused(self._busy))
            return
        self.waiting += 1
        self._queue.put((time.monotonic(), work, done))

    def dismiss(self) -> None:
        """No more questions: each ends after the one it has."""
        self.staff(0)

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            asked_at, work, done = item
            verdict = self._answer(work) if time.monotonic() - asked_at < PATIENCE else refused(self._busy)
            try:
                self._loop.call_soon_threadsafe(self._answered, done, verdict)
            except RuntimeError:  # the loop has ended
                return

    def _answer(self, work: Callable[[], Answer]) -> Answer | Verdict:
        try:
            return work()
        except _AWAY as fault:
            self.faults += 1
            self._log.debug("a question could not be answered", fault=type(fault).__name__)  # the feed says it aloud, once
        except Exception:  # noqa: BLE001  the thread's one boundary: logged, and the next question has its turn
            self.faults += 1
            self._log.exception("a question could not be answered")
        return refused(Reason.PORTER_SILENT)

    def _answered(self, done: Callable[[Answer | Verdict], None], verdict: Answer | Verdict) -> None:
        self.waiting -= 1
        done(verdict)
