"""/v/<token>: one visit. Its page in another language, and the button that connects.

Never waits longer for a gateway than a guest would, and never with more than a third of our threads.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, g

from portal import languages
from portal.capabilities import Capability, Stay, Visit, seal_back, seal_stay
from portal.cases.connect import Exhausted, NoWayError, Onward, Terms, TooOftenError, World, connect
from portal.guard import open_to
from portal.guest import arrivals, cookie
from portal.guest.page import away, href, onward, page
from portal.kit import kit
from portal.troubles import Trouble, TroubleError
from portal.words import date
from portal.writing import writing
from store import outbox
from store.models import OrderState
from store.session import reading

if TYPE_CHECKING:
    from portal.doors import Door
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
    """The guest agrees and is let in by the way of its gateway's family."""
    g.token = token
    return admit(g.visit)


def admit(visit: Visit) -> Any:
    """Let the guest of this visit in, or say why not."""
    tools, door = kit(), _door()
    visit = replace(visit, language=g.language)
    if door.plan is None:
        raise TroubleError(Trouble.CLOSED)
    family = tools.families[door.gateway.family]

    def back(grant: Grant) -> str:
        return f"{tools.house.url}/b/{seal_back(tools.tokens, Stay(grant.id, visit), tools.now())}"

    world = World(tools.privacy, g.doors.timezone, back)
    terms = Terms(languages.text(door.words.terms, g.language), g.language)
    try:
        with writing() as session:
            done = connect(session, world, visit, door, family, terms, date(tools.now()))
    except TooOftenError:
        raise TroubleError(Trouble.TOO_MANY, "too many grants of one device") from None
    except NoWayError as fault:
        g.why = str(fault)
        return page("failed.html", plan=door.plan)
    if isinstance(done, Exhausted):
        g.number = done.support or g.number
        return page("spent.html", back_at=done.back_at, now=date(tools.now()), plan=door.plan, spent=done.why.name)
    return _onward(done, visit)


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
    cookie.put(answer, stay, done.grant.ends_at, date(tools.now()))
    return answer


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
