"""/v/<token>/oidc/<name>: to a provider's sign-in page; /oidc/<name>: back from it, and in.

Theory of operation. The state that goes along is sealed and holds the visit, so that no cookie is needed and whatever comes
back is for the device that began. That makes a trap possible: somebody begins here, and has another press "yes" at the
provider far away, which may even answer with a form of its own (`form_post`). So the browser that began keeps a mark for ten
minutes; who comes back without it is asked first whether that device is theirs, and the code stays unused until they say so
on our own page. A code is good once, which the provider sees to; a page that is loaded again leads to the status page. Of
what comes back only the state is believed before the provider is asked.

Never waits for a provider with more than a few of our threads, and never in a transaction.
"""

from __future__ import annotations

import base64
import hmac
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, g, request
from flask_babel import gettext as _

from portal import languages
from portal.capabilities import CHANCE, ROUND, Capability, Round, seal_round, seal_visit
from portal.cases import oidc
from portal.guard import open_to
from portal.guest import cookie, visits
from portal.guest.page import away, href, page
from portal.kit import kit
from portal.provider import AwayError, UnprovenError, UsedError
from portal.troubles import Trouble, TroubleError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.provider import Provider

blueprint = Blueprint("oidc", __name__)
LONGEST: Final = 2_048  # characters of a code
MARK: Final = "proxeny_round"
_AWAY: Final = frozenset({"server_error", "temporarily_unavailable"})  # RFC 6749, 4.1.2.1
_OURS: Final = frozenset({"invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope"})


@blueprint.get("/v/<token>/oidc/<name>")
@open_to(Capability.VISIT)
def ask(token: str, name: str) -> Any:  # noqa: ARG001  the guard has opened it
    """What is to be known before, and the button."""
    provider = _provider(name)
    return _page(provider, name=name)


@blueprint.post("/v/<token>/oidc/<name>")
@open_to(Capability.VISIT)
def begin(token: str, name: str) -> Any:
    """The browser goes to the provider."""
    tools, provider = kit(), _provider(name)
    if _hint(provider) and request.form.get("read") != "yes":
        return ask(token, name)
    chance = base64.urlsafe_b64encode(tools.entropy(16)).decode()[:CHANCE]
    key = tools.privacy.account_key
    try:
        state = seal_round(tools.tokens, Round(replace(g.visit, language=g.language), name, chance), tools.now())
    except OverflowError:
        raise TroubleError(Trouble.UNREADABLE, "longer than a state") from None
    try:
        with _waiting():
            url = provider.address(_back(name), state, oidc.nonce(key, chance), oidc.verifier(key, chance), g.language, tools.now())
    except AwayError as fault:
        return _away(provider, str(fault))
    answer = away(url) if provider.reached(url) else _page(provider, url=url)
    secure = tools.house.secure
    answer.set_cookie(MARK, oidc.mark(key, chance), max_age=int(ROUND), httponly=True, samesite="Lax", secure=secure, path="/oidc")
    return answer


@blueprint.route("/oidc/<name>", methods=["GET", "POST"])
@open_to(Capability.ROUND)
def back(name: str) -> Any:
    """Back from the provider, with a code or a word why there is none."""
    tools = kit()
    if g.round.provider != name:
        raise TroubleError(Trouble.NOT_FOUND, "a state of another provider's round")
    provider = _provider(name)
    g.token = seal_visit(tools.tokens, g.visit, tools.now())
    said = request.form if request.method == "POST" else request.args
    error, code, issuer = (_one(said, key) for key in ("error", "code", "iss"))
    if error in _AWAY | _OURS:
        return _away(provider, f"it says {error}")
    if error or not code:
        g.why = "the guest did not sign in there" if error else "no code"
        return page("oidc_not.html", label=_label(provider), name=name)
    if request.method == "HEAD" or not (_began_here() or _said_yes(said)):
        yes, state = oidc.yes(tools.privacy.account_key, g.round.chance), _one(said, "state")
        return page("oidc_yours.html", label=_label(provider), name=name, code=code, state=state, issuer=issuer, yes=yes)
    return _finish(provider, code, issuer)


def _finish(provider: Provider, code: str, issuer: str) -> Any:
    """The code is exchanged, and the guest let in."""
    tools, name = kit(), provider.registered.name
    key, chance = tools.privacy.account_key, g.round.chance
    try:
        with _waiting():
            expected = oidc.nonce(key, chance), oidc.verifier(key, chance)
            identity = provider.identity(_back(name), code, issuer, *expected, tools.now())
    except AwayError as fault:
        return _away(provider, str(fault))
    except UsedError:
        g.why = "the code was used"
        return away(href("/")) if cookie.find() else page("oidc_not.html", label=_label(provider), name=name)
    except UnprovenError as fault:
        g.why = str(fault)
        return page("oidc_not.html", 422, label=_label(provider), name=name)
    return visits.admit(g.visit, oidc.proven(tools.privacy, visits.served(f"oidc:{name}"), identity, g.language))


@contextmanager
def _waiting() -> Iterator[None]:
    """One of the places of those who wait for others; AwayError where none is free."""
    places = kit().exchanging
    if not places.acquire(blocking=False):
        raise AwayError("as many wait as may")
    try:
        yield
    finally:
        places.release()


def _provider(name: str) -> Provider:
    visits.served(f"oidc:{name}")
    found = kit().oidc.get(name)
    if found is None:
        raise TroubleError(Trouble.NOT_FOUND, "no [oidc] of this name")
    return found


def _began_here() -> bool:
    return _same(request.cookies.get(MARK, ""), oidc.mark(kit().privacy.account_key, g.round.chance))


def _said_yes(said: Any) -> bool:
    """Whether our own question's button was pressed. A provider that is asked for `form_post` has the browser send a form, too."""
    return request.method == "POST" and _same(_one(said, "yes"), oidc.yes(kit().privacy.account_key, g.round.chance))


def _same(said: str, meant: str) -> bool:
    return hmac.compare_digest(said.encode("utf-8", "replace"), meant.encode())


def _back(name: str) -> str:
    return f"{kit().house.url}/oidc/{name}"


def _one(said: Any, key: str) -> str:
    """The value of a parameter that stands there once; RFC 6749, 3.1: twice is none."""
    values = said.getlist(key)
    return values[0] if len(values) == 1 and len(values[0]) <= LONGEST else ""


def _label(provider: Provider) -> str:
    return languages.text(provider.registered.label, g.language) or provider.registered.name


def _page(provider: Provider, **more: Any) -> Any:
    spoken = languages.told_in(provider.registered.hint, g.language)
    return page("oidc.html", label=_label(provider), hint=_hint(provider), spoken=spoken, **more)


def _hint(provider: Provider) -> str:
    return languages.text(provider.registered.hint, g.language)


def _away(provider: Provider, why: str) -> Any:
    g.why = f"{provider.registered.name}: {why}"  # the route has no name
    who = _("The sign-in service “%(name)s”", name=_label(provider))
    return page("away.html", 503, who=who, again=f"/v/{g.token}/oidc/{provider.registered.name}")
