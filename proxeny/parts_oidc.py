"""[oidc.NAME] of the settings: a provider at which guests sign in, and who we are there.

A key's meaning is told in config/proxeny.toml. Never reads a file: a secret from elsewhere was put in its place before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import BeforeValidator, ConfigDict, Field

from proxeny.addresses import HOST
from proxeny.faults import WrongError
from proxeny.parts import Part, listed
from radius.secret import Secret

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,64}")  # RFC 6749, 3.3
_LONGEST: Final = {"label": 60, "hint": 300}


def _issuer(value: object) -> str:
    """As the provider itself writes it: it is compared octet by octet (OpenID Connect Discovery 1.0, 4.3)."""
    text = str(value).strip()
    try:
        parts = urlsplit(text)
        stands = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and parts.username is None
    except ValueError:
        stands = False
    if not stands or parts.query or parts.fragment:
        raise WrongError(f'"{text}" is no issuer', 'Write it as the provider does: "https://id.city.example"')
    host = parts.hostname or ""
    if parts.scheme == "http" and host not in ("localhost", "::1") and not host.startswith("127."):
        raise WrongError(f"is {text}: codes and identities would travel in clear", "Write https:")
    return text


def _secret(value: object) -> Secret:
    if not isinstance(value, str) or not value:
        raise WrongError("must be text in quotes, and not empty")
    return Secret(value.encode())


def _scopes(value: object) -> object:
    scopes = listed(value)
    if isinstance(scopes, list | tuple) and ("openid" not in scopes or not all(_SCOPE.fullmatch(str(each)) for each in scopes)):
        raise WrongError("must be scopes, openid among them", 'Write ["openid"], or ["openid", "email"]')
    return scopes


def _host(value: object) -> str:
    text = str(value).strip().lower()
    if not HOST.fullmatch(text.removeprefix("*.")):
        raise WrongError(f'"{value}" is no host name', 'Write names alone: "id.city.example", "*.city.example"')
    return text


def _words(value: object, key: str) -> object:
    """A text for every language, or one for each."""
    texts = value if isinstance(value, dict) else {"": value}
    for text in texts.values():
        if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST[key] or not text.isprintable():
            remedy = f'Write {key} = "…", or {key} = {{ en = "…", fr = "…" }}'
            raise WrongError(f"must be text of at most {_LONGEST[key]} characters", remedy)
    return texts


def worded(key: str) -> Callable[[object], object]:
    """Reads the text of this key."""
    return lambda value: _words(value, key)


Words = Mapping[str, str]
Scopes = Annotated[tuple[str, ...], BeforeValidator(_scopes)]


class Provider(Part):
    """Whom we ask, and who we are there."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    issuer: Annotated[str, BeforeValidator(_issuer)]
    client_id: Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]
    client_secret: Annotated[Secret, BeforeValidator(_secret)]
    scopes: Scopes = ("openid",)


class Oidc(Provider):
    """One provider at which guests sign in."""

    label: Annotated[Words, BeforeValidator(worded("label"))]
    hint: Annotated[Words, BeforeValidator(worded("hint")), Field(default_factory=dict)]
    walled_garden: Annotated[tuple[Annotated[str, BeforeValidator(_host)], ...], BeforeValidator(listed)] = ()

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every host that a guest's browser must reach before it is online."""
        return tuple(dict.fromkeys((urlsplit(self.issuer).hostname or "", *self.walled_garden)))


def named(value: object) -> object:
    """[oidc.NAME]: every name one that a portal's way may have."""
    for name in value if isinstance(value, dict) else ():
        if not NAME.fullmatch(str(name)):
            raise WrongError(f'"{name}" is no name', "Small letters, digits, hyphens: [oidc.city]", (str(name),))
    return value
