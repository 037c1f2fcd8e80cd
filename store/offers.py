"""Where a campaign may be shown, by names that people know: what the city gave its shop, and the sites and access points in that.

The city gives places (`BusinessPlace`); a campaign chooses among them and what lies in them. Three statements, whatever the city's
size. Never offers a place outside of what was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import or_, select

from store.models import AccessPoint, BusinessPlace, PlaceKind, Site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from store.models import Business

    Place = tuple[PlaceKind, str]

SITES: Final = 300  # that one shop is offered
POINTS: Final = 1_000  # access points of these
_CITY: Final = (PlaceKind.CITY, "")


class Offer(NamedTuple):
    """One place that a campaign may name."""

    kind: PlaceKind
    name: str
    title: str  # of the city "": that is the page's to say
    site: str = ""  # the id of the site that it is, or is in
    district: str = ""
    zone: str = ""  # of that site

    @property
    def key(self) -> str:
        """As a form's field holds it."""
        return f"{self.kind.value}:{self.name}"


def given(session: Session, shop: Business) -> frozenset[Place]:
    """What the city gave it; its own shop has the whole city."""
    if shop.house:
        return frozenset({_CITY})
    rows = session.execute(select(BusinessPlace.kind, BusinessPlace.name).where(BusinessPlace.business_id == shop.id))
    return frozenset((kind, name) for kind, name in rows)


def offered(session: Session, shop: Business) -> list[Offer]:
    """The city, then districts, then each site with its access points, by name: as far as they were given."""
    mine = given(session, shop)
    sites = _sites(session, mine)
    whole = {row.id for row in sites if mine & {_CITY, (PlaceKind.DISTRICT, row.district), (PlaceKind.SITE, row.id)}}
    points = _points(session, mine, sorted(whole))
    districts = {row.district for row in sites if row.district and mine & {_CITY, (PlaceKind.DISTRICT, row.district)}}
    found = [Offer(*_CITY, "")] if _CITY in mine else []
    found += [Offer(PlaceKind.DISTRICT, name, name, district=name) for name in sorted(districts)]
    for row in sites:
        here = (row.id, row.district, row.timezone)
        found += [Offer(PlaceKind.SITE, row.id, row.name, *here)] if row.id in whole else []
        found += [Offer(PlaceKind.ACCESS_POINT, name, name, *here) for name in points.get(row.id, ())]
    return found


def _sites(session: Session, mine: frozenset[Place]) -> Sequence[Site]:
    """Those that were given, or have an access point that was."""
    every = select(Site).order_by(Site.name, Site.id).limit(SITES)
    if _CITY in mine:
        return session.scalars(every).all()
    holding = select(AccessPoint.site).where(AccessPoint.name.in_(_named(mine, PlaceKind.ACCESS_POINT)))
    theirs = or_(Site.id.in_(_named(mine, PlaceKind.SITE)), Site.district.in_(_named(mine, PlaceKind.DISTRICT)), Site.id.in_(holding))
    return session.scalars(every.where(theirs)).all()


def _points(session: Session, mine: frozenset[Place], whole: list[str]) -> dict[str, list[str]]:
    """Site -> names of its access points: of whole sites, and those that were given alone."""
    theirs = or_(AccessPoint.site.in_(whole), AccessPoint.name.in_(_named(mine, PlaceKind.ACCESS_POINT)))
    found: dict[str, list[str]] = {}
    for name, site in session.execute(select(AccessPoint.name, AccessPoint.site).where(theirs).order_by(AccessPoint.name).limit(POINTS)):
        found.setdefault(site or "", []).append(name)
    return found


def _named(mine: frozenset[Place], kind: PlaceKind) -> list[str]:
    return sorted(name for each, name in mine if each is kind and name)
