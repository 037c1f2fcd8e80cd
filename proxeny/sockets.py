"""The listening sockets: opened once by the supervisor, kept for its whole life, inherited by every worker.

Each address is first bound alone, so that a port somebody else holds is named; then once for each worker, in a
SO_REUSEPORT group over which the kernel spreads the clients. Because the supervisor keeps them open, a restarted worker
finds its own queue and no client changes worker. Never reads from them.
"""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proxeny.faults import Fault, FaultyError
from radius.udp import kernel_drops, receive_buffer, udp_socket

if TYPE_CHECKING:
    from proxeny.addresses import Endpoint
    from proxeny.parts import Radius


@dataclass(frozen=True, slots=True)
class Listening:
    """One socket, and whose it is."""

    index: int
    kind: str  # "auth" or "acct"
    worker: int
    at: Endpoint
    sock: socket.socket

    @property
    def drops(self) -> int:
        """Requests that the kernel threw away because the worker did not keep up."""
        return kernel_drops(self.sock)


def open_all(radius: Radius, file: str) -> list[Listening]:
    """Every socket for every worker; FaultyError names each address that cannot be had."""
    wanted = [("auth", at) for at in radius.auth] + [("acct", at) for at in radius.acct]
    faults = [fault for kind, at in wanted if (fault := _taken(kind, at, file))]
    if faults:
        raise FaultyError(faults)
    return [
        Listening(worker * len(wanted) + number, kind, worker, at, _open(at, radius.receive_buffer))
        for worker in range(radius.workers)
        for number, (kind, at) in enumerate(wanted)
    ]


def _family(at: Endpoint) -> int:
    return socket.AF_INET6 if ":" in at.host else socket.AF_INET


def _open(at: Endpoint, buffer: int) -> socket.socket:
    return udp_socket((at.host, at.port), _family(at), buffer=buffer, shared=True)


def _taken(kind: str, at: Endpoint, file: str) -> Fault | None:
    """Bind once without SO_REUSEPORT: beside a stranger's socket, or another controller's group, this fails."""
    try:
        udp_socket((at.host, at.port), _family(at), buffer=1 << 16).close()
    except OSError as fault:
        remedies = {
            errno.EADDRINUSE: f"Find who holds it (ss -lunp 'sport = :{at.port}'), or write another address in [radius] {kind}",
            errno.EACCES: "Ports below 1024 need root with [run] user set, or CAP_NET_BIND_SERVICE; or write a port above",
            errno.EADDRNOTAVAIL: "No interface of this machine has that address",
        }
        what = "is taken by another program" if fault.errno == errno.EADDRINUSE else f"cannot be bound: {fault.strerror}"
        return Fault(file, f"radius.{kind}", f"{at} {what}", remedies.get(fault.errno or 0, ""))
    return None


def small_buffers(listening: list[Listening], wanted: int) -> str:
    """A warning where the kernel granted less than was asked for; "" where all is well."""
    granted = min(receive_buffer(each.sock) for each in listening)
    if granted >= wanted:
        return ""
    return f"receive buffers hold {granted >> 10} KiB instead of {wanted >> 10} KiB: set net.core.rmem_max (config/sysctl/proxeny.conf)"
