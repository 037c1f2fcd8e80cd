"""The jobs process: carries out what a controller's API must be told. `python -m proxeny.jobs SPEC`, or `proxeny jobs`.

The loop only beats and listens; the work is done in threads (proxeny/sweeping.py). When the channel closes the supervisor is
gone: what is under way is finished for a few seconds, and the process ends; what it had taken is taken by the next one.
Never opens a listening socket, and never waits for a database in the loop.
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
from typing import TYPE_CHECKING, Any, Final

from proxeny import logs
from proxeny.channel import below
from proxeny.sweeping import Sweep

if TYPE_CHECKING:
    from proxeny.channel import Channel
    from proxeny.settings import Settings

BEAT: Final = 1.0
ENDS_WITHIN: Final = 6.0  # seconds for conversations under way


async def serve(spec: dict[str, Any]) -> None:
    """The whole life of a child of the supervisor."""
    loop = asyncio.get_running_loop()
    channel = await below(_inherited(spec["channel"]))
    message = await channel.read()
    if message is None:
        return
    settings: Settings = message[1]
    logs.to_standard_error(settings.log.level)
    sweep = Sweep(settings)
    sweep.thread.start()
    beat, obey = loop.create_task(_beat(channel, sweep)), loop.create_task(_obey(channel, sweep))
    await asyncio.wait((beat, obey), return_when=asyncio.FIRST_COMPLETED)
    await asyncio.to_thread(sweep.end, obey.result() if obey.done() else 0.0)
    channel.write("beat", _counts(sweep))
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(channel.flush(), 1)
    channel.close()


async def _beat(channel: Channel, sweep: Sweep) -> None:
    """Once a second: we live."""
    while sweep.thread.is_alive():
        channel.write("beat", _counts(sweep))
        await asyncio.sleep(BEAT)


async def _obey(channel: Channel, sweep: Sweep) -> float:
    """Take settings until told to end; how long that may take."""
    while (message := await channel.read()) is not None:
        match message:
            case ("settings", settings):
                logs.to_standard_error(settings.log.level)
                sweep.adopt(settings)
            case ("drain", seconds):
                return float(seconds) - 1.0
    return ENDS_WITHIN


def _counts(sweep: Sweep) -> dict[str, Any]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {**sweep.told(), "cpu_seconds": used.ru_utime + used.ru_stime}


async def alone(settings: Settings) -> None:
    """`proxeny jobs`: until SIGTERM or Ctrl-C."""
    logs.to_standard_error(settings.log.level)
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    sweep = Sweep(settings)
    sweep.thread.start()
    await ending.wait()
    await asyncio.to_thread(sweep.end, ENDS_WITHIN)


def _inherited(fd: int) -> socket.socket:
    sock = socket.socket(fileno=fd)
    sock.setblocking(False)
    os.set_inheritable(fd, False)
    return sock


def main() -> None:
    """Run until the channel closes."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):  # the supervisor decides when we end
        signal.signal(number, signal.SIG_IGN)
    faulthandler.register(signal.SIGUSR2, all_threads=True)
    asyncio.run(serve(json.loads(sys.argv[1])))


if __name__ == "__main__":
    main()
