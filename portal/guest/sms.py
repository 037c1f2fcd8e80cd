"""/v/<token>/sms: a code by text message. Every number that may be written to gets the same answer; never says what became of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, request
from flask_babel import gettext as _

from portal.capabilities import Capability
from portal.cases import addresses, codes, sms
from portal.cases.proof import Denied, No
from portal.guard import open_to
from portal.guest import visits
from portal.guest.codes import desk, said, status_of
from portal.guest.page import away, href, page
from portal.kit import kit
from store.models import Way

blueprint = Blueprint("sms", __name__)


@blueprint.get("/v/<token>/sms")
@open_to(Capability.VISIT)
def form(token: str) -> Any:
    """Which number?"""
    g.token = token
    visits.served("sms")
    return page("sms.html")


@blueprint.post("/v/<token>/sms")
@open_to(Capability.VISIT)
def ask(token: str) -> Any:
    """A message is queued."""
    g.token = token
    plan = visits.served("sms")
    tools = kit()
    number = addresses.mobile(request.form.get("phone", ""), g.doors.country, tools.house.sms_countries)
    if not number:
        return page("sms.html", 422, error=_("That is no mobile number that we can write to."), value=_typed())
    wanted = codes.wanted(
        tools.privacy, Way.SMS, number, tools.privacy.device(g.visit.arrival.station), client=g.door.gateway.name,
        portal=g.door.words.portal, plan=plan.name, language=g.language, caps=sms.caps(number, tools.house.sms_per_day),
    )  # fmt: skip
    return visits.admit(g.visit, sms.sent(desk(), wanted), _denied)


def _denied(denied: Denied) -> Any:
    if denied.why is No.NOT_YET:
        return away(href(f"/v/{g.token}/sms/code"))
    return page("sms.html", status_of(denied), error=said(denied), value=_typed())


def _typed() -> str:
    return "".join(each for each in request.form.get("phone", "")[:40] if each.isprintable())
