"""The catalogue of bad input (facts/reliability.md, section 2), item by item: octets and authenticity (A, B).

"Dropped" means: no answer, the Reason counted once, no state changed, and the next good request served. Dialogue,
realms and routes are in test_catalogue_dialogue.py; the same over real ports, in part, in tests/flow/test_bad_input.py.
"""

from __future__ import annotations

import hashlib
import re

import pytest

from federation.realms import RealmRow
from radius.actions import Ask, Origin
from radius.admission import ACCT
from radius.clients import Clients
from radius.secret import Secret
from radius.tables import Client
from radius.wire import attribute
from tests.radius import test_catalogue_dialogue
from tests.radius.catalogue import (
    EAP,
    ELSEWHERE,
    GOOD,
    ITEMS,
    NAME,
    OTHER,
    RECORD,
    VECTOR,
    accounting_with,
    dropped,
    fresh,
    length,
    refused,
    tail,
)
from tests.radius.road import (
    ABOVE,
    BELOW,
    TAG,
    Road,
    access,
    accounting,
    answer,
    check_answer,
    check_request,
    hmac_md5,
    only,
    reasons,
    replied,
    sent,
)

DROPPED: dict[str, tuple[bytes, str]] = {
    **{f"1: {size} octets": (GOOD[:size], "TOO_SHORT") for size in (0, 1, 4, 19)},
    **{f"2: Length {size}": (length(GOOD, size), "BAD_LENGTH") for size in (0, 19)},
    "3: Length beyond the datagram": (length(GOOD, len(GOOD) + 1), "TOO_SHORT"),
    **{f"5: Length {size}": (length(GOOD, size) + bytes(size - len(GOOD)), "BAD_LENGTH") for size in (4097, 5000, 65535)},
    "6: one octet left over": (length(GOOD + b"\x01", len(GOOD) + 1), "BAD_ATTRIBUTE"),
    "7: attribute of length 0": (tail(b"\x19\x00"), "BAD_ATTRIBUTE"),
    "7: attribute of length 1": (tail(b"\x19\x01"), "BAD_ATTRIBUTE"),
    "9: attribute that overruns, signed": (tail(b"\x19\xff"), "BAD_ATTRIBUTE"),
    "10: attribute of type 0": (tail(b"\x00\x03a"), "BAD_ATTRIBUTE"),
    **{f"11: code {code}": (access(1, [NAME], VECTOR, code=code), "BAD_CODE") for code in (0, 2, 3, 5, *range(6, 12), 52, 77, 255)},
    "13: Accounting-Request on the other port": (RECORD, "BAD_CODE"),
    "14: Disconnect-Request": (accounting_with(40), "BAD_CODE"),
    "14: CoA-Request": (accounting_with(43), "BAD_CODE"),
    "15: 201 attributes": (access(1, [NAME, *[(25, b"")] * 199], VECTOR), "TOO_MANY_ATTRIBUTES"),
    "15: 2000 attributes": (access(1, [NAME, *[(25, b"")] * 1999], VECTOR), "TOO_MANY_ATTRIBUTES"),
    "35: Message-Authenticator wrong": (GOOD[:-1] + bytes((GOOD[-1] ^ 1,)), "BAD_MESSAGE_AUTHENTICATOR"),
    "35: an attribute changed behind it": (GOOD.replace(b"ada", b"eve"), "BAD_MESSAGE_AUTHENTICATOR"),
    "37: two Message-Authenticators": (access(1, [NAME, (80, bytes(16))], VECTOR), "BAD_MESSAGE_AUTHENTICATOR"),
    "38: by another client's secret": (access(1, [NAME], VECTOR, OTHER), "BAD_MESSAGE_AUTHENTICATOR"),
    "41: unsigned with Proxy-State": (access(1, [NAME, (33, b"p")], VECTOR, signed=False), "PROXY_STATE_UNSIGNED"),
    "42: EAP unsigned": (access(1, [NAME, EAP], VECTOR, signed=False), "NO_MESSAGE_AUTHENTICATOR"),
    "43: Status-Server unsigned": (access(1, [], VECTOR, code=12, signed=False), "NO_MESSAGE_AUTHENTICATOR"),
    "43: Status-Server wrongly signed": (access(1, [], VECTOR, OTHER, code=12), "BAD_MESSAGE_AUTHENTICATOR"),
    "70: EAP and User-Password": (access(1, [NAME, EAP, (2, bytes(16))], VECTOR), "EAP_AND_PASSWORD"),
    "70: EAP and CHAP-Password": (access(1, [NAME, EAP, (3, bytes(17))], VECTOR), "EAP_AND_PASSWORD"),
    "78: our own Proxy-State": (access(1, [NAME, (33, TAG + bytes(8))], VECTOR), "LOOP"),
    "78: forty of them": (access(1, [NAME, *[(33, TAG + bytes(8))] * 40], VECTOR), "LOOP"),
    "78: ours between others": (access(1, [NAME, (33, b"a"), (33, TAG + bytes(8)), (33, b"b")], VECTOR), "LOOP"),
}
DROPPED_ACCOUNTING: dict[str, tuple[bytes, str]] = {
    "13: Access-Request on the other port": (GOOD, "BAD_CODE"),
    "14: Disconnect-Request": (accounting_with(40), "BAD_CODE"),
    "43: Status-Server wrongly signed": (access(1, [], VECTOR, OTHER, code=12), "BAD_MESSAGE_AUTHENTICATOR"),
    "49: Request Authenticator of zeros": (RECORD[:4] + bytes(16) + RECORD[20:], "BAD_AUTHENTICATOR"),
    "49: by another client's secret": (accounting(1, [NAME], OTHER), "BAD_AUTHENTICATOR"),
    "49: an attribute changed": (RECORD.replace(b"ada", b"eve"), "BAD_AUTHENTICATOR"),
    "78: our own Proxy-State": (accounting(1, [NAME, (33, TAG + bytes(8))]), "LOOP"),
}


@pytest.mark.parametrize("case", DROPPED)
def test_a_request_is_dropped(case: str) -> None:
    """On the authentication port."""
    dropped(fresh(), *DROPPED[case])


@pytest.mark.parametrize("case", DROPPED_ACCOUNTING)
def test_a_record_is_dropped(case: str) -> None:
    """On the accounting port: not stored."""
    dropped(fresh(), *DROPPED_ACCOUNTING[case], ACCT)


def test_41_holds_for_the_lenient_too() -> None:
    """No exception lets Proxy-State in unsigned (CVE-2024-3596), nor EAP."""
    for case in ("41: unsigned with Proxy-State", "42: EAP unsigned", "43: Status-Server unsigned"):
        dropped(fresh(require_message_authenticator=False), *DROPPED[case])


def test_43_status_server_signed_is_answered() -> None:
    """Accept, Message-Authenticator first."""
    asked = access(1, [], VECTOR, code=12)
    assert 2 == check_answer(replied(fresh().receive(asked)), asked).code


@pytest.mark.parametrize("octets", [GOOD, b"", b"x" * 5000, access(1, [NAME], VECTOR, OTHER)])
def test_45_an_unknown_address_is_dropped(octets: bytes) -> None:
    """Before anything is read of what it sent."""
    dropped(fresh(), octets, "UNKNOWN_CLIENT", origin=Origin(0, ("192.0.2.1", 1812)))


def test_46_a_known_address_with_another_s_secret_is_dropped() -> None:
    """Each address has its own."""
    dropped(fresh(), GOOD, "BAD_MESSAGE_AUTHENTICATOR", origin=Origin(0, ("127.1.0.1", 1812)))


def test_47_one_address_has_one_secret() -> None:
    """Refused when declared: whose would it be?"""
    with pytest.raises(ValueError, match="one and two both claim"):
        Clients([Client(name, Secret(name.encode() * 9), ("192.0.2.1/32",)) for name in ("one", "two")])


REJECTED: dict[str, tuple[list[tuple[int, bytes]], str]] = {
    "19: no User-Name": ([(2, bytes(16))], "NO_USER_NAME"),
    "19: an empty User-Name": ([(1, b""), (2, bytes(16))], "NO_USER_NAME"),
    "21: two User-Names": ([NAME, (1, b"eve@uni-a.example")], "TWO_USER_NAMES"),
    "21: one User-Name twice": ([NAME, NAME], "TWO_USER_NAMES"),
    "67: EAP of one octet": ([NAME, (79, b"\2")], "BAD_EAP"),
    "67: EAP longer than it says": ([NAME, (79, b"\2\7\0\6\3xyz")], "BAD_EAP"),
    "67: EAP shorter than it says": ([NAME, (79, b"\2\7\1\0\3xyz")], "BAD_EAP"),
    "67: EAP of code 9": ([NAME, (79, b"\x09\7\0\5\3")], "BAD_EAP"),
    "67: another identity": ([NAME, (79, b"\2\7\0\x16\1eve@uni-a.example")], "BAD_EAP"),
    **{f"71: User-Password of {size}": ([NAME, (2, bytes(size))], "BAD_PASSWORD_ATTRIBUTE") for size in (1, 15, 17, 129, 144)},
    **{f"73: CHAP-Password of {size}": ([NAME, (3, bytes(size))], "BAD_PASSWORD_ATTRIBUTE") for size in (0, 1, 16, 18)},
    "74: a password of no octets": ([NAME, (2, b"")], "BAD_PASSWORD_ATTRIBUTE"),
}  # fmt: skip


@pytest.mark.parametrize("case", REJECTED)
def test_a_request_is_rejected_here(case: str) -> None:
    """An Access-Reject with its reason or EAP-Failure, Message-Authenticator first; no home sees it."""
    attributes, reason = REJECTED[case]
    refused(fresh(), access(1, [*attributes, (33, b"p")], VECTOR), reason)


UNTOUCHED: dict[str, list[tuple[int, bytes]]] = {
    "17: NAS-IP-Address of 3 octets": [(4, b"abc")],
    "17: NAS-Port of 16 octets": [(5, bytes(16))],
    "17: a date of 2 octets": [(55, b"\0\1")],
    "18: text that is not UTF-8, with NUL": [(18, b"\xff\0\xfe"), (32, b"\0")],
    "22: 253 octets": [(200, b"x" * 253)],
    "23: two NAS-Identifiers": [(32, b"one"), (32, b"two")],
    "23: two Calling-Station-Ids": [(31, b"one"), (31, b"two")],
    "25: vendor length 0": [(26, b"\0\0\0\x09\1\0")],
    "25: vendor length 1": [(26, b"\0\0\0\x09\1\1")],
    "26: vendor length overruns": [(26, b"\0\0\0\x09\1\xff"), (26, b"\0\0\x01\x37\x10\xffabc")],
    "26: no vendor": [(26, b""), (26, b"\0\0")],
    "27: top octet of the vendor": [(26, b"\x01\0\0\x09\1\3a"), (26, b"\xff\0\x01\x37\x10\3a")],
    "29: nested 50 deep": [(241, b"".join(bytes((26, 102 - 2 * depth)) for depth in range(50)))],
    "30: more-flag on the last fragment": [(245, b"\1\x80a"), (246, b"\1\x80")],
    "31: Tunnel-Password of 1 octet in a request": [(69, b"\1")],
    "33: an integer of 5 octets": [(27, b"12345"), (6, b"12345")],
    "66: State of nobody": [(24, b"foreign"), (24, b"")],
    "69: EAP-TLS fragment with a tiny total and More": [(79, b"\2\7\0\x0b\x0d\xc0\0\0\0\1\x16")],
    "71: User-Password is judged by its length only": [(60, b"")],
}


@pytest.mark.parametrize("case", UNTOUCHED)
def test_what_is_not_ours_to_judge_goes_on_octet_for_octet(case: str) -> None:
    """To the home, and in an Accept or Challenge back to the client; nothing is decoded on the way."""
    road, given = fresh(), UNTOUCHED[case]
    asked = road.ask(*given)
    out = sent(road.receive(asked))
    kinds = {kind for kind, _ in given}
    assert given == [each for each in check_request(out.octets).attributes if each[0] in kinds]
    if kinds & {69, 6}:  # hidden ones and rights are our business in answers: test_31, test_gotchas
        return
    reply = check_answer(replied(road.answered(out, answer(out.octets, 11, given))), asked)
    assert given == [each for each in reply.attributes if each[0] in kinds]


@pytest.mark.parametrize("case", [case for case in UNTOUCHED if not case.startswith(("69", "71"))])
def test_a_record_with_odd_values_is_kept_whole(case: str) -> None:
    """Never a wrong number: the octets are stored as they came."""
    octets = accounting(1, [NAME, (40, b"\0\0\0\1"), (44, b"s"), *UNTOUCHED[case]])
    (ask,) = fresh().receive(octets, allowed=ACCT)
    assert isinstance(ask, Ask)
    assert octets == ask.question.octets  # type: ignore[union-attr]


def test_19_accounting_without_a_name_is_acknowledged_once_stored() -> None:
    """As unknown."""
    road = fresh()
    octets = accounting(1, [(40, b"\0\0\0\1")])
    (ask,) = only(road.receive(octets, allowed=ACCT), Ask)
    check_answer(replied(road.engine.settled(ask.ticket, True, road.now)), octets)


def test_22_a_name_of_253_octets_is_a_name() -> None:
    """The longest there is."""
    name = b"a" * 239 + b"@uni-a.example"
    road = fresh()
    assert name == check_request(sent(road.receive(road.ask(user=name))).octets).value(1)


def test_23_the_first_of_two_stations_counts() -> None:
    """In the record, in the limits, in the balance."""
    road = fresh()
    out = sent(road.receive(road.ask((31, b"one"), (31, b"two"))))
    actions = road.answered(out, answer(out.octets, 2))
    assert [b"one"] == [action.record.station for action in actions if hasattr(action, "record")]


@pytest.mark.parametrize("value", [b"", b"\1", b"\1\x80", b"\1\x80\1", b"\1\x80\1" + bytes(15)])
def test_31_a_tunnel_password_that_cannot_be_one_is_left_out(value: bytes) -> None:
    """Decisions, 8: counted; the Accept goes on. A salt without its high bit is taken."""
    road = fresh()
    asked = road.ask()
    out = sent(road.receive(asked))
    accept = check_answer(replied(road.answered(out, answer(out.octets, 2, [(69, value), (25, b"c")]))), asked)
    assert ([], [b"c"], 1) == (accept.values(69), accept.values(25), road.engine.counts["UNREADABLE_KEY"])
    out = sent(road.receive(asked := road.ask()))
    accept = check_answer(replied(road.answered(out, answer(out.octets, 2, [(69, b"\1\0\1" + bytes(16))]))), asked)
    assert 1 == len(accept.values(69))


@pytest.mark.parametrize("place", [0, 1, 3])
def test_39_message_authenticator_may_stand_anywhere(place: int) -> None:
    """First, in the middle, last: ours goes out first, and once."""
    rows = [attribute(*NAME), attribute(31, b"s"), attribute(25, b"c")]
    rows.insert(place, attribute(80, bytes(16)))
    body = b"".join(rows)
    head = b"\1\1" + (20 + len(body)).to_bytes(2, "big") + VECTOR
    at = body.index(attribute(80, bytes(16)))
    octets = head + body[: at + 2] + hmac_md5(BELOW, head + body) + body[at + 18 :]
    forwarded = check_request(sent(fresh().receive(octets)).octets)
    assert [80, 1, 31, 25] == [kind for kind, _ in forwarded.attributes][:4]
    assert 1 == len(forwarded.values(80))


def test_50_an_accounting_response_signed_over_the_request_authenticator_is_taken() -> None:
    """FreeRADIUS signs so; one that is signed wrongly is not, though its Response Authenticator fits."""
    road = Road(realms=(RealmRow("uni-a.example", homes=("uni-a-1",), forward_accounting=True),))
    out = sent(road.receive(RECORD, allowed=ACCT))
    body = bytes((80, 18)) + bytes(16)
    head = bytes((5, out.octets[1])) + (20 + len(body)).to_bytes(2, "big")
    spoiled = head + hashlib.md5(head + out.octets[4:20] + body + ABOVE).digest() + body
    assert ["BAD_MESSAGE_AUTHENTICATOR"] == reasons(road.answered(out, spoiled))
    road.answered(out, answer(out.octets, 5))
    assert 1 == road.engine.counts["accounting_forwarded"]


def test_every_item_is_here_or_said_to_be_elsewhere() -> None:
    """By its number, in a case's name or a test's."""
    tables = (DROPPED, DROPPED_ACCOUNTING, REJECTED, UNTOUCHED, test_catalogue_dialogue.SPOILED)
    cased = {int(case.split(":")[0]) for table in tables for case in table}
    named = {int(found[1]) for name in (*globals(), *vars(test_catalogue_dialogue)) if (found := re.match(r"test_(\d+)_", name))}
    assert ITEMS == cased | named | set(ELSEWHERE)
