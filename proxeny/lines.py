"""One kind of work of the jobs process: what waits for it, what is under way, and whom to leave alone for a while.

Theory of operation. Each kind has a queue and threads of its own, so that one whose other side is dead takes no thread from
another's. Within a kind each other side (a gateway, the mail server) has a few conversations at a time, and none at all
for a while after it has not answered. What was chosen is under way until a thread has done with it; the rows say what became
of it.

Never looks into a row: what waits, and how it is carried out, its work says.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Protocol

import structlog

from proxeny.job_queue import JobQueue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session as Database

    from proxeny.network import Network
    from proxeny.settings import Settings
    from store.privacy import Privacy

EACH: Final = 3  # conversations with one other side at a time
FORGOTTEN: Final = 30.0  # seconds until a row that was queued and not heard of again is queued once more
QUIET: Final = (1.0, 30.0)  # seconds that one who did not answer is left alone: at first, at most
End = Literal["done", "failed", "put_off"]


@dataclass(frozen=True, slots=True)
class Tools:
    """What every kind of work has at hand."""

    database: Engine
    marks: Privacy
    key: bytes  # signs what is queued
    settings: Callable[[], Settings]  # the newest
    network: Callable[[], Network | None]  # the newest; None where none stands


class Waiting(NamedTuple):
    """A row that should be carried out, and whom it is told to."""

    row: int
    side: str


class Carried(NamedTuple):
    """What became of a row."""

    side: str
    heard: bool  # whether the other side answered
    end: End
    why: str = ""


class Work(Protocol):
    """A kind of work."""

    name: str  # of its counts: "orders"
    done: str  # what those that went well are called: "done"
    quiet: str  # the count of others who are left alone: "gateways_quiet"
    file: str  # of its queue
    threads: int

    def waiting(self, session: Database, tools: Tools, now: datetime) -> list[Waiting]:
        """What may be taken now, the oldest first."""

    def tidy(self, tools: Tools, now: datetime) -> int:
        """Give up what is too old; how many."""

    def carry(self, row: int, tools: Tools) -> Carried | None:
        """Carry it out; None where somebody else had it, or where there was nothing to carry out."""


class Line:
    """The queue of one kind."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self._counts: Counter[str] = Counter({f"{work.name}_{end}": 0 for end in (work.done, "failed", "put_off", "given_up")})
        self._under_way: dict[int, tuple[str, float]] = {}  # row -> its side, when it was queued
        self._quiet: dict[str, tuple[float, float]] = {}  # side -> until when it is left alone, how long that pause was
        self._why: dict[str, str] = {}  # side -> what was last heard of it; who is quiet
        self._lock = threading.Lock()
        self._tools: Tools | None = None
        self._queue: JobQueue | None = None
        self._ending = threading.Event()
        self._log = structlog.get_logger(part="jobs")

    def look(self, session: Database, tools: Tools, folder: Path, now: datetime) -> None:
        """Queue what may be begun; the first makes the threads."""
        self._tools = tools
        for row in self._chosen(self.work.waiting(session, tools, now), time.monotonic()):
            if self._queue is None:
                self._queue = JobQueue(folder, tools.key, {self.work.name: self.carry}, self.work.file, self.work.threads)
                self._queue.begin()
            self._queue.put(self.work.name, row)

    def tidy(self, tools: Tools, now: datetime) -> None:
        """Give up what is too old."""
        self._counts[f"{self.work.name}_given_up"] += self.work.tidy(tools, now)

    def _chosen(self, found: list[Waiting], now: float) -> list[int]:
        """Those to begin: not under way, their side neither busy with others nor left alone."""
        chosen = []
        with self._lock:
            self._under_way = {row: kept for row, kept in self._under_way.items() if now - kept[1] < FORGOTTEN}
            busy = Counter(side for side, _ in self._under_way.values())
            for row, side in found:
                most = 1 if side in self._quiet else EACH  # who did not answer last takes one thread, until it does
                if row in self._under_way or busy[side] >= most or self._quiet.get(side, (0.0, 0.0))[0] > now:
                    continue
                busy[side] += 1
                self._under_way[row] = (side, now)
                chosen.append(row)
        return chosen

    def carry(self, row: int) -> None:
        """Carry one out, in a thread of the queue."""
        try:
            if self._tools is not None and not self._ending.is_set():
                self._heed(row, self.work.carry(row, self._tools))
        except Exception:  # noqa: BLE001 - the thread's one boundary: the row's lease ends, and it is tried again
            self._log.exception(f"one of the {self.work.name} was not carried out", row=row)
        finally:
            with self._lock:
                self._under_way.pop(row, None)

    def _heed(self, row: int, carried: Carried | None) -> None:
        """Count it, and leave alone who did not answer: a little longer each time."""
        if carried is None:
            return
        side, heard, end, why = carried
        if end == "failed":
            self._log.warning(f"one of the {self.work.name} failed", row=row, side=side, outcome=why)
        with self._lock:
            self._counts[f"{self.work.name}_{self.work.done if end == 'done' else end}"] += 1
            if heard:
                self._quiet.pop(side, None)
                self._why.pop(side, None)
                return
            if side not in self._quiet:
                self._log.warning("no answer", side=side, work=self.work.name, outcome=why)
            pause = min(self._quiet.get(side, (0.0, QUIET[0] / 2))[1] * 2, QUIET[1])
            self._quiet[side] = (time.monotonic() + pause, pause)
            self._why[side] = why

    def end(self, seconds: float) -> None:
        """Begin nothing more; wait for what is under way."""
        self._ending.set()
        if self._queue is not None:
            self._queue.end(seconds)

    def told(self) -> dict[str, Any]:
        """Plain numbers, and a line for /readyz."""
        with self._lock:
            fault = "; ".join(f"{side}: {why}" for side, why in sorted(self._why.items()))
        numbers = {f"{self.work.name}_under_way": len(self._under_way), self.work.quiet: len(self._quiet)}
        return {**self._counts, **numbers, f"{self.work.name}_fault": fault}


def moment() -> datetime:
    """Now, as rows have it."""
    return datetime.now(UTC)
