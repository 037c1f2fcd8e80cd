"""The sums by site of a made-up past: hours, lengths of stays and visitors of a month, as they would have been counted.

Beside what is there: logins and guests are made one after the other. Never in a network that is not the sample city's, or a test's own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from store import site_sums
from store.dwell import step
from store.models import Operator, SiteVisitors, Span
from store.upsert import upsert
from store.usage import periods

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy.orm import Session

_FIGURES: Final = site_sums.FIGURES
_CAME: Final = ("visitors", "came_again")
AGAIN: Final = -1  # in place of the day of the month


class Visitors:
    """How many different ones there were in each period, by institution: their marks are not kept."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._seen: dict[tuple[Span, datetime, str, str], set[bytes]] = defaultdict(set)
        self._logins: Counter[tuple[Span, datetime, str, str]] = Counter()

    def count(self, at: datetime, institution: str, country: str, mark: bytes) -> None:
        """One login; of a guest of the portal, no institution and no country."""
        day = at.astimezone(self._zone).replace(hour=0, minute=0, second=0, microsecond=0)
        for span, back in ((Span.DAY, 0), (Span.WEEK, day.weekday()), (Span.MONTH, day.day - 1)):
            key = span, (day - timedelta(days=back)).astimezone(UTC), institution, country
            self._seen[key].add(mark)
            self._logins[key] += 1

    def rows(self, now: datetime) -> Iterator[dict[str, Any]]:
        """Of VisitorCount."""
        for key, marks in self._seen.items():
            span, begins, institution, country = key
            old = now - begins > timedelta(days={Span.DAY: 2, Span.WEEK: 8, Span.MONTH: 32}[span])
            counts = {"visitors": len(marks), "logins": self._logins[key], "frozen_at": now if old else None}
            yield {"span": span, "begins_at": begins, "institution": institution, "country": country, **counts}


class SiteSums:
    """Of the sessions and the visitors that it is told of."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._zone = ZoneInfo(session.scalar(select(Operator.timezone)) or "UTC")
        self._hours: dict[tuple[datetime, str, bool], list[int]] = defaultdict(lambda: [0] * len(_FIGURES))
        self._lengths: Counter[tuple[datetime, str, bool, int]] = Counter()
        self._came: dict[tuple[datetime, str], dict[bytes, int]] = defaultdict(dict)
        self._begins: dict[datetime, tuple[datetime, datetime]] = {}  # of each hour's day and month

    def add(self, each: Mapping[str, Any], *, roaming: bool) -> None:
        """One session."""
        hour, site, seconds = each["started_at"].replace(minute=0, second=0, microsecond=0), each["site"], each["seconds"]
        sums = self._hours[hour, site, roaming]
        for at, value in enumerate((1, seconds, each["input_octets"], each["output_octets"])):
            sums[at] += value
        if seconds > 0:
            self._lengths[self._periods(hour)[0], site, roaming, step(seconds)] += 1

    def came(self, at: datetime, site: str, who: bytes) -> None:
        """One visitor was at a site."""
        hour = at.replace(minute=0, second=0, microsecond=0)
        day = at.astimezone(self._zone).day
        for place in (site, ""):
            seen = self._came[self._periods(hour)[1], place]
            if seen.setdefault(who, day) != day:
                seen[who] = AGAIN

    def _periods(self, hour: datetime) -> tuple[datetime, datetime]:
        if (found := self._begins.get(hour)) is None:
            both = periods(hour, self._zone)
            found = self._begins[hour] = both.day[0], both.month[0]
        return found

    def write(self, now: datetime) -> None:
        """All of it, in the caller's transaction; months that are over are frozen."""
        hours = [
            {"hour": hour, "site": site, "roaming": roaming, **dict(zip(_FIGURES, sums, strict=True))}
            for (hour, site, roaming), sums in self._hours.items()
        ]
        site_sums.add_hours(self._session, hours)
        key = ("day", "site", "roaming", "minutes")
        lengths = [{**dict(zip(key, length, strict=True)), "sessions": count} for length, count in self._lengths.items()]
        site_sums.add_lengths(self._session, lengths)
        running = periods(now, self._zone).month[0]
        came = [
            {
                "begins_at": begins,
                "site": site,
                "visitors": len(seen),
                "came_again": list(seen.values()).count(AGAIN),
                "frozen_at": now if begins < running else None,
            }
            for (begins, site), seen in self._came.items()
        ]
        upsert(self._session, SiteVisitors, came, ("begins_at", "site"), _came)


def _came(new: Any) -> dict[str, Any]:
    return {name: getattr(SiteVisitors, name) + new[name] for name in _CAME}
