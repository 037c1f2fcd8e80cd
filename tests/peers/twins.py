"""Small real twins on UDP for what no program does on demand: a home that follows a script, a client that says anything.

The context managers end every thread and close every socket. Never take a packet's word for its being authentic.
"""

from __future__ import annotations

import heapq
import itertools
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from tests.peers import packets
from tests.peers.freeradius import SECRET
from tests.peers.packets import Packet, Row
from tests.peers.program import free_port, until

if TYPE_CHECKING:
    from collections.abc import Iterator

Address = tuple[str, int]


def bound(port: int = 0, address: str = "127.0.0.1") -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    made.bind((address, port))
    made.setblocking(False)
    return made


@dataclass(frozen=True, slots=True)
class Later:
    """Octets to send after `after` seconds, from the home's own port or another one."""

    octets: bytes
    after: float = 0.0
    stranger: bool = False  # from a port that is not the home's


Script: TypeAlias = Callable[[Packet, int], Iterable[Later | bytes]]


class Home:
    """A home server that does what its script says; Status-Server is answered unless `mute`.

    `script(packet, nth)` is called for every request but Status-Server, with the number of times that the same
    (identifier, authenticator) has come, from 1; it returns what to send.
    """

    def __init__(self, script: Script, *, secret: str = SECRET, port: int = 0) -> None:
        self.script, self.secret = script, secret
        self.port = port or free_port(beside=1)
        self.requests: list[Packet] = []  # every one, repetitions included
        self.probes = 0
        self.mute = False  # silent to everything, as a dead home is
        self.probed: Script | None = None  # how Status-Server is answered, where not as it should be
        self.faults: list[BaseException] = []
        self._sockets = [bound(self.port), bound(self.port + 1), bound()]
        self._seen: dict[tuple[int, bytes], int] = {}
        self._queue: list[tuple[float, int, socket.socket, bytes, Address]] = []
        self._count = itertools.count()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def distinct(self) -> list[Packet]:
        """The requests without repetitions: how many attempts were made (decisions, 6)."""
        return list({(each.identifier, each.authenticator): each for each in list(self.requests)}.values())

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            for each in self._sockets[:2]:
                selector.register(each, selectors.EVENT_READ)
            while not self._ended.is_set():
                wait = self._queue[0][0] - time.monotonic() if self._queue else 0.05
                for key, _ in selector.select(max(0.0, min(wait, 0.05))):
                    self._drain(key.fileobj)
                self._send_due()

    def _drain(self, sock: socket.socket) -> None:
        for _ in range(100):
            try:
                octets, sender = sock.recvfrom(65535)
            except BlockingIOError:
                return
            try:
                self._take(octets, sender, sock)
            except Exception as fault:  # noqa: BLE001 -- shown by the context manager in the test's own thread
                self.faults.append(fault)

    def _take(self, octets: bytes, sender: Address, sock: socket.socket) -> None:
        if self.mute:
            return
        packet = packets.read(octets)
        if packet.code == packets.STATUS_SERVER:
            self.probes += 1
            if self.probed is not None:
                self._schedule(self.probed(packet, 1), sender, sock)
                return
            code = packets.ACCESS_ACCEPT if sock is self._sockets[0] else packets.ACCOUNTING_RESPONSE
            sock.sendto(packets.answer(packet, code, [], self.secret, sign=code == packets.ACCESS_ACCEPT), sender)
            return
        key = packet.identifier, packet.authenticator
        self._seen[key] = nth = self._seen.get(key, 0) + 1
        self.requests.append(packet)
        self._schedule(self.script(packet, nth), sender, sock)

    def _schedule(self, answers: Iterable[Later | bytes], receiver: Address, sock: socket.socket) -> None:
        for each in answers:
            later = each if isinstance(each, Later) else Later(each)
            out = self._sockets[2] if later.stranger else sock
            heapq.heappush(self._queue, (time.monotonic() + later.after, next(self._count), out, later.octets, receiver))

    def _send_due(self) -> None:
        while self._queue and self._queue[0][0] <= time.monotonic():
            _, _, sock, octets, receiver = heapq.heappop(self._queue)
            sock.sendto(octets, receiver)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join(5)
        for each in self._sockets:
            each.close()


@contextmanager
def home(script: Script | None = None, *, secret: str = SECRET, port: int = 0, strict: bool = True) -> Iterator[Home]:
    """A scripted home on a free port (accounting one above); without a script it accepts everything.

    `strict`: octets that are no packet fail the test; else they are only kept in `faults`.
    """
    made = Home(script or accepting(secret), secret=secret, port=port)
    made.start()
    try:
        yield made
    finally:
        made.stop()
    assert not strict or [] == [repr(each) for each in made.faults]


def accepting(secret: str = SECRET, *rows: Row) -> Script:
    """Accept every Access-Request, acknowledge every Accounting-Request."""

    def script(packet: Packet, nth: int) -> list[bytes]:
        if packet.code == packets.ACCOUNTING_REQUEST:
            return [packets.answer(packet, packets.ACCOUNTING_RESPONSE, [], secret, sign=False)]
        return [packets.answer(packet, packets.ACCESS_ACCEPT, rows, secret)]

    return script


class Nas:
    """A client with one socket: sends octets, collects what comes back."""

    def __init__(self, *, secret: str = SECRET, address: str = "127.0.0.1") -> None:
        self.secret = secret
        self.socket = bound(address=address)
        self.inbox: deque[bytes] = deque()

    def send(self, octets: bytes, port: int, *, address: str = "127.0.0.1") -> None:
        self.socket.sendto(octets, (address, port))

    def take(self) -> list[bytes]:
        """Everything that has come so far."""
        while True:
            try:
                self.inbox.append(self.socket.recv(65535))
            except BlockingIOError:
                return list(self.inbox)

    def ask(self, octets: bytes, port: int, *, seconds: float = 15.0) -> Packet | None:
        """Send and wait for the answer with this identifier that proves itself; None where none came."""
        self.send(octets, port)
        return self.answer_to(octets, seconds=seconds)

    def answer_to(self, octets: bytes, *, seconds: float = 15.0) -> Packet | None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for got in self.take():
                if got[1] == octets[1] and packets.proves(got, octets, self.secret):
                    return packets.read(got)
            time.sleep(0.005)
        return None

    def close(self) -> None:
        self.socket.close()


@contextmanager
def nas(*, secret: str = SECRET, address: str = "127.0.0.1") -> Iterator[Nas]:
    """A client on a port of its own."""
    made = Nas(secret=secret, address=address)
    try:
        yield made
    finally:
        made.close()


def settled(home: Home, count: int, seconds: float = 10.0) -> None:
    """Wait until the home has seen `count` distinct requests."""
    until(lambda: len(home.distinct) >= count, f"{count} requests at the home (it has {len(home.distinct)})", seconds)
