"""What happens to a guest under a plan: so many visits a day, so long, with so much data; when it ends, why, and when there is more.

Theory of operation. A month of visits is walked through by the same reckoning that judges real guests (radius/nas/plan.py for what
is left, store/usage.py for where days and months turn), from one moment at which something can change to the next: the visit ends
as wanted, the stay's time is over, the day's or month's amount is used up, midnight. Whoever's stay is over signs in again at once, as
most people would. Never looks at a real guest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from radius.nas.plan import Spent, Usage, remaining
from store import usage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from radius.nas.plan import Plan

DAYS: Final = 31
OPENS: Final = time(8)  # the first visit; the others are spread over what is left of the day
HOURS: Final = 16
MOST: Final = {"visits": 24, "minutes": 1_440, "megabytes": 100_000, "devices": 20}
LINES: Final = 40  # that are kept of one day
TURNS: Final = 5_000  # of the walk, after which a month is not walked to its end: stays of minutes, visits of days


class What(Enum):
    """What happens."""

    IN = "signs in"
    OUT = "leaves, as wanted"
    OVER = "the stay's time is over; a new one begins at once"
    CUT = "something is used up"
    REFUSED = "nothing is left when the guest comes"
    CROWDED = "a device too many"


@dataclass(frozen=True, slots=True)
class Visits:
    """What a guest does each day."""

    visits: int = 3
    minutes: int = 60
    megabytes: int = 300  # in each visit, on each device
    devices: int = 1
    account: bool = True  # signed in as somebody; else every device counts by itself


class Step(NamedTuple):
    """One moment."""

    at: datetime
    what: What
    spent: Spent | None = None
    back: datetime | None = None  # when there is something again
    used: Usage = Usage()  # so far


class Story(NamedTuple):
    """What became of it."""

    first: tuple[Step, ...]  # of the first day
    month: Step | None  # the first time that the month's data is used up
    day: tuple[datetime, datetime]  # where the first day begins and ends
    slowed: bool  # the plan's speed does not carry so much in so short a time
    at_once: int  # devices that are online together


def told(plan: Plan, visits: Visits, day: date, zone: tzinfo) -> Story:
    """From this day on, for a month."""
    walk = _Walk(plan, visits, zone)
    first, last = usage.periods(_local(day, OPENS, zone), zone).day
    steps: list[Step] = []
    month = None
    for number in range(DAYS):
        for start in _starts(day + timedelta(days=number), visits.visits, zone):
            for step in walk.visit(start):
                if step.at <= last and number == 0 and len(steps) < LINES:
                    steps.append(step)
                if month is None and step.spent is Spent.MONTH_DATA:
                    month = step
        if month is not None or walk.turns > TURNS or (plan.month_data is None and number > 0):
            break
    return Story(tuple(steps), month, (first, last), walk.slowed, walk.together)


def _starts(day: date, visits: int, zone: tzinfo) -> list[datetime]:
    begin = _local(day, OPENS, zone)
    return [begin + timedelta(hours=HOURS) * number / visits for number in range(visits)]


def _local(day: date, at: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


class _Walk:
    """One guest on the way through time."""

    def __init__(self, plan: Plan, visits: Visits, zone: tzinfo) -> None:
        self._plan, self._zone = plan, zone
        most = [each for each in (plan.devices, plan.simultaneous) if each is not None]
        self.crowded = visits.account and bool(most) and visits.devices > min(most)
        self.together = min([visits.devices, *most]) if visits.account else visits.devices
        self._counts = self.together if visits.account else 1  # devices that draw from one amount
        self._wanted = timedelta(minutes=visits.minutes)
        speed = visits.megabytes * 1_000_000 / (visits.minutes * 60)
        rates = [rate for rate in (plan.up, plan.down) if rate is not None]
        most_speed = sum(rates) / 8 if len(rates) == 2 else math.inf
        self.slowed = speed > most_speed
        self._speed = min(speed, most_speed) * self._counts
        self.turns = 0
        self._used = Usage()
        self._now = datetime.min.replace(tzinfo=UTC)

    def visit(self, start: datetime) -> Iterator[Step]:
        """One visit, from here or from where the last one ended."""
        self._now = max(start, self._now)
        leaves = self._now + self._wanted
        self._turn()
        if (spent := remaining(self._plan, self._used, None, self._now.timestamp()).spent) is not None:
            yield self._step(What.REFUSED, spent)
            return
        yield self._step(What.IN)
        if self.crowded:
            yield self._step(What.CROWDED)
        ends = self._end()
        while self._now < leaves:
            self._turn()
            left = remaining(self._plan, self._used, ends, self._now.timestamp())
            if left.spent is Spent.ENDED:
                yield self._step(What.OVER, left.spent)
                ends = self._end()
                continue
            if left.spent is not None:
                yield self._step(What.CUT, left.spent)
                return
            self.turns += 1
            self._go(min(self._steps(ends, left.octets, leaves)))
        yield self._step(What.OUT)

    def _end(self) -> float | None:
        """Of a stay that begins now."""
        return self._now.timestamp() + self._plan.session if self._plan.session is not None else None

    def _steps(self, ends: float | None, octets: int | None, leaves: datetime) -> Iterator[float]:
        """Seconds until anything can change."""
        now = self._now.timestamp()
        yield (leaves - self._now).total_seconds()
        yield self._used.day_ends - now
        if ends is not None:
            yield max(ends - now, 1)
        if self._plan.day_time is not None:
            yield max((self._plan.day_time - self._used.day_seconds) / self._counts, 1)
        if octets is not None and self._speed:
            yield max(math.ceil(octets / self._speed), 1)

    def _go(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        octets = math.ceil(self._speed * seconds)
        used = self._used
        self._used = replace(
            used,
            day_seconds=used.day_seconds + math.ceil(seconds * self._counts),
            day_octets=used.day_octets + octets,
            month_octets=used.month_octets + octets,
        )

    def _turn(self) -> None:
        """A new day, a new month."""
        moment, used = self._now.timestamp(), self._used
        if moment < used.day_ends:
            return
        both = usage.periods(self._now, self._zone)
        month = used.month_octets if moment < used.month_ends else 0
        self._used = Usage(0, 0, month, both.day[1].timestamp(), both.month[1].timestamp())

    def _step(self, what: What, spent: Spent | None = None) -> Step:
        ends = {Spent.DAY_TIME: self._used.day_ends, Spent.DAY_DATA: self._used.day_ends, Spent.MONTH_DATA: self._used.month_ends}
        back = datetime.fromtimestamp(ends[spent], UTC) if spent in ends else None
        return Step(self._now, what, spent, back, self._used)
