"""The jobs process: tells gateways what their APIs must be told, sends mails and SMS. A child of the supervisor, or `proxeny jobs`.

The work is done in threads (proxeny/sweeping.py); what was taken and not finished is taken by the next process. Never opens
a listening socket, and never waits for a database in the loop.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from proxeny import lifetime, logs
from proxeny.sweeping import Sweep

if TYPE_CHECKING:
    from proxeny.channel import Channel
    from proxeny.settings import Settings

ENDS_WITHIN: Final = 6.0  # seconds for conversations under way


class Jobs:
    """The sweep as a kept process's work."""

    def __init__(self, settings: Settings) -> None:
        self._sweep = Sweep(settings)

    @property
    def alive(self) -> bool:
        return self._sweep.thread.is_alive()

    def counts(self) -> dict[str, Any]:
        return self._sweep.told()

    def adopt(self, settings: Settings) -> None:
        self._sweep.adopt(settings)

    async def begin(self) -> None:
        self._sweep.thread.start()

    async def end(self, seconds: float) -> None:
        await asyncio.to_thread(self._sweep.end, max(seconds - 1.0, 0.0))


def _made(_channel: Channel, settings: Settings) -> Jobs:
    return Jobs(settings)


async def serve(spec: dict[str, Any]) -> None:
    """The whole life of a child of the supervisor."""
    await lifetime.live(spec, _made, ENDS_WITHIN)


async def alone(settings: Settings) -> None:
    """`proxeny jobs`: until SIGTERM or Ctrl-C."""
    logs.to_standard_error(settings.log.level)
    jobs = Jobs(settings)
    await jobs.begin()
    await lifetime.told_to_end()
    await jobs.end(ENDS_WITHIN)


def main() -> None:
    """Run until the channel closes."""
    lifetime.run(serve)
