"""/s/<token>: the guest's status page, with what may be done there. Never shows or ends another's session."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, g

from portal.capabilities import Capability, seal_stay
from portal.cases.leave import leave
from portal.cases.longer import longer
from portal.cases.standing import Standing, State
from portal.guard import open_to
from portal.guest import adverts, codes, cookie, visits
from portal.guest.page import away, href, page
from portal.guest.probes import HOSTS
from portal.kit import kit
from portal.words import date
from portal.writing import writing
from radius.nas.query import host

blueprint = Blueprint("stays", __name__)
_TEMPLATES: Final = {
    State.CONNECTING: "connecting.html",
    State.FAILED: "failed.html",
    State.ONLINE: "online.html",
    State.SPENT: "spent.html",
    State.ENDED: "ended.html",
    State.DENIED: "denied.html",
    State.STOPPED: "stopped.html",
    State.SIGNED_OUT: "signed_out.html",
}


@blueprint.get("/s/<token>")
@open_to(Capability.STAY)
def status(token: str) -> Any:
    """How this guest stands."""
    found = visits.stood()
    g.token = token
    if found.provisional and found.state in (State.ONLINE, State.ENDED):
        return codes.waiting(token, found)
    return shown(token, found)


def shown(token: str, found: Standing) -> Any:
    """The status page of a guest who stands so."""
    wanted = g.stay.visit.arrival.destination
    return page(
        _TEMPLATES[found.state],
        stay=token,
        standing=found,
        shares=_shares(found),
        now=date(kit().now()),
        back_at=found.back_at,
        spent=found.left.spent.name if found.left.spent else "",
        plan=found.plan,
        destination="" if host(wanted) in HOSTS else wanted,
        host=host(wanted),
        retry=href(f"/s/{token}"),
        advert=adverts.splash(g.stay.visit, g.door) if found.state is State.ONLINE and g.door is not None else None,
    )


@blueprint.get("/b/<token>")
@open_to(Capability.BACK)
def back(token: str) -> Any:  # noqa: ARG001  the guard has opened it
    """A gateway has sent the guest back: from here on with a token that it has not seen."""
    tools = kit()
    return away(href(f"/s/{seal_stay(tools.tokens, g.stay, tools.now())}"))


@blueprint.post("/s/<token>/again")
@open_to(Capability.STAY)
def again(token: str) -> Any:
    """Once more, where the gateway did not let the guest in."""
    g.token = token
    return visits.admit(g.stay.visit, visits.held(g.stay.grant))


@blueprint.post("/s/<token>/out")
@open_to(Capability.STAY)
def out(token: str) -> Any:
    """Sign out."""
    tools = kit()
    if g.door is not None:
        with writing() as session:
            leave(session, tools.privacy, g.stay, g.door, tools.families[g.door.gateway.family], date(tools.now()))
    answer = away(href(f"/s/{token}"))
    cookie.drop(answer)
    return answer


@blueprint.post("/s/<token>/more")
@open_to(Capability.STAY)
def more(token: str) -> Any:
    """Stay longer; a second press of the button, or one too late, changes nothing."""
    tools = kit()
    if g.door is not None:
        family = tools.families[g.door.gateway.family]
        with writing() as session:
            longer(session, tools.privacy, g.stay, g.door, family, g.doors.timezone, date(tools.now()))
    return away(href(f"/s/{token}"))


def _shares(found: Standing) -> dict[str, int]:
    """What is left of time and data in hundredths of the plan's, for the bars."""
    plan, left = found.plan, found.left
    shares: dict[str, int] = {}
    if plan is None:
        return shares
    whole_time = plan.day_time if plan.day_time is not None and plan.session is None else plan.session
    whole_data = plan.day_data if plan.day_data is not None else plan.month_data
    for name, part, whole in (("time", left.seconds, whole_time), ("data", left.octets, whole_data)):
        if part is not None and whole:
            shares[name] = max(1, min(100, part * 100 // whole))
    return shares
