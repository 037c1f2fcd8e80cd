"""A worker's end of the line to the porter: questions up, grants and verdicts down (proxeny/porter_wire.py says the words).

Theory of operation. The socket is read a few datagrams at a time, so that a hundred thousand grants stream in between the
packets of the road. A question goes out at once or not at all: the socket's buffer is the bound, and the engine ends every
wait by its own clock. Nobody sees the other end close, so silence is the sign: after AWAY seconds without a word whatever
waits is given back as PORTER_SILENT, and so is every question until the porter speaks again.

Never blocks, never raises on what a datagram holds, never logs a question.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

from proxeny import porter_wire as wire
from radius.actions import Reason
from radius.questions import Verdict

if TYPE_CHECKING:
    import asyncio
    import socket
    from collections.abc import Callable

    from radius.grants import Grants
    from radius.questions import Question

    Done = Callable[[Verdict], None]

AT_ONCE: Final = 2  # datagrams at a wake-up: some 400 grants, less than half a millisecond
LOOKED_EVERY: Final = 1.0  # seconds
FORGOTTEN: Final = 60.0  # seconds: the engine has given up long before
_SILENT: Final = Verdict(False, Reason.PORTER_SILENT.name)
_BUSY: Final = Verdict(False, Reason.PORTER_BUSY.name)


class AskingPorter:
    """radius.ports.Porter over a socket."""

    def __init__(self, sock: socket.socket, loop: asyncio.AbstractEventLoop, clock: Callable[[], float] = time.monotonic) -> None:
        sock.setblocking(False)
        self._socket = sock
        self._loop = loop
        self._clock = clock
        # The porter may still answer what the worker in this place before us asked: its tickets begin elsewhere.
        self._last = int.from_bytes(os.urandom(6), "big")
        self._asked: dict[int, tuple[float, Done]] = {}
        self._heard = clock()
        self._timer: asyncio.TimerHandle | None = None
        self._grants: Grants | None = None
        self._greeted: Callable[[], None] | None = None  # whom to tell that the porter is at work
        self._cleared = False  # and the first page of grants is under way
        self.counts = {"porter_asked": 0, "porter_told": 0, "porter_unheard": 0}

    @property
    def away(self) -> bool:
        """Whether the porter has not spoken for so long that nobody should wait for it."""
        return self._clock() - self._heard > wire.AWAY

    def open(self, grants: Grants, greeted: Callable[[], None] | None = None) -> None:
        """Say hello; from now on what the porter tells goes into `grants`. `greeted` is called once the first page is there."""
        self._grants, self._greeted = grants, greeted
        self._heard = self._clock()
        self._loop.add_reader(self._socket.fileno(), self._read)
        self._send(wire.hello())
        self._look()

    def ask(self, question: Question, done: Done) -> None:
        """Put the question; what cannot be asked is given back at the loop's next turn."""
        self._last += 1
        if self.away:
            self._give_back(done, _SILENT)
        elif not self._send(wire.ask(self._last, question)):
            self._give_back(done, _BUSY)
        else:
            self.counts["porter_asked"] += 1
            self._asked[self._last] = (self._clock(), done)

    def _give_back(self, done: Done, verdict: Verdict) -> None:
        self.counts["porter_unheard"] += 1
        self._loop.call_soon(done, verdict)

    def _send(self, datagram: bytes) -> bool:
        try:
            self._socket.send(datagram)
        except OSError:  # full, or the supervisor is gone and we are about to follow
            return False
        return True

    def _read(self) -> None:
        for _ in range(AT_ONCE):
            try:
                datagram = self._socket.recv(wire.LARGEST)
            except BlockingIOError:
                return
            except OSError:
                datagram = b""
            if not datagram:  # both ends are the supervisor's: it is gone
                self._loop.remove_reader(self._socket.fileno())
                return
            self._heard = self._clock()
            self._take(wire.downward(datagram))

    def _take(self, said: wire.Downward | None) -> None:
        if isinstance(said, wire.Told):
            if (asked := self._asked.pop(said.ticket, None)) is not None:
                self.counts["porter_told"] += 1
                asked[1](said.verdict)
        elif self._grants is None or said is None:
            return
        elif isinstance(said, wire.Granted):
            self._grants.put(said.grants)
            if self._cleared and not said.grants and self._greeted is not None:
                self._greeted()
                self._greeted = None
        else:
            self._grants.clear()
            self._cleared = True

    def _look(self) -> None:
        """Give back what waits for a porter that is away; forget what nobody waits for any more."""
        if self.away:
            waiting, self._asked = self._asked, {}
            for _, done in waiting.values():
                self._give_back(done, _SILENT)
        oldest = self._clock() - FORGOTTEN
        while self._asked and (first := next(iter(self._asked.items())))[1][0] < oldest:
            del self._asked[first[0]]
        self._timer = self._loop.call_later(LOOKED_EVERY, self._look)

    def close(self) -> None:
        """Ask nothing more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._grants is not None:
            self._loop.remove_reader(self._socket.fileno())
        self._socket.close()
