"""/me: one's own sign-in: second factors, recovery codes, the browsers that are signed in, language, password.

Whatever makes or takes away a way in asks for a fresh proof first, and is in the audit log. Never shows or changes
anybody else's.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Blueprint, Response, abort, g, redirect, request
from flask_babel import gettext as _

from portal import languages
from portal.admin import doorway, guard, passkeys, passwords, setup
from portal.admin.authenticator import offered
from portal.admin.desk import desk
from portal.admin.guard import at_step, needs
from portal.admin.page import page
from portal.admin.roles import ROLES
from portal.permissions import Permission
from store import factors, staff_sessions
from store.models import Source, Staff, Step

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("me", __name__)


@blueprint.get("/me")
@needs(Permission.SELF)
def overview() -> Any:
    """What lets them in, and where they are."""
    with desk().reading() as session:
        have, browsers = factors.of(session, g.staff), staff_sessions.of(session, g.staff.id)
    keys = [(urlsafe_b64encode(bytes(key.id)).decode().rstrip("="), key) for key in have.passkeys]
    idle = g.now - desk().office.limits.idle
    here = [each for each in browsers if each.step is Step.WHOLE and each.ends_at > g.now and each.seen_at > idle]
    ours, role = g.staff.source is Source.LOCAL, ROLES[g.staff.role]
    return page("me.html", have=have, keys=keys, browsers=here, own=g.session.id, ours=ours, role=role)


@blueprint.post("/me/language")
@needs(Permission.SELF)
def language() -> Any:
    """The language of these pages, wherever they sign in; "" for the browser's."""
    chosen = request.form.get("language", "")
    if chosen and chosen not in languages.LANGUAGES:
        abort(400)
    with desk().writing() as session:
        session.get_one(Staff, g.staff.id).language = chosen
        _changed(session, "language", chosen)
    return redirect("/me", 303)


@blueprint.get("/me/password")
@needs(Permission.SELF, fresh=True)
def password_form() -> Any:
    """Another password."""
    return _password(200)


@blueprint.post("/me/password")
@needs(Permission.SELF, fresh=True)
def password() -> Any:
    """This one: signed out everywhere else."""
    if g.staff.source is not Source.LOCAL:
        abort(404)
    chosen, again = request.form.get("password", ""), request.form.get("again", "")
    if (why := setup.unfit(chosen, again, g.staff)) is not None:
        return _password(422, why=why)
    try:
        weighed = passwords.digest(chosen)
    except passwords.BusyError:
        return _password(503, busy=True)
    with desk().writing() as session:
        session.get_one(Staff, g.staff.id).password = weighed
        _changed(session, "password", "set")
        staff_sessions.end_all(session, g.staff.id, g.session.digest)
        cookie = staff_sessions.proven(session, g.session, g.now)
    return guard.keep(_back(_("Your password is changed. Other browsers are signed out.")), cookie)


@blueprint.get("/me/app")
@needs(Permission.SELF, fresh=True)
def app_form() -> Any:
    """An app that makes codes, in place of the one that they had."""
    return page("me_app.html", offer=offered(g.staff), have=g.staff.totp is not None)


@blueprint.post("/me/app")
@needs(Permission.SELF, fresh=True)
def app() -> Any:
    """This one, by a code of its."""
    secret, typed = offered(g.staff).secret, request.form.get("code", "")[:64]
    with desk().writing() as session:
        staff = factors.locked(session, g.staff.id)
        if factors.enrol(session, desk().privacy, staff, secret, typed, g.now):
            _changed(session, "one-time codes", "set")
            return _back(_("The app is set up."))
    return page("me_app.html", 422, offer=offered(g.staff), have=g.staff.totp is not None, wrong=True)


@blueprint.post("/me/app/remove")
@needs(Permission.SELF, fresh=True)
def remove_app() -> Any:
    """No codes any more, unless nothing else is left."""
    with desk().writing() as session:
        if factors.drop_totp(session, factors.locked(session, g.staff.id), last=not desk().office.second):
            _changed(session, "one-time codes", "removed")
            return _back(_("The app is removed."))
    return _last()


@blueprint.get("/me/passkey")
@needs(Permission.SELF, fresh=True)
def passkey_form() -> Any:
    """One more passkey."""
    return page("me_passkey.html")


@blueprint.post("/me/passkey/challenge")
@needs(Permission.SELF, fresh=True)
def challenge() -> Any:
    """What the browser makes it for."""
    with desk().reading() as session:
        keys = factors.of(session, g.staff).passkeys
    return Response(passkeys.to_make(g.staff, keys), mimetype="application/json")


@blueprint.post("/me/passkey")
@needs(Permission.SELF, fresh=True)
def passkey() -> Any:
    """This one."""
    try:
        new = passkeys.made(request.form.get("credential", ""))
    except passkeys.RefusedError as fault:
        g.why = f"passkey: {fault}"
        return page("me_passkey.html", 422, unknown=True)
    label = request.form.get("label", "").strip() or doorway.browser(request.user_agent.string)
    with desk().writing() as session:
        staff = factors.locked(session, g.staff.id)
        fits = passkeys.spend(session, new)
        if fits and factors.add_passkey(session, staff, new.credential, new.public_key, new.signatures, label, g.now):
            _changed(session, "passkey", f"added: {label[:60]}")
            return _back(_("The passkey is added."))
    return page("me_passkey.html", 422, unknown=True)


@blueprint.post("/me/passkeys/<key>/rename")
@needs(Permission.SELF)
def rename(key: str) -> Any:
    """What they call it."""
    with desk().writing() as session:
        if not factors.rename_passkey(session, g.staff, _credential(key), request.form.get("label", "").strip()):
            abort(404)
        _changed(session, "passkey", "renamed")
    return _back(_("Renamed."))


@blueprint.post("/me/passkeys/<key>/remove")
@needs(Permission.SELF, fresh=True)
def remove_passkey(key: str) -> Any:
    """Not this one any more, unless nothing else is left."""
    with desk().writing() as session:
        staff = factors.locked(session, g.staff.id)
        if _credential(key) not in [bytes(each.id) for each in factors.of(session, staff).passkeys]:
            abort(404)
        if factors.drop_passkey(session, staff, _credential(key), last=not desk().office.second):
            _changed(session, "passkey", "removed")
            return _back(_("The passkey is removed."))
    return _last()


@blueprint.get("/me/codes")
@needs(Permission.SELF, fresh=True)
def codes_form() -> Any:
    """Other recovery codes?"""
    with desk().reading() as session:
        return page("me_codes.html", left=factors.of(session, g.staff).codes)


@blueprint.post("/me/codes")
@needs(Permission.SELF, fresh=True)
def codes() -> Any:
    """These; those before are worth nothing."""
    with desk().writing() as session:
        made = factors.new_codes(session, desk().privacy, factors.locked(session, g.staff.id), g.now)
        _changed(session, "recovery codes", "new")
    return page("codes.html", codes=made, first=False)


@blueprint.post("/me/browsers/<name>/end")
@needs(Permission.SELF)
def end(name: str) -> Any:
    """Sign this one out."""
    with desk().writing() as session:
        if name not in [each.id for each in staff_sessions.of(session, g.staff.id)]:
            abort(404)
        staff_sessions.end(session, g.staff.id, name)
        guard.audited(session, "sign-out", "staff", g.staff.name, fields={"browser": (name, None)})
    return _back(_("That browser is signed out."))


@blueprint.post("/me/browsers/end")
@at_step(Step.WHOLE)
def end_all() -> Any:
    """Sign out everywhere, here too."""
    with desk().writing() as session:
        staff_sessions.end_all(session, g.staff.id)
        guard.audited(session, "sign-out", "staff", g.staff.name, fields={"browser": ("every", None)})
    answer: Response = redirect("/sign-in", 303)  # type: ignore[assignment]  # Flask's is of this class
    return guard.keep(answer, "")


def _changed(session: Session, name: str, to: str) -> None:
    guard.audited(session, "change", "staff", g.staff.name, fields={name: (None, to)})


def _credential(key: str) -> bytes:
    try:
        return urlsafe_b64decode(key + "=" * (-len(key) % 4))
    except ValueError:
        abort(404)


def _password(status: int, *, why: passwords.Unfit | None = None, busy: bool = False) -> Response:
    if g.staff.source is not Source.LOCAL:
        abort(404)
    said = why.name if why is not None else ""
    return page("me_password.html", status, why=said, busy=busy, shortest=passwords.SHORTEST)


def _last() -> Response:
    return page("me_last.html", 409)


def _back(done: str) -> Response:

    answer: Response = redirect(f"/me?done={quote(done)}", 303)  # type: ignore[assignment]  # Flask's is of this class
    return answer
