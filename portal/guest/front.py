"""/: whoever comes without a gateway. Their status page where the cookie knows it, else what to do first."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g

from portal.capabilities import Capability, open_stay
from portal.cases.standing import State, standing
from portal.guard import open_to
from portal.guest import cookie
from portal.guest.page import away, href, page
from portal.kit import kit
from portal.words import date
from radius.nas.family import Misfit
from store.session import reading

blueprint = Blueprint("front", __name__)


@blueprint.get("/")
@open_to(Capability.NONE)
def front() -> Any:
    """Never believes the cookie: it is opened, and the page behind it asks the store."""
    token = cookie.find()
    if token and _leads(token):
        return away(href(f"/s/{token}"))
    answer = page("front.html")
    if token:
        cookie.drop(answer)
    return answer


def _leads(token: str) -> bool:
    """Whether there is still something to show."""
    tools = kit()
    stay = open_stay(tools.tokens, token, tools.now())
    if isinstance(stay, Misfit):
        return False
    with reading(tools.database) as session:
        return standing(session, stay.grant, None, g.doors.timezone, date(tools.now())).state is not State.GONE
