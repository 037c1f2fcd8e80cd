"""The whole road, driven call by call."""

from __future__ import annotations

import pytest

from federation.realms import RealmRow
from radius.actions import Ask, Origin, Record, Reply, Send
from radius.admission import ACCT, AUTH
from radius.records import HomeChange
from radius.tables import Action, Limits
from tests.radius.road import (
    BELOW,
    ORIGIN,
    TAG,
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
    verdicts,
)  # fmt: skip

EAP_IDENTITY = b"\x02\x07\x00\x18\x01ada@uni-a.example"
EAP_IDENTITY = EAP_IDENTITY[:2] + len(EAP_IDENTITY).to_bytes(2, "big") + EAP_IDENTITY[4:]


def test_a_login_goes_there_and_back() -> None:
    """A request is forwarded re-signed, its Accept comes back re-signed, and the login is recorded."""
    road = Road()
    asked = road.ask((31, b"02-00-00-00-00-01"), (79, EAP_IDENTITY))
    out = sent(road.receive(asked))
    forwarded = check_request(out.octets)
    assert [1, 31, 79, 126, 89, 33] == [kind for kind, _ in forwarded.attributes][1:]
    assert b"\x00" == forwarded.value(89)
    assert TAG == forwarded.value(33)[:4]
    assert 12 == len(forwarded.value(33))
    road.now += 0.02
    actions = road.answered(out, answer(out.octets, 2, [(25, b"class"), (33, forwarded.value(33))]))
    accept = check_answer(replied(actions), asked)
    assert [(25, b"class")] == [(kind, value) for kind, value in accept.attributes if kind != 80]
    (login,) = [record.record for record in only(actions, Record)]
    assert ("accept", "", "uni-a-1", 1, "uni-a.example") == (login.verdict, login.reason, login.home, login.round_trips, login.realm)
    assert pytest.approx(20.0) == login.milliseconds


def test_each_round_goes_to_the_home_that_issued_the_state() -> None:
    """Rounds joined by State are one login at one home, though another is alive (RFC 5080, 2.1.1)."""
    road = Road(realms=(RealmRow("uni-a.example", homes=("uni-a-1", "uni-a-2"), balance=True),))
    first = sent(road.receive(road.ask((31, b"02-00-00-00-00-01"))))
    challenge = road.answered(first, answer(first.octets, 11, [(24, b"state-1")]))
    assert [] == only(challenge, Record)
    asked = road.ask((24, b"state-1"), (31, b"02-00-00-00-00-01"))
    second = sent(road.receive(asked))
    assert first.link.address == second.link.address
    actions = road.answered(second, answer(second.octets, 3))
    assert [("reject", "")] == verdicts(actions)
    assert 2 == only(actions, Record)[0].record.round_trips


def test_a_second_identity_does_not_resume_a_login() -> None:
    """State of one User-Name carries no other (CVE-2012-4741)."""
    road = Road()
    first = sent(road.receive(road.ask()))
    road.answered(first, answer(first.octets, 11, [(24, b"state-1")]))
    road.receive(road.ask((24, b"state-1"), user=b"eve@uni-a.example"))
    assert 1 == len(road.engine._conversations)


def test_a_login_left_alone_is_abandoned() -> None:
    """No next round for a minute: recorded so, once."""
    road = Road()
    first = sent(road.receive(road.ask()))
    road.answered(first, answer(first.octets, 11, [(24, b"state-1")]))
    assert [("abandoned", "")] == verdicts(road.wait(61))
    assert [] == verdicts(road.wait(61))


def test_a_retransmission_in_flight_sends_nothing() -> None:
    """RFC 5080, 2.2.2: the client's duplicate causes no second request upstream."""
    road = Road()
    asked = road.ask()
    out = sent(road.receive(asked))
    assert () == road.receive(asked)
    reply = replied(road.answered(out, answer(out.octets, 2)))
    assert (Reply(ORIGIN, reply),) == road.receive(asked)
    road.wait(6)
    assert [Send] == [type(action) for action in road.receive(asked)]


def test_a_new_authenticator_supersedes() -> None:
    """RFC 5080, 2.2.2: same identifier, new authenticator: a new request; the old one's answer is late."""
    road = Road()
    old = sent(road.receive(road.ask()))
    road.identifier -= 1
    asked = road.ask()
    new = sent(road.receive(asked))
    assert ["LATE"] == reasons(road.answered(old, answer(old.octets, 2)))
    check_answer(replied(road.answered(new, answer(new.octets, 3))), asked)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda out: answer(out, 2, secret=b"another secret of theirs"), "BAD_RESPONSE_AUTHENTICATOR"),
        (lambda out: answer(out, 2, signed=False), "NO_MESSAGE_AUTHENTICATOR"),
        (lambda out: answer(out[:1] + bytes((out[1] ^ 1,)) + out[2:], 2), "UNMATCHED"),
        (lambda out: answer(out, 5, signed=False), "NO_MESSAGE_AUTHENTICATOR"),
        (lambda out: answer(out, 5), "BAD_RESPONSE_CODE"),
        (lambda out: answer(out, 2)[:30], "TOO_SHORT"),
        (lambda out: answer(out, 2, [(26, b"x" * 253)] * 15), "TOO_LONG"),
    ],
)
def test_a_discarded_answer_leaves_the_request_pending(spoil, reason: str) -> None:
    """RFC 5080, 2.2.1; CVE-2025-24912: the true answer still arrives after a false one."""
    road = Road()
    asked = road.ask((33, b"p" * 250))
    out = sent(road.receive(asked))
    spoiled = spoil(out.octets)
    assert [reason] == reasons(road.answered(out, spoiled))
    check_answer(replied(road.answered(out, answer(out.octets, 2))), asked)


def test_an_answer_from_elsewhere_is_none() -> None:
    """Another address, another of our sockets: not an answer."""
    road = Road()
    out = sent(road.receive(road.ask()))
    octets = answer(out.octets, 2)
    assert ["UNKNOWN_HOME"] == reasons(road.engine.answer(octets, ("127.0.9.9", 1812), (None, 0), road.now))
    assert ["UNKNOWN_HOME"] == reasons(road.engine.answer(octets, ("127.0.1.1", 1912), (None, 0), road.now))
    assert ["UNKNOWN_HOME"] == reasons(road.engine.answer(octets, ("127.0.1.1", 1812), ("127.0.0.5", 0), road.now))
    assert ["UNMATCHED"] == reasons(road.engine.answer(octets, ("127.0.1.1", 1812), (None, 1), road.now))
    assert ["UNMATCHED"] == reasons(road.engine.answer(octets, ("127.0.1.2", 1812), (None, 0), road.now))


def test_the_second_answer_is_unmatched() -> None:
    """A conflicting second answer changes nothing."""
    road = Road()
    out = sent(road.receive(road.ask()))
    road.answered(out, answer(out.octets, 3))
    assert ["UNMATCHED"] == reasons(road.answered(out, answer(out.octets, 2)))


def test_a_silent_home_costs_three_seconds() -> None:
    """The same octets at 1 s with a Status-Server, another home at 3 s, under a new authenticator."""
    road = Road()
    asked = road.ask()
    out = sent(road.receive(asked))
    again, probe = only(road.wait(1.0), Send)
    assert (out.octets, out.link) == (again.octets, again.link)
    assert 12 == probe.octets[0]
    actions = road.wait(2.0)
    (moved,) = [send for send in only(actions, Send) if send.octets[0] == 1]
    assert ("127.0.1.2", 1812) == moved.link.address
    assert out.octets[4:20] != moved.octets[4:20]
    assert ["zombie"] == [record.record.state for record in only(actions, Record) if isinstance(record.record, HomeChange)]
    assert ["LATE"] == reasons(road.answered(out, answer(out.octets, 2)))
    accept = road.answered(moved, answer(moved.octets, 2))
    check_answer(replied(accept), asked)
    assert ("uni-a-1", "uni-a-2") == only(accept, Record)[0].record.attempts


def test_a_home_that_lives_is_waited_for() -> None:
    """One slow realm never marks a shared home: it is resent to at 1, 3 and 7 s and given up at 15."""
    road = Road(realms=(RealmRow("uni-a.example", homes=("uni-a-1",)), RealmRow("other.example", homes=("uni-a-1",))))
    slow = sent(road.receive(road.ask()))
    times = []
    for tenth in range(200):
        if tenth % 5 == 0:
            lively = sent(road.receive(road.ask(user=b"bob@other.example")))
            road.answered(lively, answer(lively.octets, 2))
        actions = road.wait(0.1)
        times += [round(road.now - 1000.0, 1) for send in only(actions, Send) if send.octets == slow.octets]
        if only(actions, Reply):
            break
    assert [1.0, 3.0, 7.0] == times
    assert pytest.approx(15.0, abs=0.2) == road.now - 1000.0
    assert [("no_answer", "HOME_SILENT")] == verdicts(actions)
    assert "alive" == road.engine.homes_state()[0]["state"]


def test_an_unknown_realm_gets_a_reject_that_says_why() -> None:
    """RFC 3579, 2.6.5 and RFC 2865, 5.33: EAP-Failure for EAP, words otherwise, Proxy-State in order, no User-Name."""
    road = Road()
    asked = road.ask((79, b"\x02\x2a\x00\x10\x01a@nowhere.x"), (33, b"one"), (33, b"two"), user=b"a@nowhere.x")
    actions = road.receive(asked)
    reject = check_answer(replied(actions), asked)
    assert [(79, b"\x04\x2a\x00\x04"), (33, b"one"), (33, b"two")] == list(reject.attributes)[1:]
    assert [("refused", "NO_ROUTE")] == verdicts(actions)
    plain = road.ask((2, b"x" * 16), user=b"a@nowhere.x")
    spoken = check_answer(replied(road.receive(plain)), plain)
    assert [18] == [kind for kind, _ in spoken.attributes[1:]]
    assert b"nowhere" not in spoken.octets


def test_rejects_beyond_the_burst_wait_a_second() -> None:
    """Five at once to a station; the sixth after a second, not dropped."""
    road = Road()
    for _ in range(5):
        replied(road.receive(road.ask((31, b"02-00-00-00-00-01"), user=b"a@nowhere.x")))
    late = road.ask((31, b"02-00-00-00-00-01"), user=b"a@nowhere.x")
    assert [] == only(road.receive(late), Reply)
    assert [] == only(road.wait(0.9), Reply)
    check_answer(replied(road.wait(0.2)), late)


def test_more_than_256_in_flight_use_more_sockets() -> None:
    """RFC 2865, 3 gives 256 identifiers a port; 600 requests use three ports, and no pair twice."""
    road = Road(limits=Limits(station_burst=10_000))
    links = {}
    for number in range(600):
        out = sent(road.receive(road.ask(), Origin(0, ("127.0.0.1", 40000 + number))))
        links[(out.link.socket, out.octets[1])] = out
    assert 600 == len(links)
    assert {0, 1, 2} == {socket for socket, _ in links}


def test_an_identifier_rests_after_its_use() -> None:
    """Least recently used first: an identifier just answered is not the next (RFC 5080, 2.2.2)."""
    road = Road(limits=Limits(station_burst=300))
    seen = []
    for _ in range(256):
        out = sent(road.receive(road.ask()))
        seen.append(out.octets[1])
        road.answered(out, answer(out.octets, 2))
    assert 256 == len(set(seen))


def test_accounting_is_answered_once_it_is_durable() -> None:
    """Ask first; the response only when the disk has it; nothing when it has not."""
    road = Road()
    asked = accounting(7, [(1, b"ada@uni-a.example"), (40, b"\0\0\0\1"), (44, b"s1"), (33, b"below")])
    (ask,) = road.receive(asked, allowed=ACCT)
    assert isinstance(ask, Ask)
    assert () == road.receive(asked, allowed=ACCT)
    response = check_answer(replied(road.engine.settled(ask.ticket, True, road.now)), asked)
    assert (5, [(33, b"below")]) == (response.code, list(response.attributes))
    (lost,) = road.receive(accounting(8, [(40, b"\0\0\0\1"), (44, b"s2")]), allowed=ACCT)
    assert ["NOT_KEPT"] == reasons(road.engine.settled(lost.ticket, False, road.now))
    status = road.ask(user=None, code=12)
    assert () == road.receive(status, allowed=ACCT)


def test_status_server_is_answered_here() -> None:
    """RFC 5997, 3: Accept with Message-Authenticator first on the auth port, Accounting-Response on the other."""
    road = Road()
    asked = road.ask(user=None, code=12)
    assert 2 == check_answer(replied(road.receive(asked)), asked).code
    asked = road.ask(user=None, code=12)
    assert 5 == check_answer(replied(road.receive(asked, allowed=ACCT)), asked).code
    assert ["NO_MESSAGE_AUTHENTICATOR"] == reasons(road.receive(road.ask(user=None, code=12, signed=False)))


def test_our_own_proxy_state_coming_back_is_a_loop() -> None:
    """A Proxy-State that begins with our tag: dropped, with its alarm counted."""
    road = Road()
    assert ["LOOP"] == reasons(road.receive(road.ask((33, b"other"), (33, TAG + bytes(8)))))


def test_a_new_network_leaves_exchanges_alone() -> None:
    """Adopting a network without the home: what is in flight still ends well, what comes next goes elsewhere."""
    road = Road()
    asked = road.ask()
    out = sent(road.receive(asked))
    road.engine.adopt(road.tables((home("uni-a-2", 2),)), road.now)
    check_answer(replied(road.answered(out, answer(out.octets, 2))), asked)
    assert ("127.0.1.2", 1812) == sent(road.receive(road.ask())).link.address


def test_blackhole_says_nothing_and_local_is_refused() -> None:
    """The two other actions of a realm."""
    road = Road(realms=(RealmRow("hole.example", action=Action.BLACKHOLE), RealmRow("city.example", action=Action.LOCAL)))
    assert [] == only(road.receive(road.ask(user=b"a@hole.example")), Reply)
    assert [("refused", "LOCAL_UNAVAILABLE")] == verdicts(road.receive(road.ask(user=b"a@city.example")))


def test_a_rotated_secret_is_accepted_and_answered_with() -> None:
    """While a rotation overlaps, each request is answered with the secret it was signed with."""
    from radius.secret import Secret

    road = Road(previous_secret=Secret(BELOW))
    object.__setattr__(road.client, "secret", Secret(b"the-client's-next-secret"))
    asked = road.ask(user=b"a@nowhere.x")
    check_answer(replied(road.receive(asked, allowed=AUTH)), asked)


def test_who_still_uses_the_previous_secret_is_counted() -> None:
    """By client, once for each packet under the previous secret, logins and accounting alike; under the new one never."""
    from radius.secret import Secret

    road = Road(previous_secret=Secret(BELOW))
    road.receive(road.ask(user=b"a@nowhere.x"), allowed=AUTH)
    assert {} == road.engine.rotating
    object.__setattr__(road.client, "secret", Secret(b"the-client's-next-secret"))
    for _ in range(2):
        road.receive(road.ask(user=b"a@nowhere.x"), allowed=AUTH)
    assert {road.client.name: 2} == road.engine.rotating
