"""Where the city lets a shop be shown: whether places lie within that, what changes when it is made smaller, and what places are called.

The city holds every district, a district its sites, a site its access points. Never a place that there is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import delete, select, tuple_

from store import offers
from store.models import AccessPoint, Business, BusinessPlace, Campaign, CampaignPlace, PlaceKind, Site

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

Place = offers.Place
CITY: Final = offers.CITY
MOST: Final = 200  # places of one shop


class Where(NamedTuple):
    """What a place is called, and what it lies within."""

    name: str
    within: frozenset[Place]


def known(session: Session, places: Iterable[Place]) -> dict[Place, Where]:
    """Of these, those that there are; at most three statements. A district is what any site names so."""
    wanted = frozenset(places)

    def named(kind: PlaceKind) -> list[str]:
        return sorted(name for each, name in wanted if each is kind)

    found: dict[Place, Where] = {CITY: Where("", frozenset({CITY}))} if CITY in wanted else {}
    if districts := named(PlaceKind.DISTRICT):
        for name in session.scalars(select(Site.district).where(Site.district.in_(districts), Site.district != "").distinct()):
            found[PlaceKind.DISTRICT, name] = Where(name, _within("", name))
    if sites := named(PlaceKind.SITE):
        for row in session.execute(select(Site.id, Site.name, Site.district).where(Site.id.in_(sites))):
            found[PlaceKind.SITE, row.id] = Where(row.name, _within(row.id, row.district))
    if points := named(PlaceKind.ACCESS_POINT):
        mine = select(AccessPoint.name, Site.id, Site.district).outerjoin(Site, Site.id == AccessPoint.site)
        for name, site, district in session.execute(mine.where(AccessPoint.name.in_(points))):
            own = (PlaceKind.ACCESS_POINT, name)
            found[own] = Where(name, _within(site or "", district or "") | {own})
    return found


def _within(site: str, district: str) -> frozenset[Place]:
    said = ((PlaceKind.SITE, site), (PlaceKind.DISTRICT, district))
    return frozenset({CITY, *(place for place in said if place[1])})


def beyond(session: Session, shop: Business, places: Sequence[Place]) -> list[Place]:
    """Of these, those at which this shop may not be shown, or that there are not."""
    return _beyond(offers.given(session, shop), known(session, places), places)


def _beyond(may: frozenset[Place], there: Mapping[Place, Where], places: Iterable[Place]) -> list[Place]:
    return [place for place in places if place not in there or not there[place].within & may]


def let(session: Session, business_id: str, places: Iterable[Place]) -> list[Place]:
    """The shop may be shown at these from now on, and nowhere else: what it shows elsewhere it shows no more. Those that it lost.

    Whoever approves waits meanwhile (portal/cases/review.py), and then looks at what there is.
    """
    session.execute(select(Business.id).where(Business.id == business_id).with_for_update(key_share=True))
    may = frozenset(places)
    session.execute(delete(BusinessPlace).where(BusinessPlace.business_id == business_id))
    session.add_all(BusinessPlace(business_id=business_id, kind=kind, name=name) for kind, name in sorted(may))
    session.flush()
    mine = select(CampaignPlace).join(Campaign, Campaign.id == CampaignPlace.campaign_id).where(Campaign.business_id == business_id)
    shown = {(row.kind, row.name) for row in session.scalars(mine)}
    lost = _beyond(may, known(session, shown), sorted(shown))
    if lost:
        campaigns = select(Campaign.id).where(Campaign.business_id == business_id)
        gone = tuple_(CampaignPlace.kind, CampaignPlace.name).in_(lost)
        session.execute(delete(CampaignPlace).where(CampaignPlace.campaign_id.in_(campaigns), gone).execution_options(**_BARE))
    return lost


_BARE: Final = {"synchronize_session": False}
