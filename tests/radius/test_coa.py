"""Disconnect and CoA: octets a NAS takes, and answers that are its own."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius import codec
from radius.actions import Reason
from radius.coa import Outcome, build, change, disconnect, read
from radius.message import Attribute, Code, Type
from radius.secret import Secret
from radius.wire import attribute, parse

SECRET = Secret(b"a secret of sixteen")
SESSION = disconnect(acct_session_id="5F3A-01", station="11-22-33-44-55-66", nas_identifier="lib-1")
ASKED = build(Code.DISCONNECT_REQUEST, 7, SESSION, SECRET, 1_790_000_000.9)


def answer(code: Code, body: bytes = b"", identifier: int = 7, *, signed: bool = False, secret: Secret = SECRET) -> bytes:
    sign = codec.sign_access_answer if signed else codec.sign_digest
    return sign(code, identifier, ASKED[4:20], body, secret)


def cause(number: int) -> bytes:
    return attribute(Type.ERROR_CAUSE, number.to_bytes(4, "big"))


def test_a_request_is_signed_twice_over_zeros() -> None:
    """RFC 5176, 2.3 and 3.4: Message-Authenticator first, then the Request Authenticator over it; recomputed here by hashlib alone."""
    blank = ASKED[:4] + bytes(16) + b"\x50\x12" + bytes(16) + ASKED[38:]
    assert hmac.digest(SECRET.octets, blank, "md5") == ASKED[22:38]
    assert hashlib.md5(ASKED[:4] + bytes(16) + ASKED[20:] + SECRET.octets).digest() == ASKED[4:20]


def test_what_a_request_says() -> None:
    """The NAS, the session, and when (RFC 5176, 3 and 3.3)."""
    request = parse(ASKED)
    assert [
        (32, b"lib-1"), (31, b"11-22-33-44-55-66"), (44, b"5F3A-01"), (55, (1_790_000_000).to_bytes(4, "big")),
    ] == [tuple(each) for each in request.attributes[1:]]  # fmt: skip
    assert (Code.DISCONNECT_REQUEST, 7, Type.MESSAGE_AUTHENTICATOR) == (request.code, request.identifier, request.attributes[0].type)


def test_a_session_is_named_by_what_is_given_only() -> None:
    """A NAS refuses a request of which one attribute does not fit; nothing is guessed."""
    whole = disconnect(
        acct_session_id="1", station="s", user_name=b"u", nas_identifier="n", nas_address="192.0.2.1", multi_session_id="m", cui=b"c"
    )
    assert [32, 4, 1, 31, 44, 50, 89] == [each.type for each in whole]
    assert [(95, 16), (1, 1)] == [(each.type, len(each.value)) for each in disconnect(user_name=b"u", nas_address="2001:db8::1")]
    with pytest.raises(ValueError, match="which session"):
        disconnect(nas_identifier="lib-1")


def test_a_change_names_the_session_and_what_changes() -> None:
    """RFC 5176, 2.2; a change of nothing is refused."""
    timeout = Attribute(27, (60).to_bytes(4, "big"))
    assert [*SESSION, timeout] == change(SESSION, [timeout])
    assert Code.COA_REQUEST == parse(build(Code.COA_REQUEST, 1, change(SESSION, [timeout]), SECRET, 0)).code
    with pytest.raises(ValueError, match="must change something"):
        change(SESSION, [])


def test_only_requests_are_built_and_only_what_fits() -> None:
    """An illegal packet cannot be built."""
    with pytest.raises(ValueError, match="no request to a NAS"):
        build(Code.ACCESS_REQUEST, 1, SESSION, SECRET, 0)
    with pytest.raises(ValueError, match="more than a RADIUS packet holds"):
        build(Code.COA_REQUEST, 1, [Attribute(25, bytes(253))] * 16, SECRET, 0)


@pytest.mark.parametrize(
    ("octets", "outcome", "text"),
    [
        (answer(Code.DISCONNECT_ACK), Outcome(True, None), "ACK"),
        (answer(Code.DISCONNECT_ACK, signed=True), Outcome(True, None), "ACK"),
        (answer(Code.DISCONNECT_NAK, cause(503)), Outcome(False, 503), "NAK 503 Session-Context-Not-Found"),
        (answer(Code.DISCONNECT_NAK, cause(503), signed=True), Outcome(False, 503), "NAK 503 Session-Context-Not-Found"),
        (answer(Code.DISCONNECT_NAK, cause(999)), Outcome(False, 999), "NAK 999"),
        (answer(Code.DISCONNECT_NAK), Outcome(False, None), "NAK"),
        (answer(Code.DISCONNECT_NAK, attribute(101, b"\1")), Outcome(False, None), "NAK"),
        (answer(Code.DISCONNECT_ACK) + b"padding", Outcome(True, None), "ACK"),
    ],
)
def test_answers_of_a_nas(octets: bytes, outcome: Outcome, text: str) -> None:
    """With Message-Authenticator or without (RFC 5176, 3.4), with a cause or without (3.5)."""
    said = read(octets, ASKED, SECRET)
    assert (outcome, text) == (said, said.text)


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"", Reason.TOO_SHORT),
        (answer(Code.DISCONNECT_ACK, identifier=8), Reason.UNMATCHED),
        (answer(Code.COA_ACK), Reason.BAD_RESPONSE_CODE),
        (answer(Code.ACCESS_ACCEPT), Reason.BAD_RESPONSE_CODE),
        (answer(Code.DISCONNECT_ACK, secret=Secret(b"another secret")), Reason.BAD_RESPONSE_AUTHENTICATOR),
        (answer(Code.DISCONNECT_ACK, attribute(80, bytes(16))), Reason.BAD_MESSAGE_AUTHENTICATOR),
        (answer(Code.DISCONNECT_ACK, attribute(80, bytes(3))), Reason.BAD_MESSAGE_AUTHENTICATOR),
        (answer(Code.DISCONNECT_ACK, attribute(80, bytes(16)), signed=True), Reason.BAD_MESSAGE_AUTHENTICATOR),
    ],
)
def test_answers_that_are_none(octets: bytes, reason: Reason) -> None:
    """Forged, stale or of another dialogue: the order stays unanswered."""
    assert reason is read(octets, ASKED, SECRET)


@given(st.one_of(st.binary(max_size=100), st.binary(max_size=80).map(lambda tail: answer(Code.DISCONNECT_NAK)[:20] + tail)))
def test_any_octets_are_judged(octets: bytes) -> None:
    """Never raises."""
    assert isinstance(read(octets, ASKED, SECRET), Outcome | Reason)
