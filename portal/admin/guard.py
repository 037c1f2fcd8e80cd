"""The gate before every page of the staff app. Deny by default: a view names the permission it needs, or it is shut.

In order: how large and under which host name, who (the cookie, in the database), how far they have come (password, second
factor), what their role allows, whether a dangerous thing was proven freshly, and whether a change comes from a page of ours:
by the browser's own word (Sec-Fetch-Site, else Origin) and by a token of the session in each form. Afterwards: headers.

Never lets a fault's own words out, and never logs a path, a query or an address.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import SplitResult, parse_qs, quote, urlsplit

from flask import Flask, Response, abort, current_app, g, redirect, request
from flask_babel import refresh
from werkzeug.exceptions import HTTPException

from portal import languages, numbers
from portal.admin import bodies, page
from portal.admin.desk import desk
from portal.misfortunes import known
from portal.permissions import Permission, may
from portal.writing import GONE
from store import staff_sessions
from store.models import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

View = TypeVar("View", bound="Callable[..., Any]")
LONGEST: Final = 8_192  # octets of path or query
LARGEST: Final = 4 << 20  # octets of a body: a CSV of access points
SHORT: Final = 1 << 17  # of whoever is not signed in: a million fields are a second of a processor
FURTHEST: Final = 1_500  # characters of `next`
FRESH: Final = timedelta(minutes=10)  # for which a proof is fresh enough for secrets, roles and exports
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_FORM: Final = "token"


def needs(permission: Permission, *, fresh: bool = False) -> Callable[[View], View]:
    """Names what a view needs; `fresh`: and that they proved within minutes who they are."""

    def mark(view: View) -> View:
        view.needs, view.fresh = permission, fresh  # type: ignore[attr-defined]
        return view

    return mark


def at_step(*steps: Step | None) -> Callable[[View], View]:
    """A page on the way in: for whoever stands at one of these steps; None is nobody yet."""

    def mark(view: View) -> View:
        view.steps = steps  # type: ignore[attr-defined]
        return view

    return mark


def guard(app: Flask) -> None:
    """Put the gate before this app."""
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST
    app.config["MAX_FORM_PARTS"] = 5_000
    app.before_request(_begin)
    app.before_request(_admit)
    app.after_request(_dress)
    app.register_error_handler(Exception, _failed)


def _begin() -> None:
    g.began = time.perf_counter()
    g.staff = g.session = g.shop = g.why = None
    g.acts = False  # whether they may change the shop that the page is of
    g.now = desk().now()
    g.number = numbers.new_number(desk().entropy)
    g.cache, g.connect = "no-store", False
    g.frames = ""  # what more the policy says, where a page shows another of ours
    g.pictures = "'self' data:"  # data: is the QR of a second factor
    _speak("")


def _speak(theirs: str) -> None:
    chosen = [language for language in reversed(request.args.getlist("lang")) if language in languages.LANGUAGES][:1]
    kept = request.cookies.get("language", "")
    g.language = languages.choose(languages.LANGUAGES, (*chosen, theirs, kept), list(request.accept_languages.values()))
    g.chosen = chosen[0] if chosen else ""
    g.locale = languages.locale(g.language, "CA")
    refresh()


def _admit() -> Any:
    """None lets the request through; else where it goes instead."""
    if len(request.query_string) > LONGEST or len(request.path) > LONGEST:
        abort(414)
    if not host_is_ours(request.host):
        abort(421)
    view: Any = current_app.view_functions.get(request.endpoint or "")
    if view is None or getattr(view, "open", False):
        bodies.readable(SHORT)
        if view is None:
            _recognise()
        return None  # Flask answers 404 or 405, in the frame of whoever is here
    steps: tuple[Step | None, ...] = getattr(view, "steps", ())
    permission: Permission | None = getattr(view, "needs", None)
    if not steps and permission is None:
        abort(403)
    _recognise()
    step = g.session.step if g.session is not None else None
    if not steps and step is not Step.WHOLE:
        return _elsewhere(step)  # whatever they sent is not read
    bodies.readable(getattr(view, "takes", LARGEST) if step is Step.WHOLE else SHORT)
    if request.method not in _SAFE:
        _from_us()
    if steps:
        return None if step in steps else _elsewhere(step)
    if permission is None or not may(g.staff.role, permission):
        g.why = f"needs {permission}"
        abort(403)
    if view.fresh and g.now - g.session.proven_at > FRESH:
        return redirect(f"/prove?next={quote(_here(), safe='')}", 303)
    return None


def _recognise() -> None:
    """Whose session this is, and that they are still there."""
    tools = desk()
    cookie = request.cookies.get(cookie_name(), "")
    if not cookie:
        return
    with tools.reading() as session:
        found = staff_sessions.find(session, cookie, tools.office.limits, g.now)
    if found is None or found[1].role not in tools.office.roles:
        return
    g.session, g.staff = found
    _speak(g.staff.language)
    if staff_sessions.stale(g.session, g.now) and not request.headers.get("X-Fragment"):  # a page that fetches itself is nobody's presence
        with contextlib.suppress(*GONE), tools.writing() as session:  # a database that is locked can still be read
            staff_sessions.touch(session, g.session, g.now)


def _elsewhere(step: Step | None) -> Response:
    """The page where they stand."""
    where = {None: "/sign-in", Step.SECOND: "/sign-in/second", Step.SETUP: "/setup", Step.WHOLE: "/"}[step]
    if step is None and request.method in _SAFE and request.path != "/":
        where += f"?next={quote(_here(), safe='')}"
    found: Any = redirect(where, 303)
    return found  # type: ignore[no-any-return]


def _here() -> str:
    """This page, to come back to: for a form, the page that had it."""
    path = request.full_path.rstrip("?") if request.method in _SAFE else _parts(request.referrer or "/").path
    return path if len(path) <= FURTHEST else "/"


def _parts(address: str) -> SplitResult:
    """Of an address that a browser names; of what is none, nothing."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def onward(wanted: str) -> str:
    """Where `next` leads: a path of ours, or home. What a page there would tell in the words of an address (`done`) is left out."""
    stands = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable() and "\\" not in wanted
    if len(wanted) > FURTHEST or not stands or (parts := urlsplit(wanted)).netloc:
        return "/"
    return parts.path if "done" in parse_qs(parts.query, keep_blank_values=True) else wanted


def _from_us() -> None:
    """Refuse a change that another site's page asks for (ASVS 3.5)."""
    site = request.headers.get("Sec-Fetch-Site", "")
    origin = request.headers.get("Origin", "")
    if (site and site not in ("same-origin", "none")) or (not site and origin and _parts(origin).netloc.lower() != request.host.lower()):
        g.why = "another site's form"
        abort(403)
    said = request.form.get(_FORM, "") or request.headers.get("X-Token", "")
    if not hmac.compare_digest(said.encode(), form_token().encode()):
        g.why = "a form without its token"
        abort(403)


def form_token() -> str:
    """What each form of this session holds; before there is one, of this browser's language-independent nothing."""
    whose = g.session.id if g.session is not None else "nobody"  # the same after a fresh proof, in the tabs that are open, too
    return hmac.new(desk().privacy.account_key, f"form\0{whose}".encode(), hashlib.sha256).hexdigest()[:32]


def host_is_ours(host: str) -> bool:
    """Whether the settings know this name of ours."""
    office = desk().office
    names = {urlsplit(office.url).netloc.lower(), urlsplit(office.url).hostname or "", *(name.lower() for name in office.hosts)}
    host = host.lower()
    return host in names or (urlsplit(f"//{host}").hostname or "") in names


def cookie_name() -> str:
    """Cookies are shared among the ports of a host: each app's has a name of its own (decisions-portal 21)."""
    office = desk().office
    return f"__Host-{office.cookie}" if office.secure else office.cookie


def keep(response: Response, cookie: str) -> Response:
    """Let the browser hold this session; "" lets it go."""
    secure = desk().office.secure
    if cookie:
        response.set_cookie(cookie_name(), cookie, secure=secure, httponly=True, samesite="Lax", path="/")
    else:
        response.delete_cookie(cookie_name(), secure=secure, httponly=True, samesite="Lax", path="/")
    return response


def actor() -> Any:
    """Who acts, for the audit log."""
    from portal.admin.desk import Actor  # noqa: PLC0415

    return Actor(g.staff.name, g.session.id)


def audited(session: Session, action: str, kind: str = "", object: str = "", **more: Any) -> None:  # noqa: A002  as the row calls it
    """Write an audit entry of whoever is signed in, in this transaction."""
    from store import audit  # noqa: PLC0415

    act = audit.Act(actor=g.staff.name, source=g.session.id, action=action, kind=kind, object=object, **more)
    audit.record(session, desk().privacy, act, g.now)


def _failed(fault: Exception) -> Any:
    """The page of whatever went wrong."""
    if isinstance(fault, HTTPException):
        if fault.code is None or fault.code < 400:
            return fault
        answer = page.trouble(fault.code)
        if fault.code == 405:
            answer.headers["Allow"] = fault.get_response().headers.get("Allow", "GET")
        return answer
    if (misfortune := known(fault)) is not None:
        code, g.why = misfortune
        answer = page.trouble(code)
        if code == 503:
            answer.headers["Retry-After"] = "5"
        return answer
    g.why = type(fault).__name__
    current_app.logger.error("a page failed", exc_info=fault)
    return page.trouble(500)


def _dress(response: Response) -> Response:
    """Headers of every answer, and its log line."""
    response.headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {g.pictures}; connect-src 'self'; form-action 'self'; "
        f"base-uri 'none'; frame-ancestors 'none'{g.frames}",
    )
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if desk().office.secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    response.headers["Cache-Control"] = g.cache
    if response.mimetype == "text/html":
        response.headers["Content-Language"] = g.language
        response.vary.update(("Accept-Language", "Cookie"))
    route = request.url_rule.rule if request.url_rule is not None else ""
    fields = {"method": request.method[:16], "route": route, "status": response.status_code, "number": g.number}
    fields |= {"ms": round((time.perf_counter() - g.began) * 1000, 1)}
    who = {"staff": g.staff.name} if g.staff is not None else {}
    desk().said("request", fields | who | ({"why": g.why} if g.why else {}))
    return response


_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
