"""The porter's process, as the supervisor sees it, and the socket pairs between it and the workers' places.

Both ends of every pair stay open here, so that neither side notices when the other is replaced; what was said to one
who is gone is sorted out by those who speak (proxeny/porter_wire.py). Never reads a question.
"""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any, Final

from proxeny.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Iterable

    from proxeny.network import Network
    from proxeny.settings import Settings

ENDS_WITHIN: Final = 3.0  # seconds to answer what was asked already
BUFFER: Final = 1 << 20  # octets that may wait in the kernel, each way


class Portering(Kept):
    """The one porter."""

    def __init__(self, workers: int, settings: Settings, network: Network) -> None:
        self._pairs = [_pair() for _ in range(workers)]
        windows = [near.fileno() for near, _ in self._pairs]
        super().__init__("porter", "proxeny.porter", settings, ENDS_WITHIN, {"windows": windows}, windows)
        self._network = network

    @property
    def doors(self) -> list[int]:
        """The workers' ends, by place."""
        return [far.fileno() for _, far in self._pairs]

    @property
    def state(self) -> str:
        """One line for /readyz."""
        if not self.alive:
            return "restarting"
        return f"alive; {fault}" if (fault := self.counts.get("database_fault")) else "alive"

    def greetings(self) -> Iterable[tuple[Any, ...]]:
        return *super().greetings(), ("network", self._network)

    def serve(self, network: Network) -> None:
        """A new version of the network, for it and for those that come after it."""
        self._network = network
        self.tell("network", network)

    async def end(self) -> None:
        await super().end()
        for pair in self._pairs:
            for sock in pair:
                sock.close()


def _pair() -> tuple[socket.socket, socket.socket]:
    """(the porter's end, the worker's)."""
    pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for sock in pair:
        for number in (32, socket.SO_SNDBUF):  # SO_SNDBUFFORCE where we may
            with contextlib.suppress(PermissionError):
                sock.setsockopt(socket.SOL_SOCKET, number, BUFFER)
                break
    return pair
