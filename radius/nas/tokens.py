"""Sealed tokens: what we hand to a browser or a NAS and want back unread and unchanged.

AES-256-GCM under a key of the purpose's own, so that a token of one kind is none of another; the moment of sealing is
inside. A token is sealed and not only signed because it holds a station's address (decisions-portal 7). Never says
more about a bad token than that it is bad.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from radius.nas.family import Misfit

if TYPE_CHECKING:
    from collections.abc import Callable

_NONCE: Final = 12
_TIME: Final = 5  # octets of seconds since 1970
LONGEST: Final = 2_048  # characters of a token of ours; longer ones are not looked at
_AHEAD: Final = 60.0  # seconds that clocks of two machines may differ


class Tokens:
    """Seals and opens under one key of 32 octets."""

    def __init__(self, key: bytes, entropy: Callable[[int], bytes]) -> None:
        self._key = key
        self._entropy = entropy
        self._ciphers: dict[str, AESGCM] = {}

    def seal(self, purpose: str, octets: bytes, now: float) -> str:
        """A token of characters that a URL and a cookie carry as they are."""
        nonce = self._entropy(_NONCE)
        sealed = self._cipher(purpose).encrypt(nonce, int(now).to_bytes(_TIME, "big") + octets, None)
        return base64.urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()

    def open(self, purpose: str, token: str, now: float, lifetime: float) -> bytes | Misfit:
        """What was sealed for this purpose at most `lifetime` seconds ago. Any text; never raises."""
        if len(token) > LONGEST:
            return Misfit.UNREADABLE
        try:
            octets = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            plain = self._cipher(purpose).decrypt(octets[:_NONCE], octets[_NONCE:], None)
        except (InvalidTag, ValueError, binascii.Error):
            return Misfit.UNREADABLE
        age = now - int.from_bytes(plain[:_TIME], "big")
        return plain[_TIME:] if -_AHEAD <= age <= lifetime else Misfit.STALE

    def _cipher(self, purpose: str) -> AESGCM:
        if purpose not in self._ciphers:
            self._ciphers[purpose] = AESGCM(hmac.digest(self._key, purpose.encode(), "sha256"))
        return self._ciphers[purpose]
