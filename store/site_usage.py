"""What each site was used for, as pages and open data ask it: of sums alone, whose number grows with sites and hours, not with guests.

Days and months turn at midnight of the zone that is given. Sums are of whole hours of UTC: where a zone's midnight lies between two,
the hour belongs to the day in which it begins. Never looks at a session, and never suppresses: whoever shows a count does.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import case, func, select

from store.dwell import median
from store.models import Dwell, SiteHour, SiteVisitors

if TYPE_CHECKING:
    from datetime import date, tzinfo

    from sqlalchemy.orm import Session

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
    visitors = _visitors(session, begins)
    medians = _medians(session, begins, ends)
    used = (
        select(
            SiteHour.site,
            func.sum(SiteHour.sessions),
            func.sum(SiteHour.seconds),
            func.sum(SiteHour.output_octets),
            func.sum(SiteHour.input_octets),
            func.sum(case((SiteHour.roaming, SiteHour.sessions), else_=0)),
        )
        .where(SiteHour.hour >= begins, SiteHour.hour < ends, SiteHour.site != "")
        .group_by(SiteHour.site)
        .order_by(SiteHour.site)
    )
    return [
        SiteMonth(site, int(sessions), visitors.get(site), int(seconds) // 60, int(down), int(up), medians.get(site), int(roaming))
        for site, sessions, seconds, down, up, roaming in session.execute(used)
    ]


def _visitors(session: Session, begins: datetime) -> dict[str, int]:
    of_it = SiteVisitors.begins_at.between(begins - ANOTHERS, begins + ANOTHERS)
    rows = session.execute(select(SiteVisitors.site, func.sum(SiteVisitors.visitors)).where(of_it).group_by(SiteVisitors.site))
    return {site: int(visitors) for site, visitors in rows}


def _medians(session: Session, begins: datetime, ends: datetime) -> dict[str, float]:
    within = Dwell.day >= begins, Dwell.day < ends, Dwell.site != ""
    counts: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for site, minutes, sessions in session.execute(
        select(Dwell.site, Dwell.minutes, func.sum(Dwell.sessions)).where(*within).group_by(Dwell.site, Dwell.minutes)
    ):
        counts[site][minutes] = int(sessions)
    return {site: middle for site, lengths in counts.items() if (middle := median(lengths)) is not None}
