"""How often adverts were shown and clicked, counted in memory until somebody writes it down.

A page view writes nothing: sums by creative, hour, site and language wait here, and a thread of the process adds them to
the store every few seconds. What is lost with a process that dies is what it counted since. That a visit counts once for a campaign,
whichever of its versions it sees and in whichever language, is known from marks that only this memory holds: keyed digests, forgotten
half an hour later or when there are too many.

Never hands anyone a mark, a visit or a device: `take` gives sums alone.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from portal.cases.adverts import Shown
from store.adverts import Figure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MARKS: Final = 50_000  # visits that are remembered, and the same again of clicks
FORGOTTEN: Final = 30 * 60.0  # seconds: as long as a visit's token lives
SUMS: Final = 10_000  # creatives by hour, site and language that wait to be written
_HOUR: Final = 3_600


class Placement(NamedTuple):
    """Which creative, where, in which language."""

    creative: str
    campaign: str
    site: str
    language: str


class Figures:
    """The counts of one process; for any number of threads."""

    def __init__(self) -> None:
        self.lost = 0  # counts for which there was no room
        self._lock = threading.Lock()
        self._visits: OrderedDict[bytes, tuple[str, float]] = OrderedDict()  # mark -> number of its visit, when it began
        self._once: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._shown: OrderedDict[str, str] = OrderedDict()  # number of a visit -> the campaign that it was shown last
        self._sums: Counter[tuple[Placement, int, bool]] = Counter()  # with the hour and whether it was a click
        self._now: dict[str, Shown] = {}  # campaign -> what the store had, and what was counted since

    def visit(self, mark: bytes, number: str, now: float) -> str:
        """The number by which this visit's adverts are chosen and counted: that of its first page, however often it is asked for."""
        with self._lock:
            held = self._visits.get(mark)
            if held is not None and 0 <= now - held[1] < FORGOTTEN:
                return held[0]
            self._visits.pop(mark, None)
            self._visits[mark] = (number, now)
            if len(self._visits) > MARKS:
                self._visits.popitem(last=False)
            return number

    def shown(self, what: Placement, visit: str, now: float) -> bool:
        """Page one was shown with it; whether that counts."""
        with self._lock:
            self._shown.pop(visit, None)
            self._shown[visit] = what.campaign
            if len(self._shown) > MARKS:
                self._shown.popitem(last=False)
        return self._count(what, f"shown {visit}", now, click=False)

    def last(self, visit: str) -> str:
        """The campaign that this visit was shown; "" for none."""
        return self._shown.get(visit, "")

    def clicked(self, what: Placement, visit: str, now: float) -> bool:
        """It was clicked; whether that counts."""
        return self._count(what, f"clicked {visit}", now, click=True)

    def _count(self, what: Placement, once: str, now: float, *, click: bool) -> bool:
        key = (what, int(now) // _HOUR * _HOUR, click)
        with self._lock:
            if not self._first((once, what.campaign)):
                return False
            if key not in self._sums and len(self._sums) >= SUMS:
                self.lost += 1
                return False
            self._sums[key] += 1
            if not click:
                _view(self._now, what.campaign, 1)
            return True

    def _first(self, once: tuple[str, str]) -> bool:
        """Of this visit, for this campaign."""
        known = once in self._once
        self._once[once] = None
        self._once.move_to_end(once)
        if len(self._once) > 2 * MARKS:
            self._once.popitem(last=False)
        return not known

    def counts(self) -> Mapping[str, Shown]:
        """Campaign -> what the store had when it was last asked, and what was counted here since: to be looked up, and not gone through."""
        return self._now  # itself: a copy of a thousand would cost each page more than its choice

    def know(self, known: Mapping[str, Shown]) -> None:
        """What the store has now: everything that was taken before is in it."""
        with self._lock:
            now = dict(known)
            for (what, _, click), count in self._sums.items():
                if not click:
                    _view(now, what.campaign, count)
            self._now = now

    def take(self) -> list[Figure]:
        """What is to be written; it is not here any more."""
        with self._lock:
            taken, self._sums = self._sums, Counter()
        figures: dict[tuple[Placement, int], Figure] = {}
        for (what, hour, click), count in taken.items():
            figure = figures.get((what, hour)) or Figure(what.creative, what.campaign, datetime.fromtimestamp(hour, UTC), *what[2:])
            figures[what, hour] = (
                figure._replace(clicks=figure.clicks + count) if click else figure._replace(impressions=figure.impressions + count)
            )
        return list(figures.values())

    def give_back(self, figures: Iterable[Figure]) -> None:
        """They could not be written: another time."""
        with self._lock:
            for each in figures:
                what, hour = Placement(each.creative, each.campaign, each.site, each.language), int(each.hour.timestamp())
                self._sums[what, hour, False] += each.impressions
                self._sums[what, hour, True] += each.clicks
            self._sums = +self._sums


def _view(held: dict[str, Shown], campaign: str, more: int) -> None:
    today, ever = held.get(campaign, Shown())
    held[campaign] = Shown(today + more, ever + more)
