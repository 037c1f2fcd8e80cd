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
    from collections.abc import Collection, Mapping, Sequence
    from datetime import tzinfo

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

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


class Hourly(NamedTuple):
    """What one campaign came to in one hour of the day, in one of the periods that were asked for."""

    campaign: str
    period: int  # its number among them
    hour: int
    counted: Count


class Part(NamedTuple):
    """What one campaign came to at one place in one language, in one of the periods that were asked for."""

    campaign: str
    period: int  # its number among them
    place: str  # Site.id
    language: str
    counted: Count


class Advert(NamedTuple):
    """One campaign, as lists of figures name it."""

    id: str
    name: str
    state: CampaignState


_HALF: Final = timedelta(minutes=30)
_SUMS: Final = (func.sum(CampaignDay.impressions), func.sum(CampaignDay.clicks))


def start(day: date) -> date:
    """The first day of the span that it lies in."""
    return day - timedelta(days=(day - MONDAY).days % SPAN)


def kept(day: date) -> datetime:
    """As sums keep it."""
    return datetime.combine(day, time(), UTC)


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


def hours(session: Session, business_id: str, firsts: Sequence[date], campaign: str | None = None) -> list[Hourly]:
    """Each campaign's hours of the day, or this one's, in each of the spans that begin on these days."""
    numbers = _numbers(firsts)
    key = (CampaignClock.campaign_id, CampaignClock.begins_at, CampaignClock.hour)
    rows = _mine(business_id, CampaignClock, (*key, CampaignClock.impressions, CampaignClock.clicks), campaign).order_by(*key)
    found = session.execute(rows.where(CampaignClock.begins_at.in_(numbers)))
    return [Hourly(name, numbers[begins], hour, Count(shown, clicks)) for name, begins, hour, shown, clicks in found]


def parts(session: Session, business_id: str, firsts: Sequence[date], campaign: str | None = None) -> list[Part]:
    """Each campaign's places and languages, or this one's, in each of the spans that begin on these days."""
    numbers = _numbers(firsts)
    key = (CampaignSpan.campaign_id, CampaignSpan.begins_at, CampaignSpan.site, CampaignSpan.language)
    rows = _mine(business_id, CampaignSpan, (*key, CampaignSpan.impressions, CampaignSpan.clicks), campaign).order_by(*key)
    found = session.execute(rows.where(CampaignSpan.begins_at.in_(numbers)))
    return [Part(name, numbers[begins], site, tongue, Count(shown, clicks)) for name, begins, site, tongue, shown, clicks in found]


def places(session: Session, names: Collection[str]) -> dict[str, str]:
    """Site -> how people call it; those that are still declared."""
    return apart({row.id: row.name for row in session.execute(select(Site.id, Site.name).where(Site.id.in_(names)))})


def _mine(business_id: str, table: Any, columns: Sequence[Any], campaign: str | None = None) -> Select[Any]:
    only = () if campaign is None else (table.campaign_id == campaign,)
    return select(*columns).join(Campaign, Campaign.id == table.campaign_id).where(Campaign.business_id == business_id, *only)


def _numbers(firsts: Sequence[date]) -> dict[datetime, int]:
    return {kept(day): number for number, day in enumerate(firsts)}


def within(first: date | None, end: date | None) -> list[ColumnElement[bool]]:
    """The days of CampaignDay from `first` on and before `end`."""
    since = [CampaignDay.day >= kept(first)] if first is not None else []
    return since + ([CampaignDay.day < kept(end)] if end is not None else [])
