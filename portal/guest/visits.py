"""/v/<token>: one visit. Its page in another language, and the button that connects.

Never waits longer for a gateway than a guest would, and never with more than a third of our threads.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, g

from portal import languages
from portal.capabilities import Capability, Me, Stay, Visit, seal_account, seal_back, seal_stay
from portal.cases.connect import Crowded, Exhausted, NoWayError, Onward, Terms, TooOftenError, World, connect
from portal.cases.proof import Denied, No, Proof
from portal.cases.standing import State, gone, standing
from portal.guard import open_to
from portal.guest import arrivals, cookie
from portal.guest.page import away, href, onward, page
from portal.kit import kit
from portal.troubles import Trouble, TroubleError
from portal.words import date
from portal.writing import writing
from store import grants, outbox
from store.models import OrderState, Way
from store.session import reading

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.cases.proof import Prove
    from portal.cases.standing import Standing
    from portal.doors import Door
    from radius.nas.plan import Plan
    from store.models import Grant

blueprint = Blueprint("visits", __name__)
_LOOK: Final = 0.1  # seconds between looks at an order
_SETTLED: Final = frozenset({OrderState.DONE, OrderState.FAILED})


@blueprint.get("/v/<token>")
@open_to(Capability.VISIT)
def again(token: str) -> Any:  # noqa: ARG001  the guard has opened it
    """Page one once more: in another language, or after a way that led nowhere."""
    return arrivals.welcome(g.visit, _door())


@blueprint.post("/v/<token>/go")
@open_to(Capability.VISIT)
def go(token: str) -> Any:
    """The guest agrees to the terms, and is let in by the way of the gateway's family."""
    g.token = token
    return admit(g.visit, terms(served("terms")))


@blueprint.post("/v/<token>/again")
@open_to(Capability.VISIT)
def resume(token: str) -> Any:
    """Once more, under the grant that this device was given for an account: what was proven for it need not be proven again."""
    g.token = token
    row = arrivals.known(g.visit)
    return admit(g.visit, held(row.id if row is not None else ""))


def terms(plan: Plan) -> Prove:
    """Whoever accepts the terms needs no other proof."""

    def prove(_session: Session, _now: datetime) -> Proof:
        return Proof(Way.TERMS, plan)

    return prove


def held(grant: str) -> Prove:
    """Whoever has this grant: what was proven for it stays so until it ends."""

    def prove(session: Session, now: datetime) -> Proof | Denied:
        row = grants.of(session, grant)
        plan = _door().plans.get(row.plan) if row is not None else None
        if row is None or plan is None or row.revoked_at is not None or row.ends_at <= now:
            return Denied(No.EXPIRED)
        return Proof(row.way, plan, row.account_id, int((row.ends_at - now).total_seconds()) or 1, row.provisional, fresh=False)

    return prove


def served(way: str) -> Plan:
    """The plan of this way in; TroubleError where this door does not offer it."""
    plan = _door().ways.get(way)
    if plan is None:
        raise TroubleError(Trouble.NOT_FOUND if _door().ways else Trouble.CLOSED)
    return plan


def admit(visit: Visit, prove: Prove, denied: Callable[[Denied], Any] | None = None) -> Any:
    """Let the guest of this visit in, or say why not; `denied` makes the page of a proof that was not given."""
    tools, door = kit(), _door()
    visit = replace(visit, language=g.language)
    family = tools.families[door.gateway.family]

    def back(grant: Grant) -> str:
        return f"{tools.house.url}/b/{seal_back(tools.tokens, Stay(grant.id, visit), tools.now())}"

    world = World(tools.privacy, g.doors.timezone, back)
    agreed = Terms(languages.text(door.words.terms, g.language), g.language)
    try:
        with writing() as session:
            done = connect(session, world, visit, door, family, agreed, prove, date(tools.now()))
    except TooOftenError:
        raise TroubleError(Trouble.TOO_MANY, "too many grants of one device") from None
    except NoWayError as fault:
        g.why = str(fault)
        return page("failed.html", plan=door.plan)
    return _onward(done, visit) if isinstance(done, Onward) else outside(done, visit, denied)


def granted() -> Grant:
    """The grant of this stay, until a day after its end: a token that is older opens nothing."""
    tools = kit()
    with reading(tools.database) as session:
        found = grants.of(session, g.stay.grant)
    if found is None or gone(found, date(tools.now())):
        raise TroubleError(Trouble.TOO_OLD, "the grant is gone")
    return found


def stood() -> Standing:
    """How the guest of this stay stands."""
    tools = kit()
    with reading(tools.database) as session:
        found = standing(session, g.stay.grant, g.door, g.doors.timezone, date(tools.now()))
    if found.state is State.GONE:
        raise TroubleError(Trouble.TOO_OLD, "the grant is gone")
    g.number = found.support or g.number
    return found


def outside(done: Exhausted | Crowded | Denied, visit: Visit, denied: Callable[[Denied], Any] | None = None) -> Any:
    """The page of a guest who is not let in."""
    tools, door = kit(), _door()
    if isinstance(done, Exhausted):
        g.number = done.support or g.number
        return page("spent.html", back_at=done.back_at, now=date(tools.now()), plan=door.plan, spent=done.why.name)
    if isinstance(done, Crowded):
        g.why = "as many devices as the plan allows"
        return page("crowded.html", devices=done.devices, account=own(done.account, visit))
    g.why = done.why.name
    if denied is None:
        raise TroubleError(Trouble.TOO_OLD, done.why.name)
    return denied(done)


def _onward(done: Onward, visit: Visit) -> Any:
    tools = kit()
    g.number = done.grant.support
    stay = seal_stay(tools.tokens, Stay(done.grant.id, visit), tools.now())
    if done.browse is not None:
        answer = onward(done.browse)
    else:
        if done.order is not None:
            _wait(done.order)
        answer = away(href(f"/s/{stay}"))
    cookie.put(answer, stay, done.grant.ends_at, date(tools.now()), own(done.proven, visit))
    return answer


def own(account: str, visit: Visit) -> str:
    """The token of the account's pages for whoever has just proven that it is theirs; "" for no account."""
    tools = kit()
    return seal_account(tools.tokens, Me(account, cookie.slim(visit)), tools.now()) if account else ""


def _wait(order: int) -> None:
    """Until the order is settled, for a moment at most: the page behind tells how it stands."""
    tools = kit()
    until = tools.now() + tools.house.patience
    if not tools.waiting.acquire(blocking=False):
        return
    try:
        while tools.now() < until:
            tools.wait(_LOOK)
            with reading(tools.database) as session:
                found = outbox.find(session, order)
                if found is None or found.state in _SETTLED:
                    return
    finally:
        tools.waiting.release()


def _door() -> Door:
    """The visit's door; it may have been taken out of the network since."""
    if g.door is None:
        raise TroubleError(Trouble.NO_DOOR)
    found: Door = g.door
    return found
