"""Where a campaign may be shown, by names that people know: what the city gave its shop, and the sites and access points in that.

The city gives places (`BusinessPlace`); a campaign chooses among them and what lies in them. Three statements, whatever the city's
size. Never offers a place outside of what was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import case, or_, select

from store.models import AccessPoint, BusinessPlace, PlaceKind, Site

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from store.models import Business

SITES: Final = 300  # that one shop is offered
POINTS: Final = 1_000  # access points of these
Place = tuple[PlaceKind, str]
CITY: Final[Place] = (PlaceKind.CITY, "")


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
        return frozenset({CITY})
    rows = session.execute(select(BusinessPlace.kind, BusinessPlace.name).where(BusinessPlace.business_id == shop.id))
    return frozenset((kind, name) for kind, name in rows)


def offered(session: Session, shop: Business, chosen: Iterable[Any] = ()) -> list[Offer]:
    """The city, then districts, then each site with its access points, by name: as far as they were given.

    `chosen`: the places of a plan as it is kept, [kind, name]. They are among the first that there is room for: a city that grows
    takes nobody's place off the form.
    """
    mine, kept = given(session, shop), _kept(chosen)
    sites = sorted(_sites(session, mine, kept), key=lambda row: (row.name, row.id))
    whole = {row.id for row in sites if mine & {CITY, (PlaceKind.DISTRICT, row.district), (PlaceKind.SITE, row.id)}}
    points = _points(session, mine, sorted(whole), kept)
    districts = {row.district for row in sites if row.district and mine & {CITY, (PlaceKind.DISTRICT, row.district)}}
    found = [Offer(*CITY, "")] if CITY in mine else []
    found += [Offer(PlaceKind.DISTRICT, name, name, district=name) for name in sorted(districts)]
    for row in sites:
        here = (row.id, row.district, row.timezone)
        found += [Offer(PlaceKind.SITE, row.id, row.name, *here)] if row.id in whole else []
        found += [Offer(PlaceKind.ACCESS_POINT, name, name, *here) for name in points.get(row.id, ())]
    return found


def _kept(chosen: Iterable[Any]) -> frozenset[Place]:
    kinds = {each.value: each for each in PlaceKind}
    pairs = (each for each in chosen if isinstance(each, list | tuple) and len(each) == 2)
    return frozenset((kinds[kind], str(name)) for kind, name in pairs if kind in kinds)


def _sites(session: Session, mine: frozenset[Place], kept: frozenset[Place]) -> Sequence[Site]:
    """Those that were given, or have an access point that was."""
    of_points = select(AccessPoint.site).where(AccessPoint.name.in_(_named(kept, PlaceKind.ACCESS_POINT)), AccessPoint.site.is_not(None))
    first = case(
        (or_(Site.id.in_(_named(kept, PlaceKind.SITE)), Site.id.in_(of_points)), 0),
        (Site.district.in_(_named(kept, PlaceKind.DISTRICT)), 1),
        else_=2,
    )
    every = select(Site).order_by(first, Site.name, Site.id).limit(SITES)
    if CITY in mine:
        return session.scalars(every).all()
    holding = select(AccessPoint.site).where(AccessPoint.name.in_(_named(mine, PlaceKind.ACCESS_POINT)))
    theirs = or_(Site.id.in_(_named(mine, PlaceKind.SITE)), Site.district.in_(_named(mine, PlaceKind.DISTRICT)), Site.id.in_(holding))
    return session.scalars(every.where(theirs)).all()


def _points(session: Session, mine: frozenset[Place], whole: list[str], kept: frozenset[Place]) -> dict[str, list[str]]:
    """Site -> names of its access points: of whole sites, and those that were given alone."""
    theirs = or_(AccessPoint.site.in_(whole), AccessPoint.name.in_(_named(mine, PlaceKind.ACCESS_POINT)))
    found: dict[str, list[str]] = {}
    first = case((AccessPoint.name.in_(_named(kept, PlaceKind.ACCESS_POINT)), 0), else_=1)
    some = select(AccessPoint.name, AccessPoint.site).where(theirs).order_by(first, AccessPoint.name).limit(POINTS)
    for name, site in sorted((str(row.name), row.site or "") for row in session.execute(some)):
        found.setdefault(site, []).append(name)
    return found


def _named(mine: frozenset[Place], kind: PlaceKind) -> list[str]:
    return sorted(name for each, name in mine if each is kind and name)
