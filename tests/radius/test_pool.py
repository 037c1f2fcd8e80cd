"""Which home next, how each is, and the identifiers towards it."""

from __future__ import annotations

import pytest

from radius.pool import QUARANTINE, SOCKETS, Health, Lane, Pool, Probe, Server
from radius.tables import Action, Route
from tests.radius.road import home

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
        server.health = Health.DEAD
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
