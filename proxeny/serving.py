"""The process that serves the guests' pages. `python -m proxeny.serving SPEC`, or `proxeny web`.

The loop only beats and listens to the supervisor; requests are answered in gunicorn's threads (proxeny/threads.py), the
network is followed in one more. When the channel closes the supervisor is gone: what is under way is finished, and the
process ends. Never opens its listening socket itself: the supervisor did, before it gave up its privileges.
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
import threading
from typing import TYPE_CHECKING, Any, Final

from proxeny import logs
from proxeny.channel import below
from proxeny.threads import Answering
from proxeny.web import LOOK, Guests

if TYPE_CHECKING:
    from proxeny.channel import Channel
    from proxeny.settings import Settings

BEAT: Final = 1.0
ENDS_WITHIN: Final = 5.0  # seconds for requests under way


class Serving:
    """One listening socket and the app behind it."""

    def __init__(self, settings: Settings, sock: socket.socket) -> None:
        if settings.guest is None:
            raise ValueError("[guest] is not in the settings")
        self.guests = Guests(settings)
        self._answering = Answering(sock, self.guests, settings.guest, ENDS_WITHIN)
        self._ended = threading.Event()
        self.thread = threading.Thread(target=self._answering.serve, name="answering", daemon=True)
        self._following = threading.Thread(target=self._follow, name="following", daemon=True)

    def begin(self) -> None:
        """Look at the network once, then answer."""
        self.guests.look()
        self.thread.start()
        self._following.start()

    def _follow(self) -> None:
        while not self._ended.wait(LOOK):
            self.guests.look()

    def end(self, seconds: float) -> None:
        """Finish what is under way, for at most so long."""
        self._ended.set()
        self._answering.stop()
        self.thread.join(max(seconds, 0.0))

    def counts(self) -> dict[str, Any]:
        """Plain numbers for the supervisor's metrics, and the database's fault for /readyz."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            **self.guests.counts,
            "connections": self._answering.nr_conns,
            "database_fault": self.guests.fault,
            "cpu_seconds": used.ru_utime + used.ru_stime,
        }


async def serve(spec: dict[str, Any]) -> None:
    """The whole life of a child of the supervisor."""
    loop = asyncio.get_running_loop()
    channel = await below(_inherited(spec["channel"]))
    message = await channel.read()
    if message is None:
        return
    settings: Settings = message[1]
    logs.to_standard_error(settings.log.level)
    serving = Serving(settings, _inherited(spec["listen"]))
    await asyncio.to_thread(serving.begin)
    beat, obey = loop.create_task(_beat(channel, serving)), loop.create_task(_obey(channel, serving))
    await asyncio.wait((beat, obey), return_when=asyncio.FIRST_COMPLETED)
    await asyncio.to_thread(serving.end, obey.result() if obey.done() else 0.0)
    channel.write("beat", serving.counts())
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(channel.flush(), 1)
    channel.close()


async def _beat(channel: Channel, serving: Serving) -> None:
    """Once a second: we live."""
    while serving.thread.is_alive():
        channel.write("beat", serving.counts())
        await asyncio.sleep(BEAT)


async def _obey(channel: Channel, serving: Serving) -> float:
    """Take settings until told to end; how long that may take."""
    while (message := await channel.read()) is not None:
        match message:
            case ("settings", settings):
                logs.to_standard_error(settings.log.level)
                await asyncio.to_thread(serving.guests.adopt, settings)
            case ("drain", seconds):
                return float(seconds) - 1.0
    return ENDS_WITHIN


async def alone(settings: Settings, sock: socket.socket) -> None:
    """`proxeny web`: until SIGTERM or Ctrl-C."""
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    serving = Serving(settings, sock)
    await asyncio.to_thread(serving.begin)
    while serving.thread.is_alive() and not ending.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ending.wait(), BEAT)
    await asyncio.to_thread(serving.end, ENDS_WITHIN)


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
