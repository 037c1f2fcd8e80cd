"""The runner with a twin of the engine: it performs, it keeps time, it survives our faults."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from radius.actions import Ask, Drop, Link, Origin, Reason, Record, Reply, Send
from radius.admission import AUTH
from radius.questions import ByStation, Verdict
from radius.records import Accounting, HomeChange
from radius.runner import Runner
from radius.udp import UdpListener, udp_socket

if TYPE_CHECKING:
    from collections.abc import Callable

V4 = socket.AF_INET
QUESTION = ByStation(b"d" * 16, "library", "192.0.2.7")
VERDICT = Verdict(False, "NO_GRANT")
KEPT = Accounting(b"k" * 32, "nas", "127.0.0.1 5", "127.0.0.1 1813", b"octets")


class Twin:
    """An engine that answers what the test says, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple] = []
        self.on_datagram: Callable = lambda octets, origin: ()
        self.on_tick: Callable = lambda now: ()
        self.wanted: float | None = None
        self.dated: list[float] = []

    def datagram(self, octets, origin, allowed, now, client=None):
        self.asked.append(("datagram", octets, allowed))
        return self.on_datagram(octets, origin)

    def answer(self, octets, peer, via, now):
        self.asked.append(("answer", octets, peer, via))
        return ()

    def tick(self, now):
        self.asked.append(("tick",))
        self.wanted = None
        return self.on_tick(now)

    def due(self, now):
        return self.wanted

    def settled(self, ticket, ok, now):
        self.asked.append(("settled", ticket, ok))
        return ()

    def suspect(self, home, now):
        return ()

    def date(self, calendar):
        self.dated.append(calendar)

    def adopt(self, tables, now):
        return None


class World:
    """A runner on a real loop with real sockets, and everything it hands out."""

    def __init__(self, loop) -> None:
        self.loop = loop
        self.engine, self.kept, self.written, self.faults = Twin(), [], [], []
        self.now = None
        self.runner = Runner(self.engine, loop, ledger=self, journal=self, fault=self.faults.append, clock=self.clock)
        self.sock = udp_socket(("127.0.0.1", 0), V4, buffer=1 << 16)
        self.listener = UdpListener(0, AUTH, self.sock)
        self.runner.read_from(0, self.listener)
        self.nas = socket.socket(V4, socket.SOCK_DGRAM)
        self.nas.bind(("127.0.0.1", 0))
        self.nas.setblocking(False)

    def clock(self) -> float:
        return self.loop.time() if self.now is None else self.now

    def keep(self, record, done) -> None:
        self.kept.append(record)
        self.loop.call_soon(done, True)

    def write(self, record) -> None:
        self.written.append(record)

    def send(self, octets: bytes = b"request") -> None:
        self.nas.sendto(octets, self.sock.getsockname())

    async def until(self, true: Callable[[], bool]) -> None:
        deadline = self.loop.time() + 5
        while not true():
            assert self.loop.time() < deadline, self.engine.asked
            await asyncio.sleep(0.005)

    def close(self) -> None:
        self.runner.leave(0, self.listener)
        self.runner.close()
        self.sock.close()
        self.nas.close()


def play(story) -> None:
    async def main() -> None:
        world = World(asyncio.get_running_loop())
        try:
            await story(world)
        finally:
            world.close()

    asyncio.run(main())


def test_a_reply_goes_to_the_client() -> None:
    """Reply: the octets leave by the listener that received the request."""

    async def story(world: World) -> None:
        world.engine.on_datagram = lambda octets, origin: (Reply(origin, b"answer to " + octets),)
        world.send()
        assert b"answer to request" == await asyncio.wait_for(world.loop.sock_recv(world.nas, 100), 5)

    play(story)


def test_a_send_reaches_the_home_and_its_answer_the_engine() -> None:
    """Send opens an upstream socket whose answers come back with the link's key."""

    async def story(world: World) -> None:
        with udp_socket(("127.0.0.1", 0), V4, buffer=1 << 16) as home:
            world.engine.on_datagram = lambda octets, _: (Send(Link(home.getsockname(), None, 2), octets),)
            world.send()
            octets, proxy = await asyncio.wait_for(world.loop.sock_recvfrom(home, 100), 5)
            home.sendto(b"verdict", proxy)
            await world.until(lambda: len(world.engine.asked) > 1)
            assert (b"request", ("answer", b"verdict", home.getsockname(), (None, 2))) == (octets, world.engine.asked[-1])

    play(story)


def test_accounting_is_settled_once_kept() -> None:
    """Ask: the ledger is asked to keep the record, and the outcome returns with the ticket."""

    async def story(world: World) -> None:
        world.engine.on_datagram = lambda *_: (Ask(7, KEPT),)
        world.send()
        await world.until(lambda: ("settled", 7, True) in world.engine.asked)
        assert [KEPT] == world.kept

    play(story)


def test_records_and_drops_are_handed_on() -> None:
    """Record goes to the journal; drops are counted by sender, client and reason."""

    async def story(world: World) -> None:
        change = HomeChange(0.0, "uni-a-1", "dead", "silent")
        world.engine.on_datagram = lambda _, origin: (Record(change), Drop(Reason.TOO_SHORT, origin, "nas"))
        world.send()
        world.send()
        await world.until(lambda: len(world.written) == 2)
        assert {("127.0.0.1", "nas", "TOO_SHORT"): 2} == world.runner.drops

    play(story)


def test_our_own_fault_costs_one_packet() -> None:
    """An exception out of the engine is reported and the next packet is served."""

    async def story(world: World) -> None:
        def answer(octets, origin):
            if octets == b"bad":
                raise ZeroDivisionError
            return (Reply(origin, b"fine"),)

        world.engine.on_datagram = answer
        world.send(b"bad")
        world.send(b"good")
        assert b"fine" == await asyncio.wait_for(world.loop.sock_recv(world.nas, 100), 5)
        assert ["a request was dropped"] == world.faults

    play(story)


def test_the_engine_is_woken_when_it_is_due() -> None:
    """The one timer follows `due`, and moves when an earlier deadline appears."""

    async def story(world: World) -> None:
        began = world.loop.time()
        world.engine.wanted = began + 60
        world.send()
        await world.until(lambda: len(world.engine.asked) == 1)
        world.engine.wanted = began + 0.05
        world.send()
        await world.until(lambda: ("tick",) in world.engine.asked)
        assert world.loop.time() - began < 5

    play(story)


def test_after_a_gap_the_clock_goes_first() -> None:
    """Decisions, 23: after more than a second asleep, the runner ticks before it reads, so nothing stale is answered."""

    async def story(world: World) -> None:
        world.now = world.loop.time() + 10
        world.send()
        await world.until(lambda: len(world.engine.asked) == 2)
        assert ["tick", "datagram"] == [each[0] for each in world.engine.asked]

    play(story)


def test_a_left_listener_still_answers() -> None:
    """A drained or returned socket is read no more, yet the exchange that came by it is answered by it."""

    async def story(world: World) -> None:
        world.runner.leave(0, world.listener)
        world.send()
        await asyncio.sleep(0.02)  # gives a wrong reader the chance to read
        assert [] == world.engine.asked
        world.runner.perform((Reply(Origin(0, world.nas.getsockname()), b"late"),))
        assert b"late" == await asyncio.wait_for(world.loop.sock_recv(world.nas, 100), 5)

    play(story)


@pytest.mark.parametrize("question", [KEPT, None])
def test_a_question_nobody_answers_is_settled_as_failed(question) -> None:
    """An Ask of a kind this shell does not know comes back as a failure, never as silence."""

    async def story(world: World) -> None:
        world.engine.on_datagram = lambda *_: (Ask(1, question),)
        world.send()
        await world.until(lambda: ("settled", 1, question is KEPT) in world.engine.asked)

    play(story)


class Porter:
    """Answers what the test says, at the loop's next turn."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.asked: list = []

    def ask(self, question, done) -> None:
        self.asked.append(question)
        self.loop.call_soon(done, VERDICT)


def test_a_question_goes_to_the_porter() -> None:
    """Ask with a question: the porter is asked, and its verdict returns with the ticket."""

    async def story(world: World) -> None:
        porter = Porter(world.loop)
        runner = Runner(world.engine, world.loop, ledger=world, journal=world, porter=porter, fault=world.faults.append)
        runner.perform((Ask(-4, QUESTION),))
        await world.until(lambda: ("settled", -4, VERDICT) in world.engine.asked)
        assert [QUESTION] == porter.asked

    play(story)


def test_without_a_porter_questions_come_back() -> None:
    """Where there is no porter at all, every question is answered by PORTER_SILENT, and not within the call."""

    async def story(world: World) -> None:
        world.runner.perform((Ask(-1, QUESTION),))
        assert [] == world.engine.asked
        await world.until(lambda: ("settled", -1, Verdict(False, "PORTER_SILENT")) in world.engine.asked)

    play(story)


def test_the_engine_is_told_the_calendar_and_whenever_it_is_set() -> None:
    """Once at the start; again only where the calendar and the monotonic clock have moved apart by half a second."""

    async def story(world: World) -> None:
        moment = [1_000.0]
        clock: dict = {"clock": lambda: 50.0, "calendar": lambda: moment[0]}
        runner = Runner(world.engine, world.loop, ledger=world, journal=world, fault=world.faults.append, **clock)
        world.engine.dated.clear()
        for moment[0] in (1_000.4, 1_000.0, 4_600.0, 4_600.2, 900.0):
            runner._tick(50.0)
        assert [4_550.0, 850.0] == world.engine.dated

    play(story)
