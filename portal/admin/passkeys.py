"""Passkeys (WebAuthn, level 3): what a browser is asked, and whether what it says stands.

Theory of operation. A challenge is made of chance, the moment it ends, and our HMAC over both and the session it is for; so
nothing is kept of those that nobody answers, and whoever signs in needs no session yet. Of those that are answered the
database remembers that they were, until they end: none counts twice. The site is the host of [staff] url, which browsers
bind each key to; the key's owner must be verified by it (a PIN, a finger), so that one alone is two factors.

Never takes a browser's word for anything but what was signed.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import webauthn
from flask import g
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portal.admin.desk import desk
from store import factors, guesses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from store.models import Passkey, Staff

LASTS: Final = 300  # seconds
LONGEST: Final = 16_384  # characters of what a browser says
_NONCE, _MAC = 16, 16
_USED: Final = "staff challenge"


class RefusedError(Exception):
    """What the browser said does not stand; its text is for the log."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Whose passkey it is, and what is to be used up along with it."""

    key: Passkey
    staff: Staff
    signatures: int
    challenge: bytes


@dataclass(frozen=True, slots=True)
class New:
    """A passkey that a browser has just made."""

    credential: bytes
    public_key: bytes
    signatures: int
    challenge: bytes


def to_show(keys: Sequence[Passkey] = ()) -> str:
    """What the browser is asked for, as JSON: one of these keys, or any that it has for this site."""
    options = webauthn.generate_authentication_options(
        rp_id=_site(),
        challenge=_challenge(),
        timeout=LASTS * 1000,
        allow_credentials=[PublicKeyCredentialDescriptor(id=bytes(key.id)) for key in keys],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def to_make(staff: Staff, keys: Sequence[Passkey]) -> str:
    """What the browser is asked to make, as JSON: a key for this person, on a device that has none of theirs yet."""
    options = webauthn.generate_registration_options(
        rp_id=_site(),
        rp_name="Proxeny",
        user_name=staff.name,
        user_id=staff.id.encode(),
        user_display_name=staff.shown or staff.name,
        challenge=_challenge(),
        timeout=LASTS * 1000,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=bytes(key.id)) for key in keys],
    )
    return webauthn.options_to_json(options)


def made(said: str) -> New:
    """The key that the browser made; RefusedError."""
    credential, challenge = _read(said)
    try:
        found = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_site(),
            expected_origin=_origin(),
            require_user_verification=True,
        )
    except Exception as fault:  # a stranger's CBOR, certificates and keys, in a library's hands
        raise RefusedError(type(fault).__name__) from fault
    return New(found.credential_id, found.credential_public_key, found.sign_count, challenge)


def shown(said: str, staff: Staff | None = None) -> Shown:
    """Whose key the browser showed: this person's, or anybody's who may work here; RefusedError."""
    credential, challenge = _read(said)
    try:
        name = base64url_to_bytes(str(credential["id"]))
        handle = base64url_to_bytes(str(credential["response"].get("userHandle") or ""))
    except Exception as fault:
        raise RefusedError("no credential") from fault
    with desk().reading() as session:
        found = factors.passkey(session, name)
    if found is None or (staff is not None and found[1].id != staff.id) or (handle and handle != found[1].id.encode()):
        raise RefusedError("an unknown passkey")
    key, owner = found
    try:
        proof = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_site(),
            expected_origin=_origin(),
            credential_public_key=bytes(key.public_key),
            credential_current_sign_count=key.signatures,
            require_user_verification=True,
        )
    except Exception as fault:
        raise RefusedError(type(fault).__name__) from fault
    return Shown(key, owner, proof.new_sign_count, challenge)


def spend(session: Session, said: New | Shown) -> bool:
    """Use up its challenge, and move its key's counter on; False where another did so first."""
    name = guesses.named(desk().privacy, _USED, said.challenge)
    if guesses.counted(session, name, g.now) > 1:
        return False
    return isinstance(said, New) or factors.use_passkey(session, said.key, said.signatures, g.now)


def _site() -> str:
    return urlsplit(desk().office.url).hostname or ""


def _origin() -> str:
    parts = urlsplit(desk().office.url)
    return f"{parts.scheme}://{parts.netloc}"


def _challenge() -> bytes:
    said = desk().entropy(_NONCE) + (int(g.now.timestamp()) + LASTS).to_bytes(8, "big")
    return said + _mac(said)


def _mac(said: bytes) -> bytes:
    whose = bytes(g.session.digest) if g.session is not None else b"nobody"
    return hmac.digest(desk().privacy.account_key, b"passkey\0" + whose + said, "sha256")[:_MAC]


def _read(said: str) -> tuple[dict[str, Any], bytes]:
    """What the browser sent, and the challenge that it answers: one of ours, for this session, and not over."""
    if len(said) > LONGEST:
        raise RefusedError("too long")
    try:
        credential = json.loads(said)
        client = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        challenge = base64url_to_bytes(client["challenge"])
    except Exception as fault:
        raise RefusedError("unreadable") from fault
    body, mac = challenge[:-_MAC], challenge[-_MAC:]
    if len(challenge) != _NONCE + 8 + _MAC or not hmac.compare_digest(mac, _mac(body)):
        raise RefusedError("a challenge that is not ours")
    if int.from_bytes(body[_NONCE:], "big") < g.now.timestamp():
        raise RefusedError("too late")
    return credential, challenge
