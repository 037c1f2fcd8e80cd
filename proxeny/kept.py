"""A process of ours that the supervisor keeps alive: started, heard, started again with growing pauses, ended in order.

What it is to do waits elsewhere meanwhile: in a socket, a spool, an outbox. Never reads what it works on.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, Any, Final

import structlog

from proxeny import logs
from proxeny.child import start

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from proxeny.child import Child
    from proxeny.settings import Settings

BACK_OFF: Final = 0.5  # seconds between two starts, doubled while it ends at once
SLOWEST: Final = 8.0


class Kept:
    """One such process, which takes settings and says what it counts."""

    def __init__(self, name: str, module: str, settings: Settings, ends_within: float, spec: dict[str, Any], fds: Sequence[int]) -> None:
        self.name, self._module, self._spec, self._fds = name, module, spec, fds
        self._ends_within = ends_within  # seconds for what it has at hand
        self._settings = settings
        self._child: Child | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._ending = False
        self.restarts = 0
        self.counts: dict[str, Any] = {}
        self._log = structlog.get_logger(part=name)

    def greetings(self) -> Iterable[tuple[Any, ...]]:
        """What each new process is told first: settings, then whatever else it needs."""
        return (("settings", self._settings),)

    @property
    def alive(self) -> bool:
        """Whether it has said something since it was started."""
        return self._child is not None and self._child.spoke

    @property
    def begun(self) -> bool:
        """Whether anybody wanted it."""
        return bool(self._tasks)

    def begin(self) -> None:
        """Start it, and keep it."""
        self._tasks = [asyncio.create_task(self._keep()), asyncio.create_task(self._watch())]

    async def _keep(self) -> None:
        quick = 0  # ends in a row that came soon after the start
        while not self._ending:
            try:
                child = await start(self.name, self._module, self._spec, self._fds)
            except OSError as fault:
                self._log.error(f"{self.name} cannot be started", fault=str(fault))
                await asyncio.sleep(SLOWEST)
                continue
            for message in self.greetings():
                child.channel.write(*message, urgent=True)
            self._child = child
            status = await child.listen(self._hear)
            self._child = None
            if not self._ending:
                self.restarts += 1
                quick = quick + 1 if asyncio.get_running_loop().time() - child.started < SLOWEST else 0
                self._log.error(f"{self.name} ended", status=status)
                await asyncio.sleep(min(BACK_OFF * 2 ** min(quick, 4), SLOWEST))

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        last = loop.time()
        while True:
            await asyncio.sleep(1.0)
            now = loop.time()
            if self._child is not None:
                if now - last > 3.0:
                    self._child.forgive()
                elif self._child.stuck:
                    self._log.error(f"{self.name} is stuck, its stacks follow")
                    await self._child.unstick()
            last = now

    def _hear(self, message: list[Any]) -> None:
        match message:
            case ["beat", counts]:
                self.counts = counts
            case ["log", level, event, fields]:
                logs.write(level, event, {**fields, "part": self.name})

    def adopt(self, settings: Settings) -> None:
        """New settings, for it and for those that come after it."""
        self._settings = settings
        self.tell("settings", settings)

    def tell(self, *message: Any) -> None:
        """A message for the process that runs now; one that starts later is greeted with what applies then."""
        if self._child is not None:
            self._child.channel.write(*message, urgent=True)

    async def end(self) -> None:
        """Have it finish what it has at hand, and end."""
        self._ending = True
        if self._child is not None:
            self._child.channel.write("drain", self._ends_within)
            await asyncio.wait(self._tasks[:1], timeout=self._ends_within + 1.0)
        if self._child is not None:
            self._child.signal(signal.SIGKILL)
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)
