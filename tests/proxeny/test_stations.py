"""Questions about stations: what waits goes together, everyone gets an answer, and nobody gets another's."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import OperationalError

from proxeny import porter_wire as wire
from proxeny import stations as module
from proxeny.stations import Stations
from proxeny.verdicts import refused
from radius.actions import Reason
from radius.questions import ByStation, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class World:
    """One window, and a look-up that waits where it is told to."""

    def __init__(self, most: int = 100) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.looked: list[list[int]] = []
        self.told: dict[int, Verdict] = {}
        self.window: Any = SimpleNamespace(life=0, answer=self._answer)
        self.stations = Stations(self.look_up, most, asyncio.get_running_loop())

    def look_up(self, questions: Sequence[ByStation]) -> list[Verdict]:
        self.looked.append([int(question.client) for question in questions])
        self.gate.wait(10)
        return [Verdict(False, question.client) for question in questions]

    def _answer(self, life: int, datagram: bytes) -> None:
        said = wire.downward(datagram)
        assert isinstance(said, wire.Told)
        if life == self.window.life:
            self.told[said.ticket] = said.verdict

    def ask(self, *tickets: int) -> None:
        for ticket in tickets:
            self.stations.take(self.window, ticket, ByStation(b"p" * 16, str(ticket), "192.0.2.1"))

    def reasons(self) -> dict[int, str]:
        return {ticket: verdict.reason for ticket, verdict in self.told.items()}


def play(story: Callable[[World], Any], most: int = 100) -> None:
    async def main() -> None:
        world = World(most)
        try:
            await story(world)
        finally:
            world.gate.set()
            world.stations.dismiss()

    asyncio.run(asyncio.wait_for(main(), 30))


async def wait(true: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.005)


def test_what_comes_while_the_thread_is_busy_goes_together() -> None:
    """Those of one turn of the loop at once, then what gathered meanwhile, at most so many in one statement; each gets its own."""

    async def story(world: World) -> None:
        world.gate.clear()
        world.ask(1, 2)
        await wait(lambda: world.looked)
        world.ask(3)
        await asyncio.sleep(0)
        world.ask(*range(4, 4 + module.AT_ONCE))
        assert ([[1, 2]], 3 + module.AT_ONCE) == (world.looked, world.stations.waiting)
        world.gate.set()
        await wait(lambda: len(world.told) == 3 + module.AT_ONCE)
        assert [2, module.AT_ONCE, 1] == [len(tickets) for tickets in world.looked]
        assert {ticket: str(ticket) for ticket in range(1, 4 + module.AT_ONCE)} == world.reasons()
        assert (0, 0, 3 + module.AT_ONCE) == (world.stations.waiting, world.stations.answered, world.stations.refused)

    play(story, most=1_000)


def test_one_too_many_is_refused_at_once() -> None:
    """Without a thread; the others are answered, and there is room again."""

    async def story(world: World) -> None:
        world.gate.clear()
        world.ask(1, 2, 3)
        assert {3: "PORTER_BUSY"} == world.reasons()
        world.gate.set()
        await wait(lambda: len(world.told) == 3)
        world.ask(4)
        await wait(lambda: world.reasons().get(4) == "4")

    play(story, most=2)


def test_a_database_that_is_gone_is_an_answer_to_all() -> None:
    """PORTER_SILENT to each; and the next are looked up again."""

    async def story(world: World) -> None:
        def gone(_: Sequence[ByStation]) -> list[Verdict]:
            raise OperationalError("SELECT", {}, Exception("gone"))

        world.stations._look_up = gone
        world.ask(1, 2)
        await wait(lambda: len(world.told) == 2)
        assert ([refused(Reason.PORTER_SILENT)] * 2, 1) == (list(world.told.values()), world.stations.faults)
        world.stations._look_up = world.look_up
        world.ask(3)
        await wait(lambda: world.reasons().get(3) == "3")

    play(story)


def test_who_waited_too_long_or_is_gone_is_not_looked_up(monkeypatch) -> None:
    """A queue behind a dead database empties at once; a worker that was replaced is told nothing."""

    async def story(world: World) -> None:
        world.gate.clear()
        world.ask(1)
        await wait(lambda: world.looked)
        monkeypatch.setattr(module, "PATIENCE", 0.0)  # from now on whoever waits does so for too long
        world.ask(2)
        world.gate.set()
        await wait(lambda: 2 in world.told)
        monkeypatch.undo()
        assert {1: "1", 2: "PORTER_BUSY"} == world.reasons()
        world.gate.clear()
        world.ask(3)
        await wait(lambda: len(world.looked) == 2)
        world.ask(4)
        world.window.life += 1
        world.ask(5)
        world.gate.set()
        await wait(lambda: 5 in world.told)
        assert ([[1], [3], [5]], {1, 2, 5}) == (world.looked, set(world.told))

    play(story)
