"""The guest app's one cookie: the newest stay's token, so that `/` finds the status page again.

Beside it, for whoever has just proven an account in this very browser, the token of the account's pages, for their quarter of
an hour: a gateway that carries the guest on never sees that one. A convenience of GET alone: no POST believes it, and a browser
that loses it loses nothing but the way back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from flask import request

from portal.capabilities import Me, open_account
from portal.cases.standing import AFTER
from portal.kit import kit
from radius.nas.family import Arrival

if TYPE_CHECKING:
    from datetime import datetime

    from flask import Response
    from werkzeug.wrappers import Response as Answer

    from portal.capabilities import Stay, Visit

NAME: Final = "proxeny_guest"
_BETWEEN: Final = "~"  # in no token
_LONGEST: Final = 3_900  # characters: browsers keep cookies of 4,096 with their name and attributes (RFC 6265, 6.1)


def put(answer: Response | Answer, stay: str, ends_at: datetime, now: datetime, me: str = "") -> None:
    """Remember this stay for as long as its page tells something; and `me`, the account's pages, where both fit."""
    seconds = int((ends_at + AFTER - now).total_seconds())
    value = f"{stay}{_BETWEEN}{me}" if me and len(stay) + len(me) < _LONGEST else stay
    answer.set_cookie(NAME, value, max_age=seconds, httponly=True, samesite="Lax", secure=kit().house.secure, path="/")


def find() -> str:
    """The token, whatever it may be; "" for none."""
    return request.cookies.get(NAME, "").partition(_BETWEEN)[0]


def me(stay: Stay, account: str) -> str:
    """The token of this account's pages, where it was proven in this browser, on this device, a moment ago; else ""."""
    tools = kit()
    token = request.cookies.get(NAME, "").partition(_BETWEEN)[2]
    found = open_account(tools.tokens, token, tools.now()) if token else None
    if not isinstance(found, Me) or found.account != account or found.visit is None:
        return ""
    return token if found.visit.arrival.station == stay.visit.arrival.station else ""


def slim(visit: Visit) -> Visit:
    """As much of a visit as the account's pages need."""
    known = visit.arrival
    return replace(visit, arrival=Arrival(known.station, access_point=known.access_point, ssid=known.ssid))


def drop(answer: Response | Answer) -> None:
    """Forget it."""
    answer.delete_cookie(NAME, httponly=True, samesite="Lax", secure=kit().house.secure, path="/")
