"""A bad stretch of network: a relay in front of a UDP port that drops, doubles, reorders, delays and spoils datagrams.

Randomness is seeded, one sequence per direction, so that a failure repeats. Never makes up a datagram that nobody sent.
"""

from __future__ import annotations

import heapq
import itertools
import random
import selectors
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.peers.twins import Address, bound

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Impairment:
    """How often (0 to 1) a datagram is dropped, doubled, held back past later ones, or has an octet changed; seconds of delay."""

    drop: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    corrupt: float = 0.0
    delay: float = 0.0


@dataclass(slots=True)
class Relay:
    """A bad stretch of network in front of a port: clients talk to `port`, each gets a socket of its own towards the target."""

    target: Address
    impairment: Impairment
    seed: int = 1
    port: int = field(default=0, init=False)
    stalled: bool = False  # nothing passes
    arrived: int = 0  # datagrams of clients, whatever became of them
    _front: socket.socket = field(init=False)
    _backs: dict[Address, socket.socket] = field(default_factory=dict)
    _queue: list[tuple[float, int, socket.socket, bytes, Address]] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread = field(init=False)

    def start(self) -> None:
        self._front = bound()
        self.port = self._front.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join(5)
        for each in (self._front, *self._backs.values()):
            each.close()

    def _run(self) -> None:
        up, down, count = random.Random(self.seed), random.Random(self.seed + 1), itertools.count()
        with selectors.DefaultSelector() as selector:
            selector.register(self._front, selectors.EVENT_READ, None)
            while not self._ended.is_set():
                for key, _ in selector.select(0.002 if self._queue else 0.05):
                    self._forward(key, selector, up if key.data is None else down, count)
                while self._queue and self._queue[0][0] <= time.monotonic():
                    _, _, sock, octets, receiver = heapq.heappop(self._queue)
                    sock.sendto(octets, receiver)

    def _forward(self, key: selectors.SelectorKey, selector: selectors.BaseSelector, chance: random.Random, count: Iterator[int]) -> None:
        try:
            octets, sender = key.fileobj.recvfrom(65535)
        except BlockingIOError:
            return
        if key.data is not None:
            out, receiver = self._front, key.data
        else:
            if (out := self._backs.get(sender)) is None:
                out = self._backs[sender] = bound()
                selector.register(out, selectors.EVENT_READ, sender)
            receiver = self.target
            self.arrived += 1
        for after, each in () if self.stalled else self._spoil(octets, chance):
            heapq.heappush(self._queue, (time.monotonic() + after, next(count), out, each, receiver))

    def _spoil(self, octets: bytes, chance: random.Random) -> Iterator[tuple[float, bytes]]:
        how = self.impairment
        if chance.random() < how.drop:
            return
        after = how.delay
        if chance.random() < how.corrupt:
            at = chance.randrange(len(octets))
            octets = octets[:at] + bytes((octets[at] ^ (1 << chance.randrange(8)),)) + octets[at + 1 :]
        if chance.random() < how.reorder:
            after += chance.uniform(0.005, 0.05)
        yield after, octets
        if chance.random() < how.duplicate:
            yield after + chance.uniform(0, 0.02), octets


@contextmanager
def relay(port: int, impairment: Impairment, *, seed: int = 1, address: str = "127.0.0.1") -> Iterator[Relay]:
    """A relay in front of `port`."""
    made = Relay((address, port), impairment, seed)
    made.start()
    try:
        yield made
    finally:
        made.stop()
