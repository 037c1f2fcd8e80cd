"""The line between the supervisor and one of its processes: frames over a stream socket pair.

Downward go pickles (a Network is a tree of frozen rows); upward go JSON lists of plain values, because a worker reads
the network's octets all day and what it says is never unpickled. Never blocks, never outlives its peer: a closed
channel is how a worker learns that its supervisor is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import pickle
import socket
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_HEADER: Final = 4
_LONGEST: Final = 256 << 20  # octets in a frame: a network of some hundred thousand rows
_PATIENT: Final = 8 << 20  # octets that may wait for a peer that does not read


def pair() -> tuple[socket.socket, socket.socket]:
    """(ours, the child's)."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    ours.setblocking(False)
    return ours, theirs


def _to_json(message: Any) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()


class Channel:
    """One end. `read` gives None once the peer is gone."""

    def __init__(
        self, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], dump: Callable[[Any], bytes], load: Callable[[bytes], Any]
    ) -> None:
        self._reader, self._writer = streams
        self._dump, self._load = dump, load
        self.lost = 0  # messages not sent because the peer does not read

    async def read(self) -> Any:
        """The next message, or None at the end."""
        try:
            size = int.from_bytes(await self._reader.readexactly(_HEADER), "big")
            if size > _LONGEST:
                return None
            return self._load(await self._reader.readexactly(size))
        except (asyncio.IncompleteReadError, OSError, ValueError, RecursionError):
            return None  # what is no message ends the channel as its end does

    def write(self, *message: Any, urgent: bool = False) -> None:
        """Send, without waiting; an urgent message is sent however much waits before it."""
        if self._writer.is_closing() or (not urgent and self._writer.transport.get_write_buffer_size() > _PATIENT):
            self.lost += 1
            return
        body = self._dump(message)
        self._writer.write(len(body).to_bytes(_HEADER, "big") + body)

    async def flush(self) -> None:
        """Wait until the peer has taken what was written."""
        with contextlib.suppress(OSError):
            await self._writer.drain()

    def close(self) -> None:
        self._writer.close()


async def above(sock: socket.socket) -> Channel:
    """The supervisor's end."""
    return Channel(await asyncio.open_unix_connection(sock=sock, limit=1 << 20), pickle.dumps, json.loads)


async def below(sock: socket.socket) -> Channel:
    """A worker's or the recorder's end."""
    streams = await asyncio.open_unix_connection(sock=sock, limit=1 << 20)
    return Channel(streams, _to_json, pickle.loads)  # from the supervisor, which started us
