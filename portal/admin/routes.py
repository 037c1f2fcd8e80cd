"""“Try a route”: where an identity would go, by which entry and why, exactly as `proxeny route` says it. Nothing is sent.

What is typed is a person's identity: it comes in a form, so that no address or log ever holds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import select

from portal.admin import live_homes
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.page import page
from portal.admin.realms import to
from portal.permissions import Permission
from store.models import Client, Home

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

blueprint = Blueprint("routes", __name__)
LONGEST: Final = 300  # characters that are looked at
_BUILT_IN: Final = {
    "(no realm)": later("The identity has no realm, and no entry is for those."),
    "(no route)": later("No entry fits, and there is no “*”."),
    "(syntax)": later("That is no identity that a home could know: the road refuses it before it looks for a realm."),
}
_BY: Final = {
    "exact": later("This entry names the realm itself: nothing beats that."),
    "suffix": later("No entry names the realm itself. Of the entries with “*.”, this is the longest that fits."),
    "expression": later("No name fits. Of the expressions, this is the first that does."),
    "rest": later("No name and no expression fits, and the realm is on no list of junk: so “*” has it."),
    "none": later("The identity has no realm, and this entry is for those."),
}


@blueprint.get("/routes")
@needs(Permission.NETWORK)
def index() -> ResponseReturnValue:
    """The form."""
    return page("routes.html", asked={"identity": "", "client": ""}, found=None, wrong="", hygiene=_hygiene(), under="/homes")


@blueprint.post("/routes")
@needs(Permission.NETWORK)
def find() -> ResponseReturnValue:
    """Where it goes."""
    asked = {key: request.form.get(key, "").strip()[:LONGEST] for key in ("identity", "client")}
    with desk().reading() as session:
        answer = desk().tools["route"](session, asked["identity"], asked["client"])
        if answer.get("error"):
            wrong = _("There is no gateway “%(name)s”.", name=asked["client"])
            return page("routes.html", 422, asked=asked, found=None, wrong=wrong, hygiene=_hygiene(), under="/homes")
        found = _told(session, answer)
        return page(
            "routes.html",
            asked=asked,
            found=found,
            wrong="",
            hygiene=_hygiene(),
            under="/homes",
            gateway=session.get(Client, asked["client"]),
        )


def _told(session: Session, answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer with the homes' health, the way to its entry, and why that one decided."""
    from portal.admin.realm_fields import ACTIONS, STRATEGIES, kind  # noqa: PLC0415  words of the page alone

    rows = {home.name: home for home in session.scalars(select(Home).where(Home.name.in_(answer["homes"])))}
    seen = live_homes.live(desk().status())
    why: Any = _BY[kind(answer["rule"])] if answer["written"] else _BUILT_IN.get(answer["rule"])
    return {
        **answer,
        "why": why or _("It is on the list of realms that no institution has (hygiene)."),
        "entry": to(answer["rule"]).page if answer["written"] else "",
        "title": ACTIONS.get(answer["action"], answer["action"]),
        "how": STRATEGIES.get(answer["strategy"], "") if len(answer["homes"]) > 1 else "",
        "live": [(name, live_homes.of(rows[name], seen)) for name in answer["homes"] if name in rows],
    }


def _hygiene() -> tuple[tuple[str, str], ...]:
    found: tuple[tuple[str, str], ...] = desk().tools["hygiene"]()
    return found
