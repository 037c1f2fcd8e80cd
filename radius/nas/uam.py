"""The universal access method's arithmetic: the signature over a redirect, and a password no wire shows (CoovaChilli 1.x).

MD5 throughout, because the gateways do it so; what it protects is a one-time token. Never sees a guest's own password.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius.secret import md5, same

if TYPE_CHECKING:
    from radius.secret import Secret

CHALLENGE: Final = 16  # octets
_MARK: Final = "&md="
_LONGEST: Final = 128  # octets of password that CoovaChilli undoes


def signature(url: str, secret: Secret) -> str:
    """What a gateway puts after `&md=`: MD5(url || uamsecret) in upper-case hexadecimal."""
    return _digest(url.encode("utf-8", "surrogateescape") + secret.octets).hex().upper()


def signed(url: str, secret: Secret) -> bool:
    """Whether `url` ends with the gateway's signature over all that stands before it."""
    before, mark, said = url.rpartition(_MARK)
    return bool(mark) and same(signature(before, secret).encode(), said.upper().encode("utf-8", "replace"))


def challenge(said: str, secret: Secret | None) -> bytes:
    """The challenge that passwords are mixed with, of the hexadecimal in the redirect; ValueError where it is none."""
    octets = bytes.fromhex(said)
    if len(octets) != CHALLENGE or not said.isalnum():
        raise ValueError("a challenge has 16 octets")
    return _digest(octets + secret.octets) if secret else octets


def chap(password: bytes, mixed: bytes, ident: int = 0) -> str:
    """`response=` of a logon: hexadecimal of MD5(ident || password || challenge), as RFC 1994, 4.1 has it."""
    return _digest(bytes((ident,)) + password + mixed).hex()


def pap(password: bytes, mixed: bytes) -> str:
    """`password=` of a logon: the password under the challenge, repeated, for a server that must have it whole."""
    if not 0 < len(password) <= _LONGEST:
        raise ValueError(f"a password of {len(password)} octets does not fit")
    return bytes(octet ^ mixed[at % len(mixed)] for at, octet in enumerate(password)).hex()


def _digest(octets: bytes) -> bytes:
    return md5(octets, usedforsecurity=False).digest()
