"""Sums that a page of months reads: adverts by day, by hour of the day and by place, sites by day, the city by hour, stays by week.

They are made of the figures that are there; nothing else changes. Never reads the models: a revision describes the shape of its own day.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from migrations.columns import BIG, FLAG, MOMENT, NUMBER, TEXT, always

if TYPE_CHECKING:
    from collections.abc import Mapping

revision = "0011"
down_revision = "0010"
MONDAY: Final = date(2024, 1, 1)  # from which spans are counted
SPAN: Final = timedelta(days=28)
_MIDDLE: Final = timedelta(minutes=30)  # an hour lies where its middle does
_SUMS: Final = ("sessions", "seconds", "input_octets", "output_octets")
_SHOWN: Final = ("impressions", "clicks")


def upgrade() -> None:
    """Make the tables, and fill them."""
    _tables()
    bind = op.get_bind()
    _fill(bind, "site_hour", "city_hour", ("hour", "roaming"), _SUMS)
    zone = _zone(bind)
    for begins, ends in pairwise(_edges(bind, "placement_hour", "hour", zone, SPAN, _MIDDLE)):
        _adverts(bind, zone, begins, ends)
    for begins, ends in pairwise(_edges(bind, "site_hour", "hour", UTC, timedelta(days=1))):
        _fill(bind, "site_hour", "site_day", ("site", "roaming"), _SUMS, ("day", begins, "hour", begins, ends))
    for begins, ends in pairwise(_edges(bind, "dwell", "day", UTC, timedelta(days=7))):
        _fill(bind, "dwell", "dwell_week", ("site", "minutes"), ("sessions",), ("week", begins, "day", begins, ends))


def _tables() -> None:
    _advert_sums("campaign_day", "day")
    _advert_sums("campaign_clock", "begins_at", *always(NUMBER, "hour"))
    _advert_sums("campaign_span", "begins_at", *always(TEXT, "site", "language"))
    _site_sums("city_hour", "hour")
    _site_sums("site_day", "day", "site")
    op.create_table(
        "dwell_week",
        *always(MOMENT, "week"),
        *always(TEXT, "site"),
        *always(NUMBER, "minutes"),
        *always(BIG, "sessions"),
        sa.PrimaryKeyConstraint("week", "site", "minutes", name="pk_dwell_week"),
        sqlite_with_rowid=False,
    )


def _adverts(bind: sa.Connection, zone: tzinfo, begins: datetime, ends: datetime) -> None:
    """All sums of the four weeks whose hours begin between these moments."""
    old = sa.table("placement_hour", sa.column("campaign_id"), sa.column("hour", MOMENT), *map(sa.column, _SHOWN))
    hours = sa.select(old.c.campaign_id, old.c.hour, *(sa.func.sum(old.c[name]) for name in _SHOWN))
    hours = hours.where(old.c.hour >= begins, old.c.hour < ends).group_by(old.c.campaign_id, old.c.hour)
    span = _kept((begins + _MIDDLE).astimezone(zone).date())
    days: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    clock: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for campaign, hour, *counts in bind.execute(hours):
        here = (_aware(hour) + _MIDDLE).astimezone(zone)
        for sums in (days[campaign, _kept(here.date())], clock[campaign, span, here.hour]):
            sums[:] = (held + int(count) for held, count in zip(sums, counts, strict=True))
    _write(bind, "campaign_day", ("campaign_id", "day"), days)
    _write(bind, "campaign_clock", ("campaign_id", "begins_at", "hour"), clock)
    key = ("campaign_id", "site", "language")
    _fill(bind, "placement_hour", "campaign_span", key, _SHOWN, ("begins_at", span, "hour", begins, ends))


def _write(bind: sa.Connection, into: str, key: tuple[str, ...], sums: Mapping[tuple[Any, ...], list[int]]) -> None:
    columns = (*key, *_SHOWN)
    target = sa.table(into, *(sa.column(name, MOMENT if name in ("day", "begins_at") else None) for name in columns))
    if sums:
        bind.execute(sa.insert(target), [dict(zip(columns, (*each, *counts), strict=True)) for each, counts in sums.items()])


def _kept(day: date) -> datetime:
    """As sums keep it: midnight of UTC."""
    return datetime.combine(day, time(), UTC)


def _advert_sums(name: str, moment: str, *key: sa.Column[Any]) -> None:
    op.create_table(
        name,
        *always(TEXT, "campaign_id"),
        *always(MOMENT, moment),
        *key,
        *always(NUMBER, *_SHOWN),
        sa.PrimaryKeyConstraint("campaign_id", moment, *(each.name for each in key), name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=f"fk_{name}_campaign_id_campaign", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{name}_{moment}", name, [moment])


def _site_sums(name: str, moment: str, *site: str) -> None:
    op.create_table(
        name,
        *always(MOMENT, moment),
        *always(TEXT, *site),
        *always(FLAG, "roaming"),
        *always(BIG, *_SUMS),
        sa.PrimaryKeyConstraint(moment, *site, "roaming", name=f"pk_{name}"),
        sqlite_with_rowid=False,
    )


def _fill(
    bind: sa.Connection, source: str, into: str, key: tuple[str, ...], sums: tuple[str, ...], span: tuple[Any, ...] | None = None
) -> None:
    """Sums by this key; of a span (its column, what that says, the source's column, from, until) alone."""
    old = sa.table(source, *(sa.column(name, MOMENT if name in ("hour", "day") else None) for name in {*key, *sums, "hour", "day"}))
    grouped: sa.Select[Any] = sa.select(*(old.c[name] for name in key), *(sa.func.sum(old.c[name]) for name in sums))
    columns = [*key, *sums]
    if span is not None:
        column, says, by, begins, ends = span
        grouped = grouped.add_columns(sa.literal(says, MOMENT)).where(old.c[by] >= begins, old.c[by] < ends)
        columns.append(column)
    target = sa.table(into, *(sa.column(name) for name in columns))
    bind.execute(sa.insert(target).from_select(columns, grouped.group_by(*(old.c[name] for name in key))))


def _edges(bind: sa.Connection, table: str, column: str, zone: tzinfo, step: timedelta, middle: timedelta = timedelta()) -> list[datetime]:
    """The midnights between which its rows lie, in steps from a Monday on; so much earlier as rows lie where that much later is."""
    at = sa.table(table, sa.column(column, MOMENT)).c[column]
    oldest, newest = bind.execute(sa.select(sa.func.min(at), sa.func.max(at))).one()
    if oldest is None:
        return []
    first, last = ((_aware(moment) + middle).astimezone(zone).date() for moment in (oldest, newest))
    day = first - (first - MONDAY) % step
    days = [day]
    while days[-1] <= last:
        days.append(days[-1] + step)
    return [datetime.combine(each, time(), zone).astimezone(UTC) - middle for each in days]


def _aware(moment: datetime) -> datetime:
    """SQLite gives times without a zone, in UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _zone(bind: sa.Connection) -> tzinfo:
    try:
        return ZoneInfo(bind.scalar(sa.text("SELECT timezone FROM operator")) or "UTC")
    except (LookupError, ValueError, OSError):
        return UTC


def downgrade() -> None:
    """Remove them; what they were made of is there."""
    for table in ("dwell_week", "site_day", "city_hour", "campaign_span", "campaign_clock", "campaign_day"):
        op.drop_table(table)
