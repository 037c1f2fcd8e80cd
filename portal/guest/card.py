"""/v/<token>/card: a library card's number, or a name in the city's directory, with its PIN or password.

Never holds a transaction open while the directory is asked, nor more threads than `asking` has places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, g, request
from flask_babel import gettext as _

from portal.capabilities import Capability
from portal.cases import card
from portal.cases.proof import Denied, No
from portal.guard import open_to
from portal.guest import visits
from portal.guest.page import page
from portal.kit import kit
from portal.rates import address
from portal.words import date, moment
from portal.writing import writing
from store.refusal import Refusal

if TYPE_CHECKING:
    from store.directory import Person

blueprint = Blueprint("card", __name__)
LONGEST: Final = 256  # characters of a name, and of a password
EARLIEST: Final = 1.0  # seconds before which no "wrong" is said, so that its time does not tell what was wrong
_STATUS: Final = {No.WAIT: 429, No.AWAY: 503}


@blueprint.get("/v/<token>/card")
@open_to(Capability.VISIT)
def form(token: str) -> Any:
    """What stands on the card?"""
    g.token = token
    visits.served("card")
    return page("card.html")


@blueprint.post("/v/<token>/card")
@open_to(Capability.VISIT)
def sign_in(token: str) -> Any:
    """The directory is asked, then the guest is let in."""
    g.token = token
    plan = visits.served("card")
    tools = kit()
    began = tools.now()
    name, password = request.form.get("name", "").strip()[:LONGEST], request.form.get("password", "")
    if not name or not password or len(password) > LONGEST:
        return _wrong(name, _("Type both: the number or name, and the PIN or password."))
    whose, at = f"{g.visit.arrival.station} {address()}".encode(), date(began)
    with writing() as session:
        denied = card.counted(session, tools.privacy, whose, name, at, _alert)
    if denied is not None:
        return _denied(denied, name)
    found = ask(name, password)
    if isinstance(found, Refusal) and not found.ours:
        slowly(began)
    prove = card.vouched(tools.privacy, plan, whose, name, found, at, g.language, _alert)
    return visits.admit(g.visit, prove, lambda denied: _denied(denied, name))


def _alert(whose: str, times: int) -> None:
    """A line of the log for staff; by the visit's number they find where it happens."""
    kit().said("guessing", {"what": "card", "whose": whose, "tries": times, "number": g.number, "gateway": g.door.gateway.name})


def ask(name: str, password: str) -> Person | Refusal:
    """What the directory says; BUSY where as many are asking as may."""
    tools = kit()
    at = date(tools.now())

    def may(key: str) -> bool:
        with writing() as session:
            return card.allowed(session, tools.privacy, key, at)

    if tools.directory is None or not tools.asking.acquire(blocking=False):
        return Refusal.BUSY
    try:
        return tools.directory(name.encode("utf-8", "replace"), password.encode("utf-8", "replace"), may)
    finally:
        tools.asking.release()


def slowly(began: float) -> None:
    """Wait until EARLIEST, where there is a place for it: a name that nobody has is answered sooner than a wrong password."""
    tools = kit()
    left = began + EARLIEST - tools.now()
    if left > 0 and tools.waiting.acquire(blocking=False):
        try:
            tools.wait(min(left, EARLIEST))
        finally:
            tools.waiting.release()


def _denied(denied: Denied, name: str) -> Any:
    g.why = denied.why.name
    if denied.why is No.AWAY:
        return page("away.html", _STATUS[No.AWAY], who=_("The library’s directory"), again=f"/v/{g.token}/card")
    if denied.why is No.WAIT and denied.at is not None:
        again = moment(date(denied.at), g.door.timezone, date(kit().now()))
        said = _("There were several wrong tries. The next is taken at %(time)s.", time=again)
        return _wrong(name, said, _STATUS[No.WAIT])
    return _wrong(name, _("That number or name and that PIN or password do not belong together."))


def _wrong(name: str, error: str, status: int = 422) -> Any:
    return page("card.html", status, error=error, name=name)
