"""What proxies get wrong (facts/radius.md, section 6): each gotcha that concerns UDP, by its number and its RFC."""

from __future__ import annotations

import hashlib

import pytest

from federation.realms import RealmRow
from radius.actions import Origin
from radius.admission import ACCT
from radius.wire import attribute, parse
from tests.radius.road import (
    ABOVE,
    BELOW,
    Road,
    answer,
    check_answer,
    check_request,
    hmac_md5,
    reasons,
    replied,
    sent,
    there_and_back,
)  # fmt: skip
from tests.radius.test_codec import salted


@pytest.mark.parametrize("code", [2, 3, 11])
def test_1_message_authenticator_is_first(code: int) -> None:
    """draft-ietf-radext-deprecating-radius, 5.2: first in all we send, wherever it stood in what we received."""
    road = Road()
    asked = road.ask((31, b"02-00-00-00-00-01"))
    assert 80 != asked[20]
    forwarded, reply = there_and_back(road, asked, code, [(24, b"s")])
    assert 80 == forwarded[20]
    assert 80 == check_answer(reply, asked).octets[20]


def test_1_refusals_and_status_answers_have_it_first_too() -> None:
    """CVE-2024-3596: our own Reject and the answer to Status-Server."""
    road = Road()
    for asked in (road.ask(user=b"a@nowhere.x"), road.ask(user=None, code=12)):
        assert 80 == check_answer(replied(road.receive(asked)), asked).octets[20]


def test_2_presence_is_judged_before_the_response_authenticator() -> None:
    """CVE-2024-3596: an answer without Message-Authenticator is none, though its MD5 fits; it is no sign of life."""
    road = Road()
    out = sent(road.receive(road.ask()))
    assert ["NO_MESSAGE_AUTHENTICATOR"] == reasons(road.answered(out, answer(out.octets, 2, signed=False)))
    assert float("-inf") == road.engine.homes_state()[0]["heard"]


def test_3_message_authenticator_of_accounting_is_over_zeros() -> None:
    """RFC 2866, 3 with RFC 2869, 5.14: zeros stand in the authenticator's place."""
    road = Road()
    body = attribute(40, b"\0\0\0\1") + attribute(44, b"s") + attribute(80, bytes(16))
    head = bytes((4, 1)) + (20 + len(body)).to_bytes(2, "big")
    signed = body[:-16] + hmac_md5(BELOW, head + bytes(16) + body)
    right = head + hashlib.md5(head + bytes(16) + signed + BELOW).digest() + signed
    assert 1 == len(road.receive(right, allowed=ACCT))
    spoiled = body[:-16] + bytes(16)
    wrong = head + hashlib.md5(head + bytes(16) + spoiled + BELOW).digest() + spoiled
    assert ["BAD_MESSAGE_AUTHENTICATOR"] == reasons(road.receive(wrong, allowed=ACCT))


def test_4_order_and_octets_are_kept() -> None:
    """RFC 2865, 2.3: attributes of one type keep their order; we keep all of it, whatever it means."""
    road = Road()
    given = [(33, b"one"), (26, b"\0\0\0\x09junk-that-is-no-vsa"), (200, b""), (33, b"two"), (4, b"abc"), (1 + 240, b"\1\2\3"), (26, b"xy")]
    forwarded, _ = there_and_back(road, road.ask(*given), 3, [])
    kept = [(kind, value) for kind, value in parse(forwarded).attributes if kind not in {80, 126, 89}]
    assert [(1, b"ada@uni-a.example"), *given] == kept[:-1]


def test_5_every_proxy_state_comes_back_in_order() -> None:
    """RFC 2865, 2.3 and 5.33: one of ours, last, to the home; the client's own in the answer, ours gone."""
    road = Road()
    states = [(33, b""), (33, b"b" * 253), (33, b"a")]
    asked = road.ask(*states)
    out = sent(road.receive(asked))
    upstream = parse(out.octets).values(33)
    assert [value for _, value in states] == upstream[:-1]
    reply = replied(road.answered(out, answer(out.octets, 3, [(33, value) for value in upstream])))
    assert states == [(kind, value) for kind, value in check_answer(reply, asked).attributes if kind == 33]


def test_5_a_home_that_forgets_proxy_state_costs_the_client_nothing() -> None:
    """RFC 2865, 5.33: restored from the request, not from the answer."""
    road = Road()
    asked = road.ask((33, b"mine"))
    _, reply = there_and_back(road, asked, 2, [])
    assert [b"mine"] == check_answer(reply, asked).values(33)


def test_6_eap_fragments_stay_together_and_eap_start_passes() -> None:
    """RFC 3579, 3.1 and 2.1."""
    road = Road()
    packet = b"\x02\x05" + (600).to_bytes(2, "big") + b"\x0d" + bytes(595)
    fragments = [(79, packet[at : at + 253]) for at in range(0, 600, 253)]
    forwarded, _ = there_and_back(road, road.ask(*fragments), 3, [])
    assert [79, 79, 79] == [kind for kind, _ in parse(forwarded).attributes][2:5]
    start, _ = there_and_back(road, road.ask((79, b"")), 3, [])
    assert [b""] == parse(start).values(79)


@pytest.mark.parametrize("other", [(2, bytes(16)), (3, bytes(17))])
def test_6_eap_beside_a_password_is_dropped(other: tuple[int, bytes]) -> None:
    """RFC 3579, 3.3."""
    road = Road()
    assert ["EAP_AND_PASSWORD"] == reasons(road.receive(road.ask((79, b""), other)))


def test_6_eap_needs_message_authenticator_whatever_is_declared() -> None:
    """RFC 3579, 3.1: silently discarded, even from a client allowed to leave it out."""
    road = Road(require_message_authenticator=False)
    assert ["NO_MESSAGE_AUTHENTICATOR"] == reasons(road.receive(road.ask((79, b""), signed=False)))


def test_7_the_accept_s_user_name_and_the_outer_identity_pass() -> None:
    """RFC 3579, 3: neither is rewritten."""
    road = Road()
    asked = road.ask(user=b"Anonymous@UNI-A.Example")
    forwarded, reply = there_and_back(road, asked, 2, [(1, b"ada")])
    assert b"Anonymous@UNI-A.Example" == parse(forwarded).value(1)
    assert b"ada" == check_answer(reply, asked).value(1)


def test_8_state_and_class_are_untouched() -> None:
    """RFC 2865, 2.3, 5.24, 5.25: also several Class, also empty ones."""
    road = Road()
    asked = road.ask((24, b"\0\xff"))
    forwarded, reply = there_and_back(road, asked, 2, [(25, b"one"), (25, b"\0"), (25, b"three")])
    assert b"\0\xff" == parse(forwarded).value(24)
    assert [b"one", b"\0", b"three"] == check_answer(reply, asked).values(25)


def test_9_a_new_source_port_in_mid_login_keeps_the_home() -> None:
    """RFC 5080, 2.1.1: State decides, not the port (a NAT's rebinding)."""
    road = Road(realms=(RealmRow("uni-a.example", homes=("uni-a-1", "uni-a-2"), balance=True),))
    first = sent(road.receive(road.ask((31, b"02-00-00-00-00-07"))))
    road.answered(first, answer(first.octets, 11, [(24, b"s")]))
    again = sent(road.receive(road.ask((24, b"s")), Origin(0, ("127.0.0.1", 50001))))
    assert first.link.address == again.link.address


def test_10_chap_without_challenge_gets_the_authenticator_as_challenge() -> None:
    """RFC 2865, 2.3 and 5.40."""
    road = Road()
    asked = road.ask((3, b"\x07" + bytes(16)))
    forwarded, _ = there_and_back(road, asked, 3, [])
    assert asked[4:20] == check_request(forwarded).value(60)
    own = road.ask((3, b"\x07" + bytes(16)), (60, b"the nas's own"))
    assert [b"the nas's own"] == check_request(sent(road.receive(own)).octets).values(60)


def test_11_every_key_and_every_tag_is_hidden_anew() -> None:
    """RFC 2548, 2.4.2; RFC 2868, 3.5: each instance, up to 252 octets, salts unique, between the two authenticators."""
    road = Road()
    asked = road.ask()
    out = sent(road.receive(asked))
    there = out.octets[4:20]

    def vendor(kind: int, value: bytes) -> tuple[int, bytes]:
        return 26, b"\0\0\x01\x37" + attribute(kind, value)

    long = bytes(range(239))
    given = [
        vendor(16, salted(b"s" * 32, ABOVE, there, b"\x80\1")), vendor(17, salted(b"r" * 32, ABOVE, there, b"\x80\1")),
        (69, b"\1" + salted(b"first", ABOVE, there, b"\x81\0")), (69, b"\2" + salted(long[:239], ABOVE, there, b"\x82\0")),
    ]  # fmt: skip
    reply = check_answer(replied(road.answered(out, answer(out.octets, 2, given))), asked)
    keys = [value[6:] for value in reply.values(26)]
    passwords = reply.values(69)
    salts = [value[:2] for value in keys] + [value[1:3] for value in passwords]
    assert [salted(b"s" * 32, BELOW, asked[4:20], salts[0]), salted(b"r" * 32, BELOW, asked[4:20], salts[1])] == keys
    assert [b"\1" + salted(b"first", BELOW, asked[4:20], salts[2]), b"\2" + salted(long, BELOW, asked[4:20], salts[3])] == passwords
    assert 4 == len(set(salts))
    assert all(salt[0] & 0x80 for salt in salts)


def test_11_an_unreadable_key_is_left_out_and_the_rest_goes_on() -> None:
    """Decisions, 8: cipher not 16·n; among neighbours in one attribute too."""
    road = Road()
    asked = road.ask()
    out = sent(road.receive(asked))
    good = salted(b"s" * 32, ABOVE, out.octets[4:20], b"\x80\1")
    mixed = b"\0\0\x01\x37" + attribute(99, b"before") + attribute(16, good) + attribute(17, b"\x80\1short") + attribute(98, b"after")
    reply = check_answer(replied(road.answered(out, answer(out.octets, 2, [(26, mixed), (69, b"\1"), (25, b"c")]))), asked)
    (kept,) = reply.values(26)
    assert (b"before", b"after") == (kept[6:12], kept[-5:])
    assert salted(b"s" * 32, BELOW, asked[4:20], kept[14:16]) == kept[14 : 14 + len(good)]
    assert [] == reply.values(69)
    assert 2 == road.engine.counts["UNREADABLE_KEY"]
