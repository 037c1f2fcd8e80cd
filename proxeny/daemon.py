"""One worker: the road and nothing else. `python -m proxeny.begin proxeny.daemon SPEC` with sockets inherited from the supervisor.

Theory of operation. The supervisor execs us with every listening socket open and says, as SPEC, which of them are
ours. The network comes down the channel; we build the tables and the engine, read our sockets, and say "serving". From
then on the channel carries a beat with our counts each second upward, and networks, suspicions, lent sockets, questions
and the order to drain downward. When the channel closes, the supervisor is gone and so are we.

Imports neither SQLAlchemy nor structlog. Never opens a listening socket, never decides what to answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import gc
import itertools
import json
import logging
import os
import resource
import signal
import socket
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import uvloop

from proxeny import snapshot
from proxeny.asking import Asker
from proxeny.asking_porter import AskingPorter
from proxeny.channel import Channel, below
from proxeny.complaints import Complaints
from proxeny.entropy import Entropy
from proxeny.journal import SocketJournal
from proxeny.spooling import SpoolLedger
from proxeny.worker_log import ToSupervisor
from radius import dictionary
from radius.actions import Reason
from radius.admission import ACCT, AUTH
from radius.engine import Engine
from radius.records import Dropped
from radius.runner import Runner
from radius.udp import UdpListener
from store.spool import Spool

if TYPE_CHECKING:
    from proxeny.snapshot import Network
    from radius.records import HomeChange
    from radius.tables import Tables

ALLOWED: Final = {"auth": AUTH, "acct": ACCT}
BEAT: Final = 1.0  # seconds
MANY_HOMES: Final = 200  # told each beat; twice as many every second beat, and so on
# The road makes no cycles, so what lives on (answers kept for repeating) is not looked through again and again: that took
# 100 ms at a time. The young are, often and briefly; all of it with each new network and once an hour.
CYCLES: Final = (10_000, 1_000_000, 1_000_000)
THOROUGHLY: Final = 3600  # beats
DRAINED_EVERY: Final = 0.05  # seconds between looks at what is still in flight
_log = logging.getLogger("proxeny.worker")


class Worker:
    """One process of the road."""

    def __init__(self, spec: dict[str, Any], loop: asyncio.AbstractEventLoop, channel: Channel) -> None:
        self.number: int = spec["number"]
        self.loop = loop
        self.channel = channel
        self.listeners = {index: UdpListener(index, ALLOWED[kind], _inherited(fd)) for index, kind, fd in spec["listeners"]}
        self.own: frozenset[int] = frozenset(spec["own"])
        self.reading: set[int] = set()
        self.spool = Spool(Path(spec["spool"]))
        self.journal = SocketJournal(_inherited(spec["journal"]), loop, self._home_changed)
        self.asker = Asker(loop, self.journal)
        self.porter = AskingPorter(_inherited(spec["porter"]), loop) if "porter" in spec else None
        self.complaints = Complaints()
        self.runner: Runner | None = None
        self.engine: Engine | None = None
        self.version = 0
        self.draining = False

    # The network

    async def adopt(self, network: Network) -> None:
        """A new version, built apart so that the road goes on, and swapped whole. The first one starts the road."""
        try:
            tables = await asyncio.to_thread(_tables, network)
            if self.runner is None:
                self._begin(tables)
            else:
                self.runner.adopt(tables)
        except Exception as fault:  # noqa: BLE001  # the supervisor has built the same rows: a fault of ours, and the old version stays
            _log.exception("a version of the network was refused")
            self.channel.write("refused", network.version, str(fault))
            return
        self.asker.tables = tables
        self.version = network.version
        gc.collect()
        gc.freeze()  # the tables live until the next version: nothing to look through again and again
        self.channel.write("adopted", self.version)

    def _begin(self, tables: Tables) -> None:
        self.engine = Engine(tables, Entropy())
        ledger = SpoolLedger(self.spool, self.loop)
        self.runner = Runner(self.engine, self.loop, ledger=ledger, journal=self.asker, porter=self.porter, fault=_fault)
        for index, listener in self.listeners.items():
            self.runner.know(index, listener)
        self.asker.open(self.runner)
        if self.porter is not None:
            self.porter.open(self.engine.local.grants, partial(self.channel.write, "greeted", urgent=True))
        self.take(self.own)
        self._tell_homes(self.engine)
        self.channel.write("serving", tables.version)

    def take(self, indices: frozenset[int] | list[int]) -> None:
        """Read these sockets: our own, or lent ones whose worker is gone."""
        if self.runner is not None and not self.draining:
            for index in set(indices) - self.reading:
                self.runner.read_from(index, self.listeners[index])
                self.reading.add(index)

    def leave(self, indices: frozenset[int] | list[int]) -> None:
        """Read these no more; what came by them is still answered by them."""
        if self.runner is not None:
            for index in set(indices) & self.reading:
                self.runner.leave(index, self.listeners[index])
                self.reading.discard(index)

    # Upward

    def _home_changed(self, change: HomeChange) -> None:
        self.channel.write("home", change.home, change.state, change.why)

    async def beat(self) -> None:
        """Once a second: we live, and these are our counts."""
        for number in itertools.count():
            if number % THOROUGHLY == THOROUGHLY - 1:
                gc.collect()
            if self.engine is not None:
                self.engine.durable = self.spool.works
                if number % (1 + len(self.engine.tables.homes) // MANY_HOMES) == 0:
                    self._tell_homes(self.engine)
            self.channel.write("beat", self.counts())
            self._report_drops()
            await asyncio.sleep(BEAT)

    def _tell_homes(self, engine: Engine) -> None:
        self.channel.write("homes", [_seen(home) for home in engine.homes_state()])

    def counts(self) -> dict[str, Any]:
        """Plain numbers since the start of this process."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        counts: dict[str, Any] = {
            "cpu_seconds": used.ru_utime + used.ru_stime,
            "resident_bytes": _resident(),
            "journal_dropped": self.journal.dropped,
            "journal_sent": self.journal.sent,
            "unsent_replies": sum(each.unsent for each in self.listeners.values()),
            "spool_fault": self.spool.fault,
            "version": self.version,
            "reading": sorted(self.reading),
        }
        if self.runner is not None and self.engine is not None:
            counts["upstream_drops"] = self.runner.upstream.drops()
            counts["unsent_requests"] = self.runner.upstream.unsent
            counts["in_flight"] = self.engine.in_flight
            counts["engine"] = dict(self.engine.counts)
            counts["grants"] = len(self.engine.local.grants)
        if self.porter is not None:
            counts |= self.porter.counts | {"porter_away": int(self.porter.away)}
        return counts

    def _report_drops(self) -> None:
        if self.engine is not None and self.engine.rotating:
            self._report_rotating(self.engine)
        if self.runner is not None and self.runner.drops:
            drops, self.runner.drops = self.runner.drops, {}
            now = time.monotonic()
            for (source, client, reason), count in drops.items():
                self.journal.write(Dropped(now, str(source), client, reason, count))
                self.complaints.note(str(source), client, reason, count)
        self.complaints.say(time.monotonic())

    def _report_rotating(self, engine: Engine) -> None:
        """Which clients still sign with their previous secret: kept beside the drops, by the minute, and none."""
        now = time.monotonic()
        for client, count in engine.rotating.items():
            engine.counts[Reason.PREVIOUS_SECRET.name] += count
            self.journal.write(Dropped(now, "", client, Reason.PREVIOUS_SECRET.name, count))
        engine.rotating.clear()

    # Downward

    async def obey(self) -> None:
        """Do what the supervisor says until it is gone or has had us drain."""
        while (message := await self.channel.read()) is not None:
            match message:
                case ("network", network):
                    await self.adopt(network)
                case ("suspect", home) if self.runner is not None:
                    self.runner.call(partial(self.runner.engine.suspect, home))
                case ("lend", indices):
                    self.take(indices)
                case ("release", indices):
                    self.leave(indices)
                case ("ask", ticket, question):
                    self.asker.ask(question, partial(self.channel.write, "told", ticket))
                case ("drain", seconds):
                    await self.drain(seconds)
                    return

    async def drain(self, seconds: float) -> None:
        """Take nothing new, finish what is in flight, at most for so long."""
        self.draining = True
        self.leave(list(self.reading))
        deadline = self.loop.time() + seconds
        while self.engine is not None and self.engine.in_flight and self.loop.time() < deadline:  # noqa: ASYNC110  # the core has no events
            await asyncio.sleep(DRAINED_EVERY)

    def close(self) -> None:
        """Hand over what is left: drops, records, the spool's last commit."""
        self._report_drops()
        if self.runner is not None:
            self.runner.close()
        if self.porter is not None:
            self.porter.close()
        self.journal.close()
        self.spool.close()


def _inherited(fd: int) -> socket.socket:
    sock = socket.socket(fileno=fd)
    sock.setblocking(False)
    os.set_inheritable(fd, False)
    return sock


def _tables(network: Network) -> Tables:
    """The network as the road takes it."""
    return snapshot.tables(network, dictionary.load())


def _fault(what: str) -> None:
    """The shell's one boundary: a bug of ours is logged with its trace, and the packet is gone."""
    _log.error(what, exc_info=sys.exc_info()[0] is not None)


def _seen(home: dict[str, Any]) -> dict[str, Any]:
    """A home's state with how long ago it spoke, None for never: the clock of another process would say nothing."""
    return {**home, "heard": round(time.monotonic() - home["heard"], 1) if home["heard"] > 0 else None}


def _resident() -> int:
    with Path("/proc/self/statm").open() as file:
        return int(file.read().split()[1]) * resource.getpagesize()


async def serve(spec: dict[str, Any]) -> None:
    """The whole life of a worker."""
    loop = asyncio.get_running_loop()
    channel = await below(_inherited(spec["channel"]))
    logging.getLogger().handlers = [ToSupervisor(channel, loop)]
    worker = Worker(spec, loop, channel)
    beat = loop.create_task(worker.beat())
    obey = loop.create_task(worker.obey())
    loop.add_signal_handler(signal.SIGTERM, partial(channel.write, "leaving"))  # the supervisor answers with a drain
    try:
        ended, _ = await asyncio.wait((beat, obey), return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            if (fault := task.exception()) is not None:
                _log.error("the worker gives up", exc_info=fault)
    finally:
        beat.cancel()
        worker.close()
        channel.write("beat", worker.counts())
        channel.write("drained")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(channel.flush(), 1)
        channel.close()


def main() -> None:
    """Run until the channel closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the supervisor decides what it means
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    faulthandler.register(signal.SIGUSR2, all_threads=True)  # the supervisor asks for stacks before it ends a stuck worker
    gc.set_threshold(*CYCLES)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(json.loads(sys.argv[1])))
