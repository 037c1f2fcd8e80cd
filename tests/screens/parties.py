"""The pages of the ways in by which somebody else vouches for a guest: a provider, a sponsor; as in states.py, which has the rest."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from portal.cases.oidc import Registered
from portal.fetching import Answer, AwayError
from portal.provider import Provider
from portal.words import date
from radius.secret import Secret
from store import messages, sponsors
from store.models import MessageKind
from store.session import transaction
from tests.portal.world import coova
from tests.screens.steps import Posted, arrived

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from tests.portal.world import World

    State = Callable[[World, str], str | Posted]

ISSUER = "https://id.city.example"
LABEL = {"en": "City account", "fr": "Compte de la Ville"}
HINT = {"en": "Sign in with the name on your tax bill.", "fr": "Connectez-vous avec le nom inscrit sur votre facture de taxes."}
GUEST = {"name": "Guest Seventeen", "email": "desk@library.example"}


def _says(url: str, *_: object) -> Answer:
    if not url.endswith("openid-configuration"):
        raise AwayError("only its document is there")
    paths = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
    return Answer(200, json.dumps({"issuer": ISSUER} | {name: f"{ISSUER}/{path}" for name, path in paths.items()}).encode())


def provided(city: World, language: str, **changed: Any) -> str:
    """A city with a provider; the path of its page."""
    us = Registered(**{"name": "city", "issuer": ISSUER, "client_id": "w", "client_secret": Secret(b"s"), "label": LABEL, **changed})
    city.more["oidc"] = {"city": Provider(us, _says)}
    city.offer("oidc:city", "terms")
    return arrived(city, language, coova(city.url)).replace("?", "/oidc/city?")


def hinted(city: World, language: str) -> str:
    return provided(city, language, hint=HINT)


def provider_away(city: World, language: str) -> Posted:
    path = provided(city, language)
    city.more["oidc"] = {"city": Provider(city.more["oidc"]["city"].registered, lambda *_: _says(""))}
    return Posted(path, {})


def back(**said: str) -> State:
    """Back from the provider, in another browser than the one that began."""

    def page(city: World, language: str) -> str:
        path = provided(city, language)
        away = city.client().post(path).headers["Location"]
        state = parse_qs(urlsplit(away).query)["state"][0]
        words = "".join(f"&{name}={value}" for name, value in said.items())
        return f"/oidc/city?state={state}{words}&lang={language}"

    return page


def asks(city: World, language: str) -> str:
    """The page on which a sponsor is asked."""
    city.offer("sponsor", "terms", sponsors=("@city.example", "desk@library.example"))
    return arrived(city, language, coova(city.url)).replace("?", "/sponsor?")


def asked(city: World, language: str) -> tuple[FlaskClient, str]:
    """Whoever has asked, and their page."""
    guest, path = city.client(), asks(city, language)
    assert 303 == guest.post(path, data=GUEST).status_code
    return guest, path


def question(city: World, language: str) -> str:
    """The sponsor's page."""
    asked(city, language)
    with transaction(city.database) as session:
        [mail] = messages.waiting(session, [MessageKind.MAIL], date(city.time))
        letter = messages.take(session, city.privacy, mail.message, date(city.time))
    assert letter is not None
    return re.findall(r"/sponsor/[\w-]+", letter.content.text)[0] + f"?lang={language}"


def answered(answer: str) -> State:
    return lambda city, language: Posted(question(city, language), {"answer": answer})


def told(answer: str) -> State:
    """The guest's page once the sponsor has answered."""

    def page(city: World, language: str) -> str:
        city.client().post(question(city, language), data={"answer": answer})
        return asks(city, language)

    return page


def checked(city: World, language: str) -> Posted:
    return Posted(asked(city, language)[1].replace("?", "/check?"), {})


def too_late(city: World, language: str) -> str:
    where = question(city, language)
    city.time += sponsors.LASTS.total_seconds() + 1
    return where


PARTIES: dict[str, State] = {
    "oidc-hint": hinted,
    "oidc-away": provider_away,
    "oidc-not": back(error="access_denied"),
    "oidc-yours": back(code="a-code"),
    "sponsor": asks,
    "sponsor-wrong": lambda city, language: Posted(asks(city, language), {"name": "Guest Seventeen", "email": "desk@elsewhere.example"}),
    "sponsor-waiting": lambda city, language: asked(city, language)[1],
    "sponsor-not-yet": checked,
    "sponsor-yes": told("yes"),
    "sponsor-no": told("no"),
    "sponsor-asked": question,
    "sponsor-done-yes": answered("yes"),
    "sponsor-done-no": answered("no"),
    "sponsor-too-late": too_late,
}
