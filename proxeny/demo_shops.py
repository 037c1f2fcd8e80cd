"""The sample city's shops as rows: who works for them, their adverts in every state, and weeks of figures.

Four shops: one that runs, one that runs and has a newer version in review, one whose advert was rejected after an older one had
ended, one that is paused with a draft beside it; and the city's own, which fills what they leave free. Sown once: what is there is
left as it is. Never in a network that is not the sample city's (proxeny/demo.py sees to that).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, update

from portal.cases.remainders import time_zone
from proxeny import demo_adverts
from proxeny.demo_history import HOURS
from store import adverts, campaigns, placements, staff
from store.models import (
    Business,
    BusinessPlace,
    Campaign,
    CampaignPlace,
    CampaignState,
    Creative,
    CreativeState,
    Media,
    Membership,
    Operator,
    Picture,
    PlaceKind,
    Role,
    ShopVersion,
)
from store.pictures import keep_picture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from proxeny.demo_adverts import Shop

OWNER: Final = "owner@millers-oven.example"  # whose link the demo prints
COUNTER: Final = "counter@millers-oven.example"
WEEKS: Final = 8  # of figures
BUSY: Final = 0.5  # views of one advert at one place for each unit of how busy an hour is
CLICKED: Final = 0.06
FRENCH: Final = 0.3
_LIVE, _ENDED, _PAUSED, _DRAFT = CampaignState.LIVE, CampaignState.ENDED, CampaignState.PAUSED, CampaignState.DRAFT


@dataclass(frozen=True, slots=True)
class Told:
    """A version, and what became of it."""

    state: CreativeState
    title: tuple[str, str] | None = None  # another than the shop's
    text: tuple[str, str] | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One campaign: its state, its versions, and from when until when it was shown, in days before today."""

    name: str
    state: CampaignState
    versions: tuple[Told, ...]
    began: int | None = None
    ended: int = 0
    day_cap: int | None = None


_REASON: Final = "“Best in town” cannot be checked. Say what is special about the herbs, and send it again."
RUNS: Final = {
    "millers-oven": (Run("Bread of the morning", _LIVE, (Told(CreativeState.APPROVED),), began=7 * WEEKS),),
    "chain-and-spoke": (
        Run(
            "Repairs in an hour",
            _LIVE,
            (
                Told(CreativeState.APPROVED),
                Told(
                    CreativeState.SUBMITTED,
                    ("Winter tyres, fitted while you wait", "Pneus d’hiver, posés pendant que vous attendez"),
                    ("Studded or plain. Bring the bicycle as it is.", "Cloutés ou non. Venez avec le vélo tel qu’il est."),
                ),
            ),
            began=5 * 7,
            day_cap=600,
        ),
    ),
    "three-pots": (
        Run("Autumn bulbs", _ENDED, (Told(CreativeState.APPROVED),), began=7 * 7, ended=14),
        Run(
            "Herbs",
            _DRAFT,
            (Told(CreativeState.REJECTED, ("The best herbs in town", "Les meilleures herbes en ville"), reason=_REASON),),
        ),
    ),
    "harbour-lantern": (
        Run("Soup", _PAUSED, (Told(CreativeState.APPROVED),), began=21, ended=3),
        Run("Terrace in spring", _DRAFT, (Told(CreativeState.DRAFT, ("The terrace opens in April", "La terrasse ouvre en avril")),)),
    ),
    "city-of-example": (Run("Concert", _LIVE, (Told(CreativeState.APPROVED),), began=7 * WEEKS),),
}


def sow(session: Session, now: datetime) -> int:
    """Put them there; how many were not there yet."""
    fresh = [shop for shop in demo_adverts.SHOPS if adverts.shop(session, shop.slug) is None]
    for shop in fresh:
        _put(session, shop, now)
    return len(fresh)


def link(session: Session, now: datetime) -> str:
    """What the address of the set-up page of a shop's owner ends with; another one at each start."""
    someone = staff.named(session, OWNER)
    if someone is None:  # whoever runs the demo took them away
        return ""
    return staff.link(session, someone, now)


def _put(session: Session, shop: Shop, now: datetime) -> None:
    picture = keep_picture(session, demo_adverts.picture(shop), now)
    session.execute(update(Media).where(Media.sha == picture).values(published_at=now))
    begun = now - timedelta(days=7 * WEEKS + 3)
    page = {
        "name": shop.name,
        "about": _both(shop.about),
        "hours": _open(shop),
        "address": shop.address,
        "link": "" if shop.house else f"https://{shop.slug}.example/",
        "picture": picture,
        "alt": _both(shop.alt),
    }
    business = Business(**page, slug=shop.slug, house=shop.house, created_at=begun)
    session.add(business)
    session.flush()
    session.add(ShopVersion(**page, business_id=business.id, state=CreativeState.APPROVED, created_at=begun, decided_at=begun))
    session.add(Picture(business_id=business.id, sha=picture, created_at=begun))
    session.add_all(BusinessPlace(business_id=business.id, kind=kind, name=name) for kind, name in _places(shop))
    owner = "" if shop.house else _people(session, shop, business, begun)
    for run in RUNS[shop.slug]:
        _run(session, shop, business, replace(run), owner, now)


def _people(session: Session, shop: Shop, business: Business, begun: datetime) -> str:
    """The owner's id; one shop has somebody at the counter, too."""
    names = {f"owner@{shop.slug}.example": Role.BUSINESS_OWNER}
    if OWNER in names:
        names[COUNTER] = Role.VENUE_STAFF
    found = []
    for name, role in names.items():
        someone, _ = staff.invite(session, name, role, begun, email=name)
        session.add(Membership(staff_id=someone.id, business_id=business.id, created_at=begun))
        found.append(someone.id)
    return found[0]


def _run(session: Session, shop: Shop, business: Business, run: Run, owner: str, now: datetime) -> None:
    """One campaign with its versions and figures."""
    begun = now - timedelta(days=run.began if run.began is not None else 2)
    places = _places(shop)
    last = (now - timedelta(days=run.ended)).date() if run.state is _ENDED else None
    campaign = Campaign(
        business_id=business.id,
        name=run.name,
        state=run.state,
        weight=shop.weight,
        first_day=begun.date() if run.began is not None else None,
        last_day=last,
        day_cap=run.day_cap,
        created_at=begun,
        began_at=begun if run.began is not None else None,
        ended_at=now - timedelta(days=run.ended) if last is not None else None,
    )
    session.add(campaign)
    session.flush()
    if run.began is not None:
        session.add_all(CampaignPlace(campaign_id=campaign.id, kind=kind, name=name) for kind, name in places)
    plan = campaigns.written(campaigns.Plan(campaign.first_day, last, day_cap=run.day_cap, places=tuple(places)))
    made = [_version(shop, business, campaign, number, told, plan, owner, now) for number, told in enumerate(run.versions, 1)]
    session.add_all(made)
    session.flush()
    if run.began is not None:
        _figures(session, campaign, made[0], shop, now - timedelta(days=run.ended), run.began - run.ended)


def _version(
    shop: Shop, business: Business, campaign: Campaign, number: int, told: Told, plan: dict[str, Any], owner: str, now: datetime
) -> Creative:
    """Made the day before the campaign began; those that wait, since yesterday."""
    waits = told.state in (CreativeState.SUBMITTED, CreativeState.DRAFT)
    at = now - timedelta(hours=26) if waits else campaign.created_at
    return Creative(
        campaign_id=campaign.id,
        version=number,
        state=told.state,
        title=_both(told.title or shop.title),
        text=_both(told.text or shop.text),
        picture=business.picture,
        alt=_both(shop.alt),
        plan=plan,
        reason=told.reason,
        made_by=owner,
        created_at=at,
        submitted_by=owner if told.state is not CreativeState.DRAFT else "",
        submitted_at=at if told.state is not CreativeState.DRAFT else None,
        decided_at=None if waits else at,
    )


def _figures(session: Session, campaign: Campaign, creative: Creative, shop: Shop, until: datetime, days: int) -> None:
    """Hour by hour, as busy as the city's hours are; the same seed makes the same."""
    chance = Random(shop.slug + campaign.name)  # noqa: S311  how often something was seen
    rows = list(_hours(campaign, creative, shop, until, days, chance))
    placements.add(session, rows, time_zone(session.scalar(select(Operator.timezone)) or "UTC"))


def _hours(campaign: Campaign, creative: Creative, shop: Shop, until: datetime, days: int, chance: Random) -> Iterator[dict[str, Any]]:
    last = until.replace(minute=0, second=0, microsecond=0)
    for back in range(1, days * 24):
        hour = last - timedelta(hours=back)
        for site in shop.sites or ("central-library", "ferry-terminal"):
            expected = HOURS[(hour.hour - 5) % 24] * BUSY * shop.weight * (0.3 if shop.house else 1)
            for language, share in (("en", 1 - FRENCH), ("fr", FRENCH)):
                seen = max(0, round(chance.gauss(expected * share, expected * share / 3)))
                if seen:
                    yield {
                        "creative_id": creative.id,
                        "campaign_id": campaign.id,
                        "hour": hour,
                        "site": site,
                        "language": language,
                        "impressions": seen,
                        "clicks": sum(chance.random() < CLICKED for _ in range(seen)),
                    }


def _places(shop: Shop) -> list[tuple[PlaceKind, str]]:
    return [(PlaceKind.SITE, site) for site in shop.sites] or [(PlaceKind.CITY, "")]


def _both(said: tuple[str, str]) -> dict[str, str]:
    return dict(zip(("en", "fr"), said, strict=True))


def _open(shop: Shop) -> dict[str, Any]:
    """As portal/cases/open_hours.py reads it."""
    week = [[[day[0] * 60, day[1] * 60]] if day is not None else [] for day in shop.week]
    return {**({"week": week} if week else {}), **{language: text for language, text in _both(shop.hours).items() if text}}
