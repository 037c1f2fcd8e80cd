"""The sums of the last day, kept hour by hour in memory: a page asks the database for what is newer alone.

Theory of operation. An hour that ended five minutes ago does not change any more, but for records that come late after an
outage: its sums are asked for once. What is newer is asked for anew, at most every few seconds however many people look. At a
million logins a day an hour costs a fifth of a second in SQLite: so the first look at a day is spread over several pages,
and each says from when on it counts. Never holds anything of a single login.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from flask import current_app

from portal.admin.desk import desk
from store import pulse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from portal.admin.desk import Desk
    from store.pulse import Sum

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(hours=24)
SETTLED: Final = timedelta(minutes=5)  # after its end an hour is asked for the last time
FRESH: Final = timedelta(seconds=4)  # for which an answer does for everybody
PATIENCE: Final = 0.4  # seconds of one page for hours that were not asked for yet


class Beat(NamedTuple):
    """How logins went."""

    at: datetime
    hour: Sequence[Sum]
    day: Sequence[Sum]
    since: datetime  # from when on `day` counts
    minutes: Sequence[tuple[datetime, int]]  # logins of each of the last sixty

    @property
    def drawn(self) -> str:
        """Another where its chart is another: a page in which nothing moved is not fetched again."""
        return f"{self.minutes[-1][0]:%H%M}-{sum(count for _at, count in self.minutes)}"


class Pulse:
    """One app's; for any number of threads."""

    def __init__(self) -> None:
        self._hours: dict[datetime, list[Sum]] = {}
        self._beat: Beat | None = None
        self._lock = threading.Lock()

    def beat(self, session: Session, now: datetime) -> Beat:
        """How it is now, or was some seconds ago."""
        with self._lock:
            if self._beat is None or not self._beat.at <= now < self._beat.at + FRESH:
                self._beat = self._asked(session, now)
            return self._beat

    def _asked(self, session: Session, now: datetime) -> Beat:
        border = _floor(now - SETTLED)
        self._fill(session, border, now)
        since = border
        while since - HOUR in self._hours:
            since -= HOUR
        newer = pulse.sums(session, border, now + HOUR)
        day = pulse.together([*newer, *(each for some in self._hours.values() for each in some)])
        return Beat(now, pulse.sums(session, now - HOUR, now + HOUR), day, since, _minutes(session, now))

    def _fill(self, session: Session, border: datetime, now: datetime) -> None:
        """The hours of the day that are missing, the newest first, as far as the time goes; one in any case."""
        first = _floor(now - DAY) + HOUR
        self._hours = {hour: some for hour, some in self._hours.items() if first <= hour < border}
        began, hour = time.monotonic(), border - HOUR
        while hour >= first:
            if hour not in self._hours:
                self._hours[hour] = pulse.sums(session, hour, hour + HOUR)
                if time.monotonic() - began >= PATIENCE:
                    break
            hour -= HOUR


def _minutes(session: Session, now: datetime) -> list[tuple[datetime, int]]:
    first = now.replace(second=0, microsecond=0) - timedelta(minutes=59)
    counts = pulse.by_minute(session, first)
    return [(at, counts.get(f"{at:%Y-%m-%d %H:%M}", 0)) for at in (first + timedelta(minutes=number) for number in range(60))]


def _floor(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def pulse_of_desk() -> Pulse:
    """The running desk's: settings that are read again make another."""
    kept: tuple[Desk, Pulse] | None = current_app.extensions.get("pulse")
    if kept is None or kept[0] is not desk():
        kept = current_app.extensions["pulse"] = (desk(), Pulse())
    return kept[1]
