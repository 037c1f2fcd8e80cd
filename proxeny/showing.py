"""Adverts in the process of the pages: what runs is read every few seconds, what was counted is written as often.

Theory of operation. `look` is called each second by the thread that follows the network. First the figures go to the store,
in one transaction that adds them to what is there; then the campaigns that run are read, and of those with a cap how often
they were shown: today anew, before today now and then, as another process may write late what it counted before midnight. So a
cap holds to within what was shown meanwhile by other processes, and a process that is killed loses the figures of PERIOD seconds.
Where the store does not answer, figures wait (at most portal.figures.SUMS of them) and the pages show what ran last. Never called
by a page view.
"""

from __future__ import annotations

import threading
from datetime import UTC
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from portal.cases.adverts import Shown
from portal.figures import Figures
from store import adverts
from store.faults import StoreError
from store.session import reading, transaction

if TYPE_CHECKING:
    from datetime import date, datetime, tzinfo

    from sqlalchemy import Engine

    from store.adverts import Run

PERIOD: Final = 5.0  # seconds
BEFORE: Final = 3_600.0  # seconds that a sum of the days before today is good for
LATE: Final = 60.0  # seconds after midnight by which others have written what they counted before


class Showing:
    """What is shown, and how often it was."""

    def __init__(self, database: Engine) -> None:
        self.figures = Figures()
        self.running: tuple[Run, ...] = ()
        self._database = database
        self._next = 0.0
        self._zone: tzinfo = UTC  # the operator's, once somebody looked
        self._before: dict[str, int] = {}  # campaign -> shown before today
        self._today: date | None = None
        self._summed = 0.0  # when what was shown before today was last forgotten
        self._lost = 0
        self._lock = threading.Lock()
        self._log = structlog.get_logger(part="guest")

    def look(self, now: datetime, zone: tzinfo) -> bool:
        """Write and read, where it is time; whether it was. Raises what the store does."""
        with self._lock:
            if not 0 <= self._next - now.timestamp() <= PERIOD:  # a clock that was set back waits for nothing
                self._next = now.timestamp()
            if now.timestamp() < self._next:
                return False
            self._next = now.timestamp() + PERIOD
            self._zone = zone
            self._write()
            self._read(now, zone)
            if (lost := self.figures.lost) != self._lost:
                self._log.warning("views and clicks were not counted: too many sums waited", lost=lost - self._lost)
                self._lost = lost
            return True

    def end(self) -> None:
        """Write what there is; a store that does not answer keeps nobody from ending."""
        with self._lock:
            try:
                self._write()
            except (SQLAlchemyError, StoreError):
                return

    def _write(self) -> None:
        if not (figures := self.figures.take()):
            return
        try:
            with transaction(self._database) as session:
                adverts.count(session, figures, self._zone)
        except BaseException:
            self.figures.give_back(figures)
            raise

    def _read(self, now: datetime, zone: tzinfo) -> None:
        today = now.astimezone(zone).date()
        if today != self._today or not 0 <= now.timestamp() - self._summed < BEFORE:
            self._summed = now.timestamp() - (BEFORE - LATE if today != self._today else 0.0)
            self._today, self._before = today, {}
        with reading(self._database) as session:
            self.running = adverts.running(session, now)
            capped = [run.advert.campaign for run in self.running if run.capped]
            if fresh := [campaign for campaign in capped if campaign not in self._before]:
                self._before |= dict.fromkeys(fresh, 0) | adverts.shown(session, fresh, end=today)
            counted = adverts.shown(session, capped, today) if capped else {}
        self.figures.know({each: Shown(counted.get(each, 0), self._before[each] + counted.get(each, 0)) for each in capped})
