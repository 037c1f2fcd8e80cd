"""One process of ours: started by exec with the sockets it needs, heard over its channel, ended when it must be.

Never forks Python, never signals a process it did not start.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

from proxeny.channel import Channel, above, pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_log = logging.getLogger("proxeny.child")
SILENT: Final = 15.0  # seconds without a beat until a process counts as stuck
STARTING: Final = 60.0  # the same before its first word: a cold start on a loaded machine
STACKS: Final = 1.0  # seconds that a stuck process has to write its stacks


class Child:
    """A started process and its channel."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], channel: Channel) -> None:
        self.name = name
        self.process = process
        self.channel = channel
        self._loop = asyncio.get_running_loop()
        self.started = self.heard = self._loop.time()
        self.spoke = False
        self.ending = False

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def stuck(self) -> bool:
        """Whether it has been silent for too long."""
        return self._loop.time() - self.heard > (SILENT if self.spoke else STARTING)

    def forgive(self) -> None:
        """We ourselves slept: its silence says nothing."""
        self.heard = self._loop.time()

    async def listen(self, hear: Callable[[list[Any]], None]) -> int:
        """Pass on each message; its exit status once it is gone."""
        while (message := await self.channel.read()) is not None:
            self.heard, self.spoke = self._loop.time(), True
            try:
                hear(message)
            except Exception:  # noqa: BLE001  # one message we stumble over must not cost us the process that sent it
                _log.exception("a message of %s was not understood", self.name)
        status = await _exit(self.process)
        self.channel.close()
        return status

    async def unstick(self) -> None:
        """Have it write its stacks to standard error, then end it."""
        if not self.ending:
            self.ending = True
            self.signal(signal.SIGUSR2)
            await asyncio.sleep(STACKS)
            self.signal(signal.SIGKILL)

    def signal(self, number: int) -> None:
        """Send a signal, unless it has ended already."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)


async def start(name: str, module: str, spec: dict[str, Any], fds: Sequence[int]) -> Child:
    """Exec `python -m proxeny.begin MODULE SPEC`, with these descriptors and one end of a channel open in it."""
    ours, theirs = pair()
    command = [sys.executable, "-P", "-m", "proxeny.begin", module, json.dumps(spec | {"channel": theirs.fileno()})]
    with theirs, _deaf():
        process = subprocess.Popen(  # noqa: ASYNC220, S603  # vfork and exec, a millisecond; our own module
            command, pass_fds=(*fds, theirs.fileno()), stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno()
        )
    return Child(name, process, await above(ours))


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """What is started meanwhile has Ctrl-C and hang-up blocked from its first instruction: those are for the supervisor."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGHUP))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


async def _exit(process: subprocess.Popen[bytes], patience: float = 5.0) -> int:
    """Its exit status. A process whose channel is closed is leaving; one that does not is ended."""
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    pidfd = os.pidfd_open(process.pid)
    loop.add_reader(pidfd, gone.set)
    try:
        await asyncio.wait_for(gone.wait(), patience)
    except TimeoutError:
        process.kill()
        await gone.wait()
    finally:
        loop.remove_reader(pidfd)
        os.close(pidfd)
    return process.wait()
