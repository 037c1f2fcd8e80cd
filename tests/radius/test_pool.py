"""Which home next, how each is, and the identifiers towards it."""

from __future__ import annotations

import pytest

from radius.pool import QUARANTINE, SOCKETS, Health, Lane, Pool, Probe, Server
from radius.tables import Action, Route
from tests.radius.road import exchange, home

NAMES = ("a", "b", "c")


@pytest.fixture
def pool() -> Pool:
    """Three homes."""
    made = Pool()
    made.adopt([home(name, number + 1) for number, name in enumerate(NAMES)], 0.0)
    return made


def route(balance: bool = False) -> Route:
    """To all three."""
    return Route("x.example", "x.example", Action.PROXY, NAMES, balance)


def test_failover_takes_the_first_that_lives(pool: Pool) -> None:
    """In the order configured; a zombie only where none lives; never one tried already."""
    assert "a" == pool.choose(route(), b"s", "", (), 0.0).name
    pool.servers["a"].silent(0.0)
    assert "b" == pool.choose(route(), b"s", "", (), 0.0).name
    pool.servers["b"].silent(0.0)
    pool.servers["c"].silent(0.0)
    assert "a" == pool.choose(route(), b"s", "", (), 0.0).name
    assert "c" == pool.choose(route(), b"s", "", ("a", "b"), 0.0).name
    for server in pool.servers.values():
        server.health, server.attends = Health.DEAD, True
    assert pool.choose(route(), b"s", "", (), 0.0) is None


def test_balance_is_even_and_consistent(pool: Pool) -> None:
    """A station keeps its home; when one home goes, only its stations move."""
    stations = [b"02-00-00-00-%02X-%02X" % divmod(number, 256) for number in range(3000)]
    before = {station: pool.choose(route(True), station, "", (), 0.0).name for station in stations}
    for name in NAMES:
        assert 850 < sum(chosen == name for chosen in before.values()) < 1150
    pool.servers["b"].silent(0.0)
    after = {station: pool.choose(route(True), station, "", (), 0.0).name for station in stations}
    assert all(before[station] == after[station] for station in stations if before[station] != "b")


def test_a_conversation_keeps_its_home_while_it_lives(pool: Pool) -> None:
    """Decisions, 7: it moves only when that home is a zombie or dead."""
    assert "c" == pool.choose(route(), b"s", "c", (), 0.0).name
    pool.servers["c"].silent(0.0)
    assert "a" == pool.choose(route(), b"s", "c", (), 0.0).name


def test_identifiers_are_unique_rest_and_run_out() -> None:
    """16,384 at once; the oldest first; one given up rests before it returns."""
    lane = Lane(("127.0.0.1", 1812), None)
    server = Server(home("a", 1), lane, lane)
    waiting = Probe(server, lane, 0.0)
    slots = [lane.take(waiting, 0.0) for _ in range(256 * SOCKETS)]
    assert len(slots) == len(set(slots))
    assert -1 == lane.take(waiting, 0.0)
    lane.answered(slots[7])
    assert slots[7] == lane.take(waiting, 0.0)
    lane.give_up(slots[9], 0.0)
    assert -1 == lane.take(waiting, QUARANTINE - 1)
    assert slots[9] == lane.take(waiting, QUARANTINE)


def test_health_survives_a_new_network(pool: Pool) -> None:
    """By name and address; a home at another address starts alive."""
    pool.servers["a"].silent(0.0)
    pool.servers["b"].silent(0.0)
    pool.adopt([home("a", 1), home("b", 9)], 1.0)
    assert (Health.ZOMBIE, Health.ALIVE) == (pool.servers["a"].health, pool.servers["b"].health)
    assert ["a", "b"] == list(pool.servers)


def asked(**more: object) -> Server:
    """A server that has been silent once."""
    lane = Lane(("127.0.1.1", 1812), None)
    server = Server(home("a", 1, **more), lane, lane)
    assert server.silent(0.0)
    assert not server.silent(0.0)
    return server


def test_three_misses_make_it_dead_three_answers_alive() -> None:
    """Decisions, 5; every change is news once, and the next probe's time goes with it."""
    server = asked()
    assert [False, False, True, False] == [server.missed(now, now + 2.0, 0.5) for now in (0.0, 2.0, 4.0, 6.0)]
    assert (Health.DEAD, 16.0) == (server.health, server.probe_at)
    assert [True, False, True, False] == [server.sign(now) for now in (16.0, 17.0, 18.0, 19.0)]
    assert (Health.ALIVE, None, 19.0) == (server.health, server.probe_at, server.heard)


@pytest.mark.parametrize(("jitter", "at"), [(0.0, 7.0), (1.0, 13.0)])
def test_the_dead_are_probed_give_or_take_a_third(jitter: float, at: float) -> None:
    """Every 10 s, give or take 30 %."""
    server = asked()
    for _ in range(3):
        server.missed(0.0, 2.0, jitter)
    assert pytest.approx(at) == server.probe_at


def test_one_answer_wakes_a_zombie_and_a_miss_ends_a_revival() -> None:
    """Three in a row bring a dead one back: a miss between them begins anew."""
    server = asked()
    assert server.sign(1.0)
    assert Health.ALIVE is server.health
    server = asked()
    for _ in range(3):
        server.missed(0.0, 2.0, 0.0)
    server.sign(9.0)
    assert Health.REVIVING is server.health
    assert 10.0 == server.probe_at
    assert server.missed(10.0, 12.0, 0.0)
    assert (Health.DEAD, 0) == (server.health, server.answers)


def test_a_miss_of_one_that_lives_makes_it_a_zombie_unless_it_was_heard() -> None:
    """An answer to anyone since the probe went out counts."""
    lane = Lane(("127.0.1.1", 1812), None)
    server = Server(home("a", 1), lane, lane)
    server.sign(5.0)
    assert not server.missed(4.0, 6.0, 0.0)
    assert server.missed(6.0, 8.0, 0.0)
    assert Health.ZOMBIE is server.health


def test_without_status_server_one_live_request_at_a_time() -> None:
    """After ten seconds, and again after ten more; while it is under way nobody else."""
    server = asked(status_server=False)
    assert [False, True] == [server.choosable(now) for now in (9.9, 10.0)]
    server.trial = exchange(1)
    assert not server.choosable(20.0)
    server.trial.rest(12.0)
    assert server.choosable(20.0)
    server.missed(10.0, 13.0, 0.0)
    assert [False, True] == [server.choosable(now) for now in (22.9, 23.0)]
    server.sign(23.0)
    assert Health.ALIVE is server.health


def test_probes_fall_due(pool: Pool) -> None:
    """Of those not alive, with Status-Server, none in flight: in the order in which they fell ill."""
    for name in ("b", "a"):
        pool.servers[name].silent(5.0)
        pool.unwell[name] = pool.servers[name]
    assert (5.0, ["b", "a"], []) == (pool.next_probe(), [server.name for server in pool.due(5.0)], pool.due(4.9))
    server = pool.servers["b"]
    server.probe = Probe(server, server.lane, 5.0)
    assert ["a"] == [server.name for server in pool.due(5.0)]


def test_a_changed_row_is_asked_at_once_and_an_unchanged_one_waits(pool: Pool) -> None:
    """What was wrong with it may be mended."""
    for name in ("a", "b"):
        pool.servers[name].silent(5.0)
        pool.servers[name].probe_at = 100.0
    pool.adopt([home("a", 1), home("b", 2, require_message_authenticator=False)], 7.0)
    assert ["b"] == [server.name for server in pool.due(7.0)]


def test_lanes_stay_while_something_waits_in_them(pool: Pool) -> None:
    """A home that left finishes what it began; another source address is another lane."""
    server = pool.servers["a"]
    slot = server.lane.take(Probe(server, server.lane, 0.0), 0.0)
    pool.adopt([home("a", 1, source="127.0.0.5")], 1.0)
    assert {(("127.0.1.1", 1812), None), (("127.0.1.1", 1812), "127.0.0.5"), (("127.0.1.1", 1813), "127.0.0.5")} == set(pool.lanes)
    server.lane.answered(slot)
    pool.adopt([home("a", 1, source="127.0.0.5")], 2.0)
    assert {"127.0.0.5"} == {source for _, source in pool.lanes}
    assert (True, False) == (server.retired, pool.servers["a"].retired)
