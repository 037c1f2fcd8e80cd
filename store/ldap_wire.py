"""The socket under ldap3: seconds and octets are counted over a whole operation, and TLS is the standard library's.

ldap3 sets a time-out for each read, so that a slow server may trickle for ever, and compares host names by code of its
own. Never goes on past its deadline, never accepts a certificate that the context does not.
"""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ldap3 import Tls

if TYPE_CHECKING:
    import socket

MOST_OCTETS: Final = 262_144  # of one answer: two entries with a handful of attributes, and much room to spare


@dataclass(frozen=True, slots=True)
class Where:
    """A directory's server."""

    host: str
    port: int
    ldaps: bool = False
    starttls: bool = False
    ca: str = ""  # file of the certificates to trust; "" for the system's

    @property
    def clear(self) -> bool:
        """Whether passwords go unencrypted."""
        return not (self.ldaps or self.starttls)


class Wire:
    """What ldap3 takes for a socket. `until` is a moment of time.monotonic."""

    def __init__(self, until: float) -> None:
        self._socket: socket.socket | None = None
        self.fault: Exception | None = None  # what went wrong underneath; ldap3 keeps only its words
        self.renew(until)

    def renew(self, until: float) -> None:
        """Another operation begins."""
        self._until = until
        self._room = MOST_OCTETS

    def take(self, sock: socket.socket) -> None:
        """From now on this is the socket."""
        self._socket = sock

    def secure(self, where: Where) -> None:
        """TLS over it, with the certificate and the host's name checked."""
        try:
            context = ssl.create_default_context(cafile=where.ca or None)
            self._socket = context.wrap_socket(self._timed(), server_hostname=where.host)
        except Exception as fault:
            self.fault = fault
            raise

    def _timed(self) -> socket.socket:
        if self._socket is None:
            raise ConnectionError("there is no connection")
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("no answer in time")
        self._socket.settimeout(left)
        return self._socket

    # What ldap3 calls

    def recv(self, size: int) -> bytes:
        """The next octets; b"" at the end."""
        try:
            octets = self._timed().recv(size)
            self._room -= len(octets)
            if self._room < 0:
                raise ConnectionError("the answer has no end")
        except OSError as fault:
            self.fault = fault
            raise
        return octets

    def sendall(self, octets: bytes) -> None:
        """All of it, or an OSError."""
        try:
            self._timed().sendall(octets)
        except OSError as fault:
            self.fault = fault
            raise

    def shutdown(self, _how: int) -> None:
        """Nothing: TLS would wait for the other's farewell."""

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def peer(self) -> str:
        """The other end's address."""
        return str(self._timed().getpeername()[0])


class VerifiedTls(Tls):  # type: ignore[misc]  # ldap3 has no types
    """ldap3's idea of TLS with its socket handling replaced: it calls `wrap_socket` for ldaps and for StartTLS alike."""

    def __init__(self, where: Where, wire: Wire) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._where = where
        self._wire = wire

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:  # noqa: ARG002  ldap3's signature
        """Put TLS over the connection's socket."""
        if connection.socket is not self._wire:
            self._wire.take(connection.socket)
        self._wire.secure(self._where)
        connection.socket = self._wire
