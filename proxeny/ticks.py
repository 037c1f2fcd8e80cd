"""Where F-Ticks lines go: this machine's syslog, another's, or a file. Behind them stands federation.fticks.

A line that cannot be written is lost and counted; nothing waits for a log. Never writes a user's name.
"""

from __future__ import annotations

import contextlib
import socket
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import structlog

from federation import fticks

if TYPE_CHECKING:
    from pathlib import Path

    from proxeny.network import Operator
    from proxeny.parts import FTicks
    from radius.records import Login

PRIORITY: Final = 3 << 3 | 7  # daemon.debug, as radsecproxy logs them
LOCAL: Final = ("/dev/log", "/var/run/syslog")
PORT: Final = 514
VERDICTS: Final = frozenset({"accept", "reject"})  # only what a home decided (radsecproxy does the same)


class Ticks:
    """The [fticks] part at work."""

    def __init__(self, part: FTicks, operator: Operator | None) -> None:
        self._part = part
        self._mode = fticks.Mac(part.mac)
        self._key = _key(part.key_file) if self._mode.keyed else b""
        self._country = operator.country if operator else ""
        named = operator.name if operator and part.institution is True else ""
        self._institution = part.institution if isinstance(part.institution, str) else named
        self._socket: socket.socket | None = None
        self._log = structlog.get_logger(part="recorder")
        self.lost = 0
        self.fault = ""  # why the last line was lost, "" where it was not

    def tell(self, record: Login) -> None:
        """The line of this login, if it is one that a home decided."""
        if record.verdict not in VERDICTS or not record.home or not self._country:
            return
        line = fticks.line(
            record.realm, self._country, self._institution, record.station, record.verdict == "accept",
            self._mode, self._key, self._part.prefix,
        )  # fmt: skip
        try:
            self._write(line)
        except (OSError, ValueError) as fault:  # the latter: what urlsplit makes of an address
            self.close()
            self.lost += 1
            if str(fault) != self.fault:
                self.fault = str(fault)
                self._log.error("F-Ticks are not written", destination=self._part.destination, fault=self.fault)
        else:
            self.fault = ""

    def _write(self, line: str) -> None:
        destination = self._part.destination
        if destination == "syslog" or "://" in destination:
            if self._socket is None:
                self._socket = _syslog(destination)
            stamp = time.strftime("%b %e %H:%M:%S")
            self._socket.send(f"<{PRIORITY}>{stamp} proxeny: {line}".encode())
        else:
            with open(destination, "a", encoding="ascii") as file:  # noqa: PTH123 - a path in text; opened each time: logrotate
                file.write(line + "\n")

    def close(self) -> None:
        """Let go of the socket; the next line opens it again."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _key(path: Path | None) -> bytes:
    """The key file's first line, without its end."""
    return path.read_bytes().splitlines()[0].strip() if path else b""


def _syslog(destination: str) -> socket.socket:
    """A datagram socket that never waits, to this machine's syslog or another's."""
    if destination != "syslog":
        where = urlsplit(destination)
        family, kind, number, _, address = socket.getaddrinfo(where.hostname, where.port or PORT, type=socket.SOCK_DGRAM)[0]
        made = socket.socket(family, kind, number)
        made.setblocking(False)
        made.connect(address)
        return made
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    made.setblocking(False)
    for path in LOCAL:
        with contextlib.suppress(OSError):
            made.connect(path)
            return made
    made.close()
    raise FileNotFoundError("this machine has no syslog socket")
