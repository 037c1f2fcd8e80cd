"""How records get from the workers to the recorder: marshalled batches over an AF_UNIX datagram socket.

`SocketJournal` is the workers' side (radius.ports.Journal): records wait in a bounded list until `flush`, at most 20 ms
later, which never waits: what the socket does not take stays for the next flush, what the list cannot hold is dropped
and counted. `decode` is the recorder's side. marshal, not JSON: it carries octets and
costs a tenth; both ends are one installation of one program, and the socket is inherited, with no name to connect to.

Never blocks a worker, and never raises on what a datagram holds.
"""

from __future__ import annotations

import marshal
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from radius.records import Dropped, HomeChange, Login

if TYPE_CHECKING:
    import asyncio
    import socket
    from collections.abc import Callable, Iterable, Sequence

    Entry = Login | Dropped | HomeChange

FLUSH_EVERY: Final = 0.02  # seconds, at most: little at a time, so that no packet waits long behind it
LARGEST: Final = 1 << 17  # octets the recorder must be ready to read
_BATCH: Final = 100  # records in one datagram: some 40 KiB at their usual size
_KINDS: Final[dict[str, type[Any]]] = {kind.__name__: kind for kind in (Login, Dropped, HomeChange)}


def encode(records: Iterable[Entry]) -> bytes:
    """One datagram."""
    return marshal.dumps([(record.__class__.__name__, *record) for record in records])


def decode(datagram: bytes) -> list[Entry]:
    """What a datagram holds; what is not understood (a neighbour of another version) is left out."""
    found: list[Entry] = []
    with suppress(ValueError, TypeError, EOFError):
        for kind, *fields in marshal.loads(datagram):  # noqa: S302 - see above: an inherited socket of our own
            if kind in _KINDS:
                found.append(_KINDS[kind]._make(fields))
    return found


class SocketJournal:
    """A worker's end. `write` is called on the road: it appends and returns."""

    def __init__(
        self, sock: socket.socket, loop: asyncio.AbstractEventLoop, changed: Callable[[HomeChange], None] | None = None, most: int = 20_000
    ) -> None:
        """`changed` hears of each change of a home's health at once, beside the recorder."""
        sock.setblocking(False)
        self._socket = sock
        self._loop = loop
        self._changed = changed
        self._most = most
        self._waiting: list[Entry] = []
        self._timer: asyncio.TimerHandle | None = None
        self.sent = 0  # records
        self.dropped = 0  # records, because the recorder did not keep up; a metric

    def write(self, record: Entry) -> None:
        """Remember; drop where the bound is reached."""
        if len(self._waiting) < self._most:
            self._waiting.append(record)
        else:
            self.dropped += 1
        if self._timer is None:
            self._timer = self._loop.call_later(FLUSH_EVERY, self.flush)
        if self._changed is not None and record.__class__ is HomeChange:
            self._changed(record)

    def flush(self) -> None:
        """Send what waits, as far as the socket takes it; the rest at the next turn."""
        if self._timer is not None:
            self._timer.cancel()
        while self._waiting and (gone := self._send(self._waiting[:_BATCH])):
            del self._waiting[:gone]
        self._timer = self._loop.call_later(FLUSH_EVERY, self.flush) if self._waiting else None

    def close(self) -> None:
        """Hand over what can be handed over; what cannot is dropped and counted."""
        self.flush()
        if self._timer is not None:
            self._timer.cancel()
        self.dropped += len(self._waiting)
        self._waiting.clear()

    def _send(self, records: Sequence[Entry]) -> int:
        """How many records are off our hands: sent, or too large for any datagram and so dropped."""
        try:
            self._socket.send(encode(records))
        except (BlockingIOError, ConnectionError, TimeoutError):
            return 0
        except OSError:  # EMSGSIZE: half of it may go; ENOBUFS: later
            if len(records) > 1:
                return self._send(records[: len(records) // 2])
            self.dropped += 1
            return 1
        self.sent += len(records)
        return len(records)
