"""The gate before the API. Deny by default: a view names the permission it needs, or it is shut.

In order: how long and under which host name, who (a token, one statement), from where, how often, and whether the token's
scopes, its role's and its maker's permissions allow it. A program has no cookie and no browser that could be led astray, so
there is no form's token. Wrong tokens slow their address; no address is ever locked out, for a city's programs share one.

Never lets a fault's own words out, and never logs a path, a query, a body or an address.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, current_app, g, request

from portal import languages, numbers
from portal.admin.desk import desk
from portal.admin.guard import host_is_ours
from portal.api import again, reading
from portal.api.problems import Kind, RefusedError, failed
from portal.cases import tokens as cases
from portal.pace import Rate
from portal.writing import GONE
from store import tokens
from store.models import Step

if TYPE_CHECKING:
    from datetime import datetime

    from portal.permissions import Permission
    from store.models import Role

LONGEST: Final = 4_096  # octets of path or query
WRONG: Final = Rate(30, 60.0)  # wrong tokens of one address
MINUTE: Final = 60.0
_TOUCHED: Final = Rate(1, MINUTE)


@dataclass(frozen=True, slots=True)
class Program:
    """Who asks, where the staff's pages have a person."""

    id: str  # the token's
    name: str
    role: Role
    may: frozenset[Permission]
    maker: str  # id of whoever made the token
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Pass:
    """What the staff's pages have a session for. A token was made by somebody who had freshly proven who they are."""

    id: str
    proven_at: datetime
    step: Step = Step.WHOLE


def guard(app: Flask) -> None:
    """Put the gate before this app."""
    app.config["MAX_CONTENT_LENGTH"] = reading.LARGEST
    app.before_request(_begin)
    app.before_request(_admit)
    app.before_request(again.seen)
    app.after_request(again.keep)
    app.after_request(_dress)
    app.register_error_handler(Exception, failed)


def _begin() -> None:
    g.began = time.perf_counter()
    g.staff = g.session = g.why = g.again = None
    g.now = desk().now()
    g.number = numbers.new_number(desk().entropy)
    g.cache, g.headers = "no-store", {}
    g.language, g.locale = languages.SOURCE, languages.locale(languages.SOURCE, "CA")


def _admit() -> None:
    """Let the request through, or say why not."""
    if len(request.query_string) > LONGEST or len(request.path) > LONGEST:
        raise RefusedError(Kind.TOO_LONG)
    if not host_is_ours(request.host):
        raise RefusedError(Kind.ELSEWHERE)
    if not reading.text(request.path) or not all(reading.text(said) for pair in request.args.items(multi=True) for said in pair):
        raise RefusedError(Kind.BAD_REQUEST, "The address holds NUL, or half of a character")
    view: Any = current_app.view_functions[request.endpoint] if request.endpoint is not None else None
    if getattr(view, "open", False):
        return
    _recognise()
    _pace()
    if view is None:
        return  # Flask answers 404 or 405
    if getattr(view, "everyones", False):
        return
    permission: Permission | None = getattr(view, "needs", None)
    if permission is None:
        raise RefusedError(Kind.SCOPE)
    require(permission)


def require(permission: Permission) -> None:
    """Refuse whoever's token may not do this."""
    if permission in g.staff.may:
        return
    header = f'Bearer realm="proxeny", error="insufficient_scope", scope="{permission.name}"'
    detail = f"It needs the scope {permission.name}: {permission.value}."
    raise RefusedError(Kind.SCOPE, detail, headers={"WWW-Authenticate": header}, scope=permission.name)


def _recognise() -> None:
    """Whose token this is, and that it may be used from here."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise RefusedError(Kind.NO_TOKEN, headers={"WWW-Authenticate": 'Bearer realm="proxeny"'})
    with desk().reading() as session:
        found = tokens.find(session, secret.strip(), g.now)
    if found is None:
        raise _wrong()
    token, maker = found
    if not tokens.admits(token, request.remote_addr or ""):
        g.why = "network"
        raise RefusedError(Kind.NETWORK)
    g.staff = Program(token.id, f"token {token.name}", token.role, cases.effective(found), maker.id)
    g.session = Pass(token.id, g.now)
    _touch(token)


def _wrong() -> RefusedError:
    whose = f"wrong {request.remote_addr}"
    if not desk().rates.take(whose, WRONG, time.monotonic()):
        _, wait = desk().rates.left(whose, WRONG, time.monotonic())
        return RefusedError(Kind.TOO_MANY, "Too many wrong tokens came from this address.", headers={"Retry-After": str(int(wait) + 1)})
    return RefusedError(Kind.DEAD_TOKEN, headers={"WWW-Authenticate": 'Bearer realm="proxeny", error="invalid_token"'})


def _touch(token: Any) -> None:
    """That it was used, once a minute; a database that is locked can still be read, and is tried no more often."""
    if tokens.stale(token, g.now) and desk().rates.take(f"touch {token.id}", _TOUCHED, time.monotonic()):
        with contextlib.suppress(*GONE), desk().writing() as session:
            tokens.touch(session, token, g.now)


def _pace() -> None:
    """How often this token may ask, and the headers that tell it (draft-ietf-httpapi-ratelimit-headers-10)."""
    rate = Rate(desk().office.api_rate, MINUTE)
    whose, now = f"api {g.session.id}", time.monotonic()
    room = desk().rates.take(whose, rate, now)
    left, wait = desk().rates.left(whose, rate, now)
    g.headers = {"RateLimit-Policy": f'"token";q={rate.times};w={int(MINUTE)}', "RateLimit": f'"token";r={left};t={int(wait) + 1}'}
    if not room:
        raise RefusedError(Kind.TOO_MANY, headers={"Retry-After": str(int(wait) + 1)})


def _dress(response: Response) -> Response:
    """Headers of every answer, and its log line."""
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if desk().office.secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    response.headers["Cache-Control"] = g.cache
    response.headers.update(g.headers)
    response.vary.add("Authorization")
    route = request.url_rule.rule if request.url_rule is not None else ""
    fields = {"method": request.method[:16], "route": route, "status": response.status_code, "number": g.number}
    fields |= {"ms": round((time.perf_counter() - g.began) * 1000, 1)}
    who = {"token": g.session.id} if g.session is not None else {}
    desk().said("request", fields | who | ({"why": g.why} if g.why else {}))
    return response
