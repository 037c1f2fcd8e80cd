"""The recorder's process, as the supervisor sees it: started, heard, started again.

What the workers write waits in the journal's socket and in the spools meanwhile. Never reads a record.
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
    from proxeny.child import Child
    from proxeny.settings import Settings

BACK_OFF: Final = 0.5  # seconds between two starts, doubled while it ends at once
SLOWEST: Final = 8.0
ENDS_WITHIN: Final = 8.0  # seconds to write down what the workers left


class Recording:
    """The one recorder."""

    def __init__(self, journal: int, settings: Settings) -> None:
        self._journal = journal  # descriptor of the receiving end
        self._settings = settings
        self._child: Child | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._ending = False
        self.restarts = 0
        self.counts: dict[str, Any] = {}
        self._log = structlog.get_logger(part="recording")

    @property
    def alive(self) -> bool:
        """Whether it has said something since it was started."""
        return self._child is not None and self._child.spoke

    def begin(self) -> None:
        """Start it, and keep it."""
        self._tasks = [asyncio.create_task(self._keep()), asyncio.create_task(self._watch())]

    async def _keep(self) -> None:
        quick = 0  # ends in a row that came soon after the start
        while not self._ending:
            try:
                child = await start("recorder", "proxeny.recorder", {"journal": self._journal}, [self._journal])
            except OSError as fault:
                self._log.error("recorder cannot be started", fault=str(fault))
                await asyncio.sleep(SLOWEST)
                continue
            child.channel.write("settings", self._settings)
            self._child = child
            status = await child.listen(self._hear)
            self._child = None
            if not self._ending:
                self.restarts += 1
                quick = quick + 1 if asyncio.get_running_loop().time() - child.started < SLOWEST else 0
                self._log.error("recorder ended", status=status)
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
                    self._log.error("recorder is stuck, its stacks follow")
                    await self._child.unstick()
            last = now

    def _hear(self, message: list[Any]) -> None:
        match message:
            case ["beat", counts]:
                self.counts = counts
            case ["log", level, event, fields]:
                logs.write(level, event, {**fields, "part": "recorder"})

    def adopt(self, settings: Settings) -> None:
        """New settings, for it and for those that come after it."""
        self._settings = settings
        if self._child is not None:
            self._child.channel.write("settings", settings)

    async def end(self) -> None:
        """Have it write down what waits, and end."""
        self._ending = True
        if self._child is not None:
            self._child.channel.write("drain", ENDS_WITHIN)
            await asyncio.wait(self._tasks[:1], timeout=ENDS_WITHIN + 1.0)
        if self._child is not None:
            self._child.signal(signal.SIGKILL)
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)
