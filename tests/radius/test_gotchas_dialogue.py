"""What proxies get wrong (facts/radius.md, section 6), from number 12 on: dialogue, homes, sizes, accounting."""

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
    BOOK,
    ORIGIN,
    Road,
    accounting,
    answer,
    check_answer,
    check_request,
    home,
    only,
    reasons,
    replied,
    sent,
    there_and_back,
    verdicts,
)  # fmt: skip


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
