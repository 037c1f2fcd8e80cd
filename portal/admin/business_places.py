"""The field of a form that says where a shop may be shown: the city, its districts and sites to choose, and others by their names.

Never a place that there is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import select

from store.models import AccessPoint, PlaceKind, Site
from store.shop_places import CITY, MOST, known

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session
    from werkzeug.datastructures import ImmutableMultiDict

    from store.shop_places import Place

SITES: Final = 300  # that can be ticked; any other is typed
LONGEST: Final = 10_000  # characters of what is typed


class Choices(NamedTuple):
    """What can be ticked."""

    districts: Sequence[str]
    sites: Sequence[tuple[str, str, str]]  # id, name, district


class Typed(NamedTuple):
    """What a form holds: the places, and what is none."""

    known: Sequence[Place]
    unknown: Sequence[str]


def choices(session: Session) -> Choices:
    """Every district, and the first sites by name: one statement each."""
    districts = session.scalars(select(Site.district).where(Site.district != "").distinct().order_by(Site.district).limit(SITES)).all()
    sites = session.execute(select(Site.id, Site.name, Site.district).order_by(Site.name, Site.id).limit(SITES)).all()
    return Choices(districts, sites)


def key(place: Place) -> str:
    """As a form's field has it."""
    return f"{place[0].value}:{place[1]}"


def typed(session: Session, form: ImmutableMultiDict[str, str]) -> Typed:
    """The ticked and the typed: three statements."""
    kinds = {kind.value: kind for kind in PlaceKind}
    said = [each.partition(":") for each in form.getlist("place")[:MOST]]
    places: list[Place] = [(kinds[kind], name) for kind, _mark, name in said if kind in kinds]
    names = [name for each in form.get("more", "")[:LONGEST].splitlines() if (name := each.strip())][:MOST]
    sites = set(session.scalars(select(Site.id).where(Site.id.in_(names)))) if names else set()
    points = set(session.scalars(select(AccessPoint.name).where(AccessPoint.name.in_(names)))) if names else set()
    places += [(PlaceKind.SITE if name in sites else PlaceKind.ACCESS_POINT, name) for name in names if name in sites | points]
    places = list(dict.fromkeys(places))
    there = known(session, places)
    gone = [place[1] for place in places if place not in there]
    return Typed([place for place in places if place in there], [name for name in names if name not in sites | points] + gone)


def apart(places: Iterable[Place], some: Choices) -> tuple[list[str], str]:
    """What is ticked in a form over these places, and what stands in its field of names."""
    sites = {name for name, _called, _district in some.sites}
    ticked, named = [], []
    for kind, name in places:
        if (kind, name) == CITY or (kind is PlaceKind.DISTRICT and name in some.districts) or (kind is PlaceKind.SITE and name in sites):
            ticked.append(key((kind, name)))
        elif kind is not PlaceKind.DISTRICT:
            named.append(name)
    return ticked, "\n".join(sorted(named))
