"""The recorder: one process beside the workers, which writes down what they tell. `python -m proxeny.recorder SPEC`.

Theory of operation. The loop only moves things: records from the journal's socket to the keeper, orders from the keeper
to NASes and answers back, a beat to the supervisor each second. Everything that may wait for a disk or a database is
the keeper's, in a thread of its own. When the channel closes, the supervisor is gone: what waits is written down, for
a few seconds, and the process ends.

Never answers a packet, and never opens a listening socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import gc
import json
import os
import resource
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any, Final

from proxeny import courier, journal, logs
from proxeny.channel import Channel, below
from proxeny.keeper import Keeper

if TYPE_CHECKING:
    from proxeny.courier import Errand
    from proxeny.settings import Settings

BEAT: Final = 1.0
AT_ONCE: Final = 32  # datagrams read before the loop does something else
NICENESS: Final = 10
COLLECT: Final = (50_000, 20, 100)  # records that wait are no garbage: looking through them costs more than it finds
ORPHANED: Final = 5.0  # seconds to write down what waits when the supervisor is gone


class Recorder:
    """The loop's side."""

    def __init__(self, sock: socket.socket, channel: Channel, loop: asyncio.AbstractEventLoop, settings: Settings) -> None:
        self._socket = sock
        self._channel = channel
        self._loop = loop
        self._errands: set[asyncio.Task[None]] = set()
        self.keeper = Keeper(settings, self._carry)

    def begin(self) -> None:
        self.keeper.thread.start()
        self._loop.add_reader(self._socket.fileno(), self._read)

    def _read(self) -> None:
        told: list[journal.Entry] = []
        with contextlib.suppress(BlockingIOError):
            for _ in range(AT_ONCE):
                told += journal.decode(self._socket.recv(journal.LARGEST))
        if told:
            self.keeper.take(told)

    def _carry(self, errand: Errand) -> None:
        """In the keeper's thread: hand an order to the loop."""
        with contextlib.suppress(RuntimeError):  # the loop has ended: the lease will, and another takes the order
            self._loop.call_soon_threadsafe(self._go, errand)

    def _go(self, errand: Errand) -> None:
        task = self._loop.create_task(self._errand(errand))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _errand(self, errand: Errand) -> None:
        self.keeper.settle(await courier.carry(errand))

    def counts(self) -> dict[str, Any]:
        """Plain numbers for the supervisor's metrics."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        keeper = self.keeper
        return {
            **keeper.counts,
            **keeper.draining.counts,
            "backlog": keeper.draining.backlog,
            "spools_unreadable": keeper.draining.unreadable,
            "logins_waiting": keeper.waiting,
            "database_up": int(not keeper.fault),
            "database_fault": keeper.fault,
            "cpu_seconds": used.ru_utime + used.ru_stime,
            "orders_under_way": len(self._errands),
        }

    async def beat(self) -> None:
        """Once a second: we live; nobody to be told means nobody to work for."""
        while self.keeper.thread.is_alive():
            self._channel.write("beat", self.counts())
            await asyncio.sleep(BEAT)

    async def obey(self) -> float:
        """Take settings until told to end; how long that may take."""
        while (message := await self._channel.read()) is not None:
            match message:
                case ("settings", settings):
                    logs.to_standard_error(settings.log.level)
                    self.keeper.adopt(settings)
                case ("drain", seconds):
                    return float(seconds)
        return ORPHANED

    async def end(self, seconds: float) -> None:
        """Read what is left, have it written down."""
        self._loop.remove_reader(self._socket.fileno())
        before = -1
        while before != (before := self.keeper.waiting):
            self._read()
        self.keeper.end(seconds - 1.0)
        await asyncio.to_thread(self.keeper.thread.join, seconds)


async def serve(spec: dict[str, Any]) -> None:
    """The whole life of a recorder."""
    loop = asyncio.get_running_loop()
    channel = await below(_inherited(spec["channel"]))
    message = await channel.read()
    if message is None:
        return
    settings: Settings = message[1]
    logs.to_standard_error(settings.log.level)
    recorder = Recorder(_inherited(spec["journal"]), channel, loop, settings)
    recorder.begin()
    beat, obey = loop.create_task(recorder.beat()), loop.create_task(recorder.obey())
    await asyncio.wait((beat, obey), return_when=asyncio.FIRST_COMPLETED)
    await recorder.end(obey.result() if obey.done() else 0.0)
    channel.write("beat", recorder.counts())
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(channel.flush(), 1)
    channel.close()


def _inherited(fd: int) -> socket.socket:
    sock = socket.socket(fileno=fd)
    sock.setblocking(False)
    os.set_inheritable(fd, False)
    return sock


def main() -> None:
    """Run until the channel closes."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):  # the supervisor decides when we end
        signal.signal(number, signal.SIG_IGN)
    # On a small machine the road goes first: a student waits for a worker's answer, nobody for a row in the trace. What
    # we fall behind by waits in bounded queues; what they cannot hold is counted (logins_lost, journal_dropped).
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    gc.freeze()
    gc.set_threshold(*COLLECT)
    faulthandler.register(signal.SIGUSR2, all_threads=True)
    asyncio.run(serve(json.loads(sys.argv[1])))


if __name__ == "__main__":
    main()
