"""A few threads that answer questions, and the bound on how many wait for them.

A question that finds no room is refused at once; one that waited too long before its turn is refused instead of tried,
so that a queue behind a dead database empties. Never waits in the loop, and never lets an exception out of a thread.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from proxeny.verdicts import refused
from radius.actions import Reason
from store.faults import StoreError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from radius.questions import Verdict

    Work = Callable[[], Verdict]
    Done = Callable[[Verdict], None]

PATIENCE: Final = 3.0  # seconds in the queue: the road waits for 8, and the work itself takes some
_AWAY: Final = (SQLAlchemyError, StoreError, OSError)  # a database that is locked, gone, or not what it was


class Clerks:
    """`threads` of them, with `most` questions waiting; `busy` is what one too many is told."""

    def __init__(self, name: str, threads: int, most: int, busy: Reason, loop: asyncio.AbstractEventLoop) -> None:
        self._most = threads + most
        self._busy = busy
        self._loop = loop
        self._queue: queue.SimpleQueue[tuple[float, Work, Done] | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._run, name=f"{name} {number}", daemon=True) for number in range(threads)]
        self._log = structlog.get_logger(part="porter")
        self.waiting = 0  # asked and not answered
        self.faults = 0
        for thread in self._threads:
            thread.start()

    def take(self, work: Work, done: Done) -> None:
        """In the loop: have it answered; `done` is called in the loop, at once where there is no room."""
        if self.waiting >= self._most:
            done(refused(self._busy))
            return
        self.waiting += 1
        self._queue.put((time.monotonic(), work, done))

    def dismiss(self) -> None:
        """No more questions: each ends after the one it has."""
        for _ in self._threads:
            self._queue.put(None)

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            asked_at, work, done = item
            verdict = self._answer(work) if time.monotonic() - asked_at < PATIENCE else refused(self._busy)
            try:
                self._loop.call_soon_threadsafe(self._answered, done, verdict)
            except RuntimeError:  # the loop has ended
                return

    def _answer(self, work: Work) -> Verdict:
        try:
            return work()
        except _AWAY as fault:
            self.faults += 1
            self._log.debug("a question could not be answered", fault=type(fault).__name__)  # the feed says it aloud, once
        except Exception:  # noqa: BLE001  the thread's one boundary: logged, and the next question has its turn
            self.faults += 1
            self._log.exception("a question could not be answered")
        return refused(Reason.PORTER_SILENT)

    def _answered(self, done: Done, verdict: Verdict) -> None:
        self.waiting -= 1
        done(verdict)
