"""How long sessions lasted, counted in steps: enough for a median, and no session is told by it.

A session counts on the day it began, as long as it has lasted so far: when it lasts longer it is taken from its step and put into the
next, in the transaction that says so. Never a length that nobody knows: a session without seconds is not counted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from store import site_sums
from store.usage import periods

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, tzinfo

    from sqlalchemy.orm import Session as Database

    from store.tally import Tally

    Length = tuple[datetime, str, int]  # when a session began, at which site, and its seconds

# Minutes. Never changed without a revision that tells the rows there are anew.
STEPS: Final = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 150, 180, 240, 300, 360, 480, 720, 1440)
_ENDS: Final = dict(pairwise(STEPS))  # where each step ends; the last does not
_KEY: Final = ("day", "site", "roaming", "minutes", "sessions")


def step(seconds: int) -> int:
    """The step of this length: the minutes it begins at."""
    return STEPS[bisect_right(STEPS, seconds // 60) - 1]


def median(counts: Mapping[int, int]) -> float | None:
    """The length in minutes that half of the sessions did not reach, as if those of a step were spread evenly; None of none."""
    kept = [(minutes, max(count, 0)) for minutes, count in sorted(counts.items())]
    half = sum(count for _, count in kept) / 2
    for minutes, count in kept:
        if count and half <= count:
            return minutes + (_ENDS.get(minutes, minutes) - minutes) * half / count
        half -= count
    return None


class Lengths:
    """One batch's."""

    def __init__(self, zone: tzinfo) -> None:
        """Days turn at midnight of this zone."""
        self._zone = zone
        self._counts: Counter[tuple[datetime, str, bool, int]] = Counter()
        self._days: dict[datetime, datetime] = {}

    def count(self, tally: Tally, before: Length | None) -> None:
        """What the batch made of a session that was so when it was read; None: it is new."""
        now: Length = tally.started_at, tally.site, tally.seconds
        if now != before:
            for length, number in ((before, -1), (now, 1)):
                if length is not None and length[2] > 0:
                    self._counts[self._day(length[0]), length[1], tally.roaming, step(length[2])] += number

    def _day(self, at: datetime) -> datetime:
        quarter = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)  # no zone turns between quarters
        if (day := self._days.get(quarter)) is None:
            day = self._days[quarter] = periods(quarter, self._zone).day[0]
        return day

    def write(self, database: Database) -> None:
        """All of it, into the caller's transaction."""
        rows = [dict(zip(_KEY, (*key, number), strict=True)) for key, number in self._counts.items()]
        site_sums.add_lengths(database, rows)
