"""One request towards its homes: sent, repeated, moved, given up."""

from __future__ import annotations

from itertools import count

import pytest

from federation.realms import RealmRow
from radius.actions import Origin, Reply, Send
from radius.admission import ACCT
from radius.codec import hide_password, reveal_password
from radius.policy import Rule
from radius.secret import Secret
from radius.tables import Home, Limits, Timing
from tests.radius.road import (
    ABOVE,
    BELOW,
    ORIGIN,
    Road,
    access,
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

ONE = (RealmRow("uni-a.example", homes=("uni-a-1",)),)


def requests(actions: tuple[object, ...], code: int = 1) -> list[Send]:
    """The Sends of one code."""
    return [send for send in only(actions, Send) if send.octets[0] == code]  # type: ignore[arg-type]


def test_the_times_of_a_request_nobody_answers() -> None:
    """Decisions, 5: the same octets at 1 s, the next home at 3 s, its own repetition at 4 s, and an end at 15 s."""
    road = Road()
    began = road.now
    first = sent(road.receive(road.ask()))
    seen = [(0.0, first)]
    while not (actions := road.wait(0.1), only(actions, Reply))[1]:
        seen += [(round(road.now - began, 1), send) for send in requests(actions)]
    times = {home: [moment for moment, send in seen if send.link.address[0] == home] for home in ("127.0.1.1", "127.0.1.2")}
    assert {"127.0.1.1": [0.0, 1.0], "127.0.1.2": [3.0, 4.0, 6.0, 10.0]} == times
    assert 2 == len({(send.link, send.octets) for _, send in seen})
    assert pytest.approx(15.0, abs=0.11) == road.now - began
    assert [("no_answer", "HOME_SILENT")] == verdicts(actions)


def test_times_of_a_home_s_own() -> None:
    """`[[home]]` may have its own times."""
    quick = home("uni-a-1", 1, timing=Timing(resend=(0.2, 0.5), request_timeout=2.0))
    road = Road((quick,), ONE)
    began = road.now
    road.receive(road.ask())
    assert [0.2, 0.5] == [round(road.now - began, 1) for _ in range(9) if requests(road.wait(0.1))]
    assert [("no_answer", "HOME_SILENT")] == verdicts(road.wait(1.2))


def test_a_moved_request_is_a_new_one_for_the_next_home() -> None:
    """A new identifier, authenticator, Proxy-State, the password hidden anew under that home's own secret."""
    other = Secret(b"the second home's own secret")
    road = Road((home("uni-a-1", 1), Home("uni-a-2", "127.0.1.2", other)))
    vector = bytes(range(16))
    hidden = hide_password(b"correct horse", Secret(BELOW), vector)
    first = sent(road.receive(access(9, [(1, b"ada@uni-a.example"), (2, hidden)], vector)))
    (second,) = [send for send in requests(road.wait(3.0)) if send.link.address[0] == "127.0.1.2"]
    one, two = check_request(first.octets), check_request(second.octets, other.octets)
    assert one.authenticator != two.authenticator
    assert one.value(33) != two.value(33)
    password = two.value(2)
    assert password is not None
    assert b"correct horse" == reveal_password(password, other, two.authenticator).rstrip(b"\0")


def test_a_late_answer_is_known_by_its_own_home_s_secret() -> None:
    """After the move the first home's answer still shows that it lives, though the second has another secret."""
    other = b"the second home's own secret"
    road = Road((home("uni-a-1", 1), Home("uni-a-2", "127.0.1.2", Secret(other))))
    asked = road.ask()
    first = sent(road.receive(asked))
    second = requests(road.wait(3.0))[-1]
    assert "zombie" == road.engine.homes_state()[0]["state"]
    assert ["BAD_RESPONSE_AUTHENTICATOR"] == reasons(road.answered(first, answer(first.octets, 2, secret=other)))
    assert ["LATE"] == reasons(road.answered(first, answer(first.octets, 2)))
    assert "alive" == road.engine.homes_state()[0]["state"]
    check_answer(replied(road.answered(second, answer(second.octets, 2, secret=other))), asked)


def test_a_silent_home_with_no_other_is_asked_again() -> None:
    """Nowhere to move: the same octets at 3 and 7 s, and the answer still counts."""
    road = Road((home("uni-a-1", 1),), ONE)
    asked = road.ask()
    first = sent(road.receive(asked))
    assert [first, first, first] == requests(road.wait(14.0))
    check_answer(replied(road.answered(first, answer(first.octets, 2))), asked)
    assert [] == requests(road.wait(30.0))


def test_an_answered_request_is_never_sent_again() -> None:
    """Its timers are void."""
    road = Road()
    out = sent(road.receive(road.ask()))
    road.answered(out, answer(out.octets, 3))
    assert [] == requests(road.wait(20.0))


def test_protocol_error_everywhere_ends_in_a_reject() -> None:
    """Each home is tried once; a request that nobody takes is over at once."""
    road = Road()
    asked = road.ask()
    out = sent(road.receive(asked))
    out = sent(road.answered(out, answer(out.octets, 52)))
    actions = road.answered(out, answer(out.octets, 52))
    assert 3 == check_answer(replied(actions), asked).code
    assert 2 == road.engine.counts["PROTOCOL_ERROR"]


def test_a_request_moved_at_once_still_ends() -> None:
    """Its first timers are void before they set the end: the move sets it."""
    road = Road()
    out = sent(road.receive(road.ask()))
    road.answered(out, answer(out.octets, 52))
    assert [("no_answer", "HOME_SILENT")] == verdicts(road.wait(15.1))


def test_a_refused_request_that_waits_is_not_refused_again() -> None:
    """A late HOME_PRIVILEGES, its Reject delayed, and `request_timeout` in between: one record, one Reject."""
    road = Road((home("uni-a-1", 1),), ONE, Limits(reject_burst=1.0, reject_rate=0.001))
    road.receive(road.ask((31, b"02"), user=b"a@nowhere.example"))
    asked = road.ask((31, b"02"))
    out = sent(road.receive(asked))
    actions = road.wait(14.5)
    actions += road.answered(out, answer(out.octets, 2, [(6, b"\0\0\0\6")]))
    actions += road.wait(5.0)
    assert [("refused", "HOME_PRIVILEGES")] == verdicts(actions)
    check_answer(replied(actions), asked)


def test_what_is_refused_before_it_is_sent_uses_no_identifier() -> None:
    """Too long, or refused by a rule: no home is charged for it."""
    road = Road(limits=Limits(station_burst=1000))
    for _ in range(300):
        assert [("refused", "TOO_LONG")] == verdicts(road.receive(road.ask(*[(200, bytes(253))] * 15, (200, bytes(200)))))
    assert 0 == sent(road.receive(road.ask())).octets[1]


def test_without_an_identifier_the_newest_is_dropped() -> None:
    """16,384 in flight to one home; the client's repetition finds room once some are answered."""
    road = Road((home("uni-a-1", 1),), ONE, Limits(station_burst=1e6, station_rate=1e6))
    ports = count(1024)
    flying = [sent(road.receive(road.ask(), Origin(0, ("127.0.0.1", next(ports))))) for _ in range(16_384)]
    asked = road.ask()
    assert ["NO_SLOT"] == reasons(road.receive(asked))
    assert road.engine.in_flight == 16_384
    road.answered(flying[0], answer(flying[0].octets, 2))
    assert flying[0].link == sent(road.receive(asked)).link


def test_a_copied_record_has_the_accounting_port_and_a_computed_authenticator() -> None:
    """RFC 2866, 3; no home takes it: lost aloud, for ours is stored."""
    road = Road((home("uni-a-1", 1, acct_port=4000),), (RealmRow("uni-a.example", homes=("uni-a-1",), forward_accounting=True),))
    octets = accounting(1, [(1, b"ada@uni-a.example"), (40, b"\0\0\0\1"), (44, b"s")])
    out = sent(road.receive(octets, ORIGIN, ACCT))
    assert ("127.0.1.1", 4000) == out.link.address
    assert accounting(out.octets[1], [], ABOVE)[:1] == out.octets[:1]
    actions = road.wait(15.1)
    assert [out, out, out] == requests(actions, 4)
    assert ["FORWARD_LOST"] == reasons(actions)
    assert [] == verdicts(actions)


def test_a_rule_may_refuse_what_a_home_would_get() -> None:
    """Policy by home, before anything leaves."""
    road = Road()
    road.engine.adopt(road.tables((home("uni-a-1", 1), home("uni-a-2", 2)), rules=(Rule("no", "request", remove=("NAS-Port",)),)), road.now)
    assert [1, 126, 89, 33] == [kind for kind, _ in check_request(sent(road.receive(road.ask((5, b"\0\0\0\1")))).octets).attributes[1:]]


def test_a_home_that_is_not_alive_is_tried_by_that_request_alone() -> None:
    """Without Status-Server the live request is the question; while it is under way others are refused."""
    road = Road((home("uni-a-1", 1, status_server=False),), ONE)
    road.receive(road.ask())
    road.wait(16.0)
    trial = sent(road.receive(road.ask()))
    assert [("no_answer", "NO_HOME_ALIVE")] == verdicts(road.receive(road.ask()))
    road.answered(trial, answer(trial.octets, 3))
    sent(road.receive(road.ask()))


def spoke(status_server: bool, after: float) -> tuple[Road, bytes, Send]:
    """A request in flight to a home that answered somebody else `after` seconds later, and then nobody."""
    road = Road((home("uni-a-1", 1, status_server=status_server), home("uni-a-2", 2)))
    asked = road.ask()
    out = sent(road.receive(asked))
    road.wait(after)
    other = sent(road.receive(road.ask()))
    road.answered(other, answer(other.octets, 2))
    return road, asked, out


@pytest.mark.parametrize("after", [0.01, 1.5, 3.5])
@pytest.mark.parametrize("status_server", [True, False])
def test_a_home_that_fell_silent_behind_its_last_word_is_left(status_server: bool, after: float) -> None:
    """It is doubted once it has missed a repetition; two seconds later, still silent, the request is at another."""
    road, asked, _ = spoke(status_server, after)
    moved = [send for send in requests(road.wait(10.0)) if send.link.address[0] == "127.0.1.2"]
    check_answer(replied(road.answered(moved[0], answer(moved[0].octets, 2))), asked)


def test_a_home_that_answers_the_doubt_is_waited_for() -> None:
    """It lives; only this realm behind it is slow."""
    road, asked, out = spoke(True, 0.01)
    for _ in range(120):
        actions = road.wait(0.1)
        assert {"127.0.1.1"} >= {send.link.address[0] for send in requests(actions)}
        for probe in requests(actions, 12):
            road.answered(probe, answer(probe.octets, 2))
    check_answer(replied(road.answered(out, answer(out.octets, 2))), asked)


def test_doubts_end_with_the_request() -> None:
    """Answered between a doubt and its end: nothing more is sent of it."""
    road, asked, out = spoke(True, 0.01)
    road.wait(2.5)
    check_answer(replied(road.answered(out, answer(out.octets, 2))), asked)
    assert [] == requests(road.wait(20.0))
    road, asked, out = spoke(True, 0.01)
    road.answered(out, answer(out.octets, 2))
    assert [] == requests(road.wait(20.0))
