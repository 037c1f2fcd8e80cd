"""What guests used: seconds and octets of each day and month, by account, else by device.

Days and months turn at midnight of the operator's time zone, whatever its clocks do that night. Growth is counted into
the period in which its record was written: what an Interim tells of both sides of midnight belongs to the new day.
Never says what remains of a plan: that is radius/nas/plan.py.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, select

from store.models import GuestUsage, Period
from store.slices import slices
from store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import tzinfo

    from sqlalchemy.orm import Session

    from store.holders import Rows

_KEY: Final = ("subject", "period", "begins_at")
_USED: Final = GuestUsage.__table__.c
_NOW: Final = bindparam("now", type_=_USED.begins_at.type)
# By time and not by name of the period: an operator whose time zone was mended loses no usage.
_RUNNING: Final = select(_USED.subject, _USED.period, _USED.seconds, _USED.octets).where(
    _USED.subject.in_(bindparam("subjects", expanding=True)), _USED.begins_at <= _NOW, _USED.ends_at > _NOW
)


class Spending(NamedTuple):
    """So much more was used."""

    subject: str  # store.grants.subject
    at: datetime
    seconds: int
    octets: int  # both ways


class Periods(NamedTuple):
    """The day and the month of a moment: [begins, ends), in UTC."""

    day: tuple[datetime, datetime]
    month: tuple[datetime, datetime]


class Used(NamedTuple):
    """What one subject used, in the fields of radius.nas.plan.Usage; the ends are seconds since 1970."""

    day_seconds: int
    day_octets: int
    month_octets: int
    day_ends: float
    month_ends: float


def periods(now: datetime, zone: tzinfo) -> Periods:
    """The running day and month where clocks show `zone`."""
    today = now.astimezone(zone).date()
    first = today.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    begins, ends, month_begins, month_ends = (
        # Where clocks skip midnight, this is the moment they do; where they show it twice, the first time.
        datetime(date.year, date.month, date.day, tzinfo=zone).astimezone(UTC)
        for date in (today, today + timedelta(days=1), first, following)
    )
    return Periods((begins, ends), (month_begins, month_ends))


def spend(session: Session, spendings: Iterable[Spending | tuple[str, datetime, int, int]], zone: tzinfo) -> None:
    """Add these to their days and months."""
    sums: defaultdict[tuple[str, Period, datetime, datetime], list[int]] = defaultdict(lambda: [0, 0])
    turning: dict[datetime, Periods] = {}
    for subject, at, seconds, octets in spendings:
        hour = at.astimezone(UTC).replace(minute=at.minute // 15 * 15, second=0, microsecond=0)  # no zone turns between quarters
        if (both := turning.get(hour)) is None:
            both = turning[hour] = periods(at, zone)
        for period, (begins, ends) in ((Period.DAY, both.day), (Period.MONTH, both.month)):
            row = sums[subject, period, begins, ends]
            row[0] += seconds
            row[1] += octets
    rows = [
        {"subject": subject, "period": period, "begins_at": begins, "ends_at": ends, "seconds": row[0], "octets": row[1]}
        for (subject, period, begins, ends), row in sorted(sums.items())  # sorted: two writers never wait in a circle
    ]
    upsert(
        session,
        GuestUsage,
        rows,
        _KEY,
        lambda new: {"seconds": GuestUsage.seconds + new["seconds"], "octets": GuestUsage.octets + new["octets"]},
    )


def of(session: Session, subject: str, now: datetime, zone: tzinfo) -> Used:
    """What this subject used in the running day and month."""
    return many(session, (subject,), now, zone)[subject]


def many(session: Session, subjects: Collection[str], now: datetime, zone: tzinfo) -> dict[str, Used]:
    """The same of each of many."""
    return read(session.connection().execute, subjects, now, zone)


def read(rows: Rows, subjects: Collection[str], now: datetime, zone: tzinfo) -> dict[str, Used]:
    """The same by whatever runs a statement (store/holders.py)."""
    both = periods(now, zone)
    ends = both.day[1].timestamp(), both.month[1].timestamp()
    unused = Used(0, 0, 0, *ends)
    used = dict.fromkeys(subjects, unused)
    for some in slices(sorted(used)):
        for subject, period, seconds, octets in rows(_RUNNING, {"subjects": some, "now": now}):
            own = used[subject]
            if period is Period.DAY:
                used[subject] = Used(own.day_seconds + seconds, own.day_octets + octets, own.month_octets, *ends)
            else:
                used[subject] = Used(own.day_seconds, own.day_octets, own.month_octets + octets, *ends)
    return used
