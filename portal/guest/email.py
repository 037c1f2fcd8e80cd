"""/v/<token>/email: a code by mail, and some minutes online in which to read it; /s/<token>/email: another address.

Never says whether an address is known, and never writes to one that nobody could own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, g, request
from flask_babel import gettext as _

from portal.capabilities import Capability
from portal.cases import addresses, codes
from portal.cases.email import caps, until_read
from portal.cases.proof import Denied, No
from portal.guard import open_to
from portal.guest import visits
from portal.guest.codes import desk, said, status_of
from portal.guest.page import away, href, page
from portal.kit import kit
from portal.troubles import Trouble, TroubleError
from portal.words import date
from portal.writing import writing
from radius.nas import targets
from radius.nas.plan import Plan  # noqa: TC001  a view's own helper names it
from store.models import Way

if TYPE_CHECKING:
    from store.challenges import Wanted

blueprint = Blueprint("email", __name__)


@blueprint.get("/v/<token>/email")
@open_to(Capability.VISIT)
def form(token: str) -> Any:
    """Which address?"""
    g.token = token
    visits.served("email")
    return page("email.html")


@blueprint.post("/v/<token>/email")
@open_to(Capability.VISIT)
def ask(token: str) -> Any:
    """A mail is queued; the guest goes online for some minutes, or waits for the mail."""
    g.token = token
    plan = visits.served("email")
    if not (address := addresses.email(request.form.get("email", ""))):
        return _wrong("email.html")
    seconds = g.door.words.provisional
    prove = until_read(desk(), _wanted(address, plan), plan, seconds, g.doors.timezone)
    return visits.admit(g.visit, prove, _denied)


@blueprint.get("/s/<token>/email")
@open_to(Capability.STAY)
def other(token: str) -> Any:
    """The address was mistyped."""
    g.token = token
    _provisional()
    return page("address.html", stay=token)


@blueprint.post("/s/<token>/email")
@open_to(Capability.STAY)
def change(token: str) -> Any:
    """Another address; the minutes online stay as they are."""
    g.token = token
    plan = _provisional()
    if not (address := addresses.email(request.form.get("email", ""))):
        return _wrong("address.html", stay=token)
    with writing() as session:
        found = codes.ask(session, desk(), _wanted(address, plan, g.stay.grant), date(kit().now()))
    if isinstance(found, Denied):
        return page("address.html", status_of(found), stay=token, error=said(found), value=address)
    return away(href(f"/s/{token}", sent="1"))


def _denied(denied: Denied) -> Any:
    if denied.why is No.NOT_YET:
        return away(href(f"/v/{g.token}/email/code"))
    return page("email.html", status_of(denied), error=said(denied), value=_typed())


def _wrong(template: str, **values: str) -> Any:
    error = _("That is no e-mail address. It looks like name@example.org.")
    return page(template, 422, error=error, value=_typed(), **values)


def _typed() -> str:
    return "".join(each for each in request.form.get("email", "")[:254] if each.isprintable())


def _provisional() -> Plan:
    """The plan that a confirmed address gives; only where this stay's grant still waits for one."""
    grant = visits.granted()
    plan: Plan | None = g.door.ways.get("email") if g.door is not None else None
    if not grant.provisional or grant.revoked_at is not None or plan is None:
        raise TroubleError(Trouble.NOT_FOUND)
    return plan


def _wanted(address: str, plan: Plan, grant: str = "") -> Wanted:
    tools, arrival = kit(), g.visit.arrival
    return codes.wanted(
        tools.privacy, Way.EMAIL, address, tools.privacy.device(arrival.station), grant=grant, client=g.door.gateway.name,
        portal=g.door.words.portal, plan=plan.name, language=g.language, target=targets.pack(targets.of(arrival)), caps=caps(address),
    )  # fmt: skip
