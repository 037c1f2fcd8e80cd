"""/prove: who is signed in proves it once more, before secrets, roles and exports: by password, one-time code or passkey.

The session goes on under another cookie, and ends when it would have ended. Never leads anywhere but to a page of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, redirect, request

from portal.admin import doorway, guard, passkeys, passwords
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.page import page
from portal.permissions import Permission
from store import factors, staff_sessions
from store.models import Staff

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

blueprint = Blueprint("prove", __name__)


@blueprint.get("/prove")
@needs(Permission.SELF)
def ask() -> Any:
    """Is it still you?"""
    return _page(200)


@blueprint.post("/prove")
@needs(Permission.SELF)
def prove() -> Any:
    """The password, or a one-time code."""
    password, code = request.form.get("password", ""), request.form.get("code", "")[:64]
    kind = doorway.SECOND if code else doorway.NAME
    if (early := doorway.counted(kind, g.staff.name)) is not None:
        return _page(429, early=early)
    try:
        right = not code and passwords.right(g.staff.password, password)
    except passwords.BusyError:
        return _page(503, busy=True)
    with desk().writing() as session:
        if right or (code and factors.use_totp(session, desk().privacy, session.get_one(Staff, g.staff.id), code, g.now)):
            doorway.forgiven(session, kind, g.staff.name)
            return _on(session, "one-time code" if code else "password")
    doorway.refused(g.staff, "proof")
    return _page(422, wrong=True)


@blueprint.post("/prove/challenge")
@needs(Permission.SELF)
def challenge() -> Any:
    """What the browser shows a passkey of theirs."""
    with desk().reading() as session:
        keys = factors.of(session, g.staff).passkeys
    return Response(passkeys.to_show(keys), mimetype="application/json")


@blueprint.post("/prove/passkey")
@needs(Permission.SELF)
def by_passkey() -> Any:
    """A passkey of theirs."""
    try:
        shown = passkeys.shown(request.form.get("credential", ""), g.staff)
    except passkeys.RefusedError as fault:
        doorway.refused(g.staff, "passkey")
        g.why = f"passkey: {fault}"
        return _page(422, unknown=True)
    with desk().writing() as session:
        if passkeys.spend(session, shown):
            return _on(session, "passkey")
    return _page(422, unknown=True)


def _on(session: Session, how: str) -> Response:
    cookie = staff_sessions.proven(session, g.session, g.now)
    guard.audited(session, "proof", "staff", g.staff.name, fields={"by": (None, how)})
    answer: Response = redirect(guard.onward(request.form.get("next", "/")), 303)  # type: ignore[assignment]  # Flask's is of this class
    return guard.keep(answer, cookie)


def _page(status: int, *, early: datetime | None = None, **what: bool) -> Response:
    with desk().reading() as session:
        have = factors.of(session, g.staff)
    seconds = max(1, round((early - g.now).total_seconds())) if early is not None else 0
    onward = guard.onward(request.values.get("next", "/"))
    return page("prove.html", status, have=have, secret=bool(g.staff.password), onward=onward, seconds=seconds, **what)
