"""The workers: started, listened to, restarted, and stood in for.

Theory of operation. Each place of the crew owns some listening sockets. A worker that ends is started again after at
most a second; what arrives meanwhile waits in its sockets' queues. After three failures in a row the sockets are lent
to a living worker, which inherited them too, and the place is tried again ever more slowly; once its worker serves,
the sockets go back to it. A worker counts as holding when it served for ten seconds.

Never reads a packet, never decides about a home: it carries suspicions from one worker to the others.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog

from proxeny import logs, snapshot
from proxeny.child import start

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from proxeny.child import Child
    from proxeny.network import Network
    from proxeny.sockets import Listening

HOLDS: Final = 10.0  # seconds of service after which earlier failures are forgotten
QUICK: Final = 3  # failures in a row before the sockets are lent
BACK_OFF: Final = (0.1, 0.5, 1.0)  # seconds before the first restarts
SLOWEST: Final = 30.0  # seconds between later ones, where somebody stands in
ASKED_WITHIN: Final = 60.0  # seconds for a question to a worker
_COUNTERS: Final = frozenset({"cpu_seconds", "journal_dropped", "journal_sent", "unsent_replies", "upstream_drops", "unsent_requests"})
_PORTER: Final = frozenset({"porter_asked", "porter_unheard"})


@dataclass(slots=True)
class Place:
    """One worker's place: its sockets, whoever serves it now."""

    number: int
    own: list[int]
    child: Child | None = None
    serving_since: float | None = None
    version: int = -1
    failures: int = 0
    restarts: int = 0
    lent_to: int | None = None
    counts: dict[str, Any] = field(default_factory=dict)  # of the process that serves now
    homes: list[dict[str, Any]] = field(default_factory=list)
    past: Counter[str] = field(default_factory=Counter)  # of those before it

    def total(self) -> Counter[str]:
        """Counters over all processes that served this place."""
        return self.past + _counters(self.counts)

    def retire(self) -> None:
        """The process is gone: its counters stay."""
        self.past = self.total()
        self.homes = []
        self.counts, self.child, self.serving_since, self.version = {}, None, None, -1


def _counters(counts: dict[str, Any]) -> Counter[str]:
    flat = Counter({name: value for name, value in counts.items() if name in _COUNTERS | _PORTER})
    flat.update({f"engine.{name}": value for name, value in counts.get("engine", {}).items()})
    return flat


class Crew:
    """All workers."""

    def __init__(self, listening: list[Listening], journal: int, spool_dir: Path, workers: int, doors: Sequence[int] = ()) -> None:
        self._listening = listening
        self._journal = journal  # descriptor of the sockets' sending end
        self._doors = doors  # descriptors of the workers' ends of the line to the porter, by place; none: no porter
        self._spool_dir = spool_dir
        self.places = [Place(number, [each.index for each in listening if each.worker == number]) for number in range(workers)]
        self._network: Network | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._told: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._ticket = 0
        self._ending = False
        self.serving = asyncio.Event()  # every worker has answered once that it serves
        self.greeted = asyncio.Event()  # the porter has told each of them the first of what it knows
        self._ungreeted = set(range(workers)) if doors else set()
        self._log = structlog.get_logger(part="crew")

    # Life

    def begin(self, network: Network) -> None:
        """Start every worker over this network."""
        self._network = snapshot.of_the_road(network)
        self._tasks = [asyncio.create_task(self._keep(place), name=f"worker {place.number}") for place in self.places]
        self._tasks.append(asyncio.create_task(self._watch(), name="heartbeat"))
        if not self.places:
            self.serving.set()
        if not self._ungreeted:
            self.greeted.set()

    async def _keep(self, place: Place) -> None:
        """Have this place served, for as long as we run."""
        while True:
            try:
                child = place.child = await self._start(place)
            except OSError as fault:  # no memory, no descriptors, or a program that this user may not run
                self._log.error("worker cannot be started", worker=place.number, fault=str(fault))
                await asyncio.sleep(BACK_OFF[-1])
                continue
            child.channel.write("network", self._network, urgent=True)
            status = await child.listen(partial(self._hear, place))
            held = place.serving_since is not None and child.heard - place.serving_since > HOLDS
            place.retire()
            if self._ending:
                return
            place.failures = 1 if held else place.failures + 1
            place.restarts += 1
            self._log.error("worker ended", worker=place.number, status=status, failures=place.failures)
            if place.failures >= QUICK:
                self._lend(place)
            for other in self.places:
                if other.lent_to == place.number:
                    self._lend(other)
            await asyncio.sleep(self._back_off(place))

    def _back_off(self, place: Place) -> float:
        if place.failures <= QUICK:
            return BACK_OFF[place.failures - 1]
        if place.lent_to is None:
            return BACK_OFF[-1]  # nobody stands in: as often as can be
        return min(float(2 ** min(place.failures - QUICK, 10)), SLOWEST)

    async def _start(self, place: Place) -> Child:
        spec = {
            "number": place.number,
            "own": place.own,
            "listeners": [[each.index, each.kind, each.sock.fileno()] for each in self._listening],
            "journal": self._journal,
            "spool": str(self._spool_dir / f"worker-{place.number}.spool"),
        }
        fds = [each.sock.fileno() for each in self._listening]  # all of them: sockets on loan need no passing then
        if self._doors:
            spec["porter"] = self._doors[place.number]
            fds.append(self._doors[place.number])
        return await start(f"worker {place.number}", "proxeny.daemon", spec, [*fds, self._journal])

    async def _watch(self) -> None:
        """Once a second: has every worker spoken? After a sleep of our own, nobody is blamed."""
        loop = asyncio.get_running_loop()
        last = loop.time()
        while True:
            await asyncio.sleep(1.0)
            now = loop.time()
            for child in [place.child for place in self.places if place.child is not None]:
                if now - last > 3.0:
                    child.forgive()
                elif child.stuck and not child.ending:
                    self._log.error("worker is stuck, its stacks follow", worker=child.name, pid=child.pid)
                    self._stuck = asyncio.create_task(child.unstick())
            last = now

    # Words of a worker

    def _hear(self, place: Place, message: list[Any]) -> None:
        match message:
            case ["beat", counts]:
                place.counts = counts
            case ["homes", homes]:
                place.homes = homes
            case ["serving", version]:
                self._serves(place, version)
            case ["adopted", version]:
                place.version = version
            case ["greeted"]:
                self._ungreeted.discard(place.number)
                if not self._ungreeted:
                    self.greeted.set()
            case _:
                self._hear_more(place, message)

    def _hear_more(self, place: Place, message: list[Any]) -> None:
        """What is not about the worker itself."""
        match message:
            case ["refused", version, why]:
                self._log.error("worker refused a version of the network", worker=place.number, version=version, why=why)
            case ["home", home, state, why]:
                self._log.warning("home changed", worker=place.number, home=home, state=state, why=why)
                if state not in {"alive", "reviving"}:
                    self._tell([other for other in self.places if other is not place], "suspect", home)
            case ["log", level, event, fields]:
                logs.write(level, event, {**fields, "worker": place.number})
            case ["told", ticket, answer]:
                if (asked := self._told.pop(ticket, None)) is not None and not asked.done():
                    asked.set_result(answer)
            case ["leaving"] if place.child is not None:
                place.child.channel.write("drain", 5.0)

    def _serves(self, place: Place, version: int) -> None:
        place.serving_since, place.version = asyncio.get_running_loop().time(), version
        self._log.info("worker serves", worker=place.number, version=version)
        if place.lent_to is not None:
            self._tell([self.places[place.lent_to]], "release", place.own)
            place.lent_to = None
        if all(each.serving_since is not None for each in self.places):
            self.serving.set()

    def _lend(self, place: Place) -> None:
        """Have a living worker read this place's sockets; the one with the fewest of its own and others'."""
        place.lent_to = None
        living = [other for other in self.places if other is not place and other.serving_since is not None]
        if not living:
            return
        chosen = min(living, key=lambda other: sum(each.lent_to == other.number for each in self.places))
        place.lent_to = chosen.number
        self._tell([chosen], "lend", place.own)
        self._log.warning("sockets are lent", worker=place.number, to=chosen.number)

    # Words to the workers

    def _tell(self, places: list[Place], *message: Any) -> None:
        for place in places:
            if place.child is not None:
                place.child.channel.write(*message, urgent=True)  # few, and each matters: a lost network would be an old one

    def adopt(self, network: Network) -> None:
        """A new version for everyone, and for whoever starts later."""
        self._network = snapshot.of_the_road(network)
        self._tell(self.places, "network", self._network)

    async def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Have the first serving worker ask; its answer, or {"error": ...}."""
        place = next((place for place in self.places if place.serving_since is not None), None)
        if place is None:
            return {"error": "no worker serves just now"}
        self._ticket += 1
        answer = self._told[self._ticket] = asyncio.get_running_loop().create_future()
        self._tell([place], "ask", self._ticket, question)
        try:
            return await asyncio.wait_for(answer, ASKED_WITHIN)
        except TimeoutError:
            return {"error": "the worker did not come back"}
        finally:
            self._told.pop(self._ticket, None)

    async def drain(self, seconds: float) -> None:
        """Have everyone finish what is in flight and end; whoever does not is ended."""
        self._ending = True
        self._tell(self.places, "drain", seconds)
        keepers = [task for task in self._tasks if task.get_name() != "heartbeat"]
        children = [place.child for place in self.places if place.child is not None]
        for task, place in zip(keepers, self.places, strict=False):
            if place.child is None:
                task.cancel()  # between two starts
        if keepers:
            await asyncio.wait(keepers, timeout=seconds + 3.0)
        for child in children:
            child.signal(9)
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)
