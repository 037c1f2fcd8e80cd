"""A sign-in at a provider of OpenID Connect: what goes there, what comes back, and what of it is believed.

Pure but for the account that a proof makes. Who signed in is `iss` and `sub`; what else a token says is shown to its owner
at most. Never believes a token whose signature, issuer, audience, nonce or end is not as it must be.
"""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from authlib.oidc.core import CodeIDToken
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from portal.cases.proof import Denied, Proof
from store import accounts
from store.models import Way

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.cases.proof import No, Prove
    from radius.nas.plan import Plan
    from radius.secret import Secret
    from store.privacy import Privacy

# What a public key verifies; never `none`, and never what our own secret could have signed
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
LEEWAY: Final = 60  # seconds that the provider's clock may differ from ours
LONGEST: Final = 255  # characters of `sub`: OpenID Connect Core 1.0, 2
MOST_KEYS: Final = 64
_LOCAL: Final = ("localhost", "::1")


@dataclass(frozen=True, slots=True)
class Registered:
    """Who we are at a provider, and how guests call it."""

    name: str
    issuer: str
    client_id: str
    client_secret: Secret
    label: Mapping[str, str]
    hint: Mapping[str, str] = field(default_factory=dict)
    scopes: tuple[str, ...] = ("openid",)
    hosts: tuple[str, ...] = ()  # further ones that its pages need


class Documented(NamedTuple):
    """What of a discovery document is used."""

    authorization: str
    token: str
    keys: str
    posts_secret: bool  # in the form, where it knows no Basic
    says_issuer: bool  # RFC 9207: whatever comes back without `iss` is another's


class Identity(NamedTuple):
    """Somebody whom a provider vouches for."""

    issuer: str
    subject: str
    contact: str = ""


class UnprovenError(Exception):
    """What came back proves nothing; the text is for the log and holds nothing of the guest."""


class UnknownKeyError(UnprovenError):
    """It is signed by a key that we do not know: maybe a new one."""


def nonce(key: bytes, chance: str) -> str:
    """What the ID token must repeat; it is only ever the round's whose chance this is."""
    return _derived(key, b"nonce", chance)


def verifier(key: bytes, chance: str) -> str:
    """What proves to the provider that the code is ours (RFC 7636, 4.1): 43 characters, and it never left us."""
    return _derived(key, b"verifier", chance)


def mark(key: bytes, chance: str) -> str:
    """What the browser that began keeps, so that it is known again."""
    return _derived(key, b"browser", chance)


def yes(key: bytes, chance: str) -> str:
    """What our own question whose device it is has in its form, and no other page."""
    return _derived(key, b"yes", chance)


def _derived(key: bytes, purpose: bytes, chance: str) -> str:
    digest = hmac.digest(key, b"oidc " + purpose + b"\0" + chance.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def document(octets: bytes, issuer: str) -> Documented:
    """A discovery document, read. Raises ValueError with what is wrong."""
    said = _object(octets)
    if said.get("issuer") != issuer:
        raise ValueError("its discovery document is another issuer's")  # OpenID Connect Discovery 1.0, 4.3
    authorization, token, signers = (_address(said, name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"))
    methods = said.get("token_endpoint_auth_methods_supported")
    posts = isinstance(methods, list) and "client_secret_basic" not in methods and "client_secret_post" in methods
    return Documented(authorization, token, signers, posts, said.get("authorization_response_iss_parameter_supported") is True)


def keys(octets: bytes) -> dict[str, jwk.Key]:
    """The public keys of a set by `kid`, those that we can use. Raises ValueError where it is none."""
    listed = _object(octets).get("keys")
    if not isinstance(listed, list):
        raise ValueError("its keys are no set of keys")  # noqa: TRY004  what is wrong is what was sent
    found: dict[str, jwk.Key] = {}
    for each in listed[:MOST_KEYS]:
        if isinstance(each, dict) and each.get("kty") in ("RSA", "EC", "OKP") and each.get("use", "sig") == "sig":
            try:
                key = jwk.import_key(each)
            except (JoseError, ValueError, TypeError, KeyError):
                continue
            found[str(each.get("kid", ""))] = key
    return found


def verified(token: object, keys: Mapping[str, jwk.Key], registered: Registered, nonce: str, now: float) -> Mapping[str, Any]:
    """What an ID token says of whom it vouches for. Raises UnprovenError, and UnknownKeyError."""

    def find(signed: Any) -> jwk.Key:
        kid = signed.headers().get("kid")
        key = keys.get(str(kid)) if kid is not None else next(iter(keys.values()), None) if len(keys) == 1 else None
        if key is None:
            raise UnknownKeyError("signed by a key that we do not know")
        return key

    if not isinstance(token, str):
        raise UnprovenError("no ID token")
    options: Any = {"iss": {"essential": True, "value": registered.issuer}, "aud": {"essential": True, "value": registered.client_id}}
    try:
        read = jwt.decode(token, find, algorithms=ALGORITHMS)
        claims = CodeIDToken(read.claims, read.header, options, {"nonce": nonce, "client_id": registered.client_id})
        claims.validate(int(now), LEEWAY)
    except JoseError as fault:
        raise UnprovenError(f"ID token: {fault.error}") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UnprovenError("ID token: malformed") from None
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST:
        raise UnprovenError("ID token: no subject")
    return dict(claims)


def identity(registered: Registered, claims: Mapping[str, Any]) -> Identity:
    """Whom a verified token vouches for."""
    return Identity(registered.issuer, claims["sub"], _contact(claims))


def proven(privacy: Privacy, plan: Plan, identity: Identity, language: str) -> Prove:
    """The proof of whom a provider has vouched for."""

    def prove(session: Session, now: datetime) -> Proof:
        whole = f"{identity.issuer}\n{identity.subject}"
        account = accounts.known(session, privacy, Way.OIDC, whole, now, language, identity.contact or identity.subject)
        return Proof(Way.OIDC, plan, account.id)

    return prove


def unproven(why: No) -> Prove:
    """No proof."""
    return lambda _session, _now: Denied(why)


def _contact(claims: Mapping[str, Any]) -> str:
    """How its owner knows the account: the verified address, else a name; "" for none."""
    names = ("email",) * (claims.get("email_verified") is True) + ("preferred_username", "name")
    return next((said for name in names if isinstance(said := claims.get(name), str) and 0 < len(said) <= LONGEST), "")


def _object(octets: bytes) -> dict[str, Any]:
    try:
        said = json.loads(octets)
    except (ValueError, RecursionError):
        raise ValueError("its document is no JSON") from None
    if not isinstance(said, dict):
        raise ValueError("its document is no object")  # noqa: TRY004  what is wrong is what was sent
    return said


def _address(said: Mapping[str, Any], name: str) -> str:
    text = str(said.get(name, ""))
    parts = urlsplit(text)
    host = parts.hostname or ""
    near = parts.scheme == "http" and (host in _LOCAL or host.startswith("127."))
    if not host or parts.fragment or not (near or parts.scheme == "https"):
        raise ValueError(f"its {name} is no https address")
    return text
