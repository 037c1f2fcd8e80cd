"""The life of a kept process, seen from inside: greeted with settings, a beat each second, orders, an orderly end.

proxeny/kept.py is the same life seen by the supervisor. When the channel closes, the supervisor is gone: what is at hand
is finished for a few seconds, and the process ends. Never decides what the work is, and never waits for it in the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import json
import os
import resource
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any, Final, Protocol

from proxeny import logs
from proxeny.channel import below

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from proxeny.channel import Channel
    from proxeny.settings import Settings

BEAT: Final = 1.0  # seconds


class Ending(Protocol):
    """What can be counted, and ends."""

    def counts(self) -> dict[str, Any]:
        """Plain numbers for the supervisor's metrics, and words for /readyz."""

    async def end(self, seconds: float) -> None:
        """Finish what is at hand, in at most so long."""


class Work(Ending, Protocol):
    """What the process is for."""

    @property
    def alive(self) -> bool:
        """False once it has ended by itself."""

    def adopt(self, settings: Settings) -> None:
        """New settings; may take a moment, and is not called in the loop's thread."""

    async def begin(self) -> None: ...


async def live(spec: dict[str, Any], make: Callable[[Channel, Settings], Work], ends_within: float) -> None:
    """All of it; `ends_within` is the seconds for an end that nobody asked for."""
    channel = await below(inherited(spec["channel"]))
    message = await channel.read()
    if message is None:
        return
    settings: Settings = message[1]
    logs.to_standard_error(settings.log.level)
    work = make(channel, settings)
    await work.begin()
    await spend(channel, work, _beat(channel, work), _obey(channel, work, ends_within))


async def spend(channel: Channel, work: Ending, beating: Coroutine[Any, Any, None], obeying: Coroutine[Any, Any, float]) -> None:
    """From the first beat to the last: until the orders end, with the seconds that are left, or the work ends by itself."""
    beat, obey = asyncio.create_task(beating), asyncio.create_task(obeying)
    await asyncio.wait((beat, obey), return_when=asyncio.FIRST_COMPLETED)
    await work.end(obey.result() if obey.done() else 0.0)
    beat.cancel()
    tell(channel, work)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(channel.flush(), 1)
    channel.close()


async def _beat(channel: Channel, work: Work) -> None:
    """Once a second: we live."""
    while work.alive:
        tell(channel, work)
        await asyncio.sleep(BEAT)


def tell(channel: Channel, work: Ending) -> None:
    """One beat: what it counts, and the processor's time it took."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    channel.write("beat", {**work.counts(), "cpu_seconds": used.ru_utime + used.ru_stime})


async def _obey(channel: Channel, work: Work, ends_within: float) -> float:
    """Take settings until told to end; how long that may take."""
    while (message := await channel.read()) is not None:
        match message:
            case ("settings", settings):
                logs.to_standard_error(settings.log.level)
                await asyncio.to_thread(work.adopt, settings)
            case ("drain", seconds):
                return float(seconds)
    return ends_within


async def told_to_end() -> None:
    """Return at SIGTERM or Ctrl-C: for a part that runs alone."""
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    await ending.wait()


def inherited(fd: int) -> socket.socket:
    """A socket that the supervisor opened for us; no process of ours gets it by accident."""
    sock = socket.socket(fileno=fd)
    sock.setblocking(False)
    os.set_inheritable(fd, False)
    return sock


def run(serve: Callable[[dict[str, Any]], Coroutine[Any, Any, None]]) -> None:
    """Live until the channel closes; the spec is the process' one argument."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):  # the supervisor decides when we end
        signal.signal(number, signal.SIG_IGN)
    faulthandler.register(signal.SIGUSR2, all_threads=True)  # it asks for stacks before it ends a stuck process
    asyncio.run(serve(json.loads(sys.argv[1])))
