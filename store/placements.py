"""How often a shop's adverts were shown and clicked: sums of its own campaigns, in a bounded number of statements.

Every function takes the business first, and answers for its campaigns alone. What of it may be told is portal/cases/figures.py's
to say. Never a row that names a guest, a device or a visit: there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import case, func, select

from store.models import Campaign, CampaignState, PlacementHour, Site

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

MOST: Final = 200  # campaigns of one shop that are told one by one, the newest


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


_SUMS: Final = (func.sum(PlacementHour.impressions), func.sum(PlacementHour.clicks))


def adverts(session: Session, business_id: str) -> list[Advert]:
    """The shop's campaigns, the newest first."""
    mine = select(Campaign.id, Campaign.name, Campaign.state).where(Campaign.business_id == business_id)
    return [Advert(*row) for row in session.execute(mine.order_by(Campaign.created_at.desc(), Campaign.id).limit(MOST))]


def totals(session: Session, business_id: str, begin: datetime | None = None, end: datetime | None = None) -> dict[str, Count]:
    """Campaign -> what it came to in the hours from `begin` on and before `end`; those of which there is anything."""
    sums = _mine(business_id, (PlacementHour.campaign_id, *_SUMS), _within(begin, end))
    return {name: Count(int(shown), int(clicked)) for name, shown, clicked in session.execute(sums.group_by(PlacementHour.campaign_id))}


def hours(session: Session, business_id: str, begin: datetime, end: datetime, campaign: str | None = None) -> list[Hourly]:
    """Each campaign's hours, or this one's, in order."""
    key = (PlacementHour.campaign_id, PlacementHour.hour)
    sums = _mine(business_id, (*key, *_SUMS), [*_within(begin, end), *_only(campaign)]).group_by(*key).order_by(*key)
    return [Hourly(name, hour, Count(int(shown), int(clicked))) for name, hour, shown, clicked in session.execute(sums)]


def parts(session: Session, business_id: str, edges: Sequence[datetime], campaign: str | None = None) -> list[Part]:
    """Each campaign's places and languages, or this one's, in each period between two neighbouring edges."""
    ends = zip(edges[1:], range(len(edges)), strict=False)
    period = case(*((PlacementHour.hour < end, number) for end, number in ends), else_=len(edges)).label("period")
    columns = (PlacementHour.campaign_id, period, PlacementHour.site, PlacementHour.language)
    more = [*_within(edges[0], edges[-1]), *_only(campaign)]
    inner = _mine(business_id, (*columns, PlacementHour.impressions, PlacementHour.clicks), more).subquery()
    # so that PostgreSQL sees one expression where it groups, not two with the same parameters
    key = (inner.c.campaign_id, inner.c.period, inner.c.site, inner.c.language)
    sums = select(*key, func.sum(inner.c.impressions), func.sum(inner.c.clicks)).group_by(*key).order_by(*key)
    return [Part(*row[:4], Count(int(row[4]), int(row[5]))) for row in session.execute(sums)]


def places(session: Session, names: Collection[str]) -> dict[str, str]:
    """Site -> how people call it; those that are still declared."""
    return {row.id: row.name for row in session.execute(select(Site.id, Site.name).where(Site.id.in_(names)))}


def _mine(business_id: str, columns: Sequence[Any], more: Sequence[ColumnElement[bool]]) -> Select[Any]:
    joined = select(*columns).join(Campaign, Campaign.id == PlacementHour.campaign_id)
    return joined.where(Campaign.business_id == business_id, *more)


def _within(begin: datetime | None, end: datetime | None) -> list[ColumnElement[bool]]:
    since = [PlacementHour.hour >= begin] if begin is not None else []
    return since + ([PlacementHour.hour < end] if end is not None else [])


def _only(campaign: str | None) -> list[ColumnElement[bool]]:
    return [PlacementHour.campaign_id == campaign] if campaign is not None else []
