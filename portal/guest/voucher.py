"""/v/<token>/voucher: the code of a voucher. Never says of a code that is none of ours what it might have been."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, g, request
from flask_babel import gettext as _

from portal.capabilities import Capability
from portal.cases import voucher
from portal.cases.proof import Denied, No
from portal.guard import open_to
from portal.guest import visits
from portal.guest.page import page
from portal.kit import kit
from portal.rates import address
from portal.words import date, duration, moment
from store import crockford

if TYPE_CHECKING:
    from flask import Response

blueprint = Blueprint("voucher", __name__)
_STATUS: Final = {No.WAIT: 429}


@blueprint.get("/v/<token>/voucher")
@open_to(Capability.VISIT)
def form(token: str) -> Any:
    """Which code does the guest have?"""
    g.token = token
    visits.served("voucher")
    return page("voucher.html")


@blueprint.post("/v/<token>/voucher")
@open_to(Capability.VISIT)
def redeem(token: str) -> Any:
    """Let the guest in by this code; what no code can be costs the database nothing."""
    g.token = token
    visits.served("voucher")
    typed = request.form.get("code", "")
    code = crockford.normal(typed)
    if not code:
        return _wrong(_shown(typed), Denied(No.WRONG))
    station, tools = g.visit.arrival.station, kit()
    whose = f"{station} {address()}".encode()
    prove = voucher.by_code(tools.privacy, g.door.plans, tools.privacy.device(station), whose, code, _alert)
    return visits.admit(g.visit, prove, lambda denied: _wrong(crockford.readable(code), denied))


def _alert(whose: str, times: int) -> None:
    """A line of the log for staff; by the visit's number they find where it happens."""
    kit().said("guessing", {"what": "voucher", "whose": whose, "tries": times, "number": g.number, "gateway": g.door.gateway.name})


def _wrong(value: str, denied: Denied) -> Response:
    """The form again, with what was typed and what is wrong with it."""
    g.why = f"voucher {denied.why.name}"
    answer = page("voucher.html", _STATUS.get(denied.why, 422), value=value, error=_said(value, denied), used=denied.why is No.USED)
    if denied.why is No.WAIT:
        answer.headers["Retry-After"] = str(_seconds(denied))
    return answer


def _said(value: str, denied: Denied) -> str:
    at = moment(date(denied.at), g.door.timezone, date(kit().now())) if denied.at is not None else ""
    match denied.why:
        case No.WAIT:
            return str(_("Several codes were wrong. Wait %(time)s, then try again.", time=duration(_seconds(denied))))
        case No.USED:
            return str(_("This code was used on another device (%(time)s).", time=at))
        case No.EXPIRED:
            return str(_("The time of this code is over (%(time)s). The staff can give you another.", time=at))
        case No.REVOKED:
            return str(_("This code is not good any more. The staff can give you another."))
        case _:
            return str(_("This is none of our codes. Compare each letter and number.") if value else _("Type the code of your voucher."))


def _seconds(denied: Denied) -> int:
    """Until the next try is taken, rounded up."""
    return max(1, -int((kit().now() - (denied.at or 0.0)) // 1))


def _shown(typed: str) -> str:
    """What was typed, as far as it can be shown again."""
    return "".join(each for each in typed[: crockford.LONGEST] if each.isprintable()).strip()
