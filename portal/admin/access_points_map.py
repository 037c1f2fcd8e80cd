"""The map of access points, and the same as a table by site, which keyboards and screen readers use.

An access point without a position is where its site is; those in one place are one mark. Tiles come from the server that
[map] names, for this page alone; without one the ground is plain. Never a station, and never a server that nobody named.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from flask import Blueprint, g, jsonify
from flask_babel import gettext as _
from sqlalchemy import select

from portal.admin.access_points import HERE, KINDS, STATES
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.page import page
from portal.permissions import Permission
from store import heard
from store.heard import Heard, State
from store.models import AccessPoint, Client, Site

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

blueprint = Blueprint("access_points_map", __name__, url_prefix=HERE)
EXACT: Final = 5  # digits of a degree: one metre
NAMED: Final = 8  # access points of one mark


@dataclass(slots=True)
class Spot:
    """One place on the map, or a site in the table."""

    site: str = ""
    title: str = ""
    at: tuple[float, float] | None = None
    open: int = 0
    states: Counter[str] = field(default_factory=Counter)
    names: list[str] = field(default_factory=list)

    def add(self, name: str, said: Heard) -> None:
        self.open += said.open
        self.states[said.state(g.now)] += 1
        if len(self.names) < NAMED:
            self.names.append(name)

    @property
    def count(self) -> int:
        return self.states.total()


@dataclass(frozen=True, slots=True)
class Survey:
    """Every access point, by place and by site."""

    spots: list[Spot]
    sites: list[Spot]
    nowhere: int  # that have no position, nor their site


def survey(session: Session) -> Survey:
    """In four statements."""
    words = heard.heard(session)
    sites = {row.id: row for row in session.execute(select(Site.id, Site.name, Site.latitude, Site.longitude))}
    clients = {row.name: row.site for row in session.execute(select(Client.name, Client.site))}
    spots: dict[tuple[float, float, str], Spot] = {}
    places = {key: Spot(key, row.name, _rounded(row.latitude, row.longitude)) for key, row in sites.items()}
    nowhere = 0
    columns = select(AccessPoint.name, AccessPoint.site, AccessPoint.client, AccessPoint.latitude, AccessPoint.longitude)
    for point in session.execute(columns.order_by(AccessPoint.name)):
        site = point.site or clients.get(point.client) or ""
        place = places.setdefault(site, Spot(site))
        said = words.get(point.name, Heard(None, 0))
        place.add(point.name, said)
        at = _rounded(point.latitude, point.longitude) or place.at
        if at is None:
            nowhere += 1
        else:
            spots.setdefault((*at, site), Spot(site, place.title, at)).add(point.name, said)
    listed = sorted(places.values(), key=lambda spot: (not spot.site, _natural(spot.title)))
    return Survey(list(spots.values()), [spot for spot in listed if spot.site or spot.count], nowhere)


def _natural(title: str) -> list[tuple[int, str]]:
    """Branch 2 before branch 10."""
    return [(int(part) if part.isdecimal() else 0, part) for part in re.split(r"(\d{1,9})", title.casefold())]


def _rounded(latitude: float | None, longitude: float | None) -> tuple[float, float] | None:
    return (round(latitude, EXACT), round(longitude, EXACT)) if latitude is not None and longitude is not None else None


@blueprint.get("/map")
@needs(Permission.NETWORK)
def show() -> ResponseReturnValue:
    """The map's frame and the table."""
    office = desk().office
    if office.tiles:
        parts = urlsplit(office.tiles)
        g.pictures = f"{g.pictures} {parts.scheme}://{parts.netloc}"
    with desk().reading() as session:
        found = survey(session)
    shown: dict[str, Any] = {"survey": found, "State": State, "states": STATES, "kinds": KINDS}
    return page("map.html", tiles=office.tiles, attribution=office.attribution, **shown)


@blueprint.get("/map.json")
@needs(Permission.NETWORK)
def positions() -> ResponseReturnValue:
    """Every mark of the map, and the words on it."""
    with desk().reading() as session:
        found = survey(session)
    words = {
        "silent": _("silent"),
        "never": _("never heard"),
        "ok": _("heard"),
        "open": _("online"),
        "more": _("and more"),
        "in": _("Zoom in"),
        "out": _("Zoom out"),
    }
    spots = [_plain(spot) for spot in found.spots]
    sites = [{"id": spot.site, "title": spot.title, "at": spot.at} for spot in found.sites if spot.at is not None]
    return jsonify(spots=spots, sites=sites, words=words)


def _plain(spot: Spot) -> dict[str, Any]:
    counts = {state.value: spot.states[state] for state in State}
    return {"at": spot.at, "site": spot.site, "title": spot.title, "open": spot.open, "names": spot.names, **counts}
