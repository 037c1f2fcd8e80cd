"""A worker's end of the line to the porter, over a real socket pair; the test is the porter."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from proxeny import porter_wire as wire
from proxeny.asking_porter import AskingPorter
from radius.grants import Grants, LiveGrant
from radius.questions import ByStation, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

QUESTION = ByStation(b"d" * 16, "library", "192.0.2.7")


def grant(number: int = 0, **more: object) -> LiveGrant:
    """A live grant."""
    return LiveGrant(number.to_bytes(16, "big"), f"{number:016d}", "visitor", 1.0, **more)  # type: ignore[arg-type]


class World:
    """The worker's end, the porter's, and a clock that the test moves."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.now = 100.0
        ours, self.far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.far.setblocking(False)
        self.grants = Grants()
        self.told: list[Verdict] = []
        self.porter = AskingPorter(ours, loop, lambda: self.now)
        self.greetings: list[int] = []  # how many grants it knew at each

    def ask(self) -> None:
        self.porter.ask(QUESTION, self.told.append)

    async def heard(self) -> wire.Upward | None:
        """The next word of the worker."""
        return wire.upward(await asyncio.wait_for(self.loop.sock_recv(self.far, wire.LARGEST), 5))

    async def until(self, true: Callable[[], bool]) -> None:
        deadline = self.loop.time() + 5
        while not true():
            assert self.loop.time() < deadline
            await asyncio.sleep(0.002)


def play(story) -> None:
    async def main() -> None:
        world = World(asyncio.get_running_loop())
        world.porter.open(world.grants, lambda: world.greetings.append(len(world.grants)))
        assert wire.Hello(wire.VERSION) == await world.heard()
        try:
            await story(world)
        finally:
            world.porter.close()
            world.far.close()

    asyncio.run(main())


def test_grants_stream_into_memory() -> None:
    """New, changed and ended ones; "clear" forgets all."""

    async def story(world: World) -> None:
        for datagram in wire.granted([grant(number) for number in range(1000)]):
            world.far.send(datagram)
        world.far.send(next(wire.granted([grant(7, live=False), grant(8)._replace(plan="other")])))
        await world.until(lambda: len(world.grants) == 999 and world.grants.find(grant(8).device).plan == "other")
        world.far.send(wire.clear())
        await world.until(lambda: len(world.grants) == 0)

    play(story)


def test_the_first_page_is_told_once() -> None:
    """A sign of life before "clear" is none; what ends the first page is; a porter that begins anew greets nobody again."""

    async def story(world: World) -> None:
        for _ in range(2):
            for datagram in (wire.beat(), wire.clear(), *wire.granted([grant(number) for number in range(300)]), wire.beat(), wire.beat()):
                world.far.send(datagram)
            world.far.send(next(wire.granted([grant(300)])))
            await world.until(lambda: len(world.grants) == 301)
        assert [300] == world.greetings

    play(story)


def test_an_answer_finds_its_question() -> None:
    """By its ticket, in whatever order; one that nobody asked for changes nothing."""

    async def story(world: World) -> None:
        world.ask()
        world.ask()
        first, second = await world.heard(), await world.heard()
        assert (QUESTION, QUESTION, first.ticket + 1) == (first.question, second.question, second.ticket)
        world.far.send(wire.told(first.ticket - 1, Verdict(True, "", grant(1))))
        world.far.send(b"noise")
        for asked, words in ((second, "second"), (first, "first")):
            world.far.send(wire.told(asked.ticket, Verdict(False, "NO_GRANT", None, words)))
        await world.until(lambda: len(world.told) == 2)
        assert ["second", "first"] == [verdict.words for verdict in world.told]
        world.far.send(wire.told(first.ticket, Verdict(True, "", grant(1))))
        world.far.send(next(wire.granted([grant(1)])))
        await world.until(lambda: len(world.grants) == 1)
        assert 2 == len(world.told)

    play(story)


def test_the_worker_before_us_leaves_us_nothing() -> None:
    """Tickets begin at random: an answer to the process that had this place before fits none of ours."""

    async def story(world: World) -> None:
        begun = set()
        for _ in range(8):
            near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with near, far:
                other = AskingPorter(near, world.loop)
                other.ask(QUESTION, world.told.append)
                begun.add(wire.upward(far.recv(wire.LARGEST)).ticket >> 20)
        assert 8 == len(begun)

    play(story)


def test_silence_gives_every_question_back() -> None:
    """After AWAY seconds without a word what waits is PORTER_SILENT, and so is what comes next, until a word comes."""

    async def story(world: World) -> None:
        world.ask()
        await world.heard()
        world.now += wire.AWAY + 0.1
        assert world.porter.away
        await world.until(lambda: len(world.told) == 1)
        world.ask()
        assert 1 == len(world.told)  # never within the call: the engine is in the middle of a packet
        await world.until(lambda: len(world.told) == 2)
        assert {"PORTER_SILENT"} == {verdict.reason for verdict in world.told}
        world.far.send(wire.beat())
        await world.until(lambda: not world.porter.away)
        world.ask()
        assert QUESTION == (await world.heard()).question

    play(story)


def test_a_full_line_is_busy() -> None:
    """A porter that does not read: what the socket does not take is given back as PORTER_BUSY, nothing piles up here."""

    async def story(world: World) -> None:
        for _ in range(20_000):
            world.ask()
        await world.until(lambda: bool(world.told))
        assert {"PORTER_BUSY"} == {verdict.reason for verdict in world.told}
        assert 20_000 == world.porter.counts["porter_asked"] + world.porter.counts["porter_unheard"]

    play(story)


def test_the_supervisors_end_is_the_end() -> None:
    """The other end is gone: nothing is read any more, questions are given back, nothing raises."""

    async def story(world: World) -> None:
        world.far.close()
        await asyncio.sleep(0.01)  # the end is read
        world.ask()
        await world.until(lambda: len(world.told) == 1)
        assert "PORTER_BUSY" == world.told[0].reason

    play(story)
