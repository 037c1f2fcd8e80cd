"""/preview/<sight>: the guests' pages before a made-up guest, for whoever edits what is on them; only where an app is made for that.

The views and templates are the guests' own. The app that has these routes writes nothing, no link of it leads anywhere, and
nobody reaches it by a port: proxeny/staff_portals.py asks it. Never registered with the guest app that guests reach.
"""

from __future__ import annotations

from contextvars import ContextVar
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, abort, g, request

from portal.capabilities import Capability, Stay, Visit, seal_visit
from portal.cases.standing import Standing, State
from portal.guard import open_to, recognise
from portal.guest import arrivals, pages, shops, stays
from portal.guest.page import page
from portal.kit import kit
from portal.words import date
from radius.nas.family import Arrival
from radius.nas.plan import Remaining

if TYPE_CHECKING:
    from portal.doors import Door

blueprint = Blueprint("preview", __name__)
SIGHTS: Final = ("welcome", "voucher", "online", "terms", "privacy", "help")
SCHEMES: Final = ("", "light", "dark")
PAGE: Final[ContextVar[tuple[Any, Any]]] = ContextVar("page")  # a shop's version, and its picture
_STATION: Final = "00-00-5E-00-53-01"  # RFC 7042, 2.1.2: for documentation


@blueprint.get("/preview/shop")
@open_to(Capability.NONE)
def shop() -> Any:
    """The page of a shop, as PAGE has it."""
    version, media = PAGE.get((None, None))
    if version is None or (scheme := request.args.get("scheme", "")) not in SCHEMES:
        abort(404)
    g.scheme = scheme
    return shops.shown(version, media, link=version.link)


@blueprint.get("/preview/<sight>")
@open_to(Capability.NONE)
def show(sight: str) -> Any:
    """One of `SIGHTS`, at the only door that there is."""
    door = next(iter(g.doors.by_key.values()), None)
    scheme = request.args.get("scheme", "")
    if sight not in SIGHTS or scheme not in SCHEMES or door is None:
        abort(404)
    visit = Visit(door.gateway.key, Arrival(_STATION, ssid=next(iter(g.doors.ssids), "")), g.number, g.chosen)
    recognise(visit)
    g.scheme, g.token = scheme, seal_visit(kit().tokens, visit, kit().now())
    match sight:
        case "welcome":
            return arrivals.welcome(visit, door)
        case "voucher":
            return page("voucher.html", way="voucher")
        case "online":
            return _online(visit, door)
        case _:
            return {"terms": pages.terms, "privacy": pages.privacy, "help": pages.help_page}[sight]()


def _online(visit: Visit, door: Door) -> Any:
    """Half of the time and most of the data are left."""
    plan, now = door.plan, date(kit().now())
    g.stay = Stay("", visit)
    if plan is None:
        return arrivals.welcome(visit, door)
    seconds = plan.session if plan.session is not None else plan.day_time
    octets = plan.day_data if plan.day_data is not None else plan.month_data
    left = Remaining(seconds // 2 if seconds else None, octets * 3 // 4 if octets else None)
    ends = now + timedelta(seconds=left.seconds) if left.seconds is not None else None
    found = Standing(State.ONLINE, plan, left, ends_at=ends, support=g.number, may_extend=bool(plan.extend_times))
    return stays.shown(g.token, found)
