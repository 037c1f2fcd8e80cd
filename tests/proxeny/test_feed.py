"""The feed of live grants: who begins is told what lives, who follows is told what changes, and nothing is missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from proxeny import feed as module
from proxeny import porter_wire as wire
from proxeny.feed import Feed
from radius.grants import Grants
from store import grants, usage
from store.models import Grant
from store.session import transaction
from tests.proxeny import guests
from tests.proxeny.guests import LAPTOP, PHONE, TABLET
from tests.store.guests import noon

if TYPE_CHECKING:
    import threading
    from pathlib import Path

ZONE = noon()


class World:
    """A store, a feed, and workers' memories that take what it brings."""

    def __init__(self, folder: Path) -> None:
        self.store = guests.made(folder)
        self.feed = Feed(self._bring)
        self.memories: dict[int, Grants] = {}
        self.words: dict[int, list[Any]] = {}

    def _bring(self, window: Any, life: int, datagrams: list[bytes], taken: threading.Event) -> None:
        for datagram in datagrams:
            said = wire.downward(datagram)
            self.words.setdefault(window.number, []).append(said)
            memory = self.memories.setdefault(window.number, Grants())
            if isinstance(said, wire.Granted):
                memory.put(said.grants)
            else:
                memory.clear()
        taken.set()

    def follower(self, number: int = 0) -> Any:
        window = SimpleNamespace(number=number, life=0, waiting=0)
        self.feed.follow(window)
        return window

    def turn(self) -> bool:
        return self.feed.turn(self.store.engine, ZONE, 32)

    def turns(self) -> None:
        """Until a turn brings nothing."""
        before = -1
        while before != (before := sum(map(len, self.words.values()))) or self.turn():
            self.turn()

    def known(self, number: int = 0) -> dict[bytes, str]:
        memory = self.memories[number]
        return {device: found.id for device in (PHONE, LAPTOP, TABLET) if (found := memory.find(device)) is not None}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_who_begins_is_told_to_forget_and_then_what_lives(world) -> None:
    """Clear first, then the live grants; one that is over is not among them; nothing at all ends the first page, of an empty store too."""
    world.follower(0)
    world.turn()
    assert [wire.Clear(), wire.Granted(())] == world.words[0]
    phone = world.store.admit(PHONE)
    world.store.revoke(world.store.admit(LAPTOP))
    world.store.admit(TABLET, now=datetime.now(UTC) - timedelta(hours=3))
    world.follower(1)
    world.turn()
    assert [wire.Clear, wire.Granted, wire.Granted] == [type(word) for word in world.words[1]]
    assert [1, 0] == [len(word.grants) for word in world.words[1][1:]]
    assert {PHONE: phone} == world.known(1)


def test_every_change_comes_once_to_everybody(world) -> None:
    """A new grant, its usage, its end: each in the next turn; a turn without a change brings nothing."""
    for number in (0, 1):
        world.follower(number)
    world.turn()
    phone = world.store.admit(PHONE)
    world.turn()
    assert [{PHONE: phone}] * 2 == [world.known(0), world.known(1)]
    with transaction(world.store.engine) as session:
        usage.spend(session, [usage.Spending("d" + PHONE.hex(), datetime.now(UTC), 60, 1_000)], ZONE)
        grants.touch(session, [session.get_one(Grant, phone)])
    world.turn()
    assert [1_000, 1_000] == [world.memories[number].find(PHONE).day_octets for number in (0, 1)]
    world.store.revoke(phone)
    world.turn()
    assert [{}, {}] == [world.known(0), world.known(1)]
    before = [len(world.words[number]) for number in (0, 1)]
    assert not world.turn()
    assert before == [len(world.words[number]) for number in (0, 1)]


def test_what_ends_while_a_beginner_is_told_what_lives_is_told_too(world, monkeypatch) -> None:
    """Revoked after its page was brought and before the last one: the beginner hears of it all the same."""
    monkeypatch.setattr(module, "PAGE", 1)
    phone, laptop = world.store.admit(PHONE), world.store.admit(LAPTOP)
    world.follower()
    assert world.turn()
    assert {PHONE: phone} == world.known()
    world.store.revoke(phone)
    tablet = world.store.admit(TABLET)
    world.turns()
    assert {LAPTOP: laptop, TABLET: tablet} == world.known()


def test_who_does_not_take_what_was_brought_is_left_where_it_is(world) -> None:
    """Its cursor stays; others go on; with room again it misses nothing."""
    slow, _ = world.follower(0), world.follower(1)
    world.turn()
    slow.waiting = 32
    phone = world.store.admit(PHONE)
    world.turn()
    assert [{}, {PHONE: phone}] == [world.known(0), world.known(1)]
    slow.waiting = 0
    world.turn()
    assert {PHONE: phone} == world.known(0)


def test_a_new_worker_in_a_place_begins_anew(world) -> None:
    """Clear, and everything again."""
    phone = world.store.admit(PHONE)
    for _ in range(2):
        world.follower()
        world.turn()
    assert [wire.Clear, wire.Granted, wire.Granted] * 2 == [type(word) for word in world.words[0]]
    assert {PHONE: phone} == world.known()


def test_a_backup_in_the_databases_place_is_noticed(world, tmp_path) -> None:
    """The feed's number went back: everybody begins anew."""
    world.store.admit(PHONE)
    world.store.admit(LAPTOP)
    world.follower()
    world.turns()
    (tmp_path / "backup").mkdir()
    world.store = guests.made(tmp_path / "backup")
    tablet = world.store.admit(TABLET)
    world.turns()
    assert {TABLET: tablet} == world.known()


def test_ten_thousand_grants_come_in_bounded_pieces(world) -> None:
    """Each datagram holds at most 200 and fits into what the workers read; all arrive."""
    world.store.crowd(0, 10_000)
    world.follower()
    world.turns()
    sizes = [len(word.grants) for word in world.words[0] if isinstance(word, wire.Granted)]
    assert (10_000, 200) == (sum(sizes), max(sizes))
    assert 10_000 == len(world.memories[0]) == world.feed.streamed
    longest = max(len(datagram) for datagram in wire.granted(world.memories[0].find(n.to_bytes(16, "big")) for n in range(10_000)))
    assert longest < wire.LARGEST
