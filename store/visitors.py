"""Visitors counted without knowing them: how many different ones each institution sent in a day, a week and a month.

Theory of operation. Each period has a key of its own, made with its first visitor. A visitor leaves a mark: a hash under that key of
institution and who it was, so that marks of two periods, or of two institutions, have nothing in common. The month's key marks those of
each site, too (store/site_visitors.py). A mark that is new counts
one visitor more, in the transaction that writes the login: what is undone has counted nobody, and what is tried again counts once.
A day after its end a period is closed: its counts freeze, its marks and its key are destroyed, and nobody can be counted again.

Never keeps who it was, and never counts into a period whose key is gone.
"""

from __future__ import annotations

import hmac
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import and_, case, delete, select, tuple_, update

from store import keys, site_visitors
from store.models import NamedKey, Operator, Span, VisitorCount, VisitorMark
from store.session import affected, reading, transaction
from store.site_usage import midnight
from store.site_visitors import Seen
from store.upsert import unseen, upsert

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from store.sealed import Seal

LATE: Final = timedelta(days=1)  # after a period's end whoever was late is counted, and nobody after that
SLACK: Final = timedelta(minutes=10)  # and then whoever had begun to count has ended
BATCH: Final = 1_000
Line = tuple[Span, datetime, str, str]
_LINE: Final = ("span", "begins_at", "institution", "country")
_NAME: Final = "visitors "  # before the span and begin of a period: the name of its key
_MOMENT: Final = "%Y-%m-%dT%H:%MZ"


class Visit(NamedTuple):
    """One login that was let in, whose it is, and who: the home's own name for the person, else the station; b"" for nobody."""

    at: datetime
    institution: str
    country: str
    who: bytes
    site: str = ""


class Period(NamedTuple):
    """A day, a week or a month, by the moment it begins."""

    span: Span
    begins_at: datetime

    @property
    def key(self) -> str:
        """The name of its key."""
        return f"{_NAME}{self.span.value} {self.begins_at:{_MOMENT}}"


def count(session: Session, seal: Seal, visits: Iterable[Visit], zone: tzinfo, now: datetime) -> None:
    """Count them into their day, week and month: last in the transaction that writes these logins."""
    marks: dict[bytes, Line] = {}
    seen = Seen()
    logins: Counter[Line] = Counter()
    days = _by_day(visits, zone)
    still = {day: [period for period in periods(day, zone) if now < ends_at(period, zone) + LATE] for day in days}
    known = dict(_keys(session, seal, sorted({period for some in still.values() for period in some}), now))
    for day, some in days.items():
        whose = Counter((visit.institution, visit.country) for visit in some)
        different = {visit[1:4] for visit in some if visit.who}
        for period in still[day]:
            key = known[period]
            for (institution, country), number in whose.items():
                logins[*period, institution, country] += number
            for institution, country, who in different:
                marks[_mark(key, institution, who)] = *period, institution, country
            if period.span is Span.MONTH:
                seen.add(key, period.begins_at, day, {(visit.site, visit.institution, visit.who) for visit in some if visit.who})
    if logins:
        _write(session, marks, logins)
        seen.write(session)


def _by_day(visits: Iterable[Visit], zone: tzinfo) -> dict[date, list[Visit]]:
    days: defaultdict[date, list[Visit]] = defaultdict(list)
    for visit in visits:
        days[visit.at.astimezone(zone).date()].append(visit)
    return days


@lru_cache(maxsize=8)
def periods(day: date, zone: tzinfo) -> tuple[Period, ...]:
    """Those that this day of the operator's belongs to."""
    first = {Span.DAY: day, Span.WEEK: day - timedelta(days=day.weekday()), Span.MONTH: day.replace(day=1)}
    return tuple(Period(span, midnight(begins, zone)) for span, begins in first.items())


@lru_cache(maxsize=64)
def ends_at(period: Period, zone: tzinfo) -> datetime:
    """When the next one begins. A begin of another zone's, which the operator has left, counts for the midnight next to it."""
    first = (period.begins_at.astimezone(zone) + timedelta(hours=12)).date()
    month = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    return midnight({Span.DAY: first + timedelta(days=1), Span.WEEK: first + timedelta(days=7), Span.MONTH: month}[period.span], zone)


def _mark(key: bytes, institution: str, who: bytes) -> bytes:
    return hmac.digest(key, institution.encode("utf-8", "surrogatepass") + b"\0" + who, "sha256")[:16]


def _keys(session: Session, seal: Seal, wanted: list[Period], now: datetime) -> Iterator[tuple[Period, bytes]]:
    """Each with its key, in their order: two recorders at once make the same, and wait for one another in no circle."""
    names = [period.key for period in wanted]
    kept = select(NamedKey).where(NamedKey.name.in_(names))
    there = {row.name: row.octets for row in session.scalars(kept)}
    for period in wanted:
        octets = there.get(period.key)
        yield period, keys.named(session, seal, period.key, now) if octets is None else _opened(seal, period.key, octets)


@lru_cache(maxsize=16)
def _opened(seal: Seal, name: str, kept: bytes) -> bytes:
    return keys.opened(seal, name, kept)


def _write(session: Session, marks: Mapping[bytes, Line], logins: Mapping[Line, int]) -> None:
    rows = sorted((span, begins, mark, institution) for mark, (span, begins, institution, _country) in marks.items())
    fresh = Counter(marks[mark] for mark in unseen(session, VisitorMark, ("span", "begins_at", "mark", "institution"), rows, key=2))
    counts = [  # sorted: two writers never wait for one another in a circle
        dict(zip(_LINE, line, strict=True)) | {"visitors": fresh[line], "logins": number} for line, number in sorted(logins.items())
    ]
    upsert(session, VisitorCount, counts, _LINE, _more)


def _more(new: Any) -> dict[str, Any]:
    """What is frozen stays as it is, whatever a clock that was set back may say."""
    old = VisitorCount
    open_ = old.frozen_at.is_(None)
    return {
        "visitors": case((open_, old.visitors + new.visitors), else_=old.visitors),
        "logins": case((open_, old.logins + new.logins), else_=old.logins),
    }


# Closing -------------------------------------------------------------------------------------------------------------


def close(database: Engine, now: datetime) -> int:
    """Freeze the counts of the periods that ended a day ago, and destroy their marks and keys; how many marks went.

    The key goes last: as long as it is there, whoever was cut short begins again.
    """
    with reading(database) as session:
        zone = _zone(session)
        over = [period for period in _open(session) if ends_at(period, zone) + LATE + SLACK <= now]
    gone = 0
    for period in over:
        of_it = VisitorCount.span == period.span, VisitorCount.begins_at == period.begins_at
        with transaction(database) as session:
            session.execute(update(VisitorCount).where(*of_it, VisitorCount.frozen_at.is_(None)).values(frozen_at=now))
        gone += _forget_marks(database, period)
        if period.span is Span.MONTH:
            gone += site_visitors.close(database, period.begins_at, now)
        with transaction(database) as session:
            keys.forget(session, period.key)
    _opened.cache_clear()  # nor in memory
    return gone


def _forget_marks(database: Engine, period: Period) -> int:
    its = and_(VisitorMark.span == period.span, VisitorMark.begins_at == period.begins_at)
    one = tuple_(VisitorMark.span, VisitorMark.begins_at, VisitorMark.mark, VisitorMark.institution)
    some = select(VisitorMark.span, VisitorMark.begins_at, VisitorMark.mark, VisitorMark.institution).where(its).limit(BATCH)
    gone, went = 0, BATCH
    while went >= BATCH:
        with transaction(database) as session:
            went = affected(session.execute(delete(VisitorMark).where(one.in_(some)).execution_options(synchronize_session=False)))
        gone += went
    return gone


def oldest(session: Session) -> datetime | None:
    """The end of the oldest period whose key is there; None where there is none."""
    zone = _zone(session)
    return min((ends_at(period, zone) for period in _open(session)), default=None)


def late(session: Session, before: datetime) -> datetime | None:
    """The end of a period that should be closed, for it ended before this; None where there is none."""
    ended = oldest(session)
    return ended if ended is not None and ended < before else None


def opened(session: Session) -> list[tuple[Period, datetime]]:
    """The periods whose key is there, each with the moment from which the next purge destroys it."""
    zone = _zone(session)
    return sorted((period, ends_at(period, zone) + LATE + SLACK) for period in _open(session))


def _open(session: Session) -> list[Period]:
    """The periods whose key is there."""
    found = []
    for name in session.scalars(select(NamedKey.name).where(NamedKey.name.startswith(_NAME)).order_by(NamedKey.name)):
        span, _, begins = name.removeprefix(_NAME).partition(" ")
        found.append(Period(Span(span), datetime.strptime(begins, _MOMENT).replace(tzinfo=UTC)))
    return found


def _zone(session: Session) -> tzinfo:
    try:
        return ZoneInfo(session.scalar(select(Operator.timezone)) or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
