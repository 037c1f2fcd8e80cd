"""/setup/<link>: somebody's first steps, or anew for whoever lost everything: a password, a second factor, recovery codes.

Looking at a link uses up nothing (mail programs look at them): it is used up once its owner can sign in by themselves. Then
whatever they had before opens nothing any more, and they are signed out everywhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, g, request

from portal.admin import doorway, passkeys, passwords
from portal.admin.authenticator import offered
from portal.admin.desk import desk
from portal.admin.guard import at_step
from portal.admin.page import page
from store import factors, staff_sessions
from store import staff as people
from store.models import Staff, StaffSession, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

blueprint = Blueprint("setup", __name__)
_ANYBODY = (None, Step.SETUP, Step.SECOND, Step.WHOLE)


@blueprint.get("/setup/<secret>")
@at_step(*_ANYBODY)
def welcome(secret: str) -> Any:
    """Choose a password."""
    with desk().reading() as session:
        staff = doorway.able(people.invited(session, secret, g.now))
    return _choose(200, staff) if staff is not None else _gone()


@blueprint.post("/setup/<secret>")
@at_step(*_ANYBODY)
def choose(secret: str) -> Any:
    """This one."""
    password, again = request.form.get("password", ""), request.form.get("again", "")
    if doorway.asked_too_often():
        abort(429)
    with desk().reading() as session:
        staff = doorway.able(people.invited(session, secret, g.now))
    if staff is None:
        return _gone()
    if (why := unfit(password, again, staff)) is not None:
        return _choose(422, staff, why=why)
    try:
        weighed = passwords.digest(password)
    except passwords.BusyError:
        return _choose(503, staff, busy=True)
    with desk().writing() as session:
        kept = doorway.able(people.invited(session, secret, g.now))
        if kept is None:
            return _gone()
        kept.password = weighed
        doorway.note(session, kept.name, kept.name, "change", {"password": "set, by a link"})
        if not desk().office.second:
            return _whole(session, kept)
        cookie = doorway.admit(session, kept, Step.SETUP, "link")
    return doorway.go(cookie, Step.SETUP)


def _whole(session: Session, staff: Staff) -> Response:
    """Where a password is enough they are in; what they had before opens nothing any more."""
    factors.wipe(session, factors.locked(session, staff.id))
    people.settled(session, staff, g.now)
    staff_sessions.end_all(session, staff.id)
    return doorway.go(doorway.admit(session, staff, Step.WHOLE, "link"), Step.WHOLE, "/welcome")


def unfit(password: str, again: str, staff: Staff) -> passwords.Unfit | None:
    """Why this person cannot choose it."""
    about = (staff.name, staff.shown, staff.email, urlsplit(desk().office.url).hostname or "")
    return passwords.unfit(password, again, about)


@blueprint.get("/setup")
@at_step(Step.SETUP)
def second() -> Any:
    """And a second factor."""
    return _factor(200)


@blueprint.post("/setup")
@at_step(Step.SETUP)
def by_app() -> Any:
    """An app, by a code of its."""
    secret, typed = offered(g.staff).secret, request.form.get("code", "")[:64]
    done = _done("one-time codes", lambda session, staff: factors.enrol(session, desk().privacy, staff, secret, typed, g.now))
    return done if done is not None else _factor(403, wrong=True)


@blueprint.post("/setup/challenge")
@at_step(Step.SETUP)
def challenge() -> Any:
    """What the browser makes a passkey for."""
    return Response(passkeys.to_make(g.staff, ()), mimetype="application/json")


@blueprint.post("/setup/passkey")
@at_step(Step.SETUP)
def by_passkey() -> Any:
    """A passkey."""
    try:
        new = passkeys.made(request.form.get("credential", ""))
    except passkeys.RefusedError as fault:
        g.why = f"passkey: {fault}"
        return _factor(403, unknown=True)

    def take(session: Session, staff: Staff) -> bool:
        label = doorway.browser(request.user_agent.string)
        spent = passkeys.spend(session, new)
        return spent and factors.add_passkey(session, staff, new.credential, new.public_key, new.signatures, label, g.now)

    done = _done("passkey", take)
    return done if done is not None else _factor(403, unknown=True)


@blueprint.post("/setup/skip")
@at_step(Step.SETUP)
def skip() -> Any:
    """Without: in the demo, and nowhere else."""
    if not desk().office.demo:
        abort(403)
    with desk().writing() as session:
        staff = session.get_one(Staff, g.staff.id)
        people.settled(session, staff, g.now)
        cookie = doorway.admit(session, staff, Step.WHOLE, "link, in the demo")
    return doorway.go(cookie, Step.WHOLE)


def _done(how: str, take: Callable[[Session, Staff], bool]) -> Response | None:
    """What they had goes, this one comes; the page with their recovery codes. None where it was not taken."""
    with desk().writing() as session:
        staff = factors.locked(session, g.staff.id)
        if session.get(StaffSession, g.session.digest) is None:
            abort(409)  # another browser has set them up since this request came
        with session.begin_nested() as attempt:
            factors.wipe(session, staff)
            if not take(session, staff):
                attempt.rollback()
                return None
        codes = factors.new_codes(session, desk().privacy, staff, g.now)
        people.settled(session, staff, g.now)
        staff_sessions.end_all(session, staff.id)
        doorway.note(session, staff.name, staff.name, "change", {"second factor": how, "recovery codes": "new"}, g.session.id)
        cookie = doorway.admit(session, staff, Step.WHOLE, how)
    return doorway.let_in(page("codes.html", codes=codes, first=True), cookie)


def _choose(status: int, staff: Staff, *, why: passwords.Unfit | None = None, busy: bool = False) -> Response:
    return page("setup.html", status, who=staff, why=why.name if why is not None else "", busy=busy, shortest=passwords.SHORTEST)


def _factor(status: int, **what: bool) -> Response:
    return page("setup_second.html", status, offer=offered(g.staff), skip=desk().office.demo, **what)


def _gone() -> Response:
    return page("setup_gone.html", 404)
