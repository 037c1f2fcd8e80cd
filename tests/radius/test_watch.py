"""The watch over the homes: doubted, probed, told of."""

from __future__ import annotations

from itertools import pairwise

import pytest

from federation.realms import RealmRow
from radius.actions import Record, Send
from radius.records import HomeChange
from radius.secret import Secret
from radius.tables import Home, Timing
from tests.radius.road import ABOVE, Road, answer, check_answer, check_request, home, only, reasons, replied, sent, verdicts

ONE = (RealmRow("uni-a.example", homes=("only",)),)


def alone(**more: object) -> Road:
    """A road with a single home."""
    return Road((home("only", 1, **more),), ONE)


def state(road: Road) -> object:
    """How that home is."""
    return road.engine.homes_state()[0]["state"]


def probes(actions: tuple[object, ...]) -> list[Send]:
    """Status-Servers sent."""
    return [send for send in only(actions, Send) if send.octets[0] == 12]  # type: ignore[arg-type]


def changes(actions: tuple[object, ...]) -> list[tuple[str, str]]:
    """(home, state) of each change told."""
    return [(record.record.home, record.record.state) for record in only(actions, Record) if isinstance(record.record, HomeChange)]  # type: ignore[arg-type]


def next_probe(road: Road) -> Send:
    """Wait for it."""
    return next(send for _ in range(400) for send in probes(road.wait(0.1)))


def test_a_second_of_silence_is_a_doubt() -> None:
    """Decisions, 5: a Status-Server beside the repetition, where the home said nothing to anyone since."""
    road = alone()
    road.receive(road.ask())
    assert [] == probes(road.wait(0.9))
    (probe,) = probes(road.wait(0.2))
    assert () == check_request(probe.octets).attributes[1:]
    lively = alone()
    lively.receive(lively.ask())
    lively.now += 0.5
    out = sent(lively.receive(lively.ask()))
    lively.answered(out, answer(out.octets, 3))
    assert [] == probes(lively.wait(1.0))


def test_an_answered_doubt_keeps_a_home_alive() -> None:
    """It lives, one realm behind it does not: nothing is told."""
    road = alone()
    road.receive(road.ask())
    (probe,) = probes(road.wait(1.0))
    road.answered(probe, answer(probe.octets, 2, signed=False))
    assert [] == changes(road.wait(5.0))
    assert "alive" == state(road)


def test_silence_makes_a_zombie_misses_make_it_dead() -> None:
    """Told once each; probed every two seconds, then every ten give or take 30 %."""
    road = alone()
    began = road.now
    road.receive(road.ask())
    told, times = [], []
    for _ in range(600):
        actions = road.wait(0.1)
        told += [(round(road.now - began, 1), state) for _, state in changes(actions)]
        times += [round(road.now - began, 1) for _ in probes(actions)]
    assert [(3.0, "zombie"), (7.0, "dead")] == told  # the doubt of the first second is the first miss
    assert [1.0, 3.0, 5.0] == times[:3]
    gaps = [later - earlier for earlier, later in pairwise(times[2:])]
    assert all(6.9 <= gap <= 13.1 for gap in gaps)
    assert len(set(gaps)) > 1


def test_probes_of_two_workers_do_not_keep_step() -> None:
    """By chance: each worker's own entropy."""
    moments = []
    for seed in (1, 2):
        road = alone()
        road.random.seed(seed)
        road.receive(road.ask())
        road.wait(9.5)
        began = road.now
        next_probe(road)
        moments.append(road.now - began)
    assert moments[0] != moments[1]


def test_one_answer_wakes_a_zombie_three_the_dead() -> None:
    """After one good answer it is asked every second."""
    road = alone()
    road.receive(road.ask())
    road.wait(3.1)
    assert "zombie" == state(road)
    out = sent(road.receive(road.ask()))
    road.answered(out, answer(out.octets, 3))
    assert "alive" == state(road)
    road.now += 0.1
    road.receive(road.ask())
    road.wait(12.0)
    assert "dead" == state(road)
    seen = []
    for _ in range(3):
        probe = next_probe(road)
        seen += [(round(road.now % 1000, 1), state) for _, state in changes(road.answered(probe, answer(probe.octets, 2)))]
    assert ["reviving", "alive"] == [state for _, state in seen]
    assert pytest.approx(2.0, abs=0.11) == seen[1][0] - seen[0][0]
    assert [] == probes(road.wait(60.0))


def test_a_home_that_falls_silent_while_reviving_is_dead_again() -> None:
    """Three in a row, or none."""
    road = alone()
    road.receive(road.ask())
    road.wait(9.5)
    probe = next_probe(road)
    road.answered(probe, answer(probe.octets, 2))
    assert "reviving" == state(road)
    road.now += 0.1
    next_probe(road)
    road.wait(2.1)
    assert "dead" == state(road)
    assert [("no_answer", "NO_HOME_ALIVE")] == verdicts(road.receive(road.ask()))


def test_a_reviving_home_is_better_than_none() -> None:
    """Until its third answer it is chosen where no other lives."""
    road = alone()
    road.receive(road.ask())
    road.wait(9.5)
    probe = next_probe(road)
    road.answered(probe, answer(probe.octets, 2))
    asked = road.ask()
    out = sent(road.receive(asked))
    check_answer(replied(road.answered(out, answer(out.octets, 2))), asked)


def test_a_home_deaf_to_status_server_comes_back_by_a_live_request() -> None:
    """Declared with Status-Server and never known to answer one: its silence to probes says nothing."""
    road = alone()
    road.receive(road.ask())
    road.wait(15.1)
    assert "dead" == state(road)
    tried = []
    for _ in range(3000):
        road.wait(0.01)
        if tried := [send for send in only(road.receive(road.ask()), Send) if send.octets[0] == 1]:
            break
    road.answered(tried[0], answer(tried[0].octets, 2))
    assert "reviving" == state(road)
    for _ in range(2):
        out = sent(road.receive(road.ask()))
        road.answered(out, answer(out.octets, 2))
    assert "alive" == state(road)


def test_a_forged_answer_to_a_probe_is_no_sign_of_life() -> None:
    """RFC 5997, 4: only what is signed."""
    road = alone()
    road.receive(road.ask())
    (probe,) = probes(road.wait(1.0))
    assert ["BAD_RESPONSE_AUTHENTICATOR"] == reasons(road.answered(probe, answer(probe.octets, 2, secret=b"not its secret, this")))
    assert ["BAD_RESPONSE_CODE"] == reasons(road.answered(probe, answer(probe.octets, 11)))
    road.wait(2.5)
    assert "zombie" == state(road)


def test_a_late_answer_is_a_sign_of_life() -> None:
    """To a probe given up as much as to a request."""
    road = alone()
    road.receive(road.ask())
    (probe,) = probes(road.wait(1.0))
    road.wait(2.5)
    assert "zombie" == state(road)
    assert ["BAD_RESPONSE_AUTHENTICATOR"] == reasons(road.answered(probe, answer(probe.octets, 2, secret=b"not its secret, this")))
    assert "zombie" == state(road)
    assert ["LATE"] == reasons(road.answered(probe, answer(probe.octets, 2)))
    assert "alive" == state(road)


def test_an_answer_to_nothing_says_nothing() -> None:
    """Neither in flight nor given up: counted, and no sign of life."""
    road = alone()
    out = sent(road.receive(road.ask()))
    forged = out.octets[:1] + bytes((out.octets[1] ^ 1,)) + out.octets[2:]
    assert ["UNMATCHED"] == reasons(road.answered(out, answer(forged, 2)))
    assert float("-inf") == road.engine.homes_state()[0]["heard"]


def test_a_home_without_status_server_is_tried_by_live_requests_one_at_a_time() -> None:
    """Every ten seconds; three tries in vain and it is dead, which is told."""
    road = alone(status_server=False)
    road.receive(road.ask())
    told = changes(road.wait(15.1))
    for _ in range(3):
        sent(road.receive(road.ask()))
        told += changes(road.wait(15.1))
    assert [("only", "zombie"), ("only", "dead")] == told
    assert "dead" == state(road)
    assert 0 == road.engine.counts["probes"]


def test_suspicion_asks_at_once() -> None:
    """Decisions, 20: another worker's opinion is no evidence; this one asks for itself, once at a time."""
    road = alone()
    (probe,) = probes(road.engine.suspect("only", road.now))
    assert () == road.engine.suspect("only", road.now)
    assert () == road.engine.suspect("nobody", road.now)
    road.answered(probe, answer(probe.octets, 2))
    assert [] == changes(road.wait(10.0))
    road.engine.suspect("only", road.now)
    assert [("only", "zombie")] == changes(road.wait(2.0))


def test_a_mended_row_is_asked_at_once() -> None:
    """Its secret was wrong, so it looked dead; with the new network it is probed without waiting for its turn."""
    road = alone()
    road.receive(road.ask())
    road.wait(9.5)
    assert "dead" == state(road)
    mended = Home("only", "127.0.1.1", Secret(b"the right one, at last"), timing=Timing(dead_probe=1000.0))
    road.engine.adopt(road.tables((mended,)), road.now)
    (probe,) = probes(road.wait(0.0))
    check_request(probe.octets, b"the right one, at last")


def test_a_home_that_left_is_forgotten() -> None:
    """Its end is told, but it is probed no more."""
    road = alone()
    road.receive(road.ask())
    road.wait(1.0)
    road.engine.adopt(road.tables((home("other", 9),)), road.now)
    road.wait(20.0)
    assert [] == probes(road.wait(60.0))
    assert ["other"] == [row["home"] for row in road.engine.homes_state()]


def test_the_state_of_every_home_is_told() -> None:
    """For `proxeny homes` and the metrics."""
    road = Road()
    out = sent(road.receive(road.ask()))
    rows = road.engine.homes_state()
    assert ["uni-a-1", "uni-a-2"] == [row["home"] for row in rows]
    assert {"home": "uni-a-1", "address": "127.0.1.1", "port": 1812, "state": "alive", "in_flight": 1, "heard": float("-inf")} == rows[0]
    road.answered(out, answer(out.octets, 2))
    assert (0, road.now) == (road.engine.homes_state()[0]["in_flight"], road.engine.homes_state()[0]["heard"])
    assert ABOVE not in repr(rows).encode()


def test_probes_wait_while_no_identifier_is_free() -> None:
    """A zombie whose identifiers are all in use is asked again later, not never."""
    road = alone()
    road.receive(road.ask())
    road.wait(3.1)
    server = road.engine._pool.servers["only"]
    lane = server.lane
    held = [slot for _ in range(64 * 256) if (slot := lane.take(next(iter(lane.pending.values())), road.now)) >= 0]
    assert [] == probes(road.wait(6.0))
    for slot in held:
        lane.answered(slot)
    assert probes(road.wait(3.0))


def test_a_home_whose_lane_is_gone_is_not_asked() -> None:
    """It left the network, and may be back with identifiers of its own: an answer to the old one would find nobody (RFC 5080, 2.2.2)."""
    road = alone()
    left = road.engine._pool.servers["only"]
    road.engine.adopt(road.tables((home("other", 9),)), road.now)
    assert () == road.engine._watch.doubt(left, road.now)
    road.engine.adopt(road.tables((home("only", 1),)), road.now)
    assert () == road.engine._watch.doubt(left, road.now)
    assert 1 == len(road.engine.suspect("only", road.now))
