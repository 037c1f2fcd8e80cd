"""A worker's log lines, handed to the supervisor: workers format no JSON and open no file.

At most MOST lines a second leave; the rest are counted and the count is told. Never waits.
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio

    from proxeny.channel import Channel

MOST: Final = 20  # lines a second: a fault on every packet must not become the load


class ToSupervisor(logging.Handler):
    """The standard library's records, up the channel; from any thread."""

    def __init__(self, channel: Channel, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._channel = channel
        self._loop = loop
        self._loop_thread = threading.get_ident()
        self._second = 0
        self._count = 0

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, object] = {"part": record.name}
        if not self._room(fields):
            return
        if record.exc_info and record.exc_info[0] is not None:
            fields["trace"] = "".join(traceback.format_exception(*record.exc_info))
        line = ("log", record.levelname.lower(), record.getMessage(), fields)
        if threading.get_ident() == self._loop_thread:
            self._channel.write(*line)
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._channel.write, *line)

    def _room(self, fields: dict[str, object]) -> bool:
        second = int(time.monotonic())
        if second != self._second:
            if self._count > MOST:
                fields["left_out"] = self._count - MOST
            self._second, self._count = second, 0
        self._count += 1
        return self._count <= MOST
