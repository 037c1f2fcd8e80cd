"""/m/<token>: where a mail's link leads. Who asked, where, when; "Yes, that was me", or "No".

Who only looks changes nothing, and so do mail servers that follow links: it is the button that counts. Never signs in the
device that opened the link, but to its owner's own page where that was asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, g, request

from portal.capabilities import Capability, Me, seal_account
from portal.cases import addresses, codes, confirm
from portal.cases.proof import Denied, No
from portal.guard import open_to, speak
from portal.guest.page import away, href, page
from portal.kit import kit
from portal.troubles import Trouble, TroubleError
from portal.words import date
from portal.writing import writing
from store import challenges
from store.challenges import Bad, Refusal
from store.models import Purpose
from store.session import reading

if TYPE_CHECKING:
    from store.models import Challenge

blueprint = Blueprint("mails", __name__)


@blueprint.get("/m/<token>")
@open_to(Capability.MAIL)
def look(token: str) -> Any:
    """Was that you?"""
    tools = kit()
    now = date(tools.now())
    found = _found()
    if found.settled_at is not None or found.expires_at <= now:
        return _over(codes.denied(challenges.over(found)))
    return page(
        "mail.html",
        link=token,
        own=found.purpose is Purpose.ACCOUNT,
        contact=addresses.masked(challenges.contact(tools.privacy, found)),
        asked=found.created_at,
        zone=_zone(),
        now=now,
    )


@blueprint.post("/m/<token>")
@open_to(Capability.MAIL)
def answer(token: str) -> Any:  # noqa: ARG001  the guard has opened it
    """Yes, or no."""
    tools = kit()
    now = date(tools.now())
    _found()
    world = confirm.World(tools.privacy, g.doors, tools.families)
    said = request.form.get("answer", "")
    if said not in ("yes", "no"):
        raise TroubleError(Trouble.NOT_FOUND, "neither yes nor no")
    with writing() as session:
        done = (confirm.by_link if said == "yes" else confirm.deny)(session, world, g.challenge, now)
    if isinstance(done, Denied):
        return _over(done)
    if not isinstance(done, confirm.Linked):
        return page("mail_done.html", done="denied")
    if done.challenge.purpose is Purpose.ACCOUNT:
        if not done.account:
            return _over(codes.denied(Refusal(Bad.EXPIRED)))
        return away(href(f"/me/{seal_account(tools.tokens, Me(done.account), tools.now())}"))
    return page("mail_done.html", done="online" if done.online else "waits")


def _found() -> Challenge:
    """The challenge; from now on this request is its door's, in its language."""
    with reading(kit().database) as session:
        found = challenges.of(session, g.challenge)
    if found is None:
        raise TroubleError(Trouble.TOO_OLD, "the challenge is gone")
    g.door = next((door for door in g.doors.by_key.values() if door.gateway.name == found.client), None)
    speak((found.language,))
    return found


def _over(denied: Denied) -> Any:
    g.why = denied.why.name
    done = {No.USED: "used", No.REFUSED: "denied"}.get(denied.why, "old")
    at = date(denied.at) if denied.at is not None else None
    return page("mail_done.html", 410, done=done, at_time=at, zone=_zone(), now=date(kit().now()))


def _zone() -> str:
    zone: str = g.door.timezone if g.door is not None else g.doors.timezone
    return zone
