"""The RADIUS half of an access controller of the tests' own: a client, accounting, and an ear for orders (RFC 5176).

Octets are made and checked by tests/peers/packets.py, never by the program under test. Small and blocking: one guest.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.peers import packets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.peers.packets import Packet, Row

DISCONNECT, COA = 40, 43
ERROR_CAUSE, EVENT_TIMESTAMP = 101, 55
SESSION_TIMEOUT, IDLE_TIMEOUT = 27, 28


def tell(event: str, **words: Any) -> None:
    """A line for the test that reads our log."""
    sys.stdout.write(json.dumps({"event": event, **words}) + "\n")
    sys.stdout.flush()


def number(value: int) -> bytes:
    return value.to_bytes(4, "big")


def vendor(pen: int, kind: int, value: bytes) -> Row:
    """A vendor's attribute (RFC 2865, 5.26)."""
    return packets.VENDOR, number(pen) + bytes((kind, len(value) + 2)) + value


def vendors(packet: Packet, pen: int) -> list[tuple[int, bytes]]:
    """(type, value) of a vendor's attributes, in order."""
    found = []
    for value in packet.values(packets.VENDOR):
        at = 4
        while value[:4] == number(pen) and at + 2 <= len(value):
            found.append((value[at], value[at + 2 : at + value[at + 1]]))
            at += value[at + 1]
    return found


@dataclass
class Nas:
    """Asks a controller, and answers its orders."""

    server: str
    auth: int
    acct: int
    secret: str
    address: str  # ours, NAS-IP-Address
    identifier: str
    _count: Any = field(default_factory=itertools.count)

    def ask(self, rows: Iterable[Row], password: str | None = None) -> Packet:
        """One Access-Request, three tries of the same octets; its authentic answer."""
        vector = os.urandom(16)
        own = [(packets.NAS_IP_ADDRESS, socket.inet_aton(self.address)), (packets.NAS_IDENTIFIER, self.identifier.encode())]
        hidden = [(packets.USER_PASSWORD, packets.hide(password.encode(), vector, self.secret))] if password is not None else []
        octets = packets.request([*rows, *hidden, *own], self.secret, identifier=next(self._count) & 255, authenticator=vector)
        return self._exchange(octets, self.auth)

    def account(self, rows: Iterable[Row]) -> Packet:
        """One Accounting-Request."""
        own = [(packets.NAS_IP_ADDRESS, socket.inet_aton(self.address)), (packets.NAS_IDENTIFIER, self.identifier.encode())]
        stamp = (EVENT_TIMESTAMP, number(int(time.time())))
        return self._exchange(packets.accounting([*rows, *own, stamp], self.secret, identifier=next(self._count) & 255), self.acct)

    def _exchange(self, octets: bytes, port: int) -> Packet:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect((self.server, port))
            for seconds in (3, 3, 6):
                sock.settimeout(seconds)
                sock.send(octets)
                try:
                    answered = sock.recv(4096)
                except (TimeoutError, ConnectionRefusedError):
                    continue
                assert packets.proves(answered, octets, self.secret), "the answer is not the controller's"
                return packets.read(answered)
        raise TimeoutError(f"no answer from {self.server} port {port}")

    def listen(self, port: int, obey: Callable[[Packet], int | None]) -> None:
        """Take orders: `obey` returns None to acknowledge, else an Error-Cause. A forged order is not answered."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("", port))
        threading.Thread(target=self._orders, args=(sock, obey), daemon=True).start()

    def _orders(self, sock: socket.socket, obey: Callable[[Packet], int | None]) -> None:
        answered: dict[bytes, bytes] = {}
        while True:
            octets, peer = sock.recvfrom(4096)
            if not self._authentic(octets):
                tell("forged order")
                continue
            if octets not in answered:  # a repetition is answered with the same octets
                asked = packets.read(octets)
                cause = obey(asked)
                rows = [(ERROR_CAUSE, number(cause))] if cause else []
                answered[octets] = packets.answer(asked, asked.code + (1 if cause is None else 2), rows, self.secret)
            sock.sendto(answered[octets], peer)

    def _authentic(self, octets: bytes) -> bool:
        """RFC 5176, 2.3: signed as accounting is, Message-Authenticator over zeros (RFC 5176, 3.4)."""
        whole = hashlib.md5(octets[:4] + packets.ZEROS + octets[20:] + self.secret.encode()).digest() == octets[4:20]
        blank = octets[:4] + packets.ZEROS + octets[20:]
        return whole and packets._signed(blank, packets.ZEROS, self.secret.encode()) == blank


def session_rows(
    session: str, status: int, *, mac: str, called: str, user: bytes, address: str, seconds: int, used: tuple[int, int]
) -> list[Row]:
    """What every accounting record of a guest says (RFC 2866); `used` is (from the guest, to the guest)."""
    rows = [
        (packets.STATUS_TYPE, number(status)),
        (packets.SESSION_ID, session.encode()),
        (packets.USER_NAME, user),
        (packets.CALLING, mac.encode()),
        (packets.CALLED, called.encode()),
        (8, socket.inet_aton(address)),
        (61, number(19)),  # NAS-Port-Type Wireless-802.11
    ]
    if status != 1:
        up, down = used
        rows += [
            (46, number(seconds)),
            (42, number(up & 0xFFFFFFFF)),
            (43, number(down & 0xFFFFFFFF)),
            (52, number(up >> 32)),
            (53, number(down >> 32)),
        ]
    return rows
