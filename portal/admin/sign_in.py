"""/sign-in: a name and a password, or a passkey alone; /sign-out.

A password is the first of two proofs; a passkey whose owner was verified by it is both (NIST SP 800-63B, AAL2). A passkey is
never counted as a guess: whoever tries at somebody's password keeps its owner waiting at the password, and not outside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, g, redirect, request

from portal.admin import doorway, guard, passkeys, passwords
from portal.admin.desk import desk
from portal.admin.guard import at_step
from portal.admin.page import page
from store import staff as people
from store import staff_sessions
from store.models import Source, Staff, Step

if TYPE_CHECKING:
    from datetime import datetime

blueprint = Blueprint("sign_in", __name__)


@blueprint.get("/sign-in")
@at_step(None)
def ask() -> Any:
    """Who are you?"""
    return _page(200)


@blueprint.post("/sign-in")
@at_step(None)
def prove() -> Any:
    """A name and a password."""
    said, password = doorway.typed_name(request.form.get("name", "")), request.form.get("password", "")
    if doorway.asked_too_often():
        abort(429)
    if (early := doorway.counted(doorway.NAME, said)) is not None:
        g.why = "too early"
        return _page(429, name=said, early=early)
    with desk().reading() as session:
        staff = people.named(session, said)
    try:
        right = _right(staff, password)
        weighed = passwords.digest(password) if right and staff and passwords.stale(staff.password) else ""
    except passwords.BusyError:
        g.why = "busy"
        return _page(503, name=said, busy=True)
    if staff is None or not right:
        doorway.refused(staff, "password")
        return _page(403, name=said, wrong=True)
    with desk().writing() as session:
        doorway.forgiven(session, doorway.NAME, said)
        kept = session.get_one(Staff, staff.id)
        kept.password = weighed or kept.password
        step = doorway.next_step(session, kept)
        if step is Step.SETUP and kept.source is Source.LOCAL:
            return _page(403, name=said, unfinished=True)
        cookie = doorway.admit(session, kept, step, "password")
    return doorway.go(cookie, step, request.form.get("next", ""))


def _right(staff: Staff | None, password: str) -> bool:
    """Whether it is the password of somebody who may come in; whatever the answer, it takes as long."""
    ours = doorway.able(staff)
    encoded = ours.password if ours is not None and ours.source is Source.LOCAL else ""
    return passwords.right(encoded, password)


@blueprint.post("/sign-in/challenge")
@at_step(None)
def challenge() -> Any:
    """What the browser shows a passkey."""
    return Response(passkeys.to_show(), mimetype="application/json")


@blueprint.post("/sign-in/passkey")
@at_step(None)
def by_passkey() -> Any:
    """A passkey of anybody's: who they are, and both proofs."""
    if doorway.asked_too_often():
        abort(429)
    try:
        shown = passkeys.shown(request.form.get("credential", ""))
    except passkeys.RefusedError as fault:
        doorway.refused(None, "passkey")
        g.why = f"passkey: {fault}"
        return _page(403, unknown=True)
    with desk().writing() as session:
        ours = shown.staff.source is Source.LOCAL  # anybody else's role is read anew from whoever vouches for them
        if not ours or doorway.able(shown.staff) is None or not passkeys.spend(session, shown):
            abort(403)
        cookie = doorway.admit(session, session.get_one(Staff, shown.staff.id), Step.WHOLE, "passkey")
    return doorway.go(cookie, Step.WHOLE, request.form.get("next", ""))


@blueprint.post("/sign-out")
@at_step(None, Step.SECOND, Step.SETUP, Step.WHOLE)
def leave() -> Any:
    """This browser is nobody's."""
    if g.session is not None:
        with desk().writing() as session:
            staff_sessions.end(session, g.session.staff_id, g.session.id)
            if g.session.step is Step.WHOLE:
                doorway.note(session, g.staff.name, g.staff.name, "sign-out", {}, g.session.id)
    answer: Response = redirect("/sign-in", 303)  # type: ignore[assignment]  # Flask's is of this class
    return guard.keep(answer, "")


def _page(status: int, *, name: str = "", early: datetime | None = None, **what: bool) -> Response:
    onward = guard.onward(request.values.get("next", "/"))
    seconds = max(1, round((early - g.now).total_seconds())) if early is not None else 0
    answer = page("sign_in.html", status, name=name, onward=onward if onward != "/" else "", seconds=seconds, **what)
    if seconds or status == 503:
        answer.headers["Retry-After"] = str(seconds or 5)
    return answer
