"""/privacy, /terms, /help, /accessibility, /eduroam: what a guest may want to read, short and true.

With `at`, a visit's or a stay's token, they know the door, its own texts and the way back. Never a page that needs it.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, request

from portal.capabilities import Capability, open_stay, open_visit
from portal.cases import institutions
from portal.guard import open_to, recognise
from portal.guest.page import page
from portal.kit import kit
from radius.nas.family import Misfit

blueprint = Blueprint("pages", __name__)
_TOKEN = 2_048


def remember() -> str:
    """The way back, of whatever token came with the request; "" for none."""
    tools, token = kit(), request.args.get("at", "")
    if not token or len(token) > _TOKEN:
        return ""
    visit = open_visit(tools.tokens, token, tools.now())
    if not isinstance(visit, Misfit):
        recognise(visit)
        g.token = token
        return f"/v/{token}"
    stay = open_stay(tools.tokens, token, tools.now())
    if isinstance(stay, Misfit):
        return ""
    recognise(stay.visit)
    g.token = token
    return f"/s/{token}"


def _show(name: str, **values: Any) -> Any:
    back = remember()
    return page(f"{name}.html", back=back, **values)


@blueprint.get("/privacy")
@open_to(Capability.NONE)
def privacy() -> Any:
    """What is recorded, why, how long."""
    house = kit().house
    told = {"days": house.kept, "most": house.most_days, "notice": house.notice, "alone": house.opened_alone}
    return _show("privacy", published=house.open_data is not None, **told)


@blueprint.get("/terms")
@open_to(Capability.NONE)
def terms() -> Any:
    """The portal's own terms, or ours."""
    return _show("terms")


@blueprint.get("/help")
@open_to(Capability.NONE)
def help_page() -> Any:
    """When it does not work."""
    return _show("help")


@blueprint.get("/accessibility")
@open_to(Capability.NONE)
def accessibility() -> Any:
    """What these pages keep to, and whom to tell."""
    return _show("accessibility")


@blueprint.get("/eduroam")
@open_to(Capability.NONE)
def eduroam() -> Any:
    """For students and staff of institutions; `q` is what one of them is called."""
    back, typed = remember(), request.args.get("q", "")[: institutions.LONGEST].strip()
    return page("eduroam.html", back=back, typed=typed, found=institutions.search(g.doors.institutions, typed), doors=g.doors, g=g)
