"""How often a shop's adverts were shown and clicked: sums of its own campaigns, in a bounded number of statements.

`add` writes each figure whole, and into three sums that pages read in place of it: by day, by hour of the day and by place, the latter
two of four weeks (decision 55). They are cut where the operator is, by where the middle of an hour lies; a day is kept as midnight of
UTC. Every other function takes the business first, and answers for its campaigns alone. What of it may be told is
portal/cases/figures.py's to say. Never a row that names a guest, a device or a visit: there is none.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import func, select

from store.models import Campaign, CampaignClock, CampaignDay, CampaignSpan, CampaignState, PlacementHour, Site
from store.site_names import apart
from store.upsert import grow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import tzinfo

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import InstrumentedAttribute, Session

MOST: Final = 200  # campaigns of one shop that are told one by one, the newest
MONDAY: Final = date(2024, 1, 1)  # from which spans are counted
SPAN: Final = 28  # days: four of each weekday


class Count(NamedTuple):
    """How often something was shown and clicked."""

    impressions: int = 0
    clicks: int = 0

    def plus(self, other: Count) -> Count:
        return Count(self.impressions + other.impressions, self.clicks + other.clicks)


class Daily(NamedTuple):
    """One campaign's day."""

    campaign: str
    day: date
    counted: Count


class Part(NamedTuple):
    """What one campaign came to in one hour of the day, at one place or in one language, in one of the periods that were asked for."""

    campaign: str
    period: int  # its number among them
    key: Any  # 0 to 23; Site.id; the language's code
    counted: Count


class Advert(NamedTuple):
    """One campaign, as lists of figures name it."""

    id: str
    name: str
    state: CampaignState


HOUR, PLACE, LANGUAGE = CampaignClock.hour, CampaignSpan.site, CampaignSpan.language
_HALF: Final = timedelta(minutes=30)
_AT_ONCE: Final = 1_000  # rows: a year of a shop has ten thousands, and what is held while all are read is dear to look through
_SUMS: Final = (func.sum(CampaignDay.impressions), func.sum(CampaignDay.clicks))


def start(day: date) -> date:
    """The first day of the span that it lies in."""
    return day - timedelta(days=(day - MONDAY).days % SPAN)


def today(now: datetime, zone: tzinfo) -> date:
    """The day for which the hour counts that runs now: in a zone of half hours it is tomorrow a little before midnight."""
    here: datetime = _cut(now.astimezone(UTC).replace(minute=0, second=0, microsecond=0), zone)["day"]
    return here.date()


def kept(day: date) -> datetime:
    """As sums keep it."""
    return datetime.combine(day, time(), UTC)


def whole(moment: datetime) -> datetime:
    """The end of those of its spans that begin before this moment, as sums keep it."""
    return kept(start((moment - timedelta(microseconds=1)).date()) + timedelta(days=SPAN))


def add(session: Session, rows: Sequence[Mapping[str, Any]], zone: tzinfo) -> None:
    """Add these figures, whole `PlacementHour`s, to what is there; days begin at midnight of this zone, the operator's."""
    cut = {hour: _cut(hour, zone) for hour in {row["hour"] for row in rows}}
    grow(session, PlacementHour, rows, ("creative_id", "hour", "site", "language"), Count._fields, "campaign_id")
    told = [{**row, **cut[row["hour"]]} for row in rows]
    grow(session, CampaignDay, told, ("campaign_id", "day"), Count._fields)
    grow(session, CampaignClock, told, ("campaign_id", "begins_at", "hour"), Count._fields)
    grow(session, CampaignSpan, told, ("campaign_id", "begins_at", "site", "language"), Count._fields)


def _cut(hour: datetime, zone: tzinfo) -> dict[str, Any]:
    """Its day, its four weeks and the hour of the day."""
    here = (hour + _HALF).astimezone(zone)
    return {"day": kept(here.date()), "begins_at": kept(start(here.date())), "hour": here.hour}


def adverts(session: Session, business_id: str) -> list[Advert]:
    """The shop's campaigns, the newest first."""
    mine = select(Campaign.id, Campaign.name, Campaign.state).where(Campaign.business_id == business_id)
    return [Advert(*row) for row in session.execute(mine.order_by(Campaign.created_at.desc(), Campaign.id).limit(MOST))]


def totals(session: Session, business_id: str, first: date | None = None, end: date | None = None) -> dict[str, Count]:
    """Campaign -> what it came to on the days from `first` on and before `end`; those of which there is anything."""
    sums = _mine(business_id, CampaignDay, (CampaignDay.campaign_id, *_SUMS)).where(*within(first, end))
    return {name: Count(int(shown), int(clicked)) for name, shown, clicked in session.execute(sums.group_by(CampaignDay.campaign_id))}


def days(session: Session, business_id: str, first: date, end: date, campaign: str | None = None) -> list[Daily]:
    """Each campaign's days from `first` on and before `end`, or this one's, in order."""
    key, counts = (CampaignDay.campaign_id, CampaignDay.day), (CampaignDay.impressions, CampaignDay.clicks)
    rows = _mine(business_id, CampaignDay, (*key, *counts), campaign).where(*within(first, end)).order_by(*key)
    return [Daily(name, day.date(), Count(shown, clicked)) for name, day, shown, clicked in session.execute(rows).all()]


def parts(
    session: Session, business_id: str, firsts: Sequence[date], by: InstrumentedAttribute[Any], campaign: str | None = None
) -> Iterator[Part]:
    """Each campaign, or this one, by HOUR, PLACE or LANGUAGE in each of the spans that begin on these days; in order."""
    table, numbers = by.class_, {kept(day): number for number, day in enumerate(firsts)}
    key = (table.campaign_id, table.begins_at, by)
    sums = (func.sum(table.impressions), func.sum(table.clicks))
    rows = _mine(business_id, table, (*key, *sums), campaign).where(table.begins_at.in_(numbers)).group_by(*key).order_by(*key)
    for some in session.connection().execute(rows).partitions(_AT_ONCE):  # the session's own would hold all of them
        for name, begins, each, shown, clicks in some:
            yield Part(name, numbers[begins], each, Count(int(shown), int(clicks)))


def places(session: Session, names: Collection[str]) -> dict[str, str]:
    """Site -> how people call it; those that are still declared."""
    return apart({row.id: row.name for row in session.execute(select(Site.id, Site.name).where(Site.id.in_(names)))})


def _mine(business_id: str, table: Any, columns: Sequence[Any], campaign: str | None = None) -> Select[Any]:
    only = () if campaign is None else (table.campaign_id == campaign,)
    return select(*columns).join(Campaign, Campaign.id == table.campaign_id).where(Campaign.business_id == business_id, *only)


def within(first: date | None, end: date | None) -> list[ColumnElement[bool]]:
    """The days of CampaignDay from `first` on and before `end`."""
    since = [CampaignDay.day >= kept(first)] if first is not None else []
    return since + ([CampaignDay.day < kept(end)] if end is not None else [])
