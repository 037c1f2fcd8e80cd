"""Sums that a page of months reads: adverts by hour and by four weeks, sites by day, the city by hour, stays by week.

They are made of the figures that are there; nothing else changes. Never reads the models: a revision describes the shape of its own day.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from migrations.columns import BIG, FLAG, MOMENT, NUMBER, TEXT, always

revision = "0011"
down_revision = "0010"
MONDAY: Final = date(2024, 1, 1)  # from which spans are counted
SPAN: Final = timedelta(days=28)
_SUMS: Final = ("sessions", "seconds", "input_octets", "output_octets")
_SHOWN: Final = ("impressions", "clicks")


def upgrade() -> None:
    """Make the tables, and fill them."""
    _tables()
    bind = op.get_bind()
    _fill(bind, "placement_hour", "campaign_hour", ("campaign_id", "hour"), _SHOWN)
    _fill(bind, "site_hour", "city_hour", ("hour", "roaming"), _SUMS)
    for begins, ends in pairwise(_edges(bind, "placement_hour", "hour", _zone(bind), SPAN)):
        first = datetime.combine(begins.astimezone(_zone(bind)).date(), time(), UTC)
        _fill(
            bind, "placement_hour", "campaign_span", ("campaign_id", "site", "language"), _SHOWN, ("begins_at", first, "hour", begins, ends)
        )
    for begins, ends in pairwise(_edges(bind, "site_hour", "hour", UTC, timedelta(days=1))):
        _fill(bind, "site_hour", "site_day", ("site", "roaming"), _SUMS, ("day", begins, "hour", begins, ends))
    for begins, ends in pairwise(_edges(bind, "dwell", "day", UTC, timedelta(days=7))):
        _fill(bind, "dwell", "dwell_week", ("site", "minutes"), ("sessions",), ("week", begins, "day", begins, ends))


def _tables() -> None:
    campaign = ["campaign_id"], ["campaign.id"]
    op.create_table(
        "campaign_hour",
        *always(TEXT, "campaign_id"),
        *always(MOMENT, "hour"),
        *always(NUMBER, *_SHOWN),
        sa.PrimaryKeyConstraint("campaign_id", "hour", name="pk_campaign_hour"),
        sa.ForeignKeyConstraint(*campaign, name="fk_campaign_hour_campaign_id_campaign", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_campaign_hour_hour", "campaign_hour", ["hour"])
    op.create_table(
        "campaign_span",
        *always(TEXT, "campaign_id"),
        *always(MOMENT, "begins_at"),
        *always(TEXT, "site", "language"),
        *always(NUMBER, *_SHOWN),
        sa.PrimaryKeyConstraint("campaign_id", "begins_at", "site", "language", name="pk_campaign_span"),
        sa.ForeignKeyConstraint(*campaign, name="fk_campaign_span_campaign_id_campaign", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_campaign_span_begins_at", "campaign_span", ["begins_at"])
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


def _edges(bind: sa.Connection, table: str, column: str, zone: tzinfo, step: timedelta) -> list[datetime]:
    """The midnights between which its rows lie, in steps from a Monday on."""
    at = sa.table(table, sa.column(column, MOMENT)).c[column]
    oldest, newest = bind.execute(sa.select(sa.func.min(at), sa.func.max(at))).one()
    if oldest is None:
        return []
    first, last = _aware(oldest).astimezone(zone).date(), _aware(newest).astimezone(zone).date()
    day = first - (first - MONDAY) % step
    days = [day]
    while days[-1] <= last:
        days.append(days[-1] + step)
    return [datetime.combine(each, time(), zone).astimezone(UTC) for each in days]


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
    for table in ("dwell_week", "site_day", "city_hour", "campaign_span", "campaign_hour"):
        op.drop_table(table)
