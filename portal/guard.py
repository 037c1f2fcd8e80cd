"""The gate before every page and the headers after it. Deny by default: a view says to whom it is open, or it is shut.

In order: how much is asked, under which host name, by whom (the capability that the view names, opened here and nowhere
else), in which language. After it: a Content-Security-Policy without scripts, with one style by its hash and forms only
to ourselves and to the door's registered gateway (Chromium applies form-action to the redirect after a POST, too), and
one log line with the route's template, since the path may hold a token. Forged requests: see portal/capabilities.py.

Never lets a fault's own words out, and never logs a path, a query or an address.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, request
from flask_babel import refresh
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from portal import languages, rates, style
from portal.capabilities import Capability, open_account, open_back, open_click, open_mail, open_round, open_sponsor, open_stay, open_visit
from portal.guest.page import network, page
from portal.kit import kit
from portal.numbers import new_number
from portal.troubles import Trouble, TroubleError, told
from portal.writing import GONE
from radius.nas.family import Misfit

if TYPE_CHECKING:
    from collections.abc import Callable

View = TypeVar("View", bound="Callable[..., Any]")
Opened = TypeVar("Opened")
LONGEST_QUERY: Final = 8_192  # octets; openNDS sends some two thousand
LONGEST_BODY: Final = 65_536  # octets: a gateway's report of its guests; a guest's form has none
MAIL: Final = 86_400.0  # seconds that a link's token is read for; what it leads to ends sooner


def open_to(capability: Capability) -> Callable[[View], View]:
    """Names whom a view is open to."""

    def mark(view: View) -> View:
        view.capability = capability  # type: ignore[attr-defined]
        return view

    return mark


def guard(app: Flask) -> None:
    """Put the gate before this app."""
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = LONGEST_BODY
    app.config["MAX_FORM_PARTS"] = 50
    app.before_request(_begin)
    app.before_request(rates.by_address)
    app.before_request(_admit)
    app.before_request(rates.by_device)
    app.after_request(_dress)
    app.register_error_handler(Exception, _failed)


def _begin() -> None:
    """What every page may lean on, a page of trouble too."""
    g.began = time.perf_counter()
    g.visit = g.stay = g.me = g.challenge = g.click = g.door = g.why = None
    g.pictures, g.cache, g.scheme = False, "no-store", ""
    g.origins = ()
    g.number = new_number(kit().entropy)
    g.doors = kit().doors()
    speak(())


def _admit() -> None:
    """Whether this request may reach its view."""
    if len(request.query_string) > LONGEST_QUERY or len(request.path) > LONGEST_QUERY:
        raise TroubleError(Trouble.TOO_LONG)
    if request.endpoint is None:
        if isinstance(request.routing_exception, RequestRedirect) and not _ours(request.host):
            raise TroubleError(Trouble.ELSEWHERE)  # it names the host
        return  # Flask answers 404 or 405
    capability = getattr(current_app.view_functions[request.endpoint], "capability", None)
    if capability is None:
        abort(403)
    if not request.endpoint.startswith("probes.") and not _ours(request.host):
        raise TroubleError(Trouble.ELSEWHERE)
    _open(capability, (request.view_args or {}).get("token", ""))


def _ours(host: str) -> bool:
    """Whether the Host header names us."""
    house = kit().house
    names = {urlsplit(house.url).netloc.lower(), urlsplit(house.url).hostname, *(name.lower() for name in house.hosts)}
    host = host.lower()
    return host in names or (urlsplit(f"//{host}").hostname or "") in names - {None}


def _open(capability: Capability, token: str) -> None:
    """Open the token of the path as what the view asks for."""
    tools = kit()
    now = tools.now()
    match capability:
        case Capability.VISIT:
            recognise(_fresh(open_visit(tools.tokens, token, now)))
            g.token = token
        case Capability.STAY | Capability.BACK:
            g.stay = _fresh((open_stay if capability is Capability.STAY else open_back)(tools.tokens, token, now))
            recognise(g.stay.visit)
            g.token = token if capability is Capability.STAY else ""
        case Capability.ACCOUNT:
            g.me = _fresh(open_account(tools.tokens, token, now))
            if g.me.visit is not None:
                recognise(g.me.visit)
        case Capability.MAIL:
            g.challenge = _fresh(open_mail(tools.tokens, token, now, MAIL))
        case Capability.ROUND:
            said = (request.form if request.method == "POST" else request.args).getlist("state")
            g.round = _fresh(open_round(tools.tokens, said[0] if len(said) == 1 else "", now))
            recognise(g.round.visit)
        case Capability.SPONSOR:
            g.challenge = _fresh(open_sponsor(tools.tokens, token, now))
        case Capability.ADVERT:
            g.click = _fresh(open_click(tools.tokens, token, now))


def _fresh(found: Opened | Misfit) -> Opened:
    if isinstance(found, Misfit):
        raise TroubleError(Trouble.TOO_OLD, found.name)
    return found


def recognise(visit: Any) -> None:
    """From now on this request is this visit's: its number, door, gateway and language."""
    g.visit, g.number = visit, visit.number
    g.door = g.doors.at(visit.key, visit.arrival.access_point)
    if g.door is not None:  # any form of this guest's may be answered with the way to the gateway
        g.origins = kit().families[g.door.gateway.family].reaches(visit.arrival, g.door.gateway)
    speak((visit.language,))


def speak(before: tuple[str, ...]) -> None:
    """Settle the page's language: the first of `before` that is offered, else the browser's; a link's choice goes over everything."""
    offers = languages.offered(g.door.words.languages if g.door is not None else ())
    chosen = [language for language in reversed(request.args.getlist("lang")) if language in offers][:1]
    g.languages, g.chosen = offers, chosen[0] if chosen else ""
    g.language = languages.choose(offers, (*chosen, *before), list(request.accept_languages.values()))
    g.locale = languages.locale(g.language, g.doors.country)
    refresh()


def _failed(fault: Exception) -> Any:
    """The page of whatever went wrong."""
    if isinstance(fault, TroubleError):
        trouble, g.why = fault.trouble, fault.why or fault.trouble.name
    elif isinstance(fault, HTTPException):
        if fault.code is None or fault.code < 400:
            return fault
        trouble = next((each for each in Trouble if each.value == fault.code), Trouble.NOT_FOUND if fault.code < 500 else Trouble.OURS)
    elif isinstance(fault, GONE):
        trouble, g.why = Trouble.DATABASE, str(getattr(fault, "orig", None) or fault).splitlines()[0]
    else:
        trouble, g.why = Trouble.OURS, type(fault).__name__
        current_app.logger.error("a page failed", exc_info=fault)
    answer = page("trouble.html", trouble.status, told=told(trouble, network()), trouble=trouble.name)
    if isinstance(fault, HTTPException) and fault.code == 405:
        answer.headers["Allow"] = fault.get_response().headers.get("Allow", "GET")
    if trouble in {Trouble.TOO_MANY, Trouble.DATABASE}:
        answer.headers["Retry-After"] = "5"
    return answer


def _dress(response: Response) -> Response:
    """Headers of every answer, and its log line."""
    sheet = style.style(g.door.words.accent if g.door is not None else "", g.scheme)
    actions = " ".join(("'self'", *dict.fromkeys(g.origins)))
    pictures = "img-src 'self'; " if g.pictures else ""
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src {sheet.source}; {pictures}form-action {actions}; base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = g.cache
    if response.mimetype == "text/html":
        response.headers["Content-Language"] = g.language
        response.vary.update(("Accept-Language", "Cookie"))
    route = request.url_rule.rule if request.url_rule is not None else ""
    fields = {"method": request.method[:16], "route": route, "status": response.status_code, "number": g.number}
    spent = {"ms": round((time.perf_counter() - g.began) * 1000, 1)}
    kit().said("request", fields | spent | ({"why": g.why} if g.why else {}))
    return response
