"""Datagrams in and out: raw non-blocking sockets, read in bounded batches when the loop says they are readable.

Theory of operation. An echo through asyncio's datagram transport costs six times one through a socket read directly,
so both sides use plain sockets under `add_reader`. A *listener* is one socket of a SO_REUSEPORT group; bound to a
wildcard it asks the kernel which local address each datagram was sent to, and answers from that one. *Upstream* sockets
are unconnected and shared: one per (source address, family, index), opened when first used. An ICMP error is no evidence
of anything (anyone can forge one), so socket errors are counted and otherwise ignored: timers decide.

Never looks inside a datagram, never waits.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
from typing import TYPE_CHECKING, Final

from radius.actions import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from radius.actions import Link
    from radius.admission import Allowed

MOST_AT_ONCE: Final = 64  # datagrams read per wake-up and socket, then the loop serves the others
MOST_UPSTREAM: Final = 64  # sockets per source and family: 64 * 256 identifiers
LISTENER_BUFFER: Final = 4 << 20  # octets: some 5,000 queued requests of 400 octets, kernel bookkeeping included
UPSTREAM_BUFFER: Final = 2 << 20
_LONGEST: Final = 4096  # RFC 2865, 3: whatever the kernel cuts off beyond is padding
_LOCALS: Final = 4096  # local addresses remembered, both ways

# Linux numbers that the socket module of 3.11 does not name (include/uapi: in.h, in6.h, asm-generic/socket.h)
_IP_PKTINFO: Final = 8
_IP_MTU_DISCOVER: Final = 10
_IPV6_MTU_DISCOVER: Final = 23
_PMTUDISC_DONT: Final = 0
_SO_RCVBUFFORCE: Final = 33
_SO_MEMINFO: Final = 55
_MEMINFO_DROPS: Final = 8  # index among its 32-bit counters (linux/sock_diag.h)


def udp_socket(address: tuple[str, int] | None, family: int, *, buffer: int, shared: bool = False) -> socket.socket:
    """A non-blocking UDP socket, bound if an address is given; raises OSError naming nothing: the caller knows the key.

    Path MTU discovery is off, so that a large EAP message may fragment (RFC 3579, 2.4; facts: "CAT" tests exactly this).
    """
    sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER, _PMTUDISC_DONT)
        else:
            sock.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _PMTUDISC_DONT)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        _enlarge(sock, buffer)
        if address is not None:
            sock.bind(address)
            _ask_for_local(sock)
    except OSError:
        sock.close()
        raise
    return sock


def _enlarge(sock: socket.socket, octets: int) -> None:
    """The receive buffer asked for: beyond net.core.rmem_max where we may, else up to it."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, octets)  # needs CAP_NET_ADMIN
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, octets)


def _ask_for_local(sock: socket.socket) -> None:
    """On a wildcard, have the kernel say which local address each datagram was sent to."""
    if is_wildcard(sock):
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)


def is_wildcard(sock: socket.socket) -> bool:
    """Whether a bound socket takes datagrams for every local address."""
    return sock.getsockname()[0] in {"0.0.0.0", "::"}


def receive_buffer(sock: socket.socket) -> int:
    """Octets the kernel granted; it reports twice what was asked for (man 7 socket)."""
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2


def kernel_drops(sock: socket.socket) -> int:
    """Datagrams the kernel threw away because this socket's buffer was full, since it was opened."""
    counters = sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 64)
    if len(counters) < 4 * (_MEMINFO_DROPS + 1):
        return 0  # a kernel before 4.13
    return int(struct.unpack_from("=I", counters, 4 * _MEMINFO_DROPS)[0])


class UdpListener:
    """One listening socket: requests in, replies out."""

    __slots__ = ("_bound", "_index", "_locals", "_sock", "allowed", "unsent")

    def __init__(self, index: int, allowed: Allowed, sock: socket.socket) -> None:
        self._index = index
        self._sock = sock
        host, port = sock.getsockname()[:2]
        self._locals = Locals(sock.family, port) if is_wildcard(sock) else None
        self._bound = f"{host} {port}"
        self.allowed = allowed  # the codes this port takes (radius.admission)
        self.unsent = 0  # replies the kernel did not take

    def fileno(self) -> int:
        return self._sock.fileno()

    def received(self) -> Iterator[tuple[bytes, Origin]]:
        """What waits now, at most MOST_AT_ONCE datagrams."""
        if self._locals is not None:
            yield from self._received_anywhere(self._locals)
            return
        receive, index, local, new = self._sock.recvfrom, self._index, self._bound, tuple.__new__
        for _ in range(MOST_AT_ONCE):
            try:
                octets, peer = receive(_LONGEST)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error about a reply of ours
            yield octets, new(Origin, (index, peer, local))

    def _received_anywhere(self, known: Locals) -> Iterator[tuple[bytes, Origin]]:
        receive, index = self._sock.recvmsg, self._index
        for _ in range(MOST_AT_ONCE):
            try:
                octets, ancillary, _flags, peer = receive(_LONGEST, 64)
            except BlockingIOError:
                return
            except OSError:
                continue
            yield octets, Origin(index, peer, known.name(ancillary[0][2]) if ancillary else self._bound)

    def reply(self, octets: bytes, origin: Origin) -> None:
        """Send to where the request came from, from where it was sent to."""
        try:
            if self._locals is None or origin.local == self._bound:
                self._sock.sendto(octets, origin.peer)  # type: ignore[call-overload]  # a listener's peers are socket addresses
            else:
                self._sock.sendmsg([octets], [self._locals.control(str(origin.local))], 0, origin.peer)  # type: ignore[arg-type]
        except OSError:
            self.unsent += 1  # the client repeats its request and gets the same octets from the duplicate table


class Locals:
    """Local "address port" texts, to and from the kernel's control messages (man 7 ip, IP_PKTINFO; RFC 3542, 6)."""

    __slots__ = ("_controls", "_names", "_port", "_v6")

    def __init__(self, family: int, port: int) -> None:
        self._port = port
        self._v6 = family == socket.AF_INET6
        self._names: dict[bytes, str] = {}
        self._controls: dict[str, tuple[int, int, bytes]] = {}

    def name(self, packed: bytes) -> str:
        """The "address port" of a received control message; a link-local address keeps its interface as `%index`."""
        name = self._names.get(packed)
        if name is None:
            if len(self._names) >= _LOCALS:
                self._names.clear()
                self._controls.clear()
            name = self._names[packed] = f"{self._unpack(packed)} {self._port}"
        return name

    def _unpack(self, packed: bytes) -> str:
        if not self._v6:
            return socket.inet_ntop(socket.AF_INET, packed[4:8])  # ipi_spec_dst: the address to answer from
        name = socket.inet_ntop(socket.AF_INET6, packed[:16])
        return f"{name}%{int.from_bytes(packed[16:20], sys.byteorder)}" if name.startswith("fe80:") else name

    def control(self, name: str) -> tuple[int, int, bytes]:
        """The control message that makes a reply leave from this address."""
        control = self._controls.get(name)
        if control is None:
            control = self._controls[name] = self._pack(name.partition(" ")[0])
        return control

    def _pack(self, name: str) -> tuple[int, int, bytes]:
        if not self._v6:
            return socket.IPPROTO_IP, _IP_PKTINFO, struct.pack("=i4s4s", 0, socket.inet_aton(name), bytes(4))
        address, _, index = name.partition("%")
        packed = struct.pack("=16si", socket.inet_pton(socket.AF_INET6, address), int(index or 0))
        return socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, packed


class UpstreamSocket:
    """One shared socket towards homes."""

    __slots__ = ("_sock", "key")

    def __init__(self, key: tuple[str | None, int], sock: socket.socket) -> None:
        self.key = key  # (source, index), as the engine knows it
        self._sock = sock

    def fileno(self) -> int:
        return self._sock.fileno()

    def received(self) -> Iterator[tuple[bytes, tuple[str, int]]]:
        """What waits now, at most MOST_AT_ONCE datagrams, each with its sender."""
        receive = self._sock.recvfrom
        for _ in range(MOST_AT_ONCE):
            try:
                octets, peer = receive(_LONGEST)
            except BlockingIOError:
                return
            except OSError:
                continue  # decisions, 22: ICMP is no evidence
            yield octets, peer if len(peer) == 2 else peer[:2]

    def send(self, octets: bytes, address: tuple[str, int]) -> None:
        self._sock.sendto(octets, address)

    def drops(self) -> int:
        return kernel_drops(self._sock)

    def close(self) -> None:
        self._sock.close()


class Upstream:
    """The ways to the homes: at most 64 sockets per source address and family."""

    def __init__(self, opened: Callable[[UpstreamSocket], None], failed: Callable[[str], None] = lambda _why: None) -> None:
        self._opened = opened  # called with each new socket, so that someone reads it
        self._failed = failed  # called with a sentence when a socket cannot be opened
        self._sockets: dict[tuple[str | None, bool, int], UpstreamSocket] = {}
        self.unsent = 0  # datagrams the kernel did not take: the exchange's timer sends them again

    def send(self, link: Link, octets: bytes) -> None:
        """Send to a home; what the kernel refuses is counted, and the exchange's timers see to the rest."""
        address, source, index = link
        key = (source, ":" in address[0], index)
        try:
            (self._sockets.get(key) or self._open(key)).send(octets, address)
        except OSError:
            self.unsent += 1

    def _open(self, key: tuple[str | None, bool, int]) -> UpstreamSocket:
        source, v6, index = key
        if not 0 <= index < MOST_UPSTREAM:
            raise OSError(f"upstream socket {index} is beyond {MOST_UPSTREAM}")
        family = socket.AF_INET6 if v6 else socket.AF_INET
        try:
            sock = udp_socket((source, 0) if source else ("::" if v6 else "0.0.0.0", 0), family, buffer=UPSTREAM_BUFFER)
        except OSError as fault:
            self._failed(f"no socket towards homes from {source or 'any address'}: {fault.strerror}")
            raise
        opened = self._sockets[key] = UpstreamSocket((source, index), sock)
        self._opened(opened)
        return opened

    def sockets(self) -> Iterator[UpstreamSocket]:
        return iter(self._sockets.values())

    def drops(self) -> int:
        """Answers of homes that the kernel threw away for want of buffer."""
        return sum(each.drops() for each in self._sockets.values())

    def close(self) -> None:
        for each in self._sockets.values():
            with contextlib.suppress(OSError):
                each.close()
        self._sockets.clear()
