"""/: whoever comes without a gateway. Their status page where the cookie knows it, else what to do first."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from portal.capabilities import Capability, open_stay
from portal.guard import open_to
from portal.guest import cookie
from portal.guest.page import away, href, page
from portal.kit import kit
from radius.nas.family import Misfit

blueprint = Blueprint("front", __name__)


@blueprint.get("/")
@open_to(Capability.NONE)
def front() -> Any:
    """Never believes the cookie: it is opened, and the page behind it asks the store."""
    tools = kit()
    token = cookie.find()
    if token and not isinstance(open_stay(tools.tokens, token, tools.now()), Misfit):
        return away(href(f"/s/{token}"))
    return page("front.html")
