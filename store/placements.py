"""How often a shop's adverts were shown and clicked: sums of its own campaigns, in a bounded number of statements.

`add` writes each figure thrice: whole, and in two sums that a year's page reads in place of it: by hour without the place, by place
without the hour (decision 55). Every other function takes the business first, and answers for its campaigns alone. What of it may be
told is portal/cases/figures.py's to say. Never a row that names a guest, a device or a visit: there is none.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import func, select

from store.models import Campaign, CampaignHour, CampaignSpan, CampaignState, PlacementHour, Site
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


class Hourly(NamedTuple):
    """One campaign's hour."""

    campaign: str
    hour: datetime
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


_SUMS: Final = (func.sum(CampaignHour.impressions), func.sum(CampaignHour.clicks))


def start(day: date) -> date:
    """The first day of the span that it lies in."""
    return day - timedelta(days=(day - MONDAY).days % SPAN)


def add(session: Session, rows: Sequence[Mapping[str, Any]], zone: tzinfo) -> None:
    """Add these figures, whole `PlacementHour`s, to what is there; days begin at midnight of this zone, the operator's."""
    begins = {hour: _begins(hour, zone) for hour in {row["hour"] for row in rows}}
    told = [{**row, "begins_at": begins[row["hour"]]} for row in rows]
    grow(session, PlacementHour, told, ("creative_id", "hour", "site", "language"), Count._fields, "campaign_id")
    grow(session, CampaignHour, told, ("campaign_id", "hour"), Count._fields)
    grow(session, CampaignSpan, told, ("campaign_id", "begins_at", "site", "language"), Count._fields)


def _begins(hour: datetime, zone: tzinfo) -> datetime:
    return datetime.combine(start(hour.astimezone(zone).date()), time(), UTC)


def adverts(session: Session, business_id: str) -> list[Advert]:
    """The shop's campaigns, the newest first."""
    mine = select(Campaign.id, Campaign.name, Campaign.state).where(Campaign.business_id == business_id)
    return [Advert(*row) for row in session.execute(mine.order_by(Campaign.created_at.desc(), Campaign.id).limit(MOST))]


def totals(session: Session, business_id: str, begin: datetime | None = None, end: datetime | None = None) -> dict[str, Count]:
    """Campaign -> what it came to in the hours from `begin` on and before `end`; those of which there is anything."""
    sums = _mine(business_id, CampaignHour, (CampaignHour.campaign_id, *_SUMS)).where(*_within(begin, end))
    return {name: Count(int(shown), int(clicked)) for name, shown, clicked in session.execute(sums.group_by(CampaignHour.campaign_id))}


def hours(session: Session, business_id: str, begin: datetime, end: datetime, campaign: str | None = None) -> list[Hourly]:
    """Each campaign's hours, or this one's, in order."""
    key, counts = (CampaignHour.campaign_id, CampaignHour.hour), (CampaignHour.impressions, CampaignHour.clicks)
    rows = _mine(business_id, CampaignHour, (*key, *counts), campaign).where(*_within(begin, end)).order_by(*key)
    return [Hourly(name, hour, Count(shown, clicked)) for name, hour, shown, clicked in session.execute(rows).all()]


def parts(session: Session, business_id: str, firsts: Sequence[date], campaign: str | None = None) -> list[Part]:
    """Each campaign's places and languages, or this one's, in each of the spans that begin on these days."""
    numbers = {datetime.combine(day, time(), UTC): number for number, day in enumerate(firsts)}
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


def _within(begin: datetime | None, end: datetime | None) -> list[ColumnElement[bool]]:
    since = [CampaignHour.hour >= begin] if begin is not None else []
    return since + ([CampaignHour.hour < end] if end is not None else [])
