"""/v/<token>/sponsor: a guest asks somebody to let them in, and waits; /sponsor/<token>: whoever was asked says yes or no.

Who only looks changes nothing, on either side. Never shows a sponsor's whole address to whoever holds the visit's token,
and never says more of an address than whether it may be asked here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, g, request
from flask_babel import gettext as _

from portal.capabilities import Capability, seal_sponsor
from portal.cases import addresses, codes, sponsor
from portal.cases.connect import World
from portal.cases.proof import Denied, No
from portal.guard import open_to, speak
from portal.guest import visits
from portal.guest.page import away, href, network, page
from portal.kit import kit
from portal.troubles import Trouble, TroubleError
from portal.words import date, moment
from portal.writing import writing
from radius.nas import targets
from store import challenges, sponsors
from store.models import Settled
from store.session import reading
from store.sponsors import Question

if TYPE_CHECKING:
    from portal.doors import Door
    from radius.nas.plan import Plan
    from store.models import Challenge

blueprint = Blueprint("sponsor", __name__)
_STATUS: Final = {No.FULL: 429, No.NOT_YET: 200}
_ANSWERS: Final = {"yes": Settled.CONFIRMED, "no": Settled.DENIED}


@blueprint.get("/v/<token>/sponsor")
@open_to(Capability.VISIT)
def form(token: str) -> Any:  # noqa: ARG001  the guard has opened it
    """Whom to ask? Or, where somebody was asked, how that stands."""
    visits.served("sponsor")
    tools = kit()
    if "new" in request.args:
        return page("sponsor.html")
    with reading(tools.database) as session:
        last = sponsors.latest(session, _device())
    if last is None or last.expires_at <= date(tools.now()) or last.outcome is Settled.REPLACED:
        return page("sponsor.html")
    return _waiting(last)


@blueprint.post("/v/<token>/sponsor")
@open_to(Capability.VISIT)
def ask(token: str) -> Any:
    """The sponsor gets a mail."""
    tools, plan = kit(), visits.served("sponsor")
    name, address = sponsor.named(request.form.get("name", "")), addresses.email(request.form.get("email", ""))
    if not name:
        return _wrong(name_error=_("Type your name, as the person knows you."))
    if not address:
        return _wrong(error=_("That is no e-mail address. It looks like name@example.org."))
    if not sponsor.may(address, g.door.words.sponsors):
        g.why = "none of the portal's sponsors"
        return _wrong(error=_("Nobody at this address can let guests in here. Ask the staff whose address to use."))
    desk = sponsor.Desk(tools.privacy, _link, g.door.place, network(), g.language)
    with writing() as session:
        found = sponsor.ask(session, desk, _question(name, address, plan), date(tools.now()))
    if isinstance(found, Denied):
        g.why = found.why.name
        return _wrong(_STATUS.get(found.why, 422), error=_too_often(found))
    return away(href(f"/v/{token}/sponsor"))


@blueprint.post("/v/<token>/sponsor/check")
@open_to(Capability.VISIT)
def check(token: str) -> Any:  # noqa: ARG001  the guard has opened it
    """Has somebody decided?"""
    plan = visits.served("sponsor")
    return visits.admit(g.visit, sponsor.approved(kit().privacy, _device(), g.door.words.sponsors, g.door.plans, plan), _not_in)


@blueprint.get("/sponsor/<token>")
@open_to(Capability.SPONSOR)
def look(token: str) -> Any:
    """Who asks, where, since when, for what."""
    found = _found()
    now = date(kit().now())
    if found.settled_at is not None or found.expires_at <= now:
        return _over(codes.denied(challenges.over(found)))
    said = sponsors.said(kit().privacy, found)
    if not _offered(said.sponsor):
        return _over(Denied(No.EXPIRED))
    plan = g.door.plans.get(found.plan) if g.door is not None else None
    return page("sponsor_asked.html", link=token, name=said.name, asked=found.created_at, zone=_zone(), now=now, plan=plan)


@blueprint.post("/sponsor/<token>")
@open_to(Capability.SPONSOR)
def answer(token: str) -> Any:  # noqa: ARG001  the guard has opened it
    """Yes, or no."""
    tools = kit()
    outcome = _ANSWERS.get(request.form.get("answer", ""))
    if outcome is None:
        raise TroubleError(Trouble.NOT_FOUND, "neither yes nor no")
    found = _found()
    said = sponsors.said(tools.privacy, found)
    if not _offered(said.sponsor):
        return _over(Denied(No.EXPIRED))
    world = World(tools.privacy, g.doors.timezone, lambda _grant: f"{tools.house.url}/")
    with writing() as session:
        done = sponsor.decide(session, world, g.challenge, outcome, _door, tools.families, date(tools.now()))
    if isinstance(done, Denied):
        return _over(done)
    return page("sponsor_done.html", done="no" if outcome is Settled.DENIED else "online" if done.online else "waits", name=said.name)


def _question(name: str, address: str, plan: Plan) -> Question:
    target = targets.pack(targets.of(g.visit.arrival))
    return Question(name, address, _device(), target, g.door.gateway.name, g.door.words.portal, plan.name, g.language)


def _device() -> bytes:
    return kit().privacy.device(g.visit.arrival.station)


def _link(challenge: str) -> str:
    tools = kit()
    return f"{tools.house.url}/sponsor/{seal_sponsor(tools.tokens, challenge, tools.now())}"


def _found() -> Challenge:
    """The question; from now on this request is its door's, in the sponsor's own language."""
    with reading(kit().database) as session:
        found = challenges.of(session, g.challenge)
    if found is None:
        raise TroubleError(Trouble.TOO_OLD, "the question is gone")
    g.door = _door(found)
    speak(())
    return found


def _door(question: Challenge) -> Door | None:
    """Where the guest asked from."""
    key = next((key for key, door in g.doors.by_key.items() if door.gateway.name == question.client), "")
    target = targets.unpack(kit().privacy.opened(question.target, "challenge", question.id, "target"))
    found: Door | None = g.doors.at(key, target.access_point)
    return found


def _offered(address: str) -> bool:
    """Whether the guest's place still has this way in, and this sponsor: else a yes would let nobody in, whatever its sponsor was told."""
    return g.door is not None and "sponsor" in g.door.ways and sponsor.may(address, g.door.words.sponsors)


def _zone() -> str:
    zone: str = g.door.timezone if g.door is not None else g.doors.timezone
    return zone


def _waiting(question: Challenge, *, checked: bool = False) -> Any:
    """The guest's page until they are in, or are not to be."""
    said = sponsors.said(kit().privacy, question)
    state = {Settled.CONFIRMED: "yes", Settled.DENIED: "no"}.get(question.outcome, "open") if question.outcome else "open"
    return page("sponsor_wait.html", state=state, who=addresses.masked(said.sponsor), checked=checked)


def _not_in(denied: Denied) -> Any:
    with reading(kit().database) as session:
        last = sponsors.latest(session, _device())
    if last is not None and denied.why in (No.NOT_YET, No.REFUSED):
        return _waiting(last, checked=True)
    return _wrong(error=_("Your request is over. Ask once more."))


def _too_often(denied: Denied) -> str:
    if denied.why is not No.FULL or denied.at is None:
        return str(_("Your request is over. Ask once more."))
    again = moment(date(denied.at), g.door.timezone, date(kit().now()))
    return str(_("You have asked three times. You can ask again at %(time)s.", time=again))


def _wrong(status: int = 422, **errors: Any) -> Any:
    typed = {key: "".join(each for each in request.form.get(key, "")[:254] if each.isprintable()) for key in ("name", "email")}
    return page("sponsor.html", status, **errors, name=typed["name"], email=typed["email"])


def _over(denied: Denied) -> Any:
    """It was answered, or asked too long ago."""
    g.why = denied.why.name
    done = {No.USED: "said_yes", No.REFUSED: "said_no"}.get(denied.why, "old")
    return page("sponsor_done.html", 410, done=done, name="")
