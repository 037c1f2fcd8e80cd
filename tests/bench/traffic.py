"""EAP-shaped packets in Python, the shape of radload.c's: for driving an Engine without a socket.

Written with hmac and hashlib alone, so that it checks `radius.codec` rather than repeating it. Never fast.
"""

from __future__ import annotations

import hashlib
import hmac

SECRET = b"a-secret-of-the-bench-1"
KEY = b"\x5a" * 32
REALM = "bench.example"


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute in octets."""
    return bytes((kind, len(value) + 2)) + value


def access_request(
    identifier: int, authenticator: bytes, station: int, *, state: bytes = b"", realm: str = REALM, secret: bytes = SECRET
) -> bytes:
    """An Access-Request of an access point: EAP-Response, Message-Authenticator last; with `state` a later round."""
    user = f"visitor{station}@{realm}".encode()
    eap = bytes((2, 1)) + (len(user) + 5).to_bytes(2, "big") + b"\x01" + user
    if state:  # a round inside the tunnel: PEAP, some 120 octets
        eap = bytes((2, 7)) + (126).to_bytes(2, "big") + b"\x19\x00" + bytes(120)
    attributes = b"".join((
        attribute(1, user), attribute(4, b"\x7f\0\0\1"), attribute(32, b"ap-017"),
        attribute(31, b"02-00-00-00-%02X-%02X" % divmod(station, 256)), attribute(30, b"AA-BB-CC-DD-EE-FF:eduroam"),
        attribute(61, b"\0\0\0\x13"), attribute(12, b"\0\0\x05\x78"), attribute(79, eap),
        attribute(24, state) if state else b"",
    ))  # fmt: skip
    head = bytes((1, identifier)) + (20 + len(attributes) + 18).to_bytes(2, "big") + authenticator
    return head + attributes + attribute(80, hmac.digest(secret, head + attributes + attribute(80, bytes(16)), "md5"))


def accounting_request(
    identifier: int, station: int, number: int, *, status: int = 1, realm: str = REALM, extra: bytes = b"", secret: bytes = SECRET
) -> bytes:
    """An Accounting-Request: Start unless said otherwise."""
    attributes = b"".join((
        attribute(1, f"visitor{station}@{realm}".encode()), attribute(4, b"\x7f\0\0\1"), attribute(32, b"ap-017"),
        attribute(31, b"02-00-00-00-%02X-%02X" % divmod(station, 256)), attribute(30, b"AA-BB-CC-DD-EE-FF:eduroam"),
        attribute(40, status.to_bytes(4, "big")), attribute(44, b"%08x" % number), extra,
    ))  # fmt: skip
    head = bytes((4, identifier)) + (20 + len(attributes)).to_bytes(2, "big")
    return head + hashlib.md5(head + bytes(16) + attributes + secret).digest() + attributes


def mppe(kind: int, key: bytes, authenticator: bytes, secret: bytes) -> bytes:
    """An MS-MPPE key, hidden (RFC 2548, 2.4.2)."""
    plain = bytes((len(key),)) + key
    plain += bytes(-len(plain) % 16)
    salt = bytes((0x80, kind))
    hidden, last = b"", authenticator + salt
    for at in range(0, len(plain), 16):
        stream = hashlib.md5(secret + last).digest()
        last = bytes(a ^ b for a, b in zip(plain[at : at + 16], stream, strict=True))
        hidden += last
    return attribute(26, b"\0\0\1\x37" + attribute(kind, salt + hidden))


def answer(request: bytes, code: int, *, state: bytes = b"", secret: bytes = SECRET, extra: bytes = b"") -> bytes:
    """What a home says to `request`: Message-Authenticator first, Proxy-State echoed."""
    authenticator, at, echoed, user = request[4:20], 20, b"", b""
    while at < len(request):
        kind, size = request[at], request[at + 1]
        echoed += request[at : at + size] if kind == 33 else b""
        user = user or (request[at : at + size] if kind == 1 else b"")
        at += size
    attributes = {
        2: mppe(17, KEY, authenticator, secret)
        + mppe(16, KEY, authenticator, secret)
        + attribute(25, b"class-of-the-home")
        + attribute(79, b"\3\1\0\4")
        + user,
        3: attribute(79, b"\4\1\0\4"),
        11: attribute(24, state) + attribute(79, b"\1\7\4\0" + bytes(200)),
    }.get(code, b"")
    signed = code != 5
    body = attribute(80, bytes(16)) * signed + attributes + extra + echoed
    head = bytes((code, request[1])) + (20 + len(body)).to_bytes(2, "big")
    if signed:
        body = attribute(80, hmac.digest(secret, head + authenticator + body, "md5")) + body[18:]
    return head + hashlib.md5(head + authenticator + body + secret).digest() + body
