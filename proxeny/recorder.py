"""The recorder: one process beside the workers, which writes down what they tell. `python -m proxeny.begin proxeny.recorder SPEC`.

Theory of operation. The loop only moves things: records from the journal's socket to the keeper, orders from the keeper
to NASes and answers back, a beat to the supervisor each second. Everything that may wait for a disk or a database is
the keeper's, in a thread of its own. When the channel closes, the supervisor is gone: what waits is written down, for
a few seconds, and the process ends.

Never answers a packet, and never opens a listening socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
from typing import TYPE_CHECKING, Any, Final

from proxeny import courier, journal, lifetime
from proxeny.alerting import Alerting
from proxeny.backing import Backing
from proxeny.keeper import Keeper
from proxeny.lifetime import inherited

if TYPE_CHECKING:
    import socket

    from proxeny.channel import Channel
    from proxeny.courier import Errand
    from proxeny.settings import Settings

AT_ONCE: Final = 32  # datagrams read before the loop does something else
NICENESS: Final = 10
COLLECT: Final = (50_000, 20, 100)  # records that wait are no garbage: looking through them costs more than it finds
ORPHANED: Final = 5.0  # seconds to write down what waits when the supervisor is gone


class Recorder:
    """The loop's side."""

    def __init__(self, sock: socket.socket, loop: asyncio.AbstractEventLoop, settings: Settings) -> None:
        self._socket = sock
        self._loop = loop
        self._errands: set[asyncio.Task[None]] = set()
        self.keeper = Keeper(settings, self._carry)
        self.alerting = Alerting(settings)
        self.backing = Backing(settings)

    async def begin(self) -> None:
        self.keeper.thread.start()
        self.alerting.thread.start()
        self.backing.thread.start()
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
        keeper = self.keeper
        return {
            **keeper.counts,
            **keeper.draining.counts,
            "backlog": keeper.draining.backlog,
            "spools_unreadable": keeper.draining.unreadable,
            "logins_waiting": keeper.waiting,
            "database_up": int(not keeper.fault),
            "database_fault": keeper.fault,
            "orders_under_way": len(self._errands),
            "alerts": self.alerting.open,
            "alert_faults": self.alerting.faults,
            "backup_good_at": self.backing.good_at,
        }

    @property
    def alive(self) -> bool:
        """Nobody to write down means nobody to work for."""
        return self.keeper.thread.is_alive()

    def adopt(self, settings: Settings) -> None:
        self.keeper.adopt(settings)
        self.alerting.adopt(settings)
        self.backing.adopt(settings)

    async def end(self, seconds: float) -> None:
        """Read what is left, have it written down."""
        self._loop.remove_reader(self._socket.fileno())
        self.alerting.end()
        self.backing.end()
        before = -1
        while before != (before := self.keeper.waiting):
            self._read()
        self.keeper.end(seconds - 1.0)
        await asyncio.to_thread(self.keeper.thread.join, seconds)


async def serve(spec: dict[str, Any]) -> None:
    """The whole life of a recorder."""

    def made(_channel: Channel, settings: Settings) -> Recorder:
        return Recorder(inherited(spec["journal"]), asyncio.get_running_loop(), settings)

    await lifetime.live(spec, made, ORPHANED)


def main() -> None:
    """Run until the channel closes."""
    # On a small machine the road goes first: a student waits for a worker's answer, nobody for a row in the trace. What
    # we fall behind by waits in bounded queues; what they cannot hold is counted (logins_lost, journal_dropped).
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    gc.set_threshold(*COLLECT)
    lifetime.run(serve)
