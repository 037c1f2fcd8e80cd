"""What each site was used for, as pages and open data ask it: of sums alone, whose number grows with sites and hours, not with guests.

Days and months turn at midnight of the zone that is given. Sums are of whole hours of UTC: where a zone's midnight lies between two,
the hour belongs to the day in which it begins. Never looks at a session, and never suppresses: whoever shows a count does.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, case, func, or_, select, union_all

from store.dwell import median
from store.models import CityHour, Dwell, DwellWeek, SiteDay, SiteHour, SiteVisitors
from store.site_sums import day_of, week_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import date, tzinfo

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

DAY: Final = timedelta(days=1)
ANOTHERS: Final = timedelta(hours=26)  # between the midnights of two zones, at most


@dataclass(frozen=True, slots=True)
class SiteMonth:
    """One site's month. What nobody counted is None."""

    site: str
    sessions: int
    visitors: int | None  # different ones; None where they were not counted by site yet
    minutes: int  # online, of all sessions together
    octets_down: int
    octets_up: int
    median_minutes: float | None  # of a session
    roaming_sessions: int


def midnight(day: date, zone: tzinfo) -> datetime:
    """When a day begins."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def month(session: Session, zone: tzinfo, first: date) -> list[SiteMonth]:
    """Of every site that has a name and was used in the month that begins on this day, by name: three statements."""
    begins, ends = midnight(first, zone), midnight((first + timedelta(days=32)).replace(day=1), zone)
    came = {each.site: each.visitors for each in visitors(session, begins)}
    medians = {site: median(counts) for site, counts in lengths(session, begins, ends).items()}
    return [
        SiteMonth(
            site, used.sessions, came.get(site), used.seconds // 60, used.output_octets, used.input_octets, medians.get(site), used.roaming
        )
        for site, used in sorted(by_site(session, begins, ends).items())
        if site
    ]


@dataclass(frozen=True, slots=True)
class Used:
    """What some sites were used for in some hours."""

    sessions: int = 0
    seconds: int = 0
    input_octets: int = 0  # upload
    output_octets: int = 0
    roaming: int = 0  # of the sessions

    def __add__(self, other: Used) -> Used:
        return Used(*(mine + theirs for mine, theirs in zip(self.figures, other.figures, strict=True)))

    @property
    def figures(self) -> tuple[int, int, int, int, int]:
        return self.sessions, self.seconds, self.input_octets, self.output_octets, self.roaming

    @property
    def octets(self) -> int:
        """Both ways."""
        return self.input_octets + self.output_octets


class Came(NamedTuple):
    """Different visitors of a site in a month, and how many of them came on more than one day; the site "" is the whole city."""

    begins_at: datetime
    site: str
    visitors: int
    again: int


def by_site(session: Session, begins: datetime, ends: datetime, sites: Collection[str] | None = None) -> dict[str, Used]:
    """Each site's, of the hours from `begins` until `ends`; `sites` None: of all. Whole days of UTC, and hours at both ends."""
    first, last = _inner(begins, ends, day_of, DAY)
    whole = select(SiteDay.site, *_figures(SiteDay)).where(SiteDay.day >= first, SiteDay.day < last, *_among(SiteDay, sites))
    rest = select(SiteHour.site, *_figures(SiteHour)).where(_outer(SiteHour.hour, begins, ends, first, last), *_among(SiteHour, sites))
    both = union_all(whole, rest).subquery()
    sums = select(both.c.site, *(func.sum(each) for each in list(both.c)[1:])).group_by(both.c.site)
    return {row[0]: Used(*map(int, row[1:])) for row in session.execute(sums)}


def by_hour(session: Session, begins: datetime, ends: datetime, sites: Collection[str] | None = None) -> dict[datetime, Used]:
    """Each hour's that was used, of these sites together."""
    table: Any = CityHour if sites is None else SiteHour
    sums = select(table.hour, *(func.sum(each) for each in _figures(table))).where(*_among(table, sites)).group_by(table.hour)
    if sites is not None:  # the city's hours lead to the rows of these sites by their key: they lie far apart
        sums = sums.join_from(CityHour, SiteHour, and_(SiteHour.hour == CityHour.hour, SiteHour.roaming == CityHour.roaming))
    rows = session.execute(sums.where(CityHour.hour >= begins, CityHour.hour < ends))
    return {row[0]: Used(*map(int, row[1:])) for row in rows}


def lengths(session: Session, begins: datetime, ends: datetime, sites: Collection[str] | None = None) -> dict[str, dict[int, int]]:
    """site -> (step of store/dwell.py -> sessions that lasted so long), of the days from `begins` until `ends`: whole weeks, and days."""
    first, last = _inner(begins, ends, week_of, 7 * DAY)
    whole = select(DwellWeek.site, DwellWeek.minutes, DwellWeek.sessions).where(DwellWeek.week >= first, DwellWeek.week < last)
    rest = select(Dwell.site, Dwell.minutes, Dwell.sessions).where(_outer(Dwell.day, begins, ends, first, last))
    both = union_all(whole.where(*_among(DwellWeek, sites)), rest.where(*_among(Dwell, sites))).subquery()
    key = both.c.site, both.c.minutes
    counts: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for site, minutes, sessions in session.execute(select(*key, func.sum(both.c.sessions)).group_by(*key)):
        counts[site][minutes] = max(int(sessions), 0)
    return dict(counts)


def _inner(begins: datetime, ends: datetime, cut: Callable[[datetime], datetime], step: timedelta) -> tuple[datetime, datetime]:
    """The whole steps between these moments; none where there is none, from `begins` on."""
    first, last = cut(begins), cut(ends)
    first += step if first < begins else timedelta()
    return (first, last) if first < last else (begins, begins)


def _outer(column: Any, begins: datetime, ends: datetime, first: datetime, last: datetime) -> ColumnElement[bool]:
    """What lies between `begins` and `ends`, and not between `first` and `last`."""
    return or_(and_(column >= begins, column < first), and_(column >= last, column < ends))


def _figures(table: Any) -> list[ColumnElement[int]]:
    """Those of `Used`, in its order."""
    return [table.sessions, table.seconds, table.input_octets, table.output_octets, case((table.roaming, table.sessions), else_=0)]


def _among(table: Any, sites: Collection[str] | None) -> Sequence[ColumnElement[bool]]:
    return () if sites is None else (table.site.in_(sorted(sites)),)


def visitors(session: Session, begins: datetime) -> list[Came]:
    """Each site's of the month that begins then; also where that midnight was another zone's.

    Where the operator moved within the month both counted, under keys of their own: who came before and after is in both. The larger
    is no more than there were.
    """
    of_it = SiteVisitors.begins_at.between(begins - ANOTHERS, begins + ANOTHERS)
    most = func.max(SiteVisitors.visitors), func.max(SiteVisitors.came_again)
    rows = session.execute(select(SiteVisitors.site, *most).where(of_it).group_by(SiteVisitors.site).order_by(SiteVisitors.site))
    return [Came(begins, site, int(count), int(again)) for site, count, again in rows]


def visitors_since(session: Session, begins: datetime, site: str) -> list[Came]:
    """One site's, month by month from this one on; "" is the whole city."""
    rows = session.scalars(
        select(SiteVisitors).where(SiteVisitors.begins_at >= begins - ANOTHERS, SiteVisitors.site == site).order_by(SiteVisitors.begins_at)
    )
    return [Came(row.begins_at, row.site, row.visitors, row.came_again) for row in rows]
