"""What each site was used for: hours, lengths of stays, visitors of a month.

The past is made of what is there: hours by the SSID that was used, lengths by the sessions that are still kept. Visitors of past
months are known to nobody any more. Never reads the models: a revision describes the shape of its own day.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter
from datetime import UTC, datetime, time, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from migrations.columns import BIG, FLAG, MOMENT, NUMBER, OCTETS, TEXT, always, maybe

revision = "0009"
down_revision = "0008"
SLICE: Final = 10_000  # rows of one statement
STEPS: Final = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 150, 180, 240, 300, 360, 480, 720, 1440)
_SUMS: Final = ("sessions", "seconds", "input_octets", "output_octets")


def upgrade() -> None:
    """Make the tables, and what of the past can be told."""
    _tables()
    sums = ", ".join(f"SUM({name})" for name in _SUMS)
    roaming = "CASE WHEN ssid = 'eduroam' OR ssid IN (SELECT name FROM ssid WHERE profile <> 'portal') THEN true ELSE false END"
    op.execute(  # of our own words alone
        f"INSERT INTO site_hour (hour, site, roaming, {', '.join(_SUMS)}) "  # noqa: S608
        f"SELECT hour, site, roaming, {sums} FROM (SELECT hour, site, {roaming} AS roaming, {', '.join(_SUMS)} FROM usage_hour) AS used "
        "GROUP BY hour, site, roaming"
    )
    _fill_dwell(op.get_bind())


def _tables() -> None:
    op.create_table(
        "site_hour",
        *always(MOMENT, "hour"),
        *always(TEXT, "site"),
        *always(FLAG, "roaming"),
        *always(BIG, *_SUMS),
        sa.PrimaryKeyConstraint("hour", "site", "roaming", name="pk_site_hour"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "dwell",
        *always(MOMENT, "day"),
        *always(TEXT, "site"),
        *always(FLAG, "roaming"),
        *always(NUMBER, "minutes"),
        *always(BIG, "sessions"),
        sa.PrimaryKeyConstraint("day", "site", "roaming", "minutes", name="pk_dwell"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "site_mark",
        *always(MOMENT, "begins_at"),
        *always(OCTETS, "mark"),
        *always(TEXT, "site"),
        *always(NUMBER, "day"),
        *always(FLAG, "again"),
        sa.PrimaryKeyConstraint("begins_at", "mark", name="pk_site_mark"),
    )
    op.create_table(
        "site_visitors",
        *always(MOMENT, "begins_at"),
        *always(TEXT, "site"),
        *always(NUMBER, "visitors", "came_again"),
        *maybe(MOMENT, "frozen_at"),
        sa.PrimaryKeyConstraint("begins_at", "site", name="pk_site_visitors"),
    )


def _fill_dwell(bind: sa.Connection) -> None:
    """Of the sessions that are kept, in the operator's days."""
    zone = _zone(bind)
    session = sa.table("session", sa.column("started_at", MOMENT), *(sa.column(name) for name in ("site", "realm", "seconds")))
    kept = sa.select(session.c.started_at, session.c.site, session.c.realm != "", session.c.seconds).where(session.c.seconds > 0)
    lengths: Counter[tuple[datetime, str, bool, int]] = Counter()
    days: dict[datetime, datetime] = {}
    for at, site, roaming, seconds in bind.execute(kept.execution_options(yield_per=SLICE)):
        hour = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)  # no zone turns between quarters
        if (day := days.get(hour)) is None:
            day = days[hour] = _day(hour, zone)
        lengths[day, site, bool(roaming), STEPS[bisect_right(STEPS, seconds // 60) - 1]] += 1
    dwell = sa.table("dwell", sa.column("day", MOMENT), sa.column("site"), sa.column("roaming", FLAG), *_numbers("minutes", "sessions"))
    rows = [dict(zip(dwell.c.keys(), (*key, number), strict=True)) for key, number in lengths.items()]
    for start in range(0, len(rows), SLICE):
        bind.execute(sa.insert(dwell), rows[start : start + SLICE])


def _numbers(*names: str) -> list[sa.ColumnClause[Any]]:
    return [sa.column(name, BIG) for name in names]


def _zone(bind: sa.Connection) -> tzinfo:
    try:
        return ZoneInfo(bind.scalar(sa.text("SELECT timezone FROM operator")) or "UTC")
    except (LookupError, ValueError, OSError):
        return UTC


def _day(at: datetime, zone: tzinfo) -> datetime:
    """The midnight before it. SQLite gives times without a zone, in UTC."""
    aware = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return datetime.combine(aware.astimezone(zone).date(), time(), zone).astimezone(UTC)


def _shorten_places(bind: sa.Connection) -> None:
    trail = sa.table("session_trail", *(sa.column(name) for name in ("session_id", "leg", "places")))
    one = sa.and_(trail.c.session_id == sa.bindparam("session"), trail.c.leg == sa.bindparam("number"))
    shorter = sa.update(trail).where(one).values(places=sa.bindparam("short"))
    last = ("", -1)
    while True:
        after = sa.tuple_(trail.c.session_id, trail.c.leg) > sa.tuple_(sa.literal(last[0]), sa.literal(last[1]))
        rows = bind.execute(sa.select(trail).where(after).order_by(trail.c.session_id, trail.c.leg).limit(SLICE)).all()
        if not rows:
            return
        short = [(*row[:2], json.dumps([place[:4] for place in json.loads(row[2])])) for row in rows]
        bind.execute(shorter, [dict(zip(("session", "number", "short"), each, strict=True)) for each in short])
        last = rows[-1][0], rows[-1][1]


def downgrade() -> None:
    """Remove them: what they hold of the past is made again, but for the visitors of a month. Of places the older shape has four words."""
    _shorten_places(op.get_bind())
    for table in ("site_visitors", "site_mark", "dwell", "site_hour"):
        op.drop_table(table)
