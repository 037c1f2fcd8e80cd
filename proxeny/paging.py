"""The pages of one audience, as the supervisor sees them: their socket, opened while it may, and the process that serves it.

The socket stays open here, so that browsers wait in its queue while the process is replaced. Never answers one.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
import struct
from typing import TYPE_CHECKING, Any, Final

from proxeny.faults import Fault, FaultyError
from proxeny.kept import Kept

if TYPE_CHECKING:
    from proxeny.settings import Settings

ENDS_WITHIN: Final = 6.0  # seconds for requests under way
QUEUE: Final = 1_024  # connections that may wait
PATIENCE: Final = 10  # seconds that one read or write of a connection may take; accepted sockets inherit it


class Paging(Kept):
    """The one process of an audience's pages."""

    def __init__(self, settings: Settings, sock: socket.socket, audience: str = "guest") -> None:
        self.sock = sock
        super().__init__(
            audience, "proxeny.serving", settings, ENDS_WITHIN, {"listen": sock.fileno(), "audience": audience}, [sock.fileno()]
        )

    @property
    def state(self) -> str:
        """For /readyz."""
        fault = self.counts.get("database_fault", "")
        return f"no database: {fault}" if self.alive and fault else "alive" if self.alive else "restarting"


def listen(settings: Settings, audience: str = "guest") -> socket.socket:
    """The socket of this section's listen, bound and listening; FaultyError where it cannot be had."""
    pages, file = getattr(settings, audience), str(settings.file or "settings")
    if pages is None:
        remedy = f'Write one: [{audience}] with listen = "127.0.0.1:8080"'
        raise FaultyError([Fault(file, audience, "there is no such section, so no page to serve", remedy)])
    sock = socket.socket(socket.AF_INET6 if ":" in pages.listen.host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # TIME_WAIT of our own past is no hindrance
        if sock.family is socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # head and body are two writes: the second would wait 40 ms for an ACK
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            sock.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", PATIENCE, 0))
        sock.bind((pages.listen.host, pages.listen.port))
        sock.listen(QUEUE)
    except OSError as fault:
        sock.close()
        raise FaultyError([_fault(fault, settings, audience)]) from None
    sock.setblocking(False)
    return sock


def _fault(fault: OSError, settings: Settings, audience: str) -> Fault:
    at: Any = getattr(settings, audience).listen
    remedies = {
        errno.EADDRINUSE: f"Find who holds it (ss -ltnp 'sport = :{at.port}'), or write another address in [{audience}] listen",
        errno.EACCES: "Ports below 1024 need root with [run] user set, or CAP_NET_BIND_SERVICE; or write a port above",
        errno.EADDRNOTAVAIL: "No interface of this machine has that address",
    }
    what = "is taken by another program" if fault.errno == errno.EADDRINUSE else f"cannot be bound: {os.strerror(fault.errno or 0)}"
    return Fault(str(settings.file or "settings"), f"{audience}.listen", f"{at} {what}", remedies.get(fault.errno or 0, ""))


def refuse_unreadable(settings: Settings, audience: str = "guest") -> None:
    """Raise FaultyError where certificate and key are not ours to read, or do not belong together; as the user we run as."""
    pages = getattr(settings, audience)
    if pages is None or pages.files is None:
        return
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(*pages.files)
    except (OSError, ssl.SSLError) as fault:
        what = f"{pages.certificate} and {pages.key} do not serve: {fault.strerror or fault}"
        remedy = "Both must be PEM, belong together, and be readable by [run] user"
        raise FaultyError([Fault(str(settings.file or "settings"), f"{audience}.certificate", what, remedy)]) from None
