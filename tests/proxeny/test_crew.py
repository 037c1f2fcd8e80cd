"""The crew with real workers and a network without a store: stuck ones, lent sockets, suspicions, questions."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import socket
from types import SimpleNamespace
from typing import TYPE_CHECKING

from proxeny import child as children
from proxeny.addresses import Endpoint
from proxeny.crew import Crew, Place
from proxeny.network import Client, Home, Network, Operator, Realm
from proxeny.sockets import Listening
from radius.secret import Secret
from radius.udp import udp_socket
from tests.peers import packets, twins
from tests.peers.freeradius import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def network(port: int) -> Network:
    rows = Network().rows | {
        "operator": {"": Operator("city-of-example")},
        "client": {"nas": Client("nas", ("127.0.0.0/8",), Secret(SECRET.encode()))},
        "home": {"uni-a-1": Home("uni-a-1", "127.0.0.1", port, port + 1, secret=Secret(SECRET.encode()))},
        "realm": {"uni-a.example": Realm("uni-a.example", homes=("uni-a-1",))},
    }
    return Network(rows, version=1, proxy_tag=b"tag1")


class World:
    """A crew of two on ports of its own."""

    def __init__(self, tmp_path: Path, port: int) -> None:
        self.listening = []
        at = None
        for worker in range(2):
            sock = udp_socket(at or ("127.0.0.1", 0), socket.AF_INET, buffer=1 << 20, shared=True)
            at = sock.getsockname()
            self.listening.append(Listening(worker, "auth", worker, Endpoint(*at), sock))
        self.port = at[1]
        self.near, self.far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.crew = Crew(self.listening, self.near.fileno(), tmp_path / "spool", 2)
        self.network = network(port)

    def pid(self, worker: int) -> int | None:
        place = self.crew.places[worker]
        return place.child.pid if place.child is not None and place.serving_since is not None else None

    async def until(self, true: Callable[[], object], what: str, seconds: float = 20.0) -> None:
        deadline = asyncio.get_running_loop().time() + seconds
        while not true():
            assert asyncio.get_running_loop().time() < deadline, f"waited for {what}"
            await asyncio.sleep(0.02)

    async def codes(self) -> set[int | None]:
        """What eight clients from eight ports are answered."""

        def ask() -> int | None:
            with twins.nas() as nas:
                got = nas.ask(packets.pap("bob@uni-a.example", "x", SECRET), self.port)
                return got.code if got else None

        return {await asyncio.to_thread(ask) for _ in range(8)}


def play(tmp_path: Path, story) -> None:
    async def main() -> None:
        with twins.home() as upstream:
            world = World(tmp_path, upstream.port)
            world.upstream = upstream
            world.crew.begin(world.network)
            try:
                await asyncio.wait_for(world.crew.serving.wait(), 30)
                await story(world)
            finally:
                await world.crew.drain(0.5)
                for each in [*(listening.sock for listening in world.listening), world.near, world.far]:
                    each.close()

    asyncio.run(asyncio.wait_for(main(), 90))


def test_a_stuck_worker_is_ended_and_replaced(tmp_path, monkeypatch) -> None:
    """No beat for `SILENT` seconds (15, here 2): it is ended, its sockets' queue goes to the next one."""

    async def story(world: World) -> None:
        before = world.pid(0)
        os.kill(before, signal.SIGSTOP)
        monkeypatch.setattr(children, "SILENT", 2.0)
        await world.until(lambda: world.pid(0) != before, "the stuck one's end")
        monkeypatch.undo()  # a machine with much else to do keeps its successor silent for as long
        await world.until(lambda: world.pid(0), "a new worker")
        assert {packets.ACCESS_ACCEPT} == await world.codes()
        assert 1 == world.crew.places[0].restarts

    play(tmp_path, story)


def test_lent_sockets_are_served_and_given_back(tmp_path, monkeypatch) -> None:
    """The third failure in a row lends; `serving` gives back."""

    async def story(world: World) -> None:
        place = world.crew.places[0]
        place.failures = 2
        os.kill(world.pid(0), signal.SIGKILL)
        await world.until(lambda: place.lent_to == 1, "the loan")
        assert {packets.ACCESS_ACCEPT} == await world.codes()
        await world.until(lambda: place.lent_to is None and world.pid(0), "the return")
        assert {packets.ACCESS_ACCEPT} == await world.codes()

    play(tmp_path, story)


def test_a_question_goes_through_a_worker(tmp_path) -> None:
    """`ask` comes back with the verdict and the home; a silent worker or an unknown client with an error."""

    async def story(world: World) -> None:
        told = await world.crew.ask({"identity": "bob@uni-a.example", "password": "x", "client": "", "chap": False})
        assert ("accept", "uni-a-1") == (told["verdict"], told["home"])
        told = await world.crew.ask({"identity": "bob@uni-a.example", "password": "x" * 200, "client": "", "chap": False})
        assert "128" in told["error"]

    play(tmp_path, story)


def test_a_suspicion_reaches_the_other_worker(tmp_path) -> None:
    """Decision 20: what one worker finds silent, the others probe at once."""

    async def story(world: World) -> None:
        heard = []
        told = world.crew._tell
        world.crew._tell = lambda places, *message: (
            heard.append((tuple(place.number for place in places), message)),
            told(places, *message),
        )
        world.crew._hear(world.crew.places[1], ["home", "uni-a-1", "zombie", "silent"])
        world.crew._hear(world.crew.places[1], ["home", "uni-a-1", "alive", "answers"])
        assert [((0,), ("suspect", "uni-a-1"))] == heard
        await world.until(lambda: world.upstream.probes, "the probe")

    play(tmp_path, story)


def test_workers_never_receive_what_only_other_processes_use(tmp_path) -> None:
    """What goes down a worker's channel opens no controller and ends no session: of each client its RADIUS secret alone."""
    shared, others = Secret(b"canary-shared-secret"), [Secret(f"canary-{name}".encode()) for name in ("coa", "uam", "fas", "api")]
    secrets = dict(zip(("coa_secret", "uam_secret", "fas_key", "api_secret"), others, strict=True))
    known = {"nas": Client("nas", ("192.0.2.0/24",), shared, nas="coova", **secrets), "unifi": Client("unifi", radius=False, **secrets)}
    crew = Crew([], 0, tmp_path, 1)
    told: list[bytes] = []
    crew.places[0].child = SimpleNamespace(channel=SimpleNamespace(write=lambda *words, urgent: told.append(pickle.dumps(words))))
    crew.adopt(Network(Network().rows | {"client": known}, version=1))
    (octets,) = told
    assert shared.octets in octets
    assert [] == [secret for secret in others if secret.octets in octets]


def test_back_off_grows_only_while_somebody_stands_in(tmp_path) -> None:
    """Three quick restarts within a second each; later ones slower, but at once every second where nobody else can serve."""
    crew = Crew([], 0, tmp_path, 1)
    alone, stood_in = Place(0, []), Place(1, [], lent_to=0)
    waits = []
    for failures in range(1, 12):
        alone.failures = stood_in.failures = failures
        waits.append((crew._back_off(alone), crew._back_off(stood_in)))
    assert [0.1, 0.5, 1.0, 1.0, 1.0] == [wait for wait, _ in waits[:5]]
    assert [0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0] == [wait for _, wait in waits[:9]]
