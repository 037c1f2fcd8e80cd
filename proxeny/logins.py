"""Logins between the journal and the database: told to the log at once, written by the batch, bounded at every step.

Theory of operation. What workers tell waits raw; `speak` turns a batch into lines and rows, in an outage too, and `write`
puts the rows into the database, thousands in one transaction while there are thousands. A batch that something refuses
is taken apart until the one login that is to blame stands alone. What no bound can hold is counted as lost.

Never lets memory grow with the length of an outage, and never gives up a login because of its neighbour.
"""

from __future__ import annotations

import threading
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Final

import structlog

from proxeny.draining import AWAY
from proxeny.login_log import LoginLog
from proxeny.translation import Calendar
from proxeny.visits import Visits
from store import trace
from store.session import transaction

if TYPE_CHECKING:
    from collections import Counter

    from sqlalchemy import Engine

    from radius import records
    from store.privacy import Privacy

MOST: Final = 40_000  # logins that wait, 40 MB at most; beyond, the oldest give way and are counted
BATCH: Final = 5_000  # logins of one transaction, a fifth of a second's work: at 500, SQLite alone spends twice as much on each
IN_OUTAGE: Final = 500  # told to the log ahead of a database that is away


class Logins:
    """All that are not in the database yet."""

    def __init__(self, counts: Counter[str]) -> None:
        """`counts` gets `logins` that were written and `logins_lost`."""
        self.log = LoginLog()
        self.visits = Visits()
        self._counts = counts
        self._told: deque[records.Login] = deque()
        self._rows: deque[trace.Login] = deque()  # told to the log
        self._lock = threading.Lock()
        self._log = structlog.get_logger(part="recorder")

    def __len__(self) -> int:
        return len(self._told) + len(self._rows)

    @property
    def untold(self) -> int:
        """How many nobody has looked at."""
        return len(self._told)

    def take(self, told: list[records.Login]) -> None:
        """Logins of the workers; called in another thread than the rest."""
        with self._lock:
            self._told += told
            over = len(self._told) - MOST
            for _ in range(over):
                self._told.popleft()
            self._counts["logins_lost"] += max(over, 0)

    def speak(self, marks: Privacy | None, *, outage: bool) -> None:
        """Log lines and F-Ticks of those told since; in an outage only of as many as may wait."""
        most = IN_OUTAGE if outage else BATCH
        if len(self._rows) >= most:
            return
        with self._lock:
            told = [self._told.popleft() for _ in range(min(most, len(self._told)))]
        try:
            self._rows += self.log.tell(told, Calendar(), marks)
        except Exception:  # noqa: BLE001 - what cannot be said costs no other login its row
            self._log.exception("a login could not be told, and they are told one by one", count=len(told))
            for record in told:
                self._speak_alone(record, marks)

    def _speak_alone(self, record: records.Login, marks: Privacy | None) -> None:
        try:
            self._rows += self.log.tell([record], Calendar(), marks)
        except Exception as fault:  # noqa: BLE001 - as above
            self._counts["logins_lost"] += 1
            self._log.error("a login is lost", fault=f"{type(fault).__name__}: {fault}")

    def write(self, database: Engine, marks: Privacy) -> None:
        """All that were told to the log; the database's errors are the caller's, and what it did not take stays."""
        while self._rows:
            some = list(islice(self._rows, BATCH))
            self._counts["logins"] += self._write(some, database, marks)
            for _ in some:
                self._rows.popleft()

    def _write(self, some: list[trace.Login], database: Engine, marks: Privacy) -> int:
        try:
            with transaction(database) as session:
                trace.record_logins(session, some, marks)
                self.visits.count(session, some, marks)
            self.visits.settle()
        except AWAY:
            raise
        except Exception:  # noqa: BLE001 - whatever one login holds, the others are written
            self._log.exception("logins were refused by the database", count=len(some))
            if len(some) == 1:
                self._counts["logins_lost"] += 1
                return 0
            half = len(some) // 2
            return self._write(some[:half], database, marks) + self._write(some[half:], database, marks)
        return len(some)
