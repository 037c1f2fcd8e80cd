"""The advert of a page, and /a/<token>: whoever clicks it goes to the shop's own page with us, never outside.

What is shown is chosen once for a visit, and counted once, when page one is given to a browser: not to a machine that only looks
whether there is a portal, nor to a browser that fetches what nobody may ever open; clicks likewise. Never writes a row: figures
wait in memory (portal/figures.py), and no person is in them.
"""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, g, request

from portal import languages
from portal.capabilities import Capability, Click, seal_click
from portal.cases.adverts import Place, choose
from portal.figures import Placement
from portal.guard import open_to
from portal.guest.page import away, href
from portal.kit import kit
from portal.words import date
from radius.nas.query import host

if TYPE_CHECKING:
    from portal.capabilities import Visit
    from portal.doors import Door
    from store.adverts import Advert

blueprint = Blueprint("adverts", __name__)
# Parts of systems that look for a portal, and follow its redirect before they open a window, or without one
_EARLY: Final = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")  # what browsers say of a page that they fetch ahead of its being opened
_MACHINES: Final = re.compile(r"CaptiveNetworkSupport|wispr|NCSI|NetworkManager|Dalvik", re.IGNORECASE)


class Splash(NamedTuple):
    """An advert as a template shows it."""

    title: str
    text: str
    alt: str
    picture: str
    width: int
    height: int
    name: str
    house: bool
    token: str  # of its link
    link: str  # outside, for whoever is online
    host: str
    language: str  # of its words


def splash(visit: Visit, door: Door, *, first: bool = False) -> Splash | None:
    """The advert of this visit, where one is shown here and now; `first` where this is page one, which counts."""
    tools = kit()
    if not (running := tools.adverts()):
        return None
    now, number = tools.now(), _number(visit)
    place = Place(g.doors.point_of(door.gateway.name, visit.arrival.access_point), door.site, door.district, door.timezone)
    advert = choose(running, place, date(now), number, tools.figures.counts(), tools.figures.last(number))
    if advert is None:
        return None
    what = Placement(advert.creative, advert.campaign, door.site, g.language)
    if first and _looks():
        tools.figures.shown(what, number, now)
    g.pictures = g.pictures or bool(advert.picture)
    return _told(advert, seal_click(tools.tokens, Click(*what[:2], advert.shop, *what[2:], number), now))


@blueprint.get("/a/<token>")
@open_to(Capability.ADVERT)
def click(token: str) -> Any:  # noqa: ARG001  the guard has opened it
    """To the shop's page; counted once."""
    tools, said = kit(), g.click
    if _looks():
        tools.figures.clicked(Placement(said.creative, said.campaign, said.site, said.language), said.visit, tools.now())
    return away(href(f"/p/{said.shop}", at=request.args.get("at", "")))


def _looks() -> bool:
    """Whether somebody may be looking: it is no HEAD, no prefetch and no machine that says so."""
    early = any(name in request.headers.get(header, "").lower() for header in _EARLY for name in ("prefetch", "prerender", "preview"))
    return request.method == "GET" and not early and not _MACHINES.search(request.user_agent.string)


def _number(visit: Visit) -> str:
    """That of the visit's first page, which a reload is not: known by a mark of the device that is never written down."""
    tools = kit()
    words = f"advert {visit.arrival.station} {visit.key}"
    return tools.figures.visit(hmac.digest(tools.privacy.device_key, words.encode(), "sha256")[:12], visit.number, tools.now())


def _told(advert: Advert, token: str) -> Splash:
    spoken = languages.told_in(advert.title, g.language)
    said = {name: languages.text(getattr(advert, name), g.language) for name in ("title", "text", "alt")}
    return Splash(
        **said,
        language=spoken,
        picture=advert.picture,
        width=advert.width,
        height=advert.height,
        name=advert.name,
        house=advert.house,
        token=token,
        link=advert.link if advert.link.startswith("https://") else "",
        host=host(advert.link),
    )
