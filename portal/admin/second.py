"""/sign-in/second: after the password a one-time code, a recovery code or a passkey.

Tries are counted by whose session it is: whoever has the password still guesses no six digits. Never says which of them
somebody has before their password was right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, request

from portal.admin import doorway, guard, passkeys
from portal.admin.desk import desk
from portal.admin.guard import at_step
from portal.admin.page import page
from store import factors
from store.models import Staff, Step

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

blueprint = Blueprint("second", __name__)


@blueprint.get("/sign-in/second")
@at_step(Step.SECOND)
def ask() -> Any:
    """And what else?"""
    return _page(200)


@blueprint.post("/sign-in/second")
@at_step(Step.SECOND)
def prove() -> Any:
    """Six digits of the app, or one of the recovery codes."""
    typed = request.form.get("code", "")[:64]
    if (early := doorway.counted(doorway.SECOND, g.staff.name)) is not None:
        g.why = "too early"
        return _page(429, early=early)
    with desk().writing() as session:
        staff = session.get_one(Staff, g.staff.id)
        how = used(session, staff, typed)
        if how:
            doorway.forgiven(session, doorway.SECOND, staff.name)
            return _in(session, staff, how)
    doorway.refused(g.staff, "second factor")
    return _page(403, wrong=True)


def used(session: Session, staff: Staff, typed: str) -> str:
    """How this code proves who they are; "" where it does not. It is used up."""
    if factors.use_totp(session, desk().privacy, staff, typed, g.now):
        return "one-time code"
    return "recovery code" if factors.use_code(session, desk().privacy, staff, typed, g.now) else ""


@blueprint.post("/sign-in/second/challenge")
@at_step(Step.SECOND)
def challenge() -> Any:
    """What the browser shows a passkey of theirs."""
    with desk().reading() as session:
        keys = factors.of(session, g.staff).passkeys
    return Response(passkeys.to_show(keys), mimetype="application/json")


@blueprint.post("/sign-in/second/passkey")
@at_step(Step.SECOND)
def by_passkey() -> Any:
    """A passkey of theirs."""
    try:
        shown = passkeys.shown(request.form.get("credential", ""), g.staff)
    except passkeys.RefusedError as fault:
        doorway.refused(g.staff, "passkey")
        g.why = f"passkey: {fault}"
        return _page(403, unknown=True)
    with desk().writing() as session:
        if not passkeys.spend(session, shown):
            return _page(403, unknown=True)
        return _in(session, session.get_one(Staff, g.staff.id), "passkey")


def _in(session: Session, staff: Staff, how: str) -> Response:
    first = "password" if desk().office.second else "password or link"  # where there are links, they lead here, too
    cookie = doorway.admit(session, staff, Step.WHOLE, f"{first} and {how}")
    return doorway.go(cookie, Step.WHOLE, request.form.get("next", ""))


def _page(status: int, *, early: datetime | None = None, **what: bool) -> Response:
    with desk().reading() as session:
        have = factors.of(session, g.staff)
    onward = guard.onward(request.values.get("next", "/"))
    seconds = max(1, round((early - g.now).total_seconds())) if early is not None else 0
    answer = page("second.html", status, have=have, onward=onward if onward != "/" else "", seconds=seconds, **what)
    if seconds:
        answer.headers["Retry-After"] = str(seconds)
    return answer
