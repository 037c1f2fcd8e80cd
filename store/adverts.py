"""Adverts as the pages need them: what runs now, shops and pictures, how often each was shown.

`running` is read every few seconds by the process that serves the pages, and then answers for every page until the next time.
Figures are sums by hour, site and language. Never a row that names a guest, a device or a visit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import func, select

from store import placements
from store.models import (
    Business,
    Campaign,
    CampaignDay,
    CampaignPlace,
    CampaignState,
    Creative,
    CreativeState,
    Media,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime, tzinfo

    from sqlalchemy.orm import Session

    from store.offers import Place

MOST: Final = 1_000  # campaigns that run at once, the oldest first
PLACES: Final = 20_000  # of all of them
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Advert:
    """What a guest sees of one creative; texts are language -> text."""

    creative: str  # its id
    campaign: str
    shop: str  # slug of its page with us
    name: str  # of the business
    title: Mapping[str, str]
    text: Mapping[str, str]
    link: str = ""  # outside, https: offered once the guest is online
    picture: str = ""  # Media.sha; "" for none
    alt: Mapping[str, str] = field(default_factory=dict)
    width: int = 0
    height: int = 0
    house: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One campaign that runs: when, where and with which weight its advert is shown. Days and minutes are the site's."""

    advert: Advert
    places: frozenset[tuple[str, str]] = frozenset({("city", "")})  # (kind, name)
    weight: int = 1
    first_day: date | None = None
    last_day: date | None = None
    weekdays: int = 0b1111111
    from_minute: int = 0
    until_minute: int = 1440
    day_cap: int | None = None
    total_cap: int | None = None

    @property
    def capped(self) -> bool:
        """Whether its figures matter to the choice."""
        return self.day_cap is not None or self.total_cap is not None


class Figure(NamedTuple):
    """What one creative did in one hour at one site, in one language."""

    creative: str
    campaign: str
    hour: datetime
    site: str
    language: str
    impressions: int = 0
    clicks: int = 0


def running(session: Session, now: datetime) -> tuple[Run, ...]:
    """Every live campaign with its newest approved creative; of suspended shops none.

    The day's edges are each site's own: a day early, a day late.
    """
    mine = (
        select(Campaign, Business)
        .join(Business, Business.id == Campaign.business_id)
        .where(
            Campaign.state == CampaignState.LIVE,
            Campaign.weight > 0,
            Business.suspended_at.is_(None),
            func.coalesce(Campaign.first_day, (now + DAY).date()) <= (now + DAY).date(),
            func.coalesce(Campaign.last_day, (now - DAY).date()) >= (now - DAY).date(),
        )
        .order_by(Campaign.created_at, Campaign.id)
        .limit(MOST)
    )
    found = [(campaign, shop) for campaign, shop in session.execute(mine)]
    names = [campaign.id for campaign, _ in found]
    creatives = _newest(session, names)
    places = places_of(session, names)
    pictures = _pictures(session, {creative.picture for creative in creatives.values() if creative.picture})
    return tuple(
        _run(campaign, shop, creatives[campaign.id], places[campaign.id], pictures)
        for campaign, shop in found
        if campaign.id in creatives and campaign.id in places
    )


def _newest(session: Session, campaigns: list[str]) -> dict[str, Creative]:
    """Campaign -> its newest approved version."""
    approved = select(Creative).where(Creative.campaign_id.in_(campaigns), Creative.state == CreativeState.APPROVED)
    return {row.campaign_id: row for row in session.scalars(approved.order_by(Creative.version))}


def places_of(session: Session, campaigns: Collection[str]) -> dict[str, frozenset[Place]]:
    """Campaign -> where it is shown; PLACES at most."""
    row = CampaignPlace  # by columns: as objects they would cost the guests' pages half of each look at what runs
    rows = select(row.campaign_id, row.kind, row.name).where(row.campaign_id.in_(campaigns)).order_by(row.campaign_id).limit(PLACES)
    found: dict[str, set[Place]] = {}
    for campaign, kind, name in session.execute(rows):
        found.setdefault(campaign, set()).add((kind, name))
    return {campaign: frozenset(places) for campaign, places in found.items()}


def _pictures(session: Session, names: Collection[str]) -> dict[str, tuple[int, int]]:
    sizes = session.execute(select(Media.sha, Media.width, Media.height).where(Media.sha.in_(names)))
    return {sha: (width, height) for sha, width, height in sizes}


def _run(campaign: Campaign, shop: Business, creative: Creative, places: frozenset[Place], sizes: dict[str, tuple[int, int]]) -> Run:
    width, height = sizes.get(creative.picture, (0, 0))
    advert = Advert(
        creative=creative.id,
        campaign=campaign.id,
        shop=shop.slug,
        name=shop.name,
        title=dict(creative.title),
        text=dict(creative.text),
        link=creative.link or shop.link,
        picture=creative.picture if width else "",
        alt=dict(creative.alt),
        width=width,
        height=height,
        house=shop.house,
    )
    return Run(
        advert,
        places,
        campaign.weight,
        campaign.first_day,
        campaign.last_day,
        campaign.weekdays,
        campaign.from_minute,
        campaign.until_minute,
        campaign.day_cap,
        campaign.total_cap,
    )


def shown(session: Session, campaigns: Collection[str], first: date | None = None, end: date | None = None) -> dict[str, int]:
    """How often each of these campaigns was shown on the operator's days from `first` on and before `end`."""
    sums = select(CampaignDay.campaign_id, func.sum(CampaignDay.impressions)).where(CampaignDay.campaign_id.in_(campaigns))
    found = session.execute(sums.where(*placements.within(first, end)).group_by(CampaignDay.campaign_id))
    return {campaign: int(count) for campaign, count in found}


def count(session: Session, figures: Collection[Figure], zone: tzinfo = UTC) -> None:
    """Add these figures to those that are there; what belongs to a creative that is gone goes, too."""
    named = {figure.creative for figure in figures}
    kept = set(session.scalars(select(Creative.id).where(Creative.id.in_(named))))
    rows = [
        {
            "creative_id": figure.creative,
            "hour": figure.hour,
            "site": figure.site,
            "language": figure.language,
            "campaign_id": figure.campaign,
            "impressions": figure.impressions,
            "clicks": figure.clicks,
        }
        for figure in figures
        if figure.creative in kept
    ]
    placements.add(session, rows, zone)


def shop(session: Session, slug: str) -> Business | None:
    """The business of this slug, whatever it shows."""
    return session.scalar(select(Business).where(Business.slug == slug))


def picture(session: Session, sha: str) -> Media | None:
    """The picture of this digest, if somebody allowed it to be seen by anybody."""
    found = session.get(Media, sha)
    return found if found is not None and found.published_at is not None else None
