"""One worker's place as the porter sees it: questions come in, answers and grants go out, nothing waits for anybody.

Answers go before grants. What the socket does not take waits here; the feed looks at `waiting` and brings no more grants
than WAITS at a time. Never blocks, never holds more answers than there were questions.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from proxeny import porter_wire as wire

if TYPE_CHECKING:
    import asyncio
    import socket
    from collections.abc import Callable, Iterable

    Heard = Callable[["Window", wire.Upward], None]

AT_ONCE: Final = 32  # datagrams read before the loop does something else
WAITS: Final = 32  # datagrams of grants that may wait here: some 6,400 grants


class Window:
    """The porter's end of one pair."""

    def __init__(self, number: int, sock: socket.socket, loop: asyncio.AbstractEventLoop, heard: Heard) -> None:
        self.number = number
        self.life = 0  # counts the workers that said hello: what was asked by one is not answered to the next
        self.unsent = 0  # datagrams that the kernel refused
        self._socket = sock
        self._loop = loop
        self._heard = heard
        self._answers: deque[bytes] = deque()
        self._grants: deque[bytes] = deque()
        self._writing = False
        self._spoke = False
        loop.add_reader(sock.fileno(), self._read)

    @property
    def waiting(self) -> int:
        """Datagrams of grants not yet sent."""
        return len(self._grants)

    def _read(self) -> None:
        for _ in range(AT_ONCE):
            try:
                datagram = self._socket.recv(wire.LARGEST)
            except BlockingIOError:
                return
            except OSError:
                datagram = b""
            if not datagram:  # both ends are the supervisor's: it is gone
                self.close()
                return
            if (said := wire.upward(datagram)) is not None:
                self._heard(self, said)

    def renew(self) -> None:
        """Another worker said hello: what was meant for the one before it is forgotten."""
        self.life += 1
        self._answers.clear()
        self._grants.clear()

    def answer(self, life: int, datagram: bytes) -> None:
        """An answer to a question of this life."""
        if life == self.life:
            self._answers.append(datagram)
            self._flush()

    def bring(self, life: int, datagrams: Iterable[bytes]) -> None:
        """Grants, in order."""
        if life == self.life:
            self._grants.extend(datagrams)
            self._flush()

    def beat(self) -> None:
        """A sign of life, where nothing was said since the last one."""
        if not self._spoke and not self._grants:
            self._grants.append(wire.beat())
            self._flush()
        self._spoke = False

    def _flush(self) -> None:
        while queue := self._answers or self._grants:
            try:
                self._socket.send(queue[0])
            except BlockingIOError:
                if not self._writing:
                    self._writing = True
                    self._loop.add_writer(self._socket.fileno(), self._flush)
                return
            except OSError:
                self.unsent += 1
            queue.popleft()
            self._spoke = True
        if self._writing:
            self._writing = False
            self._loop.remove_writer(self._socket.fileno())

    def close(self) -> None:
        """Hear and say nothing more."""
        self._loop.remove_reader(self._socket.fileno())
        self._loop.remove_writer(self._socket.fileno())
        self._answers.clear()
        self._grants.clear()
