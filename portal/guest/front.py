"""/: whoever comes without a gateway. Their status page where the cookie knows it, else what to do first."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, request
from flask_babel import gettext as _
from werkzeug.exceptions import MethodNotAllowed

from portal.capabilities import Capability, open_stay
from portal.cases import addresses, codes
from portal.cases.standing import State, standing
from portal.guard import open_to
from portal.guest import cookie
from portal.guest.codes import desk
from portal.guest.page import away, href, page
from portal.kit import kit
from portal.words import date
from portal.writing import writing
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
    answer = page("front.html", mails=_mails())
    if token:
        cookie.drop(answer)
    return answer


@blueprint.post("/")
@open_to(Capability.NONE)
def link() -> Any:
    """A link to their own page, for whoever signed in by e-mail before: the same answer whether they did or not.

    There is no token in this form. Whoever forges it makes us write to the address's owner, as seldom as anybody may.
    """
    if not _mails():
        raise MethodNotAllowed(["GET", "HEAD"])
    typed = request.form.get("email", "")
    if not (address := addresses.email(typed)):
        error = _("That is no e-mail address. It looks like name@example.org.")
        return page("front.html", 422, mails=True, error=error, value="".join(each for each in typed[:254] if each.isprintable()))
    with writing() as session:
        codes.link(session, desk(), address, date(kit().now()))
    return page("front.html", mails=True, queued=True)


def _mails() -> bool:
    """Whether guests sign in by e-mail anywhere here."""
    return any("email" in door.ways for door in g.doors.by_key.values())


def _leads(token: str) -> bool:
    """Whether there is still something to show."""
    tools = kit()
    stay = open_stay(tools.tokens, token, tools.now())
    if isinstance(stay, Misfit):
        return False
    with reading(tools.database) as session:
        return standing(session, stay.grant, None, g.doors.timezone, date(tools.now())).state is not State.GONE
