"""The porter's process, kept by the supervisor's half: what workers hear of it, whatever happens to it or its database."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sqlite3
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from proxeny import porter_wire as wire
from proxeny import settings
from proxeny.portering import Portering
from radius.grants import Grants
from radius.questions import ByStation, ByToken, Question, Verdict
from store import grants
from store.session import transaction
from tests.peers.program import busy
from tests.proxeny import guests
from tests.proxeny.guests import LAPTOP, PHONE, TABLET

if TYPE_CHECKING:
    from collections.abc import Callable


class Worker:
    """A worker's end of its place: what it has heard, and the grants that it would remember."""

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=os.dup(fd))
        self._socket.setblocking(False)
        self.grants = Grants()
        self.clears = 0
        self.told: dict[int, Verdict] = {}
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._read)

    def _read(self) -> None:
        match wire.downward(self._socket.recv(wire.LARGEST)):
            case wire.Clear():
                self.clears += 1
                self.grants.clear()
            case wire.Granted(granted):
                self.grants.put(granted)
            case wire.Told(ticket, verdict):
                self.told[ticket] = verdict

    def hello(self) -> None:
        self._socket.send(wire.hello())

    async def ask(self, question: Question, ticket: int = 1) -> Verdict:
        self.told.pop(ticket, None)
        self._socket.send(wire.ask(ticket, question))
        await wait(lambda: ticket in self.told)
        return self.told[ticket]

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()


class World:
    """A porter over a store, with two workers' places."""

    def __init__(self, folder: Path) -> None:
        (folder / "var").mkdir()
        (folder / "proxeny.toml").write_text("[radius]\n")
        self.settings = settings.load(folder / "proxeny.toml", {})
        self.store = guests.made(self.settings.data_dir)
        self.portering = Portering(2, self.settings, guests.network())
        self.workers = [Worker(fd) for fd in self.portering.doors]

    def database(self) -> Path:
        return Path(self.store.url.removeprefix("sqlite:///"))


def play(tmp_path: Path, story) -> None:
    async def main() -> None:
        world = World(tmp_path)
        world.portering.begin()
        try:
            await story(world)
        finally:
            for worker in world.workers:
                worker.close()
            await world.portering.end()

    asyncio.run(asyncio.wait_for(main(), 90))


async def wait(true: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)


def station(device: bytes) -> ByStation:
    return ByStation(device, "nas", "192.0.2.1")


def tokens(world: World, grant: str, count: int) -> list[str]:
    """The names of so many one-time tokens of this grant."""
    with transaction(world.store.engine) as session:
        found = grants.of(session, grant)
        return [grants.token(session, world.store.seal, found, "nas", datetime.now(UTC))[0] for _ in range(count)]


def test_a_grant_reaches_every_worker_and_a_question_its_asker(tmp_path) -> None:
    """Within a moment of its commit; counts and readiness tell of it; nothing stays when it ends."""
    pids = []

    async def story(world: World) -> None:
        one, two = world.workers
        one.hello()
        two.hello()
        assert Verdict(False, "NO_GRANT") == await one.ask(station(PHONE))
        grant = await asyncio.to_thread(world.store.admit)
        await wait(lambda: all(worker.grants.find(PHONE) for worker in world.workers), 5)
        assert grant == one.grants.find(PHONE).id
        assert (await two.ask(station(PHONE), 7)).grant == one.grants.find(PHONE)
        assert 1 not in two.told
        await wait(lambda: world.portering.counts.get("asked_station") == 2)
        counts = world.portering.counts
        assert (1, 1, 1) == (counts["answered"], counts["refused"], counts["database_up"])
        assert "alive" == world.portering.state
        pids.append(world.portering._child.pid)

    play(tmp_path, story)
    assert not Path(f"/proc/{pids[0]}").exists()


def test_sign_ins_that_wait_for_a_lock_delay_no_station(tmp_path) -> None:
    """Whoever writes for long holds up the tokens, which are used up by writing; a station is only looked up."""

    async def story(world: World) -> None:
        worker = world.workers[0]
        names = tokens(world, world.store.admit(), 12)
        worker.hello()
        await wait(lambda: worker.grants.find(PHONE))
        with contextlib.closing(sqlite3.connect(world.database(), isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            for ticket, name in enumerate(names, 100):
                worker._socket.send(wire.ask(ticket, ByToken(name, b"x", b"", b"", "nas", PHONE)))
            assert (await worker.ask(station(PHONE))).accept
            assert not worker.told.keys() & range(100, 112)  # they wait for the lock still
        await wait(lambda: len(worker.told.keys() & range(100, 112)) == 12)

    play(tmp_path, story)


def test_a_killed_porter_tells_everybody_everything_again(tmp_path) -> None:
    """Unasked: the workers never noticed that another one answers."""

    async def story(world: World) -> None:
        world.store.admit()
        worker = world.workers[0]
        worker.hello()
        await wait(lambda: worker.grants.find(PHONE))
        first, clears = world.portering._child.pid, worker.clears
        os.kill(first, signal.SIGKILL)
        laptop = world.store.admit(LAPTOP)
        await wait(lambda: worker.clears > clears and worker.grants.find(LAPTOP))
        assert laptop == (await worker.ask(station(LAPTOP))).grant.id
        assert 1 == world.portering.restarts

    play(tmp_path, story)


def test_a_locked_database_refuses_in_time_and_clears_no_memory(tmp_path) -> None:
    """What must write is PORTER_SILENT within seconds, what only reads is answered, and afterwards all is as before."""

    async def story(world: World) -> None:
        (name,) = tokens(world, world.store.admit(), 1)
        token = ByToken(name, b"x", b"", b"", "nas", PHONE)
        worker = world.workers[0]
        worker.hello()
        await wait(lambda: worker.grants.find(PHONE))
        lock = sqlite3.connect(world.database(), isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert Verdict(False, "PORTER_SILENT") == await worker.ask(token)
        assert loop.time() - began < 6.0 * busy()
        assert (await worker.ask(station(PHONE), 2)).accept
        lock.execute("ROLLBACK")
        lock.close()
        assert Verdict(False, "TOKEN_WRONG") == await worker.ask(token, 3)
        assert worker.grants.find(PHONE)

    play(tmp_path, story)


def test_a_database_that_is_gone_is_told_and_found_again(tmp_path) -> None:
    """Its file moved away: refused with a reason, said to /readyz; workers keep what they knew; moved back, all goes on."""

    async def story(world: World) -> None:
        world.store.admit()
        worker = world.workers[0]
        worker.hello()
        await wait(lambda: worker.grants.find(PHONE))
        os.kill(world.portering._child.pid, signal.SIGKILL)  # open files would outlive the move
        world.store.engine.dispose()
        database, away = world.database(), world.database().with_suffix(".away")
        database.rename(away)
        database.mkdir()
        await wait(lambda: world.portering.restarts == 1 and world.portering.counts.get("database_up") == 0)
        assert Verdict(False, "PORTER_SILENT") == await worker.ask(station(LAPTOP))
        assert world.portering.state.startswith("alive; ")
        assert worker.grants.find(PHONE)
        database.rmdir()
        away.rename(database)
        await wait(lambda: world.portering.state == "alive")
        laptop = world.store.admit(LAPTOP)
        await wait(lambda: worker.grants.find(LAPTOP))
        assert laptop == (await worker.ask(station(LAPTOP), 2)).grant.id

    play(tmp_path, story)


def test_it_says_something_all_the_time(tmp_path) -> None:
    """Silence is how workers know that it is gone: it never lasts for porter_wire.AWAY."""

    async def story(world: World) -> None:
        worker = world.workers[0]
        heard = []
        take, worker._read = worker._read, None
        loop = asyncio.get_running_loop()
        loop.add_reader(worker._socket.fileno(), lambda: (take(), heard.append(loop.time())))
        worker.hello()
        await wait(lambda: heard and heard[-1] - heard[0] > 2.5)
        assert max(b - a for a, b in pairwise(heard)) < wire.AWAY

    play(tmp_path, story)


def test_a_worker_that_never_reads_harms_no_other(tmp_path) -> None:
    """Its socket and its queue fill up to their bounds; the others are told in time."""

    async def story(world: World) -> None:
        silent, worker = world.workers
        asyncio.get_running_loop().remove_reader(silent._socket.fileno())
        silent.hello()
        worker.hello()
        for number in range(4):
            world.store.crowd(number * 5_000, 5_000)
            await wait(lambda: len(worker.grants) == (number + 1) * 5_000)  # noqa: B023  waited for at once
        world.store.admit(TABLET)
        await wait(lambda: worker.grants.find(TABLET))
        assert (await worker.ask(station(TABLET))).accept

    play(tmp_path, story)
