"""Requests for three proxies to judge: many that all accept, and of every kind on which they might not agree.

Made from a seed, so that a difference repeats. Knows nothing of the verdicts.
"""

from __future__ import annotations

import hmac
import itertools
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.flow.city import dashed, station
from tests.peers import packets
from tests.peers.freeradius import SECRET
from tests.peers.packets import (
    CALLING,
    CHAP_CHALLENGE,
    CHAP_PASSWORD,
    CLASS,
    EAP_MESSAGE,
    PROXY_STATE,
    SIGNATURE,
    STATE,
    USER_NAME,
    USER_PASSWORD,
    VENDOR,
    ZEROS,
    Row,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME = b"bob@uni-a.example"

NAMES = {
    "as usual": NAME,
    "in capitals": b"BOB@UNI-A.EXAMPLE",
    "of 253 octets": b"b" * 239 + b"@uni-a.example",
    "with marks": b"a.b-c_d+e@uni-a.example",
}
STATES: dict[str, tuple[Row, ...]] = {
    "none": (),
    "one": ((PROXY_STATE, b"x"),),
    "three": ((PROXY_STATE, b"a"), (PROXY_STATE, b"b" * 253), (PROXY_STATE, b"c")),
}
VENDORS = {
    "unknown": b"\x00\x00\x63\x63\x0b\x05abc",
    "of one octet": b"\x00\x00\x63\x63\x01",
    "overrun": b"\x00\x00\x00\x09\x01\x30abc",
    "of length 0": b"\x00\x00\x00\x09\x01\x00abc",
}
STRANGE_NAMES = {
    b"bob@nowhere.example": "no route",
    b"bob@uni-b.example": "no route",
    b"bob@uni-a.example.org": "no route",
    b"bob": "no realm",
    b"host.uni-a.example": "no realm",
    b"UNI\\bob": "no realm",
    b"bob@": "no such realm, misspelt",
    b"bob@uni-a.example ": "no such realm, misspelt",
    b"bob@uni-a..example": "no such realm, misspelt",
    b"bob@.uni-a.example": "no such realm, misspelt",
    b"bob@uni-a.example.": "no such realm, misspelt",
    b"bob@uni a.example": "no such realm, misspelt",
    b"a@b@uni-a.example": "no network access identifier",
    b" bob@uni-a.example": "no network access identifier",
    b"b b@uni-a.example": "no network access identifier",
    b"bob\t@uni-a.example": "no network access identifier",
    b"bob\n@uni-a.example": "no network access identifier",
    b"b..b@uni-a.example": "no network access identifier",
    b"b\xff\xfeb@uni-a.example": "no network access identifier",
    b"bob\0@uni-a.example": "a NUL in the name",
}


@dataclass(frozen=True, slots=True)
class Request:
    """A request by name; `kind` is its line in the table of differences, "" where all three have to accept."""

    name: str
    octets: bytes
    kind: str = ""


class Requests:
    """Makes them, each from a station of its own, so that no limit of ours has a say."""

    def __init__(self, seed: int = 6) -> None:
        self.chance = random.Random(seed)

    def all(self) -> list[Request]:
        return [*self._agreed(), *self._names(), *self._signatures(), *self._credentials(), *self._shapes(), *self._codes()]

    # ---- the parts of a request

    def _rows(self, name: bytes = NAME) -> list[Row]:
        return [(USER_NAME, name), (CALLING, dashed(station()).encode())]

    def pap(self, name: bytes = NAME, *more: Row, password: bytes = b"secret word", sign: bool = True) -> bytes:
        vector = self.chance.randbytes(16)
        hidden = (USER_PASSWORD, packets.hide(password, vector, SECRET))
        return packets.request([*self._rows(name), hidden, *more], SECRET, sign=sign, authenticator=vector)

    def raw(self, *more: Row, name: bytes = NAME, sign: bool = True) -> bytes:
        return packets.request([*self._rows(name), *more], SECRET, sign=sign, authenticator=self.chance.randbytes(16))

    def eap(self, name: bytes = NAME, *more: Row, sign: bool = True) -> bytes:
        return self.raw(*said(name), *more, name=name, sign=sign)

    def chap(self, name: bytes = NAME, *more: Row) -> bytes:
        return self.raw((CHAP_PASSWORD, self.chance.randbytes(17)), *more, name=name)

    # ---- those that every proxy forwards

    def _agreed(self) -> Iterator[Request]:
        for (named, name), (way, make), (stated, rows) in itertools.product(NAMES.items(), self.ways.items(), STATES.items()):
            yield Request(f"{way}, name {named}, Proxy-State {stated}", make(name, *rows))
        blank = (SIGNATURE, ZEROS)
        for place, rows in (("in the middle", (blank, (CLASS, b"x"))), ("last", ((CLASS, b"x"), blank))):
            yield Request(f"Message-Authenticator {place}", self.eap(NAME, *rows))
        for length in (1, 15, 16, 17, 100, 128):
            yield Request(f"password of {length}", self.pap(password=b"p" * length))
        for number in (25, 63, 192, 223, 241, 245, 255):
            kind = "an extended attribute" if number in (241, 245) else ""
            yield Request(f"attribute {number}", self.pap(NAME, (number, b"\x05\x00" + self.chance.randbytes(8))), kind)
        for named, value in VENDORS.items():
            yield Request(f"vendor attribute {named}", self.pap(NAME, (VENDOR, value)))
        for number, value in ((4, b"\x7f\0\0"), (5, bytes(16)), (55, b"\0\1"), (27, b"\0\0\0")):
            yield Request(f"attribute {number} of a wrong length", self.pap(NAME, (number, value)))
        yield Request("CHAP with its challenge", self.chap(NAME, (CHAP_CHALLENGE, self.chance.randbytes(16))))
        yield Request("State unknown", self.pap(NAME, (STATE, b"never issued")))
        yield Request("octets behind the Length", self.pap() + bytes(40))
        yield Request("EAP in three pieces", self.raw(*_pieces(b"\x02\x01\x02\x58\x0d" + bytes(595))))
        yield Request("EAP-Start", self.raw((EAP_MESSAGE, b"")))
        yield Request("an empty user part", self.pap(b"@uni-a.example"))
        yield Request("nearly 4096 octets", self.pap(NAME, *((CLASS, bytes([number]) * 250) for number in range(15))))

    @property
    def ways(self) -> dict[str, Callable[..., bytes]]:
        return {"PAP": self.pap, "CHAP": self.chap, "EAP": self.eap}

    # ---- identities and realms

    def _names(self) -> Iterator[Request]:
        for name, kind in STRANGE_NAMES.items():
            yield Request(f"{name!r}", self.pap(name), kind)
            yield Request(f"{name!r}, EAP", self.eap(name), kind)
        yield Request("no User-Name", packets.request([(USER_PASSWORD, bytes(16)), (CALLING, b"x1")], SECRET), "no User-Name")
        yield Request("two User-Names", self.pap(NAME, (USER_NAME, b"alice@uni-a.example")), "two User-Names")

    # ---- who signed it

    def _signatures(self) -> Iterator[Request]:
        yield Request("PAP unsigned", self.pap(sign=False), "unsigned")
        yield Request("CHAP unsigned", self.raw((CHAP_PASSWORD, bytes(17)), sign=False), "unsigned")
        yield Request("PAP unsigned with Proxy-State", self.pap(NAME, (PROXY_STATE, b"x"), sign=False), "unsigned")
        yield Request("EAP unsigned", self.eap(sign=False), "EAP unsigned")
        yield Request("signed with another secret", packets.request(self._rows(), "another secret, as long"), "wrongly signed")
        for at in (22, 30, -1):
            octets = bytearray(self.eap())
            octets[at] ^= 1
            yield Request(f"octet {at} changed", bytes(octets), "wrongly signed")
        short = packets.request([*self._rows(), (SIGNATURE, bytes(15))], SECRET, sign=False)
        yield Request("signature of 15 octets", short, "wrongly signed")
        twice = packets.request([*self._rows(), (SIGNATURE, ZEROS), (CLASS, b"x"), (SIGNATURE, ZEROS)], SECRET)
        yield Request("signed twice", twice, "signed twice")

    # ---- what proves the student

    def _credentials(self) -> Iterator[Request]:
        for length in (1, 15, 17, 130, 144):
            yield Request(f"User-Password of {length} octets", self.raw((USER_PASSWORD, bytes(length))), "User-Password of a wrong length")
        for length in (1, 16, 18):
            yield Request(f"CHAP-Password of {length} octets", self.raw((CHAP_PASSWORD, bytes(length))), "CHAP-Password of a wrong length")
        yield Request("User-Password and CHAP-Password", self.pap(NAME, (CHAP_PASSWORD, bytes(17))), "PAP and CHAP at once")
        yield Request("EAP and User-Password", self.pap(NAME, *said(NAME)), "EAP and a password")
        yield Request("EAP and CHAP-Password", self.chap(NAME, *said(NAME)), "EAP and a password")
        yield Request("EAP of one octet", self.raw((EAP_MESSAGE, b"\x02")), "EAP of a wrong length")
        yield Request("EAP longer than it says", self.raw((EAP_MESSAGE, b"\x02\x01\x00\x05\x01extra")), "EAP with octets behind its Length")
        yield Request("EAP shorter than it says", self.raw((EAP_MESSAGE, b"\x02\x01\x01\x00\x01bob")), "EAP of a wrong length")
        yield Request("EAP of code 9", self.raw((EAP_MESSAGE, b"\x09\x01\x00\x05\x01")), "EAP of an unknown code")
        yield Request("EAP identity of another", self.raw(*said(b"alice@uni-a.example")), "EAP identity of another")

    # ---- octets that are no packet

    def _shapes(self) -> Iterator[Request]:
        whole = self.pap()
        cut = {"empty": b"", "one octet": whole[:1], "a header without its last octet": whole[:19], "cut in an attribute": whole[:-3]}
        for named, octets in cut.items():
            yield Request(named, octets, "no packet")
        for length in (0, 19, len(whole) + 1, 4097, 65535):
            yield Request(f"Length field {length}", whole[:2] + length.to_bytes(2, "big") + whole[4:], "no packet")
        yield Request("one octet left over", _with_tail(self._rows(), b"\x01"), "octets behind the last attribute")
        tails = {"attribute of length 0": b"\x19\x00", "attribute of length 1": b"\x19\x01", "attribute that overruns": b"\x19\x40x"}
        for named, tail in tails.items():
            yield Request(named, _with_tail(self._rows(), tail), "no packet")
        yield Request("attribute 0", packets.request([*self._rows(), (0, b"x")], SECRET), "attribute of type 0")
        yield Request("201 attributes", packets.request([*self._rows(), *(((CLASS, b"x"),) * 198)], SECRET), "more than 200 attributes")
        yield Request("5000 octets", packets.request([*self._rows(), *(((CLASS, b"x" * 250),) * 20)], SECRET), "more than 4096 octets")

    # ---- codes

    def _codes(self) -> Iterator[Request]:
        for code in (0, 2, 3, 5, 6, 11, 13, 40, 43, 52, 77, 255):
            yield Request(f"code {code}", packets.request(self._rows(), SECRET, code=code), "a code that is no request here")
        start = packets.accounting([(USER_NAME, NAME), (40, b"\0\0\0\1")], SECRET)
        yield Request("Accounting-Request", start, "accounting on the other port")
        yield Request("Status-Server", packets.request([], SECRET, code=packets.STATUS_SERVER))
        unsigned = packets.request([], SECRET, code=packets.STATUS_SERVER, sign=False)
        yield Request("Status-Server unsigned", unsigned, "Status-Server unsigned")


def said(name: bytes) -> list[Row]:
    """EAP-Response/Identity with octets for a name, in as many attributes as it takes."""
    return _pieces(b"\x02\x01" + (5 + len(name)).to_bytes(2, "big") + b"\x01" + name)


def _pieces(packet: bytes) -> list[Row]:
    return [(EAP_MESSAGE, packet[at : at + 253]) for at in range(0, len(packet), 253)]


def _with_tail(rows: list[Row], tail: bytes) -> bytes:
    """A request signed over octets behind its last attribute that are none."""
    rows = [(SIGNATURE, ZEROS), *rows]
    octets = packets.write(packets.ACCESS_REQUEST, 0, bytes(range(16)), rows) + tail
    octets = octets[:2] + len(octets).to_bytes(2, "big") + octets[4:]
    return octets[:22] + hmac.digest(SECRET.encode(), octets, "md5") + octets[38:]
