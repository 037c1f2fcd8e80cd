"""Signatures and hidden attributes: everything that a shared secret does to octets.

Theory of operation. Each hop has its own secret and its own Request Authenticator, so a proxy verifies with one pair
and signs with the other. Hidden values (User-Password, Tunnel-Password, MPPE keys) are a plaintext XORed with a chain
of MD5 blocks, each fed by the ciphertext before it. To carry one across, both chains are XORed in one pass: the
plaintext exists for an instant, is never judged, never copied out, never logged.

All checks run over the octets received, never over a re-encoding. Nothing here decides what a failed check means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius.message import Type
from radius.secret import md5, same

if TYPE_CHECKING:
    from collections.abc import Callable

    from radius.message import Message
    from radius.secret import Secret

ZERO: Final = bytes(16)
MA_HEAD: Final = bytes((Type.MESSAGE_AUTHENTICATOR, 18))
_BLANK_MA: Final = MA_HEAD + ZERO
_MA: Final = int(Type.MESSAGE_AUTHENTICATOR)
_BLOCK: Final = 16
_number = int.from_bytes  # big-endian, as is to_bytes


def signed_by(message: Message, secret: Secret, authenticator: bytes) -> bool:
    """Whether the Message-Authenticator fits, with `authenticator` in the header's place (RFC 3579, 3.2).

    That is the packet's own for an Access-Request or Status-Server, zeros for an Accounting-Request, CoA or
    Disconnect, the request's for any answer.
    """
    octets = message.octets
    at = message.first[_MA]
    if octets[at + 1] != 18:
        return False
    blank = octets[:4] + authenticator + octets[20 : at + 2] + ZERO + octets[at + 18 :]
    return same(secret.hmac_md5(blank), octets[at + 2 : at + 18])


def ended_by(octets: bytes, secret: Secret, authenticator: bytes) -> bool:
    """Whether the Authenticator field is MD5(header, `authenticator`, attributes, secret).

    With zeros it is an accounting or CoA request's check (RFC 2866, 3; RFC 5176, 2.3); with the request's
    authenticator it is any answer's (RFC 2865, 3).
    """
    return same(md5(octets[:4] + authenticator + octets[20:] + secret.octets).digest(), octets[4:20])


def sign_access(code: int, identifier: int, authenticator: bytes, attributes: bytes, secret: Secret) -> bytes:
    """An Access-Request or Status-Server: `authenticator` as given, Message-Authenticator first."""
    length = 38 + len(attributes)
    head = bytes((code, identifier, length >> 8, length & 255)) + authenticator
    return head + MA_HEAD + secret.hmac_md5(head + _BLANK_MA + attributes) + attributes


def sign_access_answer(code: int, identifier: int, authenticator: bytes, attributes: bytes, secret: Secret) -> bytes:
    """An Access-Accept, -Reject or -Challenge: Message-Authenticator first, then the Response Authenticator.

    `authenticator` is the request's (RFC 3579, 3.2; RFC 2865, 3).
    """
    length = 38 + len(attributes)
    head = bytes((code, identifier, length >> 8, length & 255))
    body = MA_HEAD + secret.hmac_md5(head + authenticator + _BLANK_MA + attributes) + attributes
    return head + md5(head + authenticator + body + secret.octets).digest() + body


def sign_digest(code: int, identifier: int, authenticator: bytes, attributes: bytes, secret: Secret) -> bytes:
    """An accounting packet, without Message-Authenticator: zeros for a request, the request's for its answer."""
    length = 20 + len(attributes)
    head = bytes((code, identifier, length >> 8, length & 255))
    return head + md5(head + authenticator + attributes + secret.octets).digest() + attributes


# ---- User-Password (RFC 2865, 5.2) --------------------------------------------------------------------------------


def hide_password(password: bytes, secret: Secret, authenticator: bytes) -> bytes:
    """Plain octets (at most 128) to the hidden form: padded with zeros to a multiple of 16, at least 16."""
    plain = password.ljust(max(_BLOCK, -(-len(password) // _BLOCK) * _BLOCK), b"\0")
    return _chain(plain, secret.octets, authenticator)


def reveal_password(hidden: bytes, secret: Secret, authenticator: bytes) -> bytes:
    """The hidden form back to plain octets, padding included; the length must be a multiple of 16."""
    return _unchain(hidden, secret.octets, authenticator)


def rehide_password(hidden: bytes, ours: tuple[Secret, bytes], theirs: tuple[Secret, bytes]) -> bytes:
    """From the hop (secret, authenticator) `ours` to the hop `theirs`; block by block, padding kept."""
    return _chain(_unchain(hidden, ours[0].octets, ours[1]), theirs[0].octets, theirs[1])


# ---- Salted attributes: MPPE keys (RFC 2548, 2.4.2), Tunnel-Password (RFC 2868, 3.5) ------------------------------


class Rehide:
    """Carries salted values of one answer from the home's hop to the client's, each under a fresh salt."""

    __slots__ = ("_from", "_salt", "_salts", "_secret", "_to", "_to_secret")

    def __init__(self, theirs: tuple[Secret, bytes], ours: tuple[Secret, bytes], entropy: Callable[[int], bytes]) -> None:
        self._secret, self._from = theirs[0].octets, theirs[1]
        self._to_secret, self._to = ours[0].octets, ours[1]
        # Salts must differ within a packet (RFC 2548, 2.4.2): a random start, then counted.
        self._salt = int.from_bytes(entropy(2), "big")

    def salted(self, value: bytes) -> bytes | None:
        """Salt and cipher in, fresh salt and cipher out; None where the cipher is not 16·n octets (n >= 1)."""
        cipher = value[2:]
        if not cipher or len(cipher) % _BLOCK:
            return None
        self._salt += 1
        # The most significant bit of the salt must be set (RFC 2548, 2.4.2); one without it is accepted.
        salt = (self._salt & 0x7FFF | 0x8000).to_bytes(2, "big")
        plain = _unchain(cipher, self._secret, self._from + value[:2])
        return salt + _chain(plain, self._to_secret, self._to + salt)

    def tagged(self, value: bytes) -> bytes | None:
        """A Tunnel-Password's value: the tag octet stays (RFC 2868, 3.5)."""
        fresh = self.salted(value[1:])
        return None if fresh is None else value[:1] + fresh


def _unchain(cipher: bytes, secret: bytes, start: bytes) -> bytes:
    """Plaintext of a chained cipher of 16·n octets: every block's key is known at once, so one XOR does it all."""
    stream = md5(secret + start).digest()
    for at in range(16, len(cipher), 16):
        stream += md5(secret + cipher[at - 16 : at]).digest()
    return (_number(cipher) ^ _number(stream)).to_bytes(len(cipher))


def _chain(plain: bytes, secret: bytes, start: bytes) -> bytes:
    """Chained cipher of a plaintext of 16·n octets: each block's key needs the block before it."""
    cipher = b""
    for at in range(0, len(plain), 16):
        start = (_number(plain[at : at + 16]) ^ _number(md5(secret + start).digest())).to_bytes(16)
        cipher += start
    return cipher
