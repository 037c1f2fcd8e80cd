"""What an adversary, a careless peer or a bad day does to the road, and what it must not do."""

from __future__ import annotations

import pytest

from federation.realms import RealmRow
from radius.actions import Record, Reply, Send
from radius.admission import ACCT
from radius.records import HomeChange
from radius.tables import Limits
from tests.radius.road import Road, accounting, answer, check_answer, home, only, reasons, replied, sent

ONE = (RealmRow("uni-a.example", homes=("uni-a-1",)),)
STATION = (31, b"02-00-00-00-00-01")


def requests(actions: tuple[object, ...], host: str, code: int = 1) -> list[Send]:
    """The Sends of one code to one home."""
    return [send for send in only(actions, Send) if send.octets[0] == code and send.link.address[0] == host]  # type: ignore[arg-type]


def states(actions: tuple[object, ...]) -> list[str]:
    """The changes of homes told."""
    return [record.record.state for record in only(actions, Record) if isinstance(record.record, HomeChange)]  # type: ignore[arg-type]


@pytest.mark.parametrize("status_server", [True, False])
def test_a_home_that_dies_behind_its_last_answer_loses_no_login(status_server: bool) -> None:
    """It answered somebody after our request went out, and then nobody: within five seconds the request is elsewhere (facts, 3.1)."""
    road = Road((home("uni-a-1", 1, status_server=status_server), home("uni-a-2", 2)))
    asked = road.ask()
    sent(road.receive(asked))
    road.now += 0.01
    other = sent(road.receive(road.ask()))
    road.answered(other, answer(other.octets, 2))
    (moved,) = requests(road.wait(4.1), "127.0.1.2")
    check_answer(replied(road.answered(moved, answer(moved.octets, 2))), asked)


def test_a_request_that_waited_leaves_with_the_home_s_health() -> None:
    """It moves only when that home is a zombie or dead, and then it does (decisions, 7)."""
    road = Road((home("uni-a-1", 1, status_server=False), home("uni-a-2", 2)))
    asked = road.ask()
    sent(road.receive(asked))
    road.now += 2.5
    other = sent(road.receive(road.ask()))
    road.answered(other, answer(other.octets, 3))
    road.now += 0.1
    road.receive(road.ask())
    moved = requests(road.wait(4.4), "127.0.1.2")
    assert 2 == len({send.octets[1] for send in moved})


def test_one_silent_realm_of_a_quiet_home_marks_nothing() -> None:
    """Nobody else asks anything: the answered Status-Servers keep the shared home alive, and the request waits for it."""
    road = Road()
    sent(road.receive(road.ask()))
    moved, told = [], []
    for _ in range(149):
        actions = road.wait(0.1)
        for probe in requests(actions, "127.0.1.1", 12):
            road.answered(probe, answer(probe.octets, 2, signed=False))
        moved += requests(actions, "127.0.1.2")
        told += states(actions)
    assert ([], []) == (moved, told)


def test_a_late_answer_replayed_is_no_new_sign_of_life() -> None:
    """One captured answer, sent again each second, must not keep a dead home alive."""
    road = Road()
    out = sent(road.receive(road.ask()))
    road.wait(8.0)
    late = answer(out.octets, 2)
    assert ["LATE"] == reasons(road.answered(out, late))
    heard = road.engine.homes_state()[0]["heard"]
    road.wait(1.0)
    assert ["LATE"] == reasons(road.answered(out, late))
    assert heard == road.engine.homes_state()[0]["heard"]


def test_eap_without_message_authenticator_is_never_an_answer() -> None:
    """RFC 3579, 3.1: not even from a home that may leave it out otherwise."""
    road = Road((home("uni-a-1", 1, require_message_authenticator=False),), ONE)
    asked = road.ask()
    out = sent(road.receive(asked))
    assert ["NO_MESSAGE_AUTHENTICATOR"] == reasons(road.answered(out, answer(out.octets, 2, [(79, b"\x03\x01\0\4")], signed=False)))
    check_answer(replied(road.answered(out, answer(out.octets, 2, signed=False))), asked)


def test_a_home_s_unsigned_answer_is_counted() -> None:
    """The exception for one peer is said aloud and counted."""
    road = Road((home("uni-a-1", 1, require_message_authenticator=False),), ONE)
    out = sent(road.receive(road.ask()))
    road.answered(out, answer(out.octets, 2, signed=False))
    assert 1 == road.engine.counts["UNSIGNED_ACCEPTED"]


@pytest.mark.parametrize("eap", [(), ((79, b""),)])
def test_a_reject_of_ours_holds_every_proxy_state_and_no_more_than_4096_octets(eap: tuple[tuple[int, bytes], ...]) -> None:
    """RFC 2865, 3 and 5.33: the words give way to the client's Proxy-State."""
    road = Road()
    rest = 4096 - 20 - 18 - 5 - 2 * len(eap) - 15 * 255
    states_ = [(33, b"p" * 253)] * 15 + [(33, b"q" * (rest - 2))]
    asked = road.ask(*eap, *states_, user=b"a@b")
    assert 4096 == len(asked)
    reject = replied(road.receive(asked))
    assert len(reject) <= 4096
    assert [value for _, value in states_] == check_answer(reject, asked).values(33)


def test_words_are_cut_before_a_reject_grows_too_long() -> None:
    """Room for one octet of reason: one octet of reason, or none."""
    road = Road()
    for length in range(1, 120):
        asked = road.ask(*[(33, b"p" * 253)] * 15, (33, b"q" * length), user=b"a@b", code=1)
        assert len(replied(road.receive(asked))) <= 4096
        road.now += 1.0


def test_a_home_that_moved_is_not_judged_by_its_old_address() -> None:
    """A new address in the network: what still waits at the old one says nothing of the new."""
    road = Road((home("uni-a-1", 1),), ONE)
    road.receive(road.ask())
    road.engine.adopt(road.tables((home("uni-a-1", 9),)), road.now)
    actions = road.wait(20.0)
    assert [] == requests(actions, "127.0.1.1", 12)[1:]
    assert [] == states(actions)
    assert "alive" == road.engine.homes_state()[0]["state"]


def test_a_home_that_leaves_and_returns_finds_its_identifiers_at_rest() -> None:
    """RFC 5080, 2.2.2: a change of the network is no way to reuse an identifier that was never answered."""
    road = Road((home("uni-a-1", 1),), ONE)
    first = sent(road.receive(road.ask()))
    road.wait(16.0)
    for homes in ((home("uni-b-1", 2),), (home("uni-a-1", 1),)):
        road.engine.adopt(road.tables(homes), road.now)
    second = sent(road.receive(road.ask()))
    assert (first.link, True) == (second.link, second.octets[1] > first.octets[1])
    for _ in range(2):
        road.engine.adopt(road.tables((home("uni-b-1", 2),)), road.now)
        road.wait(60.0)
    assert {"127.0.1.2"} == {address[0] for address, _ in road.engine._pool.lanes}


def test_a_home_that_falls_back_while_reviving_is_told() -> None:
    """Whoever was told that it revives is told that it does not."""
    road = Road((home("uni-a-1", 1),), ONE)
    road.receive(road.ask())
    road.wait(12.0)
    actions: tuple[object, ...] = ()
    while not requests(actions, "127.0.1.1", 12):
        actions = road.wait(0.1)
    probe = requests(actions, "127.0.1.1", 12)[0]
    assert ["reviving"] == states(road.answered(probe, answer(probe.octets, 2)))
    assert ["dead"] == states(road.wait(4.0))


def test_accounting_nobody_answers_says_nothing_of_logins() -> None:
    """A home without Status-Server that takes no accounting still signs people in."""
    road = Road((home("uni-a-1", 1, status_server=False),), (RealmRow("uni-a.example", homes=("uni-a-1",), forward_accounting=True),))
    road.receive(accounting(7, [(1, b"ada@uni-a.example"), (40, b"\0\0\0\1"), (44, b"s1")]), allowed=ACCT)
    road.wait(5.0)
    assert "alive" == road.engine.homes_state()[0]["state"]
    sent(road.receive(road.ask()))


def test_logins_sent_to_a_zombie_are_no_probes() -> None:
    """Dead after three Status-Servers missed (decisions, 5), however many people try meanwhile."""
    quiet, busy = (Road((home("uni-a-1", 1),), ONE, Limits(station_burst=1e6)) for _ in range(2))
    fates = []
    for road in (quiet, busy):
        road.receive(road.ask())
        while road.engine.homes_state()[0]["state"] != "dead":
            actions = road.wait(0.1)
            if road is busy and states(actions) == ["zombie"]:
                road.receive(road.ask())
        fates.append(round(road.now, 1))
    assert fates[0] == fates[1]


def test_a_drain_waits_for_rejects_that_are_on_their_way() -> None:
    """A delayed Access-Reject is an exchange in flight too."""
    road = Road(limits=Limits(reject_burst=1.0))
    for _ in range(2):
        actions = road.receive(road.ask(STATION, user=b"a@nowhere.x"))
    assert ([], 1) == (only(actions, Reply), road.engine.in_flight)
    replied(road.wait(1.1))
    assert 0 == road.engine.in_flight


def test_a_request_that_names_no_station_has_no_station_s_limit() -> None:
    """A proxy below us that leaves out Calling-Station-Id is a client, and has a client's `rate`."""
    road = Road(limits=Limits(station_burst=1.0, station_rate=0.1))
    assert [1, 1, 1] == [len(only(road.receive(road.ask()), Send)) for _ in range(3)]
