"""What a site was used for, written into every sum that tells of it: its hour, its day, the whole city's hour; lengths by day and by week.

The coarser sums are there so that a page of months reads days and weeks, and hours only at both ends (store/site_usage.py). They are
cut in UTC, whatever zone somebody asks in. In the caller's transaction, and sorted: two writers never wait for one another in a
circle. Never one of these tables without the others.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from store.models import CityHour, Dwell, DwellWeek, SiteDay, SiteHour
from store.upsert import grow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session as Database

FIGURES: Final = ("sessions", "seconds", "input_octets", "output_octets")


def day_of(moment: datetime) -> datetime:
    """The whole day of UTC that it lies in."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def week_of(moment: datetime) -> datetime:
    """The whole week of UTC that it lies in, from Monday."""
    return day_of(moment) - timedelta(days=moment.weekday())


def add_hours(database: Database, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add these, whole `SiteHour`s in UTC, to what is there."""
    days = _moments(day_of)
    told = [{**row, "day": days(row["hour"])} for row in rows]
    grow(database, SiteHour, told, ("hour", "site", "roaming"), FIGURES)
    grow(database, CityHour, told, ("hour", "roaming"), FIGURES)
    grow(database, SiteDay, told, ("day", "site", "roaming"), FIGURES)


def add_lengths(database: Database, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add these, whole `Dwell`s in UTC, to what is there; fewer than none where a session went on to another step."""
    weeks = _moments(week_of)
    told = [{**row, "week": weeks(row["day"])} for row in rows]
    grow(database, Dwell, told, ("day", "site", "roaming", "minutes"), ("sessions",))
    grow(database, DwellWeek, told, ("week", "site", "minutes"), ("sessions",))


def _moments(cut: Callable[[datetime], datetime]) -> Callable[[datetime], datetime]:
    known: dict[datetime, datetime] = {}
    return lambda moment: known.get(moment) or known.setdefault(moment, cut(moment))
