"""RADIUS packets made and read by the tests themselves, so that the code under test never judges its own work.

Builds wrong packets as readily as right ones: no function here refuses anything.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ACCESS_REQUEST, ACCESS_ACCEPT, ACCESS_REJECT, ACCOUNTING_REQUEST, ACCOUNTING_RESPONSE = 1, 2, 3, 4, 5
ACCESS_CHALLENGE, STATUS_SERVER = 11, 12
USER_NAME, USER_PASSWORD, CHAP_PASSWORD, NAS_IP_ADDRESS, REPLY_MESSAGE, STATE, CLASS, VENDOR = 1, 2, 3, 4, 18, 24, 25, 26
CALLED, CALLING, NAS_IDENTIFIER, PROXY_STATE, STATUS_TYPE, DELAY, SESSION_ID = 30, 31, 32, 33, 40, 41, 44
CHAP_CHALLENGE, EAP_MESSAGE, SIGNATURE = 60, 79, 80
ZEROS = bytes(16)

Row = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet as it came: code, identifier, authenticator, (type, value) rows in order."""

    code: int
    identifier: int
    authenticator: bytes
    rows: tuple[Row, ...] = ()
    octets: bytes = field(default=b"", repr=False)

    def values(self, kind: int) -> list[bytes]:
        return [value for type_, value in self.rows if type_ == kind]

    def value(self, kind: int) -> bytes | None:
        return next(iter(self.values(kind)), None)


def read(octets: bytes) -> Packet:
    """The packet in these octets, whose lengths must hold."""
    length = int.from_bytes(octets[2:4], "big")
    assert 20 <= length <= len(octets)
    rows, at = [], 20
    while at < length:
        size = octets[at + 1]
        assert size >= 2
        rows.append((octets[at], octets[at + 2 : at + size]))
        at += size
    assert at == length
    return Packet(octets[0], octets[1], octets[4:20], tuple(rows), octets[:length])


def write(code: int, identifier: int, authenticator: bytes, rows: Iterable[Row]) -> bytes:
    """Octets with a right Length field; nothing signed."""
    body = b"".join(bytes((kind, len(value) + 2)) + value for kind, value in rows)
    return bytes((code, identifier)) + (20 + len(body)).to_bytes(2, "big") + authenticator + body


def _signed(octets: bytes, vector: bytes, secret: bytes) -> bytes:
    """Fill in the first Message-Authenticator (RFC 3579, 3.2), `vector` standing in the Authenticator field."""
    at = 20
    while octets[at] != SIGNATURE:
        at += octets[at + 1]
    blank = octets[: at + 2] + ZEROS + octets[at + 18 :]
    return octets[: at + 2] + hmac.digest(secret, blank[:4] + vector + blank[20:], "md5") + octets[at + 18 :]


def request(
    rows: Iterable[Row], secret: str, *, code: int = ACCESS_REQUEST, identifier: int = 0, sign: bool = True, authenticator: bytes = b""
) -> bytes:
    """An Access-Request or Status-Server; Message-Authenticator first, or where `rows` hold it."""
    rows = list(rows)
    if sign and not any(kind == SIGNATURE for kind, _ in rows):
        rows.insert(0, (SIGNATURE, ZEROS))
    octets = write(code, identifier, authenticator or os.urandom(16), rows)
    return _signed(octets, octets[4:20], secret.encode()) if sign else octets


def accounting(rows: Iterable[Row], secret: str, *, identifier: int = 0) -> bytes:
    """An Accounting-Request with its Request Authenticator (RFC 2866, 3)."""
    octets = write(ACCOUNTING_REQUEST, identifier, ZEROS, rows)
    return octets[:4] + hashlib.md5(octets + secret.encode()).digest() + octets[20:]


def answer(asked: Packet, code: int, rows: Iterable[Row], secret: str, *, sign: bool = True) -> bytes:
    """A response to `asked`: Message-Authenticator first, Proxy-State echoed last, Response Authenticator (RFC 2865, 3)."""
    rows = [*([(SIGNATURE, ZEROS)] if sign else []), *rows, *((PROXY_STATE, value) for value in asked.values(PROXY_STATE))]
    octets = write(code, asked.identifier, asked.authenticator, rows)
    if sign:
        octets = _signed(octets, asked.authenticator, secret.encode())
    return octets[:4] + hashlib.md5(octets + secret.encode()).digest() + octets[20:]


def proves(octets: bytes, asked: bytes, secret: str) -> bool:
    """Whether a response is authentic: its Response Authenticator, and its Message-Authenticator if it has one."""
    key, vector = secret.encode(), asked[4:20]
    if hashlib.md5(octets[:4] + vector + octets[20:] + key).digest() != octets[4:20]:
        return False
    return all(kind != SIGNATURE for kind, _ in read(octets).rows) or _signed(octets, vector, key) == octets


def signature_holds(octets: bytes, secret: str) -> bool:
    """Whether a request's Message-Authenticator is right."""
    return _signed(octets, octets[4:20], secret.encode()) == octets


def hide(password: bytes, authenticator: bytes, secret: str) -> bytes:
    """User-Password hidden (RFC 2865, 5.2)."""
    padded = password.ljust(max(16, -(-len(password) // 16) * 16), b"\0")
    hidden, last = b"", authenticator
    for at in range(0, len(padded), 16):
        last = bytes(a ^ b for a, b in zip(padded[at : at + 16], hashlib.md5(secret.encode() + last).digest(), strict=True))
        hidden += last
    return hidden


def reveal(hidden: bytes, authenticator: bytes, secret: str) -> bytes:
    """User-Password read again."""
    plain, last = b"", authenticator
    for at in range(0, len(hidden), 16):
        block = hidden[at : at + 16]
        plain += bytes(a ^ b for a, b in zip(block, hashlib.md5(secret.encode() + last).digest(), strict=True))
        last = block
    return plain.rstrip(b"\0")


def pap(name: str, password: str, secret: str, *more: Row, identifier: int = 0, sign: bool = True) -> bytes:
    """An Access-Request with User-Password."""
    vector = os.urandom(16)
    rows = [(USER_NAME, name.encode()), (USER_PASSWORD, hide(password.encode(), vector, secret)), *more]
    return request(rows, secret, identifier=identifier, sign=sign, authenticator=vector)


def identity(name: str, *, identifier: int = 1) -> Row:
    """EAP-Response/Identity (RFC 3748, 5.1)."""
    return EAP_MESSAGE, bytes((2, identifier)) + (5 + len(name)).to_bytes(2, "big") + b"\x01" + name.encode()


def eap(name: str, secret: str, *more: Row, identifier: int = 0) -> bytes:
    """The first Access-Request of an EAP conversation."""
    return request([(USER_NAME, name.encode()), identity(name), *more], secret, identifier=identifier)
