"""The first gate: which code, signed by whom; and which requests no home should see."""

from __future__ import annotations

import hashlib

import pytest

from radius.actions import Reason
from radius.admission import ACCT, AUTH, BOTH, admit, admit_answer, flaw
from radius.secret import Secret
from radius.tables import Client
from radius.wire import parse
from tests.radius.road import ABOVE, BELOW, access, accounting, answer, hmac_md5, home

OTHER = b"somebody else's secret"
NAME = (1, b"ada@uni-a.example")
VECTOR = bytes(range(16))


def client(**more: object) -> Client:
    """The library, with its secret."""
    return Client("library", Secret(BELOW), **more)  # type: ignore[arg-type]


def signed(*attributes: tuple[int, bytes], secret: bytes = BELOW, code: int = 1, sign: bool = True) -> bytes:
    """A request with a random authenticator."""
    return access(1, attributes, VECTOR, secret, code, sign)


@pytest.mark.parametrize(
    ("code", "ports"),
    [
        (1, {"auth", "both"}),
        (4, {"acct", "both"}),
        (12, {"auth", "acct", "both"}),
        *((code, set()) for code in (0, 2, 3, 5, 11, 40, 43, 255)),
    ],
)
def test_each_port_takes_its_own_codes(code: int, ports: set[str]) -> None:
    """RFC 2866, 3 and RFC 5997, 3: by UDP the services are apart; a stream carries both (RFC 6614, 2.3)."""
    octets = accounting(1, [(40, b"\0\0\0\1")]) if code == 4 else signed(NAME, code=code)
    for name, allowed in (("auth", AUTH), ("acct", ACCT), ("both", BOTH)):
        outcome = admit(parse(octets), client(), allowed)
        assert (Secret(BELOW) if name in ports else Reason.BAD_CODE) == outcome


def twice(secret: bytes) -> bytes:
    """Two Message-Authenticators, the first one right."""
    head = b"\x01\x01\x00\x38" + VECTOR
    second = b"\x50\x12" + bytes(16)
    return head + b"\x50\x12" + hmac_md5(secret, head + b"\x50\x12" + bytes(16) + second) + second


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (signed(NAME, secret=OTHER), "BAD_MESSAGE_AUTHENTICATOR"),
        (signed(NAME, (80, bytes(15)), sign=False), "BAD_MESSAGE_AUTHENTICATOR"),
        (signed(NAME, (80, b""), sign=False), "BAD_MESSAGE_AUTHENTICATOR"),
        (twice(BELOW), "BAD_MESSAGE_AUTHENTICATOR"),
        (signed(NAME, sign=False), "NO_MESSAGE_AUTHENTICATOR"),
        (signed(NAME, (79, b""), sign=False), "NO_MESSAGE_AUTHENTICATOR"),
        (signed(code=12, sign=False), "NO_MESSAGE_AUTHENTICATOR"),
        (signed(NAME, (33, b"p"), sign=False), "PROXY_STATE_UNSIGNED"),
        (signed(NAME, (79, b""), (2, bytes(16))), "EAP_AND_PASSWORD"),
        (signed(NAME, (79, b""), (3, bytes(17))), "EAP_AND_PASSWORD"),
        (signed(NAME, (31, b"a"), (31, b"b")), None),
    ],
)
def test_what_is_not_signed_as_it_must_be_is_not_admitted(octets: bytes, reason: str | None) -> None:
    """RFC 3579, 3.1 to 3.3; RFC 5997, 3; CVE-2024-3596."""
    outcome = admit(parse(octets), client(), AUTH)
    assert (Secret(BELOW) if reason is None else Reason[reason]) == outcome


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (signed(NAME, (2, bytes(16)), sign=False), None),
        (signed(NAME, secret=OTHER), "BAD_MESSAGE_AUTHENTICATOR"),
        (signed(NAME, (79, b""), sign=False), "NO_MESSAGE_AUTHENTICATOR"),
        (signed(code=12, sign=False), "NO_MESSAGE_AUTHENTICATOR"),
        (signed(NAME, (33, b"p"), sign=False), "PROXY_STATE_UNSIGNED"),
    ],
)
def test_a_client_declared_so_may_leave_the_signature_out(octets: bytes, reason: str | None) -> None:
    """But not with EAP, Proxy-State or as Status-Server; and what is there must fit."""
    outcome = admit(parse(octets), client(require_message_authenticator=False), AUTH)
    assert (Secret(BELOW) if reason is None else Reason[reason]) == outcome


def test_a_rotated_secret_is_taken_beside_the_new_one() -> None:
    """Decisions, 30: the secret that fitted is the one to answer with; a third fits nothing."""
    rotating = client(previous_secret=Secret(OTHER))
    assert Secret(OTHER) == admit(parse(signed(NAME, secret=OTHER)), rotating, AUTH)
    assert Secret(BELOW) == admit(parse(signed(NAME)), rotating, AUTH)
    assert Reason.BAD_MESSAGE_AUTHENTICATOR == admit(parse(signed(NAME, secret=ABOVE)), rotating, AUTH)
    assert Secret(OTHER) == admit(parse(accounting(1, [NAME], OTHER)), rotating, ACCT)


def accounting_signed(message_authenticator: bytes | None, second: bool = False) -> bytes:
    """An Accounting-Request with a Message-Authenticator: the right one for None."""
    body = bytes((1, 3, 97, 80, 18)) + bytes(16) + (bytes((80, 18)) + bytes(16) if second else b"")
    head = b"\x04\x01" + (20 + len(body)).to_bytes(2, "big")
    right = hmac_md5(BELOW, head + bytes(16) + body)
    body = body[:5] + (right if message_authenticator is None else message_authenticator) + body[21:]
    return head + hashlib.md5(head + bytes(16) + body + BELOW).digest() + body


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (accounting(1, [NAME]), None),
        (accounting(1, [NAME], OTHER), "BAD_AUTHENTICATOR"),
        (accounting(1, [NAME])[:4] + bytes(16) + accounting(1, [NAME])[20:], "BAD_AUTHENTICATOR"),
        (accounting_signed(None), None),
        (accounting_signed(bytes(16)), "BAD_MESSAGE_AUTHENTICATOR"),
        (accounting_signed(None, second=True), "BAD_MESSAGE_AUTHENTICATOR"),
    ],
)
def test_accounting_is_signed_by_its_authenticator(octets: bytes, reason: str | None) -> None:
    """RFC 2866, 3; a Message-Authenticator is not asked for, but if there it fits, over zeros."""
    assert (Secret(BELOW) if reason is None else Reason[reason]) == admit(parse(octets), client(), ACCT)


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ([NAME], None),
        ([NAME, (79, b"")], None),
        ([NAME, (79, b"\x02\x01\x00\x06\x01"), (79, b"x")], "BAD_EAP"),
        ([NAME, (79, b"\x02")], "BAD_EAP"),
        ([NAME, (2, bytes(16))], None),
        ([NAME, (2, bytes(128))], None),
        ([NAME, (3, bytes(17))], None),
        ([(31, b"x")], "NO_USER_NAME"),
        ([(1, b"")], "NO_USER_NAME"),
        ([NAME, NAME], "TWO_USER_NAMES"),
        *(([NAME, (2, bytes(size))], "BAD_PASSWORD_ATTRIBUTE") for size in (0, 1, 15, 17, 127, 129, 144, 253)),
        *(([NAME, (3, bytes(size))], "BAD_PASSWORD_ATTRIBUTE") for size in (0, 1, 16, 18)),
        ([NAME, (2, bytes(16)), (3, bytes(17))], "BAD_PASSWORD_ATTRIBUTE"),
        ([NAME, (2, bytes(16)), (2, bytes(16))], "BAD_PASSWORD_ATTRIBUTE"),
        ([NAME, (3, bytes(17)), (3, bytes(17))], "BAD_PASSWORD_ATTRIBUTE"),
        ([NAME, (31, b"a"), (31, b"b"), (2, bytes(16))], None),
    ],
)
def test_what_no_home_should_see_is_named(attributes: list[tuple[int, bytes]], reason: str | None) -> None:
    """RFC 2865, 4.1, 5.1 to 5.3 and 5.44; RFC 3579, 2.1; CVE-2012-4741."""
    request = parse(signed(*attributes))
    assert (None if reason is None else Reason[reason]) == flaw(request, request.value(1) or b"")


def outcome(octets: bytes, asked: int, **more: object) -> str | None:
    """What becomes of an answer to a request with VECTOR for its authenticator."""
    reason = admit_answer(parse(octets), asked, VECTOR, Secret(ABOVE), home("uni-a-1", 1, **more))
    return None if reason is None else reason.name


REQUEST = b"\x01\x07\x00\x14" + VECTOR


@pytest.mark.parametrize("asked", [1, 4, 12])
def test_only_answers_that_fit_the_question_are_answers(asked: int) -> None:
    """RFC 2865, 4; RFC 2866, 4; RFC 5997, 3: whoever signed it."""
    fitting = {1: {2, 3, 11, 52}, 4: {5, 52}, 12: {2, 3, 5, 52}}[asked]
    for code in range(256):
        assert (None if code in fitting else "BAD_RESPONSE_CODE") == outcome(answer(REQUEST, code), asked)


def test_presence_comes_first_then_the_response_authenticator_then_the_hmac() -> None:
    """CVE-2024-3596: in this order; what is not asked for must still fit where it is there."""
    right, unsigned = answer(REQUEST, 2), answer(REQUEST, 2, signed=False)
    assert "NO_MESSAGE_AUTHENTICATOR" == outcome(unsigned, 1)
    assert "NO_MESSAGE_AUTHENTICATOR" == outcome(unsigned[:4] + bytes(16), 1)
    assert outcome(unsigned, 1, require_message_authenticator=False) is None
    assert outcome(unsigned, 12) is None
    assert "BAD_RESPONSE_AUTHENTICATOR" == outcome(right[:4] + bytes(16) + right[20:], 1)
    assert "BAD_RESPONSE_AUTHENTICATOR" == outcome(answer(REQUEST, 2, secret=OTHER), 1, require_message_authenticator=False)
    for body in (b"\x50\x12" + bytes(16), right[20:] + right[20:]):
        head = b"\x02\x07" + (20 + len(body)).to_bytes(2, "big")
        spoiled = head + hashlib.md5(head + VECTOR + body + ABOVE).digest() + body
        assert "BAD_MESSAGE_AUTHENTICATOR" == outcome(spoiled, 1)
