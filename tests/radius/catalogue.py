"""What the tests of the catalogue of bad input (facts/reliability.md, section 2) share: its numbers, a road, two verdicts."""

from __future__ import annotations

import hashlib

from federation.realms import RealmRow
from radius.actions import Drop, Origin, Send
from radius.admission import AUTH
from radius.clients import Clients
from radius.secret import Secret
from radius.tables import Client
from radius.wire import parse
from tests.radius.road import BELOW, ORIGIN, Road, access, accounting, check_answer, hmac_md5, home, only, replace, replied, sent, verdicts

# Not to be met at a port of ours, and where they are proved instead.
ELSEWHERE = {
    34: "a dictionary file: tests/radius/test_dictionary.py",
    79: "a home at our own address is refused when declared: tests/proxeny; one that loops all the same is 78",
}
ITEMS = (
    {1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15, 17, 18, 19, 21, 22, 23, 25, 26, 27, 29, 30, 31, 33, 34}
    | {35, 37, 38, 39, 41, 42, 43, 45, 46, 47, 49, 50}
    | {51, 53, 54, 55, 57, 58, 59, 61, 62, 63, 65, 66, 67, 69, 70, 71, 73, 74, 75, 77, 78, 79}
)  # fmt: skip

OTHER = b"the secret of another client"
NAME = (1, b"ada@uni-a.example")
VECTOR = bytes(range(16))
GOOD = access(1, [NAME], VECTOR)
RECORD = accounting(1, [NAME, (40, b"\0\0\0\1"), (44, b"s")])
EAP = (79, b"\x02\x07\x00\x05\x03")


def fresh(**client: object) -> Road:
    """Two clients with secrets of their own, a home, and a default route that would take anything."""
    road = Road(realms=(RealmRow("uni-a.example", homes=("uni-a-1",)), RealmRow("*", homes=("uni-a-1",))), **client)
    rows = (road.client, Client("bakery", Secret(OTHER), ("127.1.0.0/24",)))
    road.engine.adopt(replace(road.tables((home("uni-a-1", 1),)), clients=Clients(rows)), road.now)
    return road


def tail(octets: bytes) -> bytes:
    """A request correctly signed over octets behind its attributes."""
    whole = access(1, [NAME, (31, b"x" * len(octets))], VECTOR)
    head, body = whole[:20], whole[20 : -18 - len(octets) - 2] + octets + whole[-18:-16]
    head = head[:2] + (20 + len(body) + 16).to_bytes(2, "big") + head[4:]
    return head + body + hmac_md5(BELOW, head + body + bytes(16))


def length(octets: bytes, number: int) -> bytes:
    """With another Length field."""
    return octets[:2] + number.to_bytes(2, "big") + octets[4:]


def accounting_with(code: int) -> bytes:
    """An Accounting-Request's shape and signature under another code."""
    head = bytes((code, 1)) + RECORD[2:4]
    return head + hashlib.md5(head + bytes(16) + RECORD[20:] + BELOW).digest() + RECORD[20:]


def dropped(road: Road, octets: bytes, reason: str, allowed: frozenset[int] = AUTH, origin: Origin = ORIGIN) -> None:
    """Nothing but one Drop, counted; no state of it anywhere; a good request is served."""
    (drop,) = road.receive(octets, origin, allowed)
    assert isinstance(drop, Drop)
    assert reason == drop.reason.name
    assert {reason: 1} == {name: times for name, times in road.engine.counts.items() if times}
    assert (0, 0, 0) == (len(road.engine._duplicates), len(road.engine._conversations), road.engine.in_flight)
    sent(road.receive(road.ask()))


def refused(road: Road, asked: bytes, reason: str) -> None:
    """One Access-Reject, with the client's Proxy-State; nothing sent."""
    actions = road.receive(asked)
    reject = check_answer(replied(actions), asked)
    request = parse(asked)
    assert (3, request.values(33)) == (reject.code, reject.values(33))
    assert (79 in request.first, 79 not in request.first) == (79 in reject.first, 18 in reject.first)
    assert [("refused", reason)] == verdicts(actions)
    assert [] == only(actions, Send)
    assert 1 == road.engine.counts[reason]
