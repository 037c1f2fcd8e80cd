"""/sign-in/directory and /sign-in/city: in by the city's own accounts; and the same as a fresh proof of who is there.

Theory of operation. The directory is asked with the name and the password that were typed; tries are counted as those at a
password of ours. To the provider a browser is sent, with a state that says where it was going; it keeps a mark meanwhile,
without which nothing that comes back is looked at. What comes back is believed as a guest's is (portal/cases/oidc.py). Its
second factor is the provider's; for the directory's people ours is asked for, unless the settings say otherwise.

Never says whether a name is somebody's, and never keeps a code, a token or a password.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, abort, g, redirect, request

from portal.admin import doorway, guard
from portal.admin.central import central
from portal.admin.desk import desk
from portal.admin.guard import FRESH, at_step, needs
from portal.admin.page import page
from portal.cases import oidc
from portal.permissions import Permission
from portal.provider import AwayError, UnprovenError, UsedError
from store import staff_sessions, vouched
from store.models import Source, Staff, Step
from store.refusal import Refusal
from store.vouched import Unwelcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.provider import Provider
    from store.models import Role
    from store.vouched import Vouched

blueprint = Blueprint("city", __name__)
ROUND: Final = 600  # seconds from our page to the provider's answer
LONGEST: Final = 2_048  # characters of a code
MARK: Final = "proxeny-round"
_CHANCE: Final = 24  # octets
_HERE: Final = "here"  # of a round that only proves who is there


@blueprint.post("/sign-in/directory")
@at_step(None)
def by_directory() -> Any:
    """A name and a password of the directory's."""
    name, password = request.form.get("name", "")[:254].strip().lower(), request.form.get("password", "")
    found = _asked(name, password)
    if isinstance(found, Response):
        return found
    return _in(*found, "directory", name)


def _asked(name: str, password: str) -> tuple[Vouched, Role | None] | Response:
    """What the directory says; else the page that says why not."""
    if central().directory is None:
        abort(404)
    if doorway.asked_too_often():
        abort(429)
    if (early := doorway.counted(doorway.NAME, name)) is not None:
        g.why = "too early"
        return page("city_no.html", 429, why="EARLY", seconds=max(1, round((early - g.now).total_seconds())))
    found = central().by_password(name, password)
    if not isinstance(found, Refusal):
        with desk().writing() as session:
            doorway.forgiven(session, doorway.NAME, name)
        return found
    away = found.ours or found is Refusal.BUSY
    if not away:
        doorway.refused(None, "directory")
    g.why = f"directory: {found.name}"
    return page("city_no.html", 503 if away else 403, why="AWAY" if away else "WRONG")


def _in(who: Vouched, role: Role | None, how: str, said: str) -> Response:
    """Whom somebody vouches for comes in, or is told why not."""
    with desk().writing() as session:
        staff = vouched.admit(session, who, role, g.now)
        if isinstance(staff, Staff):
            ours = who.source is Source.DIRECTORY and central().second
            step = doorway.next_step(session, staff) if ours else Step.WHOLE
            cookie = doorway.admit(session, staff, step, how)
        else:  # their proof was good: whose it was is no secret to the log
            doorway.note(session, doorway.SOMEBODY, said[:64], "sign-in refused", {"by": how, "why": staff.name.lower()})
    if isinstance(staff, Unwelcome):
        g.why = f"{how}: {staff.name}"
        return page("city_no.html", 403, why=staff.name, name=said)
    return doorway.go(cookie, step, request.values.get("next", "") or getattr(g, "onward", ""))


@blueprint.get("/sign-in/city")
@at_step(None)
def begin() -> Any:
    """To the provider."""
    return _away(guard.onward(request.args.get("next", "/")))


@blueprint.get("/prove/city")
@needs(Permission.SELF)
def prove() -> Any:
    """To the provider once more, which is to ask who is there."""
    return _away(f"{_HERE} {guard.onward(request.args.get('next', '/'))}", prompt="login", max_age="0")


def _away(aim: str, **more: str) -> Any:
    _provider()
    if doorway.asked_too_often():
        abort(429)
    chance = base64.urlsafe_b64encode(desk().entropy(_CHANCE)).decode()
    state = ".".join((chance, str(int(g.now.timestamp())), base64.urlsafe_b64encode(aim.encode()).decode().rstrip("=")))
    key = _key()
    try:
        where = central().asked(
            lambda provider: provider.address(
                _back(), state, oidc.nonce(key, state), oidc.verifier(key, state), g.language, g.now.timestamp(), **more
            )
        )
    except AwayError as fault:
        g.why = f"provider: {fault}"
        return page("city_no.html", 503, why="AWAY")
    answer = redirect(where, 303)
    secure = desk().office.secure
    answer.set_cookie(MARK, oidc.mark(key, state), max_age=ROUND, secure=secure, httponly=True, samesite="Lax", path="/sign-in/city")
    return answer


@blueprint.get("/sign-in/city/back")
@at_step(None, Step.SECOND, Step.SETUP, Step.WHOLE)
def back() -> Any:
    """Back from it."""
    provider, state = _provider(), request.args.get("state", "")[:LONGEST]
    kept = request.cookies.get(MARK, "")
    aim = _aim(state)
    if aim is None or not hmac.compare_digest(kept.encode(), oidc.mark(_key(), state).encode()):
        g.why = "not this browser's round, or too late"
        return _without(page("city_no.html", 403, why="LATE"))
    said = _claims(state)
    if isinstance(said, Response):
        return _without(said)
    who, role = central().by_claims(provider.registered.issuer, said)
    if aim.startswith(f"{_HERE} "):
        return _without(_proven(who, said, aim.removeprefix(f"{_HERE} ")))
    g.onward = aim
    return _without(_in(who, role, "provider", who.names[0]))


def _claims(state: str) -> Mapping[str, Any] | Response:
    """What the provider vouches for; else the page that says why not."""
    code, key = request.args.get("code", ""), _key()
    if not 0 < len(code) <= LONGEST:
        g.why = f"provider: {request.args.get('error', 'no code')[:40]!r}"
        return page("city_no.html", 403, why="DECLINED")
    issuer = request.args.get("iss", "")
    try:
        return central().asked(
            lambda provider: provider.claims(_back(), code, issuer, oidc.nonce(key, state), oidc.verifier(key, state), g.now.timestamp())
        )
    except (UsedError, UnprovenError) as fault:
        g.why = f"provider: {fault or 'a used code'}"
        return page("city_no.html", 403, why="LATE")
    except AwayError as fault:
        g.why = f"provider: {fault}"
        return page("city_no.html", 503, why="AWAY")


def _proven(who: Vouched, said: Mapping[str, Any], onward: str) -> Response:
    """A fresh proof, where it is of whoever is signed in, and the provider asked them just now."""
    if g.session is None or g.session.step is not Step.WHOLE or (g.staff.source, g.staff.subject) != (who.source, who.subject):
        g.why = "another person"
        return page("city_no.html", 403, why="OTHER")
    at = said.get("auth_time")
    if not isinstance(at, int) or not -60 <= g.now.timestamp() - at <= FRESH.total_seconds():
        g.why = "the provider did not ask again"
        return page("city_no.html", 403, why="STALE")
    return _on("provider", onward)


@blueprint.post("/prove/directory")
@needs(Permission.SELF)
def prove_by_directory() -> Any:
    """The password that the directory knows."""
    if g.staff.source is not Source.DIRECTORY:
        abort(404)
    found = _asked(g.staff.name, request.form.get("password", ""))
    if isinstance(found, Response):
        return found
    if found[0].subject != g.staff.subject:
        return page("city_no.html", 403, why="OTHER")
    return _on("directory", guard.onward(request.form.get("next", "/")))


def _on(how: str, onward: str) -> Response:
    with desk().writing() as session:
        cookie = staff_sessions.proven(session, g.session, g.now)
        guard.audited(session, "proof", "staff", g.staff.name, fields={"by": (None, how)})
    answer: Response = redirect(guard.onward(onward), 303)  # type: ignore[assignment]  # Flask's is of this class
    return guard.keep(answer, cookie)


def _aim(state: str) -> str | None:
    """Where a round of ours was going; None for what is too old or was never one."""
    try:
        _chance, began, aim = state.split(".")
        young = 0 <= g.now.timestamp() - int(began) <= ROUND
        return base64.urlsafe_b64decode(aim + "=" * (-len(aim) % 4)).decode() if young else None
    except ValueError:
        return None


def _without(answer: Response) -> Response:
    """The round is over."""
    answer.delete_cookie(MARK, path="/sign-in/city", secure=desk().office.secure, httponly=True, samesite="Lax")
    return answer


def _provider() -> Provider:
    provider = central().provider
    if provider is None:
        abort(404)
    return provider


def _back() -> str:
    return f"{desk().office.url}/sign-in/city/back"


def _key() -> bytes:
    """What states and marks are made with; a guest's are made with another."""
    return hmac.new(desk().privacy.account_key, b"staff at the provider", hashlib.sha256).digest()


@blueprint.app_template_global("city_directory")
def directory() -> bool:
    """Whether somebody may come in by the directory."""
    return central().directory is not None


@blueprint.app_template_global("city_provider")
def provider_label() -> str:
    """What the provider's button says; "" where there is none."""
    provider = central().provider
    if provider is None:
        return ""
    label = provider.registered.label
    return label.get(g.language) or label.get("") or next(iter(label.values()), "")
