"""A connection that has not said all yet: its octets are gathered without a thread until a request is whole.

gunicorn reads a request in the thread that answers it, so a few clients that send a letter a second would hold all of them.
Here the one thread that also accepts reads what there is, and hands a connection over once the head is there, with the
body where that is short. A longer body, or one of unknown length, is read in a thread after all: proxeny/threads.py bounds
how many. What is a request and what is none, gunicorn's parser says. Never waits.
"""

from __future__ import annotations

import re
import socket
import ssl
from enum import Enum
from typing import Any, Final

from gunicorn import http
from gunicorn import sock as sockets
from gunicorn.workers import gthread

LONGEST_HEAD: Final = 65_536  # octets; browsers send some 2,000, with our longest token some 6,000
LONGEST_BODY: Final = 65_536  # octets that are gathered; more only an openNDS agent sends
_AT_ONCE: Final = 16_384
_END: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)
_UNKNOWN: Final = re.compile(rb"\r\n(?:transfer-encoding|expect)[ \t]*:", re.IGNORECASE)
_LATER: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Heard(Enum):
    """How far a connection's next request has come."""

    PART = "there is more to come"
    WHOLE = "head and body are there"
    HEAD = "the head is there; the body is long, or of unknown length"
    GONE = "the client has hung up, or does not speak HTTP"


class Hearing(gthread.TConn):  # type: ignore[misc]  # gunicorn has no types
    """One connection."""

    def __init__(self, config: Any, sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(config, sock, client, server)
        self.parser: Any = None
        self._said = bytearray()
        self._whole: int | None = None  # octets of the request; 0: not to be waited for; None: the head is not there
        self.heard = Heard.PART
        if config.is_ssl:
            self.sock = sockets.ssl_wrap_socket(sock, config)  # its handshake is part of what is heard

    def init(self) -> None:
        """In the thread that answers: the parser begins with what was gathered."""
        self.sock.setblocking(True)
        if self.parser is None:
            self.initialized = True
            self.parser = http.get_parser(self.cfg, self.sock, self.client)
        self.parser.unreader.unread(bytes(self._said))
        self._said.clear()
        self._whole = None

    def hear(self) -> Heard:
        """Read what there is; once anything but PART, it stays so until the request was answered."""
        self.heard = self._measure(open_=self._read())
        return self.heard

    def again(self) -> None:
        """A request was answered: what the parser has read ahead is the next one's."""
        if self.parser is not None:
            self._said += self.parser.unreader.take_buffered()

    def part(self) -> bool:
        """We have said our last; whether the client must be heard out first: else it gets a reset in its place (RFC 9112, 9.6)."""
        try:
            self.sock.setblocking(False)
            self.sock.shutdown(socket.SHUT_WR)
        except (OSError, ValueError):
            return False
        return self.drain()

    def drain(self) -> bool:
        """Throw away what the client still says; False once there is no more, or too much."""
        self._said.clear()
        return self._read() and len(self._said) < LONGEST_BODY

    def _read(self) -> bool:
        """Whether the client may still say more."""
        self.sock.setblocking(False)
        try:
            while len(self._said) <= LONGEST_HEAD + LONGEST_BODY:
                if not (octets := self.sock.recv(_AT_ONCE)):
                    return False
                self._said += octets
        except _LATER:
            return True
        except (OSError, ValueError):
            return False
        return True

    def _measure(self, *, open_: bool) -> Heard:
        if self._whole is None:
            end = self._said.find(_END, 0, LONGEST_HEAD)
            if end < 0:
                return Heard.PART if open_ and len(self._said) < LONGEST_HEAD else Heard.GONE
            head = bytes(self._said[: end + 2])
            length = int(found[1]) if (found := _LENGTH.search(head)) else 0
            long = length > LONGEST_BODY or _UNKNOWN.search(head) is not None
            self._whole = 0 if long else end + len(_END) + length
        if not self._whole:
            return Heard.HEAD
        if len(self._said) >= self._whole:
            return Heard.WHOLE
        return Heard.PART if open_ else Heard.GONE
