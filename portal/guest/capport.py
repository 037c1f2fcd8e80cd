"""/capport/<key>: the captive portal API (RFC 8908) of one gateway's guests, and the way from there to page one.

A device that cannot be known is answered 404, and looks for the portal as it always did. Never a row, never a page, never a
token of a guest's: who reads this answer need not be who holds the device's status page.
"""

from __future__ import annotations

import json
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from flask import Blueprint, Response, g, make_response, request

from portal.capabilities import Capability
from portal.cases.captive import by_address, by_session
from portal.guard import open_to
from portal.guest.page import away
from portal.kit import kit
from portal.troubles import Trouble, TroubleError
from portal.words import date
from radius.nas.mac import read
from store.session import reading

if TYPE_CHECKING:
    from portal.cases.captive import Captivity
    from portal.doors import Door

blueprint = Blueprint("capport", __name__)
_LONGEST: Final = 64  # characters of a session's name


@blueprint.get("/capport/<key>")
@open_to(Capability.NONE)
def state(key: str) -> Response:
    """`m` and `s` are the station and its session, as the gateway has written them; without them the caller's address counts."""
    door = g.doors.by_key.get(key)
    found = _found(door) if door is not None else None
    if door is None or found is None:
        return make_response("", 404)
    g.cache = "private, no-store"
    answer = make_response(json.dumps(_told(door, found)))
    answer.mimetype = "application/captive+json"
    return answer


@blueprint.get("/capport/<key>/sign-in")
@open_to(Capability.NONE)
def sign_in(key: str) -> Any:
    """To the registered gateway, which redirects to page one as it does with every new guest."""
    door = g.doors.by_key.get(key)
    where = kit().families[door.gateway.family].afresh(door.gateway) if door is not None else ""
    if not where:
        raise TroubleError(Trouble.NO_DOOR)
    return away(where)


def _found(door: Door) -> Captivity | None:
    """How the device stands that asks; None where it cannot be known."""
    tools, zone = kit(), g.doors.timezone
    now = date(tools.now())
    if tools.families[door.gateway.family].names and "m" in request.args:
        station, name = read(request.args["m"]), request.args.get("s", "")
        if not station or not 0 < len(name) <= _LONGEST:
            return None
        with reading(tools.database) as session:
            return by_session(session, tools.privacy, door, zone, station, name, now)
    address = _guest(request.remote_addr or "", door.gateway.options.guest_networks)
    if not address:
        return None
    with reading(tools.database) as session:
        return by_address(session, door, zone, address, now)


def _told(door: Door, found: Captivity) -> dict[str, Any]:
    """The members of RFC 8908, 5; addresses only where they are https."""
    tools = kit()
    said: dict[str, Any] = {"captive": found.captive}
    if tools.house.secure:
        if page := _page(door, captive=found.captive):
            said["user-portal-url"] = page
        if (site := found.site or door.site) in g.doors.venues:
            said["venue-info-url"] = f"{tools.house.url}/at/{quote(site, safe='')}"
    if not found.captive:
        if "user-portal-url" in said:
            said["can-extend-session"] = found.may_extend
        said |= {name: left for name, left in (("seconds-remaining", found.seconds), ("bytes-remaining", found.octets)) if left is not None}
    return said


def _page(door: Door, *, captive: bool) -> str:
    """Where a person goes on; "" where only the gateway's own redirect leads to page one."""
    tools = kit()
    if not captive:
        return f"{tools.house.url}/"  # the cookie knows the status page; nobody else's is shown there
    known = tools.families[door.gateway.family].afresh(door.gateway)
    return f"{tools.house.url}/capport/{door.gateway.key}/sign-in" if known else ""


def _guest(said: str, networks: tuple[str, ...]) -> str:
    """The caller's address, where it lies in one of these; else ""."""
    try:
        address = ip_address(said)
    except ValueError:
        return ""
    address = getattr(address, "ipv4_mapped", None) or address
    return str(address) if any(address in network for network in _networks(networks)) else ""


@lru_cache(maxsize=1_024)
def _networks(prefixes: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(ip_network(prefix) for prefix in prefixes)
