"""The catalogue of bad input that can reach a UDP port, as octets: what is dropped, what is rejected, what passes untouched.

Numbers are those of the catalogue of attacks and faults this project keeps. Says nothing of how it is sent.
"""

from __future__ import annotations

import hmac
from typing import NamedTuple

from tests.flow.city import dashed, station
from tests.peers import packets
from tests.peers.freeradius import SECRET
from tests.peers.packets import (
    CALLING,
    CHAP_PASSWORD,
    CLASS,
    EAP_MESSAGE,
    NAS_IDENTIFIER,
    PROXY_STATE,
    SESSION_ID,
    SIGNATURE,
    STATUS_SERVER,
    STATUS_TYPE,
    USER_NAME,
    USER_PASSWORD,
    VENDOR,
    ZEROS,
    Row,
)

NAME = b"bob@twin.example"
OTHER = "the secret of another client"
START = b"\0\0\0\1"


def rows(*more: Row, name: bytes = NAME) -> list[Row]:
    return [(USER_NAME, name), (CALLING, dashed(station()).encode()), *more]


def access(*more: Row, identifier: int = 0, secret: str = SECRET, sign: bool = True, code: int = 1, name: bytes = NAME) -> bytes:
    return packets.request(rows(*more, name=name), secret, identifier=identifier, sign=sign, code=code)


def account(*more: Row, session: str = "s", secret: str = SECRET, identifier: int = 0, name: bytes = NAME) -> bytes:
    rows = [(USER_NAME, name), (STATUS_TYPE, START), (SESSION_ID, session.encode()), (NAS_IDENTIFIER, b"ap"), *more]
    return packets.accounting(rows, secret, identifier=identifier)


def tail(octets: bytes) -> bytes:
    """A request correctly signed over octets behind its attributes that are none."""
    whole = packets.write(1, 0, bytes(range(16)), [(SIGNATURE, ZEROS), *rows()]) + octets
    whole = whole[:2] + len(whole).to_bytes(2, "big") + whole[4:]
    return whole[:22] + hmac.digest(SECRET.encode(), whole, "md5") + whole[38:]


def length(octets: bytes, length: int) -> bytes:
    return octets[:2] + length.to_bytes(2, "big") + octets[4:]


def flip(octets: bytes, at: int) -> bytes:
    changed = bytearray(octets)
    changed[at] ^= 1
    return bytes(changed)


class Bad(NamedTuple):
    """One entry: what is sent where, and the Reason under which it is dropped."""

    octets: bytes
    reason: str
    port: str = "auth"
    source: str = "127.0.0.1"


def catalogue() -> dict[str, Bad]:
    good, acct = access(), account()
    proxied = (PROXY_STATE, b"x")
    said = packets.identity(NAME.decode())
    return {
        **{f"1: {size} octets": Bad(good[:size], "TOO_SHORT") for size in (0, 1, 4, 19)},
        **{f"2: Length {size}": Bad(length(good, size), "BAD_LENGTH") for size in (0, 19)},
        "3: Length beyond the datagram": Bad(length(good, len(good) + 1), "TOO_SHORT"),
        "3: cut short": Bad(good[:-1], "TOO_SHORT"),
        **{f"5: Length {size}": Bad(length(good, size), "BAD_LENGTH") for size in (4097, 65535)},
        "5: 5000 octets": Bad(access(*((CLASS, b"x" * 250),) * 20), "BAD_LENGTH"),
        "6: one octet left over": Bad(tail(b"\x19"), "BAD_ATTRIBUTE"),
        "7: attribute length 0": Bad(tail(b"\x19\0"), "BAD_ATTRIBUTE"),
        "7: attribute length 1": Bad(tail(b"\x19\1"), "BAD_ATTRIBUTE"),
        "9: attribute overruns, signed": Bad(tail(b"\x19\x20short"), "BAD_ATTRIBUTE"),
        "10: attribute type 0": Bad(access((0, b"x")), "BAD_ATTRIBUTE"),
        **{f"11: code {code}": Bad(access(code=code), "BAD_CODE") for code in (0, 2, 3, 5, 6, 7, 8, 9, 10, 11, 52, 77, 255)},
        "13: accounting on the auth port": Bad(acct, "BAD_CODE"),
        "13: access on the accounting port": Bad(good, "BAD_CODE", "acct"),
        **{f"14: code {code} on the auth port": Bad(access(code=code), "BAD_CODE") for code in (40, 43)},
        "15: 201 attributes": Bad(access(*((CLASS, b"x"),) * 198), "TOO_MANY_ATTRIBUTES"),
        "35: Message-Authenticator wrong": Bad(flip(good, 25), "BAD_MESSAGE_AUTHENTICATOR"),
        "35: an attribute changed": Bad(flip(good, -1), "BAD_MESSAGE_AUTHENTICATOR"),
        "35: Message-Authenticator of 15 octets": Bad(access((SIGNATURE, bytes(15)), sign=False), "BAD_MESSAGE_AUTHENTICATOR"),
        "37: two Message-Authenticators": Bad(access((SIGNATURE, ZEROS), (CLASS, b"x"), (SIGNATURE, ZEROS)), "BAD_MESSAGE_AUTHENTICATOR"),
        "38: another client's secret": Bad(access(secret=OTHER), "BAD_MESSAGE_AUTHENTICATOR"),
        "40: no Message-Authenticator": Bad(access(sign=False), "NO_MESSAGE_AUTHENTICATOR"),
        "41: Proxy-State unsigned": Bad(access(proxied, sign=False), "PROXY_STATE_UNSIGNED"),
        "42: EAP unsigned": Bad(access(said, sign=False), "NO_MESSAGE_AUTHENTICATOR"),
        "43: Status-Server unsigned": Bad(packets.request([], SECRET, code=STATUS_SERVER, sign=False), "NO_MESSAGE_AUTHENTICATOR"),
        "43: Status-Server wrongly signed": Bad(packets.request([], OTHER, code=STATUS_SERVER), "BAD_MESSAGE_AUTHENTICATOR"),
        "43: the same for accounting": Bad(packets.request([], OTHER, code=STATUS_SERVER), "BAD_MESSAGE_AUTHENTICATOR", "acct"),
        "45: an unknown address": Bad(good, "UNKNOWN_CLIENT", source="127.0.0.9"),
        "45: an unknown address, octets that are no packet": Bad(b"x", "UNKNOWN_CLIENT", source="127.0.0.9"),
        "46: a known address, another's secret": Bad(good, "BAD_MESSAGE_AUTHENTICATOR", source="127.0.0.2"),
        "49: Request Authenticator wrong": Bad(flip(acct, -1), "BAD_AUTHENTICATOR", "acct"),
        "49: another client's secret": Bad(account(secret=OTHER), "BAD_AUTHENTICATOR", "acct"),
        "49: Request Authenticator of zeros": Bad(acct[:4] + ZEROS + acct[20:], "BAD_AUTHENTICATOR", "acct"),
        "70: EAP and User-Password": Bad(access(said, (USER_PASSWORD, bytes(16))), "EAP_AND_PASSWORD"),
        "70: EAP and CHAP-Password": Bad(access(said, (CHAP_PASSWORD, bytes(17))), "EAP_AND_PASSWORD"),
    }


REJECTED = {
    "19: no User-Name": (packets.request([(USER_PASSWORD, bytes(16)), (CALLING, b"02-00-00-FF-00-01")], SECRET), "NO_USER_NAME"),
    "21: two User-Names": (access((USER_NAME, b"alice@twin.example")), "TWO_USER_NAMES"),
    "67: EAP longer than it says": (access((EAP_MESSAGE, b"\x02\x07\x00\x05\x01extra")), "BAD_EAP"),
    "67: EAP shorter than it says": (access((EAP_MESSAGE, b"\x02\x07\x01\x00\x01bob")), "BAD_EAP"),
    "67: EAP of one octet": (access((EAP_MESSAGE, b"\x02")), "BAD_EAP"),
    "67: EAP of code 9": (access((EAP_MESSAGE, b"\x09\x07\x00\x05\x01")), "BAD_EAP"),
    "67: EAP identity of another": (access(packets.identity("alice@twin.example", identifier=7)), "BAD_EAP"),
    "71: User-Password of 15 octets": (access((USER_PASSWORD, bytes(15))), "BAD_PASSWORD_ATTRIBUTE"),
    "71: User-Password of 144 octets": (access((USER_PASSWORD, bytes(144))), "BAD_PASSWORD_ATTRIBUTE"),
    "73: CHAP-Password of 16 octets": (access((CHAP_PASSWORD, bytes(16))), "BAD_PASSWORD_ATTRIBUTE"),
    "73: CHAP-Password of 18 octets": (access((CHAP_PASSWORD, bytes(18))), "BAD_PASSWORD_ATTRIBUTE"),
}


UNTOUCHED: dict[str, list[Row]] = {
    "17: NAS-IP-Address of 3 octets": [(4, b"\x7f\0\0")],
    "17: NAS-Port of 16 octets": [(5, bytes(16))],
    "17: a date of 2 octets": [(55, b"\1\2")],
    "18: text that is not UTF-8": [(18, b"\xff\xfe\x00")],
    "22: 253 octets": [(25, b"\0" * 253)],
    "23: two NAS-Identifiers": [(NAS_IDENTIFIER, b"one"), (NAS_IDENTIFIER, b"two")],
    "23: two Calling-Station-Ids": [(CALLING, b"one"), (CALLING, b"two")],
    "25: vendor length 0": [(VENDOR, b"\0\0\0\x09\1\0")],
    "25: vendor length 1": [(VENDOR, b"\0\0\0\x09\1\1")],
    "26: vendor length overruns": [(VENDOR, b"\0\0\0\x09\1\x50abc")],
    "26: no vendor at all": [(VENDOR, b"\0\0")],
    "27: vendor id with a top octet": [(VENDOR, b"\x80\0\0\x09\1\3x")],
    "29: nested 50 deep": [(241, b"".join(bytes((1, 2 * depth)) for depth in range(50, 0, -1)))],
    "30: more-flag on the last fragment": [(245, b"\1\x80first"), (245, b"\1\x80last")],
    "31: Tunnel-Password of 1 octet in a request": [(69, b"x")],
    "33: an integer of 5 octets": [(27, b"12345")],
    "39: two Classes around a State": [(CLASS, b"a"), (24, b"s"), (CLASS, b"a")],
    "66: State of nobody": [(24, b"never issued")],
}
