"""What a span of days was like at some sites: its sums by day, hour of the day, site and length, and which of them may be told.

Read once each, when they are first asked for. Sessions are told as people are: one to four of them may be one person's evening, so
such a cell is not told, nor is what a subtraction would bring out (portal/cases/suppression.py). Never looks at a session.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy import func, select

from portal.cases.suppression import FEWEST, hidden
from store import site_usage
from store.dwell import median
from store.models import Span, VisitorCount
from store.site_usage import Used, midnight

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime, tzinfo

    from sqlalchemy.orm import Session

Key = TypeVar("Key")
Group = TypeVar("Group")
LONGEST: Final = 184  # days that one page looks at
STAYS: Final = (0, 5, 15, 30, 60, 120, 240)  # minutes at least: steps of store/dwell.py


@dataclass(frozen=True, slots=True)
class Days:
    """Some days in a row, the first and the last among them, where clocks show `zone`; `sites` None: everywhere."""

    first: date
    last: date
    zone: tzinfo
    sites: frozenset[str] | None = None

    @property
    def begins(self) -> datetime:
        return midnight(self.first, self.zone)

    @property
    def ends(self) -> datetime:
        return midnight(self.last + timedelta(days=1), self.zone)

    @property
    def count(self) -> int:
        return (self.last - self.first).days + 1

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=number) for number in range(self.count))


class Look:
    """At these days."""

    def __init__(self, session: Session, days: Days) -> None:
        self.days = days
        self._session = session

    @cached_property
    def hours(self) -> Mapping[datetime, Used]:
        """By hour, of all the sites together."""
        return site_usage.by_hour(self._session, self.days.begins, self.days.ends, self.days.sites)

    @cached_property
    def sites(self) -> Mapping[str, Used]:
        """By site."""
        return site_usage.by_site(self._session, self.days.begins, self.days.ends, self.days.sites)

    @cached_property
    def lengths(self) -> Mapping[str, Mapping[int, int]]:
        """By site, how many sessions lasted how long."""
        return site_usage.lengths(self._session, self.days.begins, self.days.ends, self.days.sites)

    @cached_property
    def whose(self) -> Mapping[tuple[str, str], int]:
        """(institution, country) -> its visitors, each once a day; of the whole city."""
        within = VisitorCount.begins_at >= self.days.begins, VisitorCount.begins_at < self.days.ends
        rows = self._session.execute(
            select(VisitorCount.institution, VisitorCount.country, func.sum(VisitorCount.visitors))
            .where(VisitorCount.span == Span.DAY, *within)
            .group_by(VisitorCount.institution, VisitorCount.country)
        )
        return {(institution, country): int(visitors) for institution, country, visitors in rows}

    @property
    def total(self) -> Used:
        """Of all of it."""
        return sum(self.hours.values(), Used())

    @property
    def median(self) -> float | None:
        """Minutes of a session; None where there are too few to say."""
        together: Counter[int] = Counter()
        for counts in self.lengths.values():
            together.update(counts)
        return middle(together)

    def by_day(self) -> dict[date, Used]:
        """Every day, also those on which nobody came."""
        return _folded(((hour.astimezone(self.days.zone).date(), used) for hour, used in self.hours.items()), self.days)

    def by_clock(self) -> dict[int, Used]:
        """Every hour of the day, of all days together."""
        return _folded(((hour.astimezone(self.days.zone).hour, used) for hour, used in self.hours.items()), range(24))

    def stays(self) -> dict[int, int]:
        """`STAYS` -> how many sessions lasted at least so long, and not as long as the next."""
        found = dict.fromkeys(STAYS, 0)
        for counts in self.lengths.values():
            for minutes, count in counts.items():
                found[max(each for each in STAYS if each <= minutes)] += count
        return found


def _folded(some: Iterable[tuple[Key, Used]], keys: Iterable[Key]) -> dict[Key, Used]:
    sums: defaultdict[Key, Used] = defaultdict(Used)
    for key, used in some:
        sums[key] += used
    return {key: sums[key] for key in keys}


def middle(counts: Mapping[int, int]) -> float | None:
    """The median in minutes; None of fewer than five."""
    return median(counts) if sum(counts.values()) >= FEWEST else None


def kept_back(counts: Mapping[Key, int]) -> frozenset[Key]:
    """The cells of a table that are not told, its zeros too where nothing of it may be."""
    found = hidden(counts)
    return frozenset(counts) if found is None else found


def kept_back_within(groups: Mapping[Group, Mapping[Key, int]]) -> tuple[frozenset[Group], frozenset[Key]]:
    """(groups, cells) that are not told where both are: of a group that is told nothing may be subtracted, of another no cell is told."""
    shut = kept_back({group: sum(cells.values()) for group, cells in groups.items()})
    inner = (frozenset(cells) if group in shut else kept_back(cells) for group, cells in groups.items())
    return shut, frozenset(key for some in inner for key in some)


def stands_for(used: Used) -> int:
    """By how many it is judged whether it is told: sessions that began; where none did and somebody was online still, one of these."""
    return used.sessions or int(any(used.figures))


def share(used: Used) -> float | None:
    """Which part of the sessions roams; None where either part is too small to be told."""
    return part(used.roaming, used.sessions)


def part(some: int, whole: int) -> float | None:
    """The same of any two counts."""
    few = 0 < some < FEWEST or 0 < whole - some < FEWEST
    return None if not whole or few else some / whole


def comparable(days: Days) -> Days:
    """As many days, as many whole weeks earlier as lie in them: the same days of the week."""
    back = timedelta(days=-(-days.count // 7) * 7)
    return Days(days.first - back, days.last - back, days.zone, days.sites)
