"""What proxies get wrong (facts/radius.md, section 6): each gotcha that concerns UDP, by its number and its RFC."""

from __future__ import annotations

import hashlib

import pytest

from federation.realms import RealmRow
from radius.actions import Origin, Reply, Send
from radius.admission import ACCT
from radius.policy import Rule
from radius.tables import Limits
from radius.wire import attribute, parse
from tests.radius.road import (
    ABOVE,
    BELOW,
    BOOK,
    ORIGIN,
    Road,
    accounting,
    answer,
    check_answer,
    check_request,
    hmac_md5,
    home,
    only,
    reasons,
    replied,
    sent,
    verdicts,
)  # fmt: skip
from tests.radius.test_codec import salted


def there_and_back(road: Road, asked: bytes, code: int, attributes: list[tuple[int, bytes]]) -> tuple[bytes, bytes]:
    """(what the home got, what the client got)."""
    out = sent(road.receive(asked))
    return out.octets, replied(road.answered(out, answer(out.octets, code, attributes)))


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


def test_12_a_forged_packet_changes_no_entry() -> None:
    """RFC 5080, 2.2.2: with a wrong Message-Authenticator it neither supersedes nor finds the answer."""
    road = Road()
    asked = road.ask()
    out = sent(road.receive(asked))
    forged = asked[:4] + bytes(16) + asked[20:]
    assert ["BAD_MESSAGE_AUTHENTICATOR"] == reasons(road.receive(forged))
    check_answer(replied(road.answered(out, answer(out.octets, 2))), asked)


def test_12_another_port_or_address_is_another_request() -> None:
    """RFC 5080, 2.2.2: the key is our socket, the source address and port, the identifier and the code."""
    road = Road()
    asked = road.ask()
    for origin in (ORIGIN, Origin(0, ("127.0.0.1", 40001)), Origin(0, ("127.0.0.2", 40000)), Origin(1, ("127.0.0.1", 40000))):
        assert 1 == len(only(road.receive(asked, origin), Send))


def test_13_authenticators_are_random_and_accounting_s_computed() -> None:
    """RFC 2865, 3: never the client's, never twice; RFC 2866, 3: recomputed after every edit."""
    road = Road(realms=(RealmRow("uni-a.example", homes=("uni-a-1",), forward_accounting=True),), limits=Limits(station_burst=1000))
    seen = set()
    for _ in range(200):
        asked = road.ask()
        out = sent(road.receive(asked))
        assert asked[4:20] != out.octets[4:20]
        seen.add(out.octets[4:20])
        road.answered(out, answer(out.octets, 3))
    assert 200 == len(seen)
    octets = accounting(1, [(1, b"ada@uni-a.example"), (40, b"\0\0\0\1"), (44, b"s")])
    copy = sent(road.receive(octets, allowed=ACCT)).octets
    assert hashlib.md5(copy[:4] + bytes(16) + copy[20:] + ABOVE).digest() == copy[4:20]


def test_14_a_late_answer_does_not_meet_a_new_request() -> None:
    """RFC 5080, 2.2.2: the identifier of a given-up attempt rests; its answer is LATE, whoever waits now."""
    road = Road()
    out = sent(road.receive(road.ask()))
    road.wait(3.1)
    assert ["LATE"] == reasons(road.answered(out, answer(out.octets, 2)))
    for _ in range(255):  # the home has shown life and is asked again
        new = sent(road.receive(road.ask((31, b"%d" % road.identifier))))
        assert (out.link, out.octets[1]) != (new.link, new.octets[1])


def test_16_one_silent_realm_and_forged_packets_say_nothing_of_a_home() -> None:
    """RFC 5997, 4; RFC 3539: an unverified answer is no sign of life."""
    road = Road(homes=(home("only", 1),), realms=(RealmRow("uni-a.example", homes=("only",)),))
    out = sent(road.receive(road.ask()))
    for _ in range(40):
        road.answered(out, answer(out.octets, 2, secret=b"a secret of somebody's"))
        road.wait(0.1)
    assert "zombie" == road.engine.homes_state()[0]["state"]


def test_16_each_status_server_is_new_and_signed() -> None:
    """RFC 5997, 3 and 4.1: Message-Authenticator, a new identifier and authenticator each time."""
    road = Road(homes=(home("only", 1),), realms=(RealmRow("uni-a.example", homes=("only",)),))
    road.receive(road.ask())
    probes = [send.octets for send in only(road.wait(9), Send) if send.octets[0] == 12]
    assert len(probes) >= 3
    for octets in probes:
        check_request(octets)
    assert len(probes) == len({octets[1] for octets in probes}) == len({octets[4:20] for octets in probes})


def test_17_a_refusal_is_a_signed_reject_with_proxy_state_and_eap_failure() -> None:
    """RFC 3579, 2.6.5; RFC 2865, 5.33."""
    road = Road()
    asked = road.ask((79, b""), (33, b"p"), user=b"nobody")
    reject = check_answer(replied(road.receive(asked)), asked)
    assert (3, [b"\x04\0\0\x04"], [b"p"], []) == (reject.code, reject.values(79), reject.values(33), reject.values(18))


def test_18_unknown_and_extended_attributes_pass_octet_for_octet() -> None:
    """RFC 6929, 2.1-2.4: extended and long-extended fragments, nested TLVs 50 deep, vendor junk; RFC 2865, 5.26."""
    road = Road()
    nested = b""
    for _ in range(50):
        nested = bytes((1, len(nested) + 2)) + nested
    given = [
        (241, b"\1" + nested), (245, b"\1\x80" + bytes(200)), (245, b"\1\x80"), (26, b"\0\0\0\x09\x01\x00"), (26, b"\0\0\0\x09\x01\x01"),
        (26, b"\0\0\0\x09\x01\xff"), (26, b"\xff\0\0\x09\x01\x03a"), (26, b""), (5, bytes(16)), (55, b"\0\0"),
    ]  # fmt: skip
    asked = road.ask(*given)
    forwarded, reply = there_and_back(road, asked, 2, given)
    assert given == [(kind, value) for kind, value in parse(forwarded).attributes if kind in {241, 245, 26, 5, 55}]
    assert given == [(kind, value) for kind, value in check_answer(reply, asked).attributes if kind in {241, 245, 26, 5, 55}]


def test_19_additions_give_way_to_what_was_received() -> None:
    """RFC 2865, 3: at 4096 octets Operator-Name is left out and counted; beyond it the request is refused, never cut."""
    road = Road()
    room = 4096 - 38 - 14 - len(attribute(1, b"ada@uni-a.example"))
    fill = [(200, bytes(253))] * (room // 255) + [(200, bytes(room % 255 - 2))]
    out = sent(road.receive(road.ask(*fill))).octets
    assert (4096, []) == (len(out), parse(out).values(126))
    assert 1 == road.engine.counts["NO_ROOM"]
    assert [("refused", "TOO_LONG")] == verdicts(road.receive(road.ask(*fill[:-1], (200, bytes(room % 255 - 1)))))


def test_19_framed_mtu_is_left_to_the_home() -> None:
    """RFC 3579, 2.4: a hint for the home's fragments."""
    road = Road()
    assert b"\0\0\5\x78" == parse(sent(road.receive(road.ask((12, b"\0\0\5\x78")))).octets).value(12)


def test_20_a_home_s_cui_passes_and_ours_only_asks() -> None:
    """RFC 4372, 2.1: one NUL octet to ask, only where none is there; the answer's value is the home's."""
    road = Road()
    asked = road.ask()
    forwarded, reply = there_and_back(road, asked, 2, [(89, b"opaque")])
    assert [b"\0"] == parse(forwarded).values(89)
    assert [b"opaque"] == check_answer(reply, asked).values(89)
    assert [b"known"] == parse(sent(road.receive(road.ask((89, b"known")))).octets).values(89)


def test_21_operator_name_of_an_earlier_network_stays() -> None:
    """RFC 5580, 4.1: set by whoever saw the station first."""
    road = Road()
    assert [b"1other.example"] == parse(sent(road.receive(road.ask((126, b"1other.example")))).octets).values(126)


@pytest.mark.parametrize("user", [b"a@UNI-A.EXAMPLE", b"b@Uni-A.example", b"@uni-a.example"])
def test_22_realms_are_compared_without_case(user: bytes) -> None:
    """RFC 7542, 2.4: on the part after the last `@`."""
    assert 1 == len(only(Road().receive(Road().ask(user=user)), Send))


def test_23_accounting_is_repeated_with_the_same_delay() -> None:
    """RFC 2866, 5.2 and the facts: our copy keeps its Acct-Delay-Time and its identifier when repeated."""
    road = Road(realms=(RealmRow("uni-a.example", homes=("uni-a-1",), forward_accounting=True),))
    octets = accounting(1, [(1, b"ada@uni-a.example"), (40, b"\0\0\0\1"), (41, b"\0\0\0\5"), (44, b"s")])
    first = sent(road.receive(octets, allowed=ACCT))
    again = [send for send in only(road.wait(1.5), Send) if send.octets[0] == 4]
    assert [first] == again
    assert b"\0\0\0\5" == parse(first.octets).value(41)


def test_23_an_accounting_response_signed_over_the_request_authenticator_is_taken() -> None:
    """Catalogue, 50: FreeRADIUS signs so."""
    road = Road(realms=(RealmRow("uni-a.example", homes=("uni-a-1",), forward_accounting=True),))
    first = sent(road.receive(accounting(1, [(1, b"a@uni-a.example"), (40, b"\0\0\0\1"), (44, b"s")]), allowed=ACCT))
    road.answered(first, answer(first.octets, 5))
    assert 1 == road.engine.counts["accounting_forwarded"]


def test_vlans_of_foreign_homes_are_stripped_and_ours_set() -> None:
    """Decisions, 4: Tunnel-* of a foreign home never reaches the NAS; a row sets ours."""
    road = Road()
    tables = road.tables((home("uni-a-1", 1),), rules=(Rule("vlan", "reply", set={"Tunnel-Private-Group-Id": "120"}),))
    road.engine.adopt(tables, road.now)
    asked = road.ask()
    _, reply = there_and_back(road, asked, 2, [(64, b"\0\0\0\x0d"), (81, b"999"), (27, b"\0\0\0\x3c")])
    accept = check_answer(reply, asked)
    assert ([], b"120", b"\0\0\0\x3c") == (accept.values(64), accept.value(81).lstrip(b"\0"), accept.value(27))


def test_administrative_rights_of_a_foreign_home_become_a_reject() -> None:
    """Decisions, 4: Service-Type Administrative in an Accept."""
    road = Road()
    asked = road.ask()
    out = sent(road.receive(asked))
    actions = road.answered(out, answer(out.octets, 2, [(6, b"\0\0\0\6")]))
    assert [3] == [reply.octets[0] for reply in only(actions, Reply)]
    assert [("refused", "HOME_PRIVILEGES")] == verdicts(actions)
    check_answer(replied(actions), asked)


def test_book_knows_its_salted_attributes() -> None:
    """RFC 2548, 2.4; RFC 2868, 3.5."""
    assert {69, (311, 16), (311, 17)} <= BOOK.salted
