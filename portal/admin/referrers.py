"""Who refers to an entry of the network: told before it is removed, each with the way to its page.

Looked up in a fixed number of statements. Never decides whether it may go: `Desk.change` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from flask_babel import gettext as _
from sqlalchemy import select

from portal.admin.entries import Referrer, queried
from store import network_use
from store.models import (
    AccessPoint,
    Business,
    BusinessPlace,
    Campaign,
    CampaignPlace,
    CampaignState,
    Client,
    PlaceKind,
    Policy,
    Portal,
    Realm,
    Site,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

MOST: Final = 50  # of one kind


def of_site(session: Session, name: str) -> list[Referrer]:
    """What is at a site, and the rules that are about it."""
    return [
        *_named(session, AccessPoint, AccessPoint.site, name, _("Access point"), "/access-points"),
        *_named(session, Client, Client.site, name, _("Gateway"), "/gateways"),
        *_named(session, Policy, Policy.site, name, _("Rule"), "/policy"),
        *_shown(session, PlaceKind.SITE, name),
    ]


def of_home(session: Session, name: str) -> list[Referrer]:
    """The realms that it answers for, and the rules that are about it."""
    realms = session.scalars(select(Realm.match).where(network_use.names_home(name)).order_by(Realm.position).limit(MOST))
    return [
        *(Referrer(_("Realm"), match, queried("/realms", "match", match).page) for match in realms),
        *_named(session, Policy, Policy.home, name, _("Rule"), "/policy"),
    ]


def of_district(session: Session, name: str) -> list[Referrer]:
    """The sites in it."""
    sites = session.scalars(select(Site.id).where(Site.district == name).order_by(Site.id).limit(MOST))
    found = [Referrer(_("Site"), site, f"/sites/{quote(site, safe='')}") for site in sites]
    return [*found, *_shown(session, PlaceKind.DISTRICT, name)]


def of_plan(session: Session, name: str) -> list[Referrer]:
    """The portals that offer it, as their own plan or for one of their ways in."""
    portals = session.execute(select(Portal.name, Portal.plan, Portal.plans).order_by(Portal.name))
    found = [portal for portal, plan, plans in portals if name in (plan, *plans.values())]
    return [Referrer(_("Portal page"), portal, f"/portals/{quote(portal, safe='')}") for portal in found[:MOST]]


def of_realm(session: Session, match: str) -> list[Referrer]:
    """Rules that are about this realm: they stand without it, and do nothing then."""
    return [each._replace(needs=False) for each in _named(session, Policy, Policy.realm, match, _("Rule"), "/policy")]


def _shown(session: Session, kind: PlaceKind, name: str) -> Iterator[Referrer]:
    """The adverts that run there and the shops that may be shown there: without it they have their other places, if any."""
    mine = select(Campaign.name, Campaign.id).join(CampaignPlace, CampaignPlace.campaign_id == Campaign.id)
    here = mine.where(
        CampaignPlace.kind == kind, CampaignPlace.name == name, Campaign.state.in_((CampaignState.LIVE, CampaignState.PAUSED))
    )
    for title, advert in session.execute(here.order_by(Campaign.name, Campaign.id).limit(MOST)):
        yield Referrer(_("Advert"), title, f"/adverts/{quote(advert, safe='')}", needs=False)
    may = select(Business.name, Business.slug).join(BusinessPlace, BusinessPlace.business_id == Business.id)
    let = may.where(BusinessPlace.kind == kind, BusinessPlace.name == name).order_by(Business.name, Business.id).limit(MOST)
    for title, slug in session.execute(let):
        yield Referrer(_("Business"), title, f"/businesses/{slug}", needs=False)


def _named(
    session: Session, model: type[AccessPoint | Client | Policy], column: object, name: str, kind: str, where: str
) -> Iterator[Referrer]:
    found = session.scalars(select(model.name).where(column == name).order_by(model.name).limit(MOST))  # type: ignore[arg-type]
    yield from (Referrer(kind, each, f"{where}/{quote(each, safe='')}") for each in found)
