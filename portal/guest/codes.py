"""/v/<token>/email/code and /v/<token>/sms/code: the step at which a guest types what was sent; /s/<token>/code: the same while online.

Never shows the whole address that a code went to, and never says more of a code than whether it was the right one.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, g, request
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.capabilities import Capability, seal_mail
from portal.cases import addresses, codes, confirm, email, sms
from portal.cases.proof import Denied, No
from portal.guard import open_to
from portal.guest import cookie, visits
from portal.guest.page import away, href, network, page
from portal.kit import kit
from portal.troubles import Trouble, TroubleError
from portal.words import date, moment
from portal.writing import writing
from store import challenges
from store.challenges import Cap, Refusal
from store.models import Purpose, Settled, Way
from store.session import reading

if TYPE_CHECKING:
    from portal.cases.standing import Standing
    from radius.nas.plan import Plan
    from store.models import Challenge

blueprint = Blueprint("codes", __name__)
_SLOWED: Final = frozenset({No.WAIT, No.FULL})


@blueprint.get("/v/<token>/email/code", defaults={"way": "email"})
@blueprint.get("/v/<token>/sms/code", defaults={"way": "sms"})
@open_to(Capability.VISIT)
def step(token: str, way: str) -> Any:
    """What was sent?"""
    g.token = token
    visits.served(way)
    return _step(Way(way))


@blueprint.post("/v/<token>/email/code", defaults={"way": "email"})
@blueprint.post("/v/<token>/sms/code", defaults={"way": "sms"})
@open_to(Capability.VISIT)
def enter(token: str, way: str) -> Any:
    """This was; or, without a code: the link's button was pressed."""
    g.token = token
    plan = visits.served(way)
    prove = codes.by_code(kit().privacy, _device(), Way(way), plan, typed(), g.language)
    return visits.admit(g.visit, prove, lambda denied: _step(Way(way), denied))


@blueprint.post("/v/<token>/email/resend", defaults={"way": "email"})
@blueprint.post("/v/<token>/sms/resend", defaults={"way": "sms"})
@open_to(Capability.VISIT)
def resend(token: str, way: str) -> Any:
    """Nothing came, or it is lost."""
    g.token = token
    visits.served(way)
    denied = _again(Way(way))
    return _step(Way(way), denied) if denied is not None else away(href(f"/v/{token}/{way}/code", sent="1"))


@blueprint.post("/s/<token>/code")
@open_to(Capability.STAY)
def stay_on(token: str) -> Any:
    """The provisional grant is confirmed in place; where it has ended, the guest is let in anew."""
    g.token = token
    tools = kit()
    way, plan = _of_stay()
    prove = codes.by_code(tools.privacy, _device(), way, plan, typed(), g.language)
    world = confirm.World(tools.privacy, g.doors, tools.families)
    with writing() as session:
        done = confirm.by_code(session, world, g.stay, prove, date(tools.now()))
    if done is None:
        return visits.admit(g.stay.visit, prove, _stay_page)
    if isinstance(done, confirm.Confirmed):
        answer = away(href(f"/s/{token}"))
        if done.proven and typed():  # not where another device pressed the link's button
            cookie.put(answer, token, done.grant.ends_at, date(tools.now()), visits.own(done.proven, g.stay.visit))
        return answer
    return visits.outside(done, g.stay.visit, _stay_page)


@blueprint.post("/s/<token>/resend")
@open_to(Capability.STAY)
def stay_resend(token: str) -> Any:
    """Nothing came, or it is lost."""
    g.token = token
    denied = _again(_of_stay()[0])
    return _stay_page(denied) if denied is not None else away(href(f"/s/{token}", sent="1"))


def waiting(token: str, standing: Standing, error: str = "", status: int = 200) -> Any:
    """The status page of a guest who has yet to type the code: online for some minutes, or not any more."""
    tools = kit()
    with reading(tools.database) as session:
        found = challenges.stands(session, _device(), Way.EMAIL, Purpose.SIGN_IN, date(tools.now()))
        contact = _contact(found)
    over = "" if not isinstance(found, Refusal) else said(codes.denied(found))
    return page(
        "provisional.html",
        status,
        stay=token,
        standing=standing,
        contact=contact,
        confirmed=not isinstance(found, Refusal) and found.outcome is Settled.CONFIRMED,
        over=over,
        error=error,
        sent=request.method == "GET" and "sent" in request.args,
        now=date(tools.now()),
    )


def desk() -> codes.Desk:
    """For messages of this request's guest, in their language."""
    tools = kit()

    def link(challenge: str) -> str:
        return f"{tools.house.url}/m/{seal_mail(tools.tokens, challenge, tools.now())}?lang={g.language}"

    place = g.door.place if g.door is not None else ""
    return codes.Desk(tools.privacy, tools.entropy, link, tools.house.url, place, network(), g.language)


def typed() -> str:
    """The form's code, as digits; what has none is a code that is wrong, and an empty field is no code."""
    text = request.form.get("code", "").strip()
    return addresses.code(text) or "-" if text else ""


def said(denied: Denied) -> str:
    """Why not, and what to do."""
    return str(_words(denied))


def _words(denied: Denied) -> Any:
    now = kit().now()
    at = moment(date(denied.at), _zone(), date(now)) if denied.at is not None else ""
    match denied.why:
        case No.WRONG:
            return _("That is not the code that we sent last. Look at the newest message.")
        case No.USED:
            return _("This code was used at %(time)s", time=at)
        case No.REFUSED:
            return _("Whoever reads messages there said that it was not them. Is the address yours?")
        case No.REVOKED:
            return _("There were too many wrong codes, so this one is dead. Ask for another.")
        case No.WAIT:
            seconds = max(1, ceil((denied.at or now) - now))
            return ngettext("Wait one second, then try again.", "Wait %(num)s seconds, then try again.", seconds)
        case No.FULL if at:
            return _("As many codes were sent as may be in a day. The next can be sent from %(time)s", time=at)
        case No.FULL:
            return _("As many codes were sent as may be. The newest one counts.")
        case No.NOT_YET if "code" in request.form:
            return _("Type the six digits that we sent.")
        case No.NOT_YET:
            return _("The button in the e-mail was not pressed yet.")
    return _("That code is too old. Ask for another.")


def status_of(denied: Denied) -> int:
    """The page's status."""
    return 429 if denied.why in _SLOWED else 422


def _step(way: Way, denied: Denied | None = None) -> Any:
    """The step's page."""
    tools = kit()
    with reading(tools.database) as session:
        found = challenges.stands(session, _device(), way, Purpose.SIGN_IN, date(tools.now()))
        contact = _contact(found)
    over = said(codes.denied(found)) if isinstance(found, Refusal) else ""
    return page(
        "code.html",
        status_of(denied) if denied is not None else 200,
        way=way.value,
        contact=contact,
        confirmed=not isinstance(found, Refusal) and found.outcome is Settled.CONFIRMED,
        over=over if denied is None or denied.why is No.WRONG else "",
        dead=bool(over),
        error=said(denied) if denied is not None else "",
        sent="sent" in request.args and request.method == "GET",
    )


def _stay_page(denied: Denied) -> Any:
    """The status page again, with what was wrong."""
    return waiting(g.token, visits.stood(), said(denied), status_of(denied))


def _again(way: Way) -> Denied | None:
    tools = kit()
    with writing() as session:
        last = challenges.latest(session, _device(), way, Purpose.SIGN_IN)
        caps: tuple[Cap, ...] = ()
        if last is not None:
            contact = challenges.contact(tools.privacy, last)
            caps = sms.caps(contact, tools.house.sms_per_day) if way is Way.SMS else email.caps(contact)
        found = codes.again(session, desk(), _device(), way, date(tools.now()), caps=caps)
    return found if isinstance(found, Denied) else None


def _of_stay() -> tuple[Way, Plan]:
    """How this stay's guest signs in, and under which plan."""
    grant = visits.granted()
    door = g.door
    plan = door.ways.get(grant.way.value) or door.plans.get(grant.plan) if door is not None else None
    if plan is None or grant.way not in codes.KINDS:
        raise TroubleError(Trouble.NOT_FOUND)
    return grant.way, plan


def _contact(found: Challenge | Refusal) -> str:
    """The address, where it is this very device that asks: not every gateway signs whose request it sends us."""
    return addresses.masked(challenges.contact(kit().privacy, found)) if g.visit.arrival.proven and not isinstance(found, Refusal) else ""


def _device() -> bytes:
    visit = g.stay.visit if g.stay is not None else g.visit
    return kit().privacy.device(visit.arrival.station)


def _zone() -> str:
    zone: str = g.door.timezone if g.door is not None else g.doors.timezone
    return zone
