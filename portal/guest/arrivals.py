"""/in/<family>/<key>: where a gateway sends its guests (UniFi's: /guest/s/<site>/). Page one is rendered here, without a redirect.

The path names the gateway, from our own records; the query only says who comes. Never keeps anything of a guest who
only looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, request

from portal.capabilities import Capability, Stay, Visit, open_back, seal_stay, seal_visit
from portal.cases.arrive import arrive
from portal.guard import open_to, recognise
from portal.guest import adverts, gateways
from portal.guest.choices import again, choices
from portal.guest.page import away, href, page
from portal.kit import kit
from portal.troubles import Trouble, TroubleError
from portal.words import date
from radius.nas.family import Misfit, State
from radius.nas.mac import read
from radius.nas.query import one, parse, split
from store import challenges, grants
from store.challenges import Refusal
from store.models import Purpose, Way
from store.session import reading

if TYPE_CHECKING:
    from portal.doors import Door
    from store.models import Grant

blueprint = Blueprint("arrivals", __name__)
_MISFITS = {Misfit.FORGED: Trouble.FORGED, Misfit.FOREIGN: Trouble.FORGED, Misfit.STALE: Trouble.TOO_OLD}
_TEMPLATES = {State.FAILED: "failed.html", State.LOGGED_OFF: "signed_out.html"}
_IN = frozenset({State.SUCCESS, State.ALREADY})


@blueprint.route("/in/<family>/<path:key>", methods=["GET", "POST"])
@open_to(Capability.NONE)
def entrance(family: str, key: str) -> Any:
    """Page one; or, of openNDS, an answer to the gateway's own poll."""
    raw = _raw()
    door = g.doors.find(family, split(key)[0])  # some controllers append `&redirect=` to a URL that has no `?`
    if door is None:
        raise TroubleError(Trouble.NO_DOOR)
    g.door = door
    if gateways.polls(door):
        return gateways.poll(door)
    if request.method == "POST":
        raise TroubleError(Trouble.METHOD)
    return _enter(door, raw)


@blueprint.get("/guest/s/<site>/", strict_slashes=False)
@open_to(Capability.NONE)
def console(site: str) -> Any:
    """Where UniFi consoles send their guests, whatever address they were told."""
    raw = _raw()
    door = g.doors.console(site, read(one(parse(raw), "ap")))
    if door is None:
        raise TroubleError(Trouble.NO_DOOR)
    g.door = door
    return _enter(door, raw)


def _enter(door: Door, raw: str) -> Any:
    """Page one of whoever the gateway's query says."""
    tools = kit()
    come = arrive(door, tools.families[door.gateway.family], raw, tools.tokens, tools.now())
    if not isinstance(come, Misfit) and not come.station:
        come = Misfit.MISSING  # whose device it is must be known, and only the gateway knows
    if isinstance(come, Misfit):
        raise TroubleError(_MISFITS.get(come, Trouble.UNREADABLE), come.name)
    visit = Visit(door.gateway.key, come, g.number, g.chosen)
    recognise(visit)
    if come.state in _IN and (stay := _stay(visit)):
        return away(href(f"/s/{stay}"))
    if come.state is State.NOT_YET and (way := _waiting(visit)):
        return away(href(f"/v/{_sealed(visit)}/{way}/code"))
    if come.state is State.FAILED and (held := _held(visit)) is not None:
        g.number = held.support  # by it staff find the sign-in that the gateway did not take
    return welcome(visit, g.door)


def welcome(visit: Visit, door: Door) -> Response:
    """Page one of this visit."""
    g.token = _sealed(visit)
    if door.plan is None:
        raise TroubleError(Trouble.CLOSED)
    template = _TEMPLATES.get(visit.arrival.state, "welcome.html")
    advert = adverts.splash(visit, door, first=True) if template == "welcome.html" else None
    offered = choices(door, g.token, kit().house.providers, g.language)
    if known(visit) is not None:
        offered.insert(0, again(g.token))
    return page(template, plan=door.plan, heading=_heading(door), advert=advert, choices=offered, g=g)


def known(visit: Visit) -> Grant | None:
    """The live grant of this device that belongs to an account: its gateway has forgotten it, or asks anew after a pause."""
    if all(way == "terms" for way in g.door.ways):
        return None  # the same button does it, and no row need be read
    grant = _held(visit)
    return grant if grant is not None and grant.account_id is not None and not grant.provisional else None


def _heading(door: Door) -> tuple[str, str]:
    """(heading, sentence) of the portal's own welcome: two lines, or the sentence alone."""
    from portal.languages import text  # noqa: PLC0415

    first, _, second = text(door.words.welcome, g.language).strip().partition("\n")
    return (first.strip(), second.strip()) if second.strip() else ("", first.strip())


def _stay(visit: Visit) -> str:
    """The token of the grant under which this device is online; "" where we know of none."""
    tools = kit()
    now = tools.now()
    ours = f"{tools.house.url}/b/"  # a gateway repeats the page that we gave it as the one that was wanted
    if (wanted := visit.arrival.destination).startswith(ours):
        stay = open_back(tools.tokens, wanted.removeprefix(ours), now)
        if isinstance(stay, Stay) and stay.visit.key == visit.key:
            return seal_stay(tools.tokens, stay, now)
    grant = _held(visit)
    return seal_stay(tools.tokens, Stay(grant.id, visit), now) if grant is not None else ""


def _sealed(visit: Visit) -> str:
    tools = kit()
    try:
        return seal_visit(tools.tokens, visit, tools.now())
    except OverflowError:
        raise TroubleError(Trouble.UNREADABLE, "longer than a token") from None


def _waiting(visit: Visit) -> str:
    """The way in whose code this device was sent and has not typed yet, while it is offline; "" for none."""
    tools = kit()
    offered = [way for way in (Way.EMAIL, Way.SMS) if way in g.door.ways]
    if not offered:
        return ""
    device, now = tools.privacy.device(visit.arrival.station), date(tools.now())
    with reading(tools.database) as session:
        if grants.live(session, device, now) is not None:
            return ""
        found = (way for way in offered if not isinstance(challenges.stands(session, device, way, Purpose.SIGN_IN, now), Refusal))
        return next((way.value for way in found), "")


def _held(visit: Visit) -> Grant | None:
    """The grant under which this device may be online."""
    tools = kit()
    with reading(tools.database) as session:
        return grants.live(session, tools.privacy.device(visit.arrival.station), date(tools.now()))


def _raw() -> str:
    """The query as it came: signatures are over that."""
    target = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI")
    if target is None:
        return request.query_string.decode("latin-1")
    return split(target)[1]
