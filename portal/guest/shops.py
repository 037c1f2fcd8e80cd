"""/p/<shop>, /at/<site>, /media/<picture>: the shops' own pages with us, and their pictures.

They need no token and know nobody. Where the guest's own status page is known (by `at`, else by the cookie), the way outside is
offered once that guest is online. Never a redirect to a shop's site, and never a word about who looked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, abort, g, make_response, request

from portal.capabilities import Capability, open_stay
from portal.cases import adverts
from portal.cases.remainders import time_zone
from portal.cases.standing import State, standing
from portal.guard import open_to, speak
from portal.guest import cookie
from portal.guest.page import page
from portal.guest.pages import remember
from portal.kit import kit
from portal.troubles import Trouble, TroubleError
from portal.words import date
from radius.nas.family import Misfit
from radius.nas.query import host
from store import adverts as rows
from store.models import PlaceKind
from store.session import reading

if TYPE_CHECKING:
    from flask import Response
    from sqlalchemy.orm import Session

    from portal.doors import Venue

blueprint = Blueprint("shops", __name__)
_SHA: Final = re.compile(r"[0-9a-f]{64}")
_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_FOR_EVER: Final = "public, max-age=31536000, immutable"  # its name is its digest


@blueprint.get("/p/<slug>")
@blueprint.get("/<language>/p/<slug>")
@open_to(Capability.NONE)
def shop(slug: str, language: str = "") -> Any:
    """A shop's page; in the language that its address begins with, where one does."""
    if not _SLUG.fullmatch(slug) or (language and language not in g.languages):
        raise TroubleError(Trouble.NOT_FOUND)
    back = remember()
    if language and not g.chosen:
        speak((language,))
    with reading(kit().database) as session:
        found = rows.shop(session, slug)
        media = rows.picture(session, found.picture) if found is not None and found.picture else None
        online = _online(session)
    if found is None:
        raise TroubleError(Trouble.NOT_FOUND)
    g.pictures = media is not None
    link = found.link if found.link.startswith("https://") else ""
    return page("shop.html", shop=found, picture=media, online=online, link=link, host=host(link), back=back)


@blueprint.get("/at/<site>")
@open_to(Capability.NONE)
def at(site: str) -> Any:
    """The shops of a place: where a device's own "about this network" leads (RFC 8908, venue-info-url)."""
    tools, venue = kit(), g.doors.venues.get(site)
    if venue is None:
        raise TroubleError(Trouble.NOT_FOUND)
    back = remember()
    today = date(tools.now()).astimezone(time_zone(venue.timezone)).date()
    return page("at.html", venue=venue, shops=adverts.shops(tools.adverts(), _names(site, venue), today), back=back)


@blueprint.get("/media/<sha>.webp")
@open_to(Capability.NONE)
def media(sha: str) -> Response:
    """A picture, from memory where it was asked for lately."""
    octets = kit().pictures.find(sha, lambda: _picture(sha)) if _SHA.fullmatch(sha) else None
    if octets is None:
        abort(404)
    g.cache = _FOR_EVER
    answer = make_response(octets)
    answer.mimetype = "image/webp"
    answer.set_etag(sha)
    return answer.make_conditional(request)  # type: ignore[return-value]  # it is the same


def _picture(sha: str) -> bytes | None:
    with reading(kit().database) as session:
        found = rows.picture(session, sha)
        return found.octets if found is not None else None


def _names(site: str, venue: Venue) -> frozenset[tuple[str, str]]:
    """Every place of a campaign that is here, the access points too."""
    points = ((PlaceKind.ACCESS_POINT.value, name) for name in venue.access_points)
    return adverts.Place(site=site, district=venue.district).names | frozenset(points)


def _online(session: Session) -> bool:
    """Whether we know that this guest is: by the token that came along, else by the cookie, which can show nothing else here."""
    tools = kit()
    found = (open_stay(tools.tokens, token, tools.now()) for token in (request.args.get("at", ""), cookie.find()) if token)
    stay = next((each for each in found if not isinstance(each, Misfit)), None)
    if stay is None:
        return False
    door = g.doors.at(stay.visit.key, stay.visit.arrival.access_point)
    return standing(session, stay.grant, door, g.doors.timezone, date(tools.now())).state is State.ONLINE
