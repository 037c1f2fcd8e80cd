"""The catalogue of bad input (facts/reliability.md, section 2), item by item: dialogue (C), realms and routes (D)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from federation.realms import RealmRow
from radius.actions import Ask, Origin, Reply, Send
from radius.admission import ACCT
from radius.codec import hide_password, reveal_password
from radius.secret import Secret
from radius.tables import Action, Limits
from radius.wire import parse
from tests.radius.catalogue import (
    NAME,
    OTHER,
    RECORD,
    VECTOR,
    fresh,
    length,
    refused,
)
from tests.radius.road import (
    ABOVE,
    BELOW,
    ORIGIN,
    Road,
    access,
    answer,
    check_answer,
    check_request,
    home,
    only,
    reasons,
    replied,
    sent,
    verdicts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from radius.actions import Actions


def test_51_a_repetition_in_flight_sends_nothing_and_gets_nothing() -> None:
    """However often; one answer, then the same octets again."""
    road = fresh()
    asked = road.ask()
    out = sent(road.receive(asked))
    assert [()] * 50 == [road.receive(asked) for _ in range(50)]
    reply = replied(road.answered(out, answer(out.octets, 2)))
    assert [(Reply(ORIGIN, reply),)] * 3 == [road.receive(asked) for _ in range(3)]
    assert (50, 3) == (road.engine.counts["DUPLICATE_IN_FLIGHT"], road.engine.counts["DUPLICATE_ANSWERED"])


def test_53_a_new_authenticator_is_a_new_request() -> None:
    """In flight or answered; the old one's answer reaches nobody."""
    road = fresh()
    old = sent(road.receive(road.ask()))
    for _ in range(2):
        road.identifier -= 1
        asked = road.ask()
        out = sent(road.receive(asked))
        assert reasons(road.answered(old, answer(old.octets, 2))) in (["LATE"], ["UNMATCHED"])  # known once or always
        check_answer(replied(road.answered(out, answer(out.octets, 3))), asked)
    assert 1 == road.engine.counts["SUPERSEDED"]


def test_54_a_replay_after_the_window_is_worked_on_again_and_counted_once() -> None:
    """Access: asked anew, no side effect here. Accounting: the same key, so the store counts it once."""
    road = fresh()
    asked = road.ask()
    out = sent(road.receive(asked))
    road.answered(out, answer(out.octets, 2))
    keys = []
    for _ in range(2):
        (ask,) = only(road.receive(RECORD, allowed=ACCT), Ask)
        road.engine.settled(ask.ticket, True, road.now)
        keys.append(ask.question.key)
        road.wait(6.0)
    assert keys[0] == keys[1]
    assert out.octets[4:20] != sent(road.receive(asked)).octets[4:20]


def test_55_beyond_256_in_flight_more_ports_are_opened() -> None:
    """No pair of port and identifier twice; what happens when all are used is in test_attempts.py."""
    road = Road((home("uni-a-1", 1),), (RealmRow("uni-a.example", homes=("uni-a-1",)),), Limits(station_burst=1e6))
    pairs = [(out.link.socket, out.octets[1]) for number in range(1000) for out in only(road.receive(road.ask(), port(number)), Send)]
    assert (1000, {0, 1, 2, 3}) == (len(set(pairs)), {socket for socket, _ in pairs})


def port(number: int) -> Origin:
    """One of the client's ports."""
    return Origin(0, ("127.0.0.1", 20_000 + number))


def _via(out: Send, road: Road, octets: bytes, peer: tuple[str, int] | None = None, socket: int | None = None) -> Actions:
    key = (out.link.source, out.link.socket if socket is None else socket)
    return road.engine.answer(octets, peer or out.link.address, key, road.now)


SPOILED: dict[str, tuple[Callable[[Road, Send], Actions], str]] = {
    "57: from another address": (lambda road, out: _via(out, road, answer(out.octets, 2), ("127.0.1.9", 1812)), "UNKNOWN_HOME"),
    "57: from another port": (lambda road, out: _via(out, road, answer(out.octets, 2), ("127.0.1.1", 1912)), "UNKNOWN_HOME"),
    "57: from the other home": (lambda road, out: _via(out, road, answer(out.octets, 2), ("127.0.1.2", 1812)), "UNMATCHED"),
    "57: to another port of ours": (lambda road, out: _via(out, road, answer(out.octets, 2), socket=1), "UNMATCHED"),
    "58: unknown identifier": (lambda road, out: _via(out, road, answer(b"\1\x99" + out.octets[2:], 2)), "UNMATCHED"),
    "59: Response Authenticator wrong": (lambda road, out: _via(out, road, _flip(answer(out.octets, 2), 5)), "BAD_RESPONSE_AUTHENTICATOR"),
    "59: by another secret": (lambda road, out: _via(out, road, answer(out.octets, 2, secret=OTHER)), "BAD_RESPONSE_AUTHENTICATOR"),
    "59: for another request": (lambda road, out: _via(out, road, answer(out.octets[:4] + bytes(16), 2)), "BAD_RESPONSE_AUTHENTICATOR"),
    "35: without Message-Authenticator": (
        lambda road, out: _via(out, road, answer(out.octets, 2, signed=False)),
        "NO_MESSAGE_AUTHENTICATOR",
    ),
    "61: an Accounting-Response": (lambda road, out: _via(out, road, answer(out.octets, 5)), "BAD_RESPONSE_CODE"),
    **{
        f"11: an answer of code {code}": (lambda road, out, code=code: _via(out, road, answer(out.octets, code)), "BAD_RESPONSE_CODE")
        for code in (0, 1, 4, 12, 40, 255)
    },
    "1: an answer of 3 octets": (lambda road, out: _via(out, road, b"\2\0\0"), "TOO_SHORT"),
    "5: an answer of 4097": (lambda road, out: _via(out, road, length(answer(out.octets, 2), 4097) + bytes(4059)), "BAD_LENGTH"),
    "7: an answer's attribute of length 0": (
        lambda road, out: _via(out, road, length(answer(out.octets, 2) + b"\1\0", 40)),
        "BAD_ATTRIBUTE",
    ),
    "15: an answer of 201 attributes": (lambda road, out: _via(out, road, answer(out.octets, 2, [(25, b"")] * 200)), "TOO_MANY_ATTRIBUTES"),
}


def _flip(octets: bytes, at: int) -> bytes:
    return octets[:at] + bytes((octets[at] ^ 1,)) + octets[at + 1 :]


@pytest.mark.parametrize("case", SPOILED)
def test_a_false_answer_leaves_the_request_alive(case: str) -> None:
    """CVE-2025-24912: dropped and counted; timers as before, no sign of life, and the true answer still arrives."""
    road, spoil = Road(), SPOILED[case][0]
    asked = road.ask()
    out = sent(road.receive(asked))
    due = road.engine.due(road.now)
    assert [SPOILED[case][1]] == reasons(spoil(road, out))
    assert (1, due) == (road.engine.in_flight, road.engine.due(road.now))
    assert {float("-inf")} == {row["heard"] for row in road.engine.homes_state()}
    assert out in road.wait(1.0)  # its repetition comes when it would have come
    check_answer(replied(road.answered(out, answer(out.octets, 2))), asked)


def test_61_an_access_accept_answers_no_accounting_request() -> None:
    """Nor the reverse; and the record is asked for again."""
    road = Road(realms=(RealmRow("uni-a.example", homes=("uni-a-1",), forward_accounting=True),))
    out = sent(road.receive(RECORD, allowed=ACCT))
    assert ["BAD_RESPONSE_CODE"] == reasons(road.answered(out, answer(out.octets, 2)))
    assert out in road.wait(1.0)


def test_62_a_second_conflicting_reply_changes_nothing() -> None:
    """The first verified answer was the answer, to repetitions too."""
    road = fresh()
    asked = road.ask()
    out = sent(road.receive(asked))
    reject = replied(road.answered(out, answer(out.octets, 3)))
    assert ["UNMATCHED"] == reasons(road.answered(out, answer(out.octets, 2)))
    assert (Reply(ORIGIN, reject),) == road.receive(asked)


def test_63_a_reply_after_the_timeout_reaches_nobody() -> None:
    """The client has its Reject; another request in flight is not disturbed."""
    road = fresh()
    late = sent(road.receive(road.ask()))
    actions: Actions = ()
    while not verdicts(actions):
        actions = road.wait(0.5)
        for probe in (send for send in only(actions, Send) if send.octets[0] == 12):
            road.answered(probe, answer(probe.octets, 2))
    assert [("no_answer", "HOME_SILENT")] == verdicts(actions)
    asked = road.ask()
    out = sent(road.receive(asked))
    assert ["LATE"] == reasons(road.answered(late, answer(late.octets, 2)))
    check_answer(replied(road.answered(out, answer(out.octets, 2))), asked)


def test_65_an_answer_that_no_longer_fits_is_dropped_never_cut() -> None:
    """4096 octets from the home pass; with the client's longer Proxy-States they do not."""
    for state, fits in ((b"p" * 12, True), (b"p" * 13, False)):
        road = fresh()
        asked = road.ask((33, state))
        out = sent(road.receive(asked))
        room = 4096 - 38 - 14
        full = [(200, bytes(253))] * (room // 255) + [(200, bytes(room % 255 - 2))]
        actions = road.answered(out, answer(out.octets, 2, [*full, (33, bytes(12))]))
        if fits:
            assert 4096 == len(check_answer(replied(actions), asked).octets)
        else:
            assert ["TOO_LONG"] == reasons(actions)
            assert [] == only(actions, Reply)
            assert 1 == road.engine.in_flight


def test_66_a_state_that_is_not_ours_to_know_goes_to_a_home() -> None:
    """Proxied: the home judges it. It resumes nothing: not another client's login, not another identity's."""
    road = fresh()
    out = sent(road.receive(road.ask()))
    road.answered(out, answer(out.octets, 11, [(24, b"s")]))
    stranger = access(9, [NAME, (24, b"s")], VECTOR, OTHER)
    out = sent(road.receive(stranger, Origin(0, ("127.1.0.1", 40000))))
    actions = road.answered(out, answer(out.octets, 2))
    assert [1] == [action.record.round_trips for action in actions if hasattr(action, "record")]


def test_73_chap_without_challenge_is_given_one() -> None:
    """RFC 2865, 2.3: the Request Authenticator, which the home does not see."""
    road = fresh()
    asked = road.ask((3, bytes(17)))
    assert asked[4:20] == check_request(sent(road.receive(asked)).octets).value(60)


def test_74_an_empty_password_is_nobody_s_but_the_home_s_to_refuse() -> None:
    """Sixteen octets of padding, carried across like any other; without a local sign-in here nothing binds with it."""
    road = fresh()
    octets = access(1, [NAME, (2, hide_password(b"", Secret(BELOW), VECTOR))], VECTOR)
    forwarded = check_request(sent(road.receive(octets)).octets)
    password = forwarded.value(2)
    assert password is not None
    assert bytes(16) == reveal_password(password, Secret(ABOVE), forwarded.authenticator)


# ---- D: realms and routes

JUNK = (
    *(b"a@b@c.example", b"a@", b"a@b..c", b"a@.b", b"a@b.", b"a @b.example", b"a@b.example\n", b"a@b.example\0", b"a@b.example\t"),
    *(b"a\0@b.example", "a@ｂ.ca".encode(), "a@bücher.example".encode(), b"a@b.ex\xffmple", b"a@" + b"x" * 240 + b".ca", b"a@b.example "),
    *(b"a@../../etc", b"../a@..", b"%{User-Name}@b.example", b"a@%{realm}", b"$(id)@b.example", b"a@$(id).example", b"a@b.example;id"),
    *(b"home.example!a@b.example", b"a@*", b"a@b.*", b"a@b,c.example"),
)
IDENTITIES: dict[bytes, str] = {
    **dict.fromkeys(JUNK, "BAD_REALM"),
    **dict.fromkeys((b"@b", b"a@localhost"), "JUNK_REALM"),
    **dict.fromkeys((b"DOM\\a", b"*", b"a"), "NO_REALM"),
}
REALMS = (b"ADA@UNI-A.EXAMPLE", b"ada@uNi-A.example", b"a@xn--bcher-kva.example", b"!a@uni-a.example", b"DOM\\a@uni-a.example")


@pytest.mark.parametrize("eap", [False, True], ids=["plain", "eap"])
@pytest.mark.parametrize("user", IDENTITIES)
def test_75_what_is_no_identity_with_a_realm_is_rejected_here(user: bytes, eap: bool) -> None:
    """Even with a default route: none of it reaches a home, nor is sent back."""
    packet = b"\2\7" + (5 + len(user)).to_bytes(2, "big") + b"\1" + user
    pieces = [(79, packet[at : at + 253]) for at in range(0, len(packet), 253)] if eap else []
    refused(fresh(), access(1, [(1, user), *pieces], VECTOR), IDENTITIES[user])


@pytest.mark.parametrize("user", REALMS)
def test_75_what_is_one_goes_on_as_it_came(user: bytes) -> None:
    """Compared in lower-case ASCII, A-labels as they are; the octets unchanged."""
    road = fresh()
    assert user == check_request(sent(road.receive(road.ask(user=user))).octets).value(1)


def test_77_our_own_realm_without_a_local_sign_in_is_rejected() -> None:
    """Coming from upstream it would be a loop: said, not sent round."""
    road = Road(realms=(RealmRow("city.example", action=Action.LOCAL),))
    refused(road, road.ask(user=b"a@city.example"), "LOCAL_UNAVAILABLE")


def test_78_what_we_sent_is_known_when_it_comes_back() -> None:
    """A true loop: the home is ourselves, by whatever detour, whoever re-signed it."""
    road = fresh()
    forwarded = parse(sent(road.receive(road.ask())).octets)
    back = access(200, [row for row in forwarded.attributes if row[0] != 80], VECTOR)
    assert ["LOOP"] == reasons(road.receive(back))
