"""/p/<shop>, /at/<site>, /media/<picture>: the shops' own pages with us, and their pictures.

They need no token and know nobody. Where the guest's own status page is known (by `at`, else by the cookie), the way outside is
offered once that guest is online; a page that was made for nobody in particular may be kept for a minute by anybody. What a page
says for machines (schema.org) is what it shows. Never a redirect to a shop's site, and never a word about who looked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, abort, g, make_response, request

from portal import languages
from portal.capabilities import Capability, open_stay
from portal.cases import adverts, open_hours
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
from store import shop_pages as pages
from store.models import PlaceKind
from store.session import reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response
    from sqlalchemy.orm import Session

    from portal.doors import Venue
    from store.models import Media

blueprint = Blueprint("shops", __name__)
_SHA: Final = re.compile(r"[0-9a-f]{64}")
_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_FOR_A_MINUTE: Final = "public, max-age=60"
_FOR_EVER: Final = "public, max-age=31536000, immutable"  # its name is its digest


class Addresses(NamedTuple):
    """Where a page may be linked to."""

    own: str
    others: Mapping[str, str]  # language -> the same in it


class Stand(NamedTuple):
    """A shop in the list of a place."""

    slug: str
    name: str
    words: Mapping[str, str]  # language -> what it says of itself there


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
        found = pages.find(session, slug)
        if found is None:
            raise TroubleError(Trouble.NOT_FOUND)
        media = rows.picture(session, found.picture) if found.picture else None
        online = _online(session)
    return _kept(shown(found, media, back=back, online=online, link=found.link or _advertised(slug), addresses=_addresses(slug, language)))


def shown(shop: Any, media: Media | None, *, back: str = "", online: bool = False, link: str = "", addresses: Any = None) -> Response:
    """The page over what a row says; with its addresses where it is one that others may link to."""
    g.pictures = media is not None
    link = link if link.startswith("https://") else ""
    said: dict[str, Any] = {"hours": open_hours.words(shop.hours), "days": open_hours.lines(shop.hours), "link": link, "host": host(link)}
    if addresses is not None:
        said["linked"] = _linked(shop, media, addresses)
    return page("shop.html", shop=shop, picture=media, online=online, back=back, addresses=addresses, **said)


def _addresses(slug: str, language: str) -> Addresses:
    house = kit().house.url
    others = {each: f"{house}/{each}/p/{slug}" for each in g.languages}
    whole = f"{house}/p/{slug}"
    return Addresses(others.get(language, whole), {**others, "x-default": whole})


def _linked(shop: Any, media: Media | None, addresses: Addresses) -> dict[str, Any]:
    """What the page says, for machines: https://schema.org/LocalBusiness."""
    said = {
        "name": shop.name,
        "description": languages.text(shop.about, g.language),
        "address": shop.address,
        "url": addresses.own,
        "image": f"{kit().house.url}/media/{media.sha}.webp" if media is not None else "",
        "sameAs": shop.link if shop.link.startswith("https://") else "",
        "openingHoursSpecification": open_hours.specified(shop.hours),
    }
    return {"@context": "https://schema.org", "@type": "LocalBusiness", **{name: value for name, value in said.items() if value}}


def _advertised(slug: str) -> str:
    """The website of a shop whose page names none: that of an advert of it that runs."""
    return next((run.advert.link for run in kit().adverts() if run.advert.shop == slug), "")


def _kept(answer: Response) -> Response:
    """Anybody may keep a page for a minute that was made for nobody in particular."""
    if not request.args.get("at") and not cookie.find():
        g.cache = _FOR_A_MINUTE
        answer.add_etag()
        return answer.make_conditional(request)  # type: ignore[return-value]  # it is the same
    return answer


@blueprint.get("/at/<site>")
@open_to(Capability.NONE)
def at(site: str) -> Any:
    """The shops of a place: where a device's own "about this network" leads (RFC 8908, venue-info-url)."""
    tools, venue = kit(), g.doors.venues.get(site)
    if venue is None:
        raise TroubleError(Trouble.NOT_FOUND)
    back = remember()
    today = date(tools.now()).astimezone(time_zone(venue.timezone)).date()
    names = _names(site, venue)
    found = {each.shop: Stand(each.shop, each.name, each.title) for each in adverts.shops(tools.adverts(), names, today)}
    with reading(tools.database) as session:
        for each in pages.near(session, names):
            found.setdefault(each.slug, Stand(each.slug, each.name, each.about))
    stands = sorted(found.values(), key=lambda each: (each.name.casefold(), each.slug))
    return _kept(page("at.html", venue=venue, shops=stands, back=back))


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
