"""A controller with central web authentication, as Cisco's do it: MAC authentication, a redirect in the Accept, CoA-Reauthenticate.

`python -m tests.peers.cwa SPEC` inside a street's gateway. The guest associates at the start: an Access-Request with
Service-Type Call-Check. An Accept with `url-redirect` leaves the gate closed but for the portal, and sends every page to
that URL; an order with `subscriber:command=reauthenticate` makes it ask again; a plain Accept opens the gate. One guest.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.peers import gate, packets
from tests.peers.nas import COA, SESSION_TIMEOUT, Nas, number, session_rows, tell, vendor, vendors
from tests.peers.street import LAN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.peers.packets import Packet, Row

REDIRECT = 3991
CISCO, AVPAIR = 9, 1
AP = "02-00-5E-78-00-01"
SSID = "City Wi-Fi"
PORT_NUMBER = 8  # NAS-Port


class Controller:
    """One controller and its guest."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.spec = spec
        self.nas = Nas(spec["server"], spec["auth"], spec["acct"], spec["secret"], spec["address"], spec["nasid"])
        self.guest = spec["guest"]
        self.mac = spec["mac"]
        self.audit = os.urandom(12).hex().upper()
        self.acl = self.url = ""
        self.user, self.class_ = b"", b""
        self.session = ""
        self.is_open = False
        self.since = 0.0
        self.ends: float | None = None
        self.lock = threading.RLock()

    def associate(self) -> None:
        """MAC authentication; the gate follows the answer."""
        user = self.mac.replace("-", "").lower()
        rows: list[Row] = [
            (packets.USER_NAME, user.encode()),
            (packets.CALLING, self.mac.encode()),
            (packets.CALLED, f"{AP}:{SSID}".encode()),
            (6, number(10)),  # Service-Type Call-Check
            (61, number(19)),
            (5, number(PORT_NUMBER)),
            vendor(CISCO, AVPAIR, f"audit-session-id={self.audit}".encode()),
        ]
        answer = self.nas.ask(rows, password=user)
        pairs = [value.decode() for kind, value in vendors(answer, CISCO) if kind == AVPAIR]
        tell("mab", code=answer.code, pairs=pairs, timeout=_number(answer.value(SESSION_TIMEOUT)), longest=max(map(len, pairs), default=0))
        words = dict(pair.split("=", 1) for pair in pairs)
        with self.lock:
            self.url, self.acl = words.get("url-redirect", ""), words.get("url-redirect-acl", "")
            if answer.code == packets.ACCESS_ACCEPT and not self.url:
                self.user, self.class_ = user.encode(), answer.value(packets.CLASS) or b""
                self._open(answer)

    def _open(self, answer: Packet) -> None:
        timeout = answer.value(SESSION_TIMEOUT)
        if not self.is_open:
            self.since, self.session = time.monotonic(), f"{int(time.time()):x}{os.urandom(4).hex()}"
            gate.open_for(self.guest)
            self.is_open = True
            self.account(1)
            tell("open")
        self.ends = time.monotonic() + int.from_bytes(timeout, "big") if timeout else None

    def close(self, why: int) -> None:
        """The guest is out, and associates anew."""
        with self.lock:
            if not self.is_open:
                return
            self.account(2, ((49, number(why)),))
            gate.close_for(self.guest)
            self.is_open, self.ends = False, None
            tell("closed", cause=why)
        self.associate()

    def account(self, status: int, more: tuple[Row, ...] = ()) -> None:
        used = gate.octets(self.guest) if status != 1 else (0, 0)
        rows = session_rows(
            self.session, status, mac=self.mac, called=f"{AP}:{SSID}", user=self.user, address=self.guest,
            seconds=int(time.monotonic() - self.since), used=used,
        )  # fmt: skip
        held = [(packets.CLASS, self.class_)] if self.class_ else []
        self.nas.account([*rows, *held, *more, vendor(CISCO, AVPAIR, f"audit-session-id={self.audit}".encode())])

    def obey(self, order: Packet) -> int | None:
        """Orders name the station and the audit session."""
        pairs = [value.decode() for kind, value in vendors(order, CISCO) if kind == AVPAIR]
        station = (order.value(packets.CALLING) or b"").decode()
        tell("order", code=order.code, pairs=pairs, station=station)
        if station != self.mac or (f"audit-session-id={self.audit}" not in pairs and any(pair.startswith("audit-") for pair in pairs)):
            return 503
        if order.code == COA and "subscriber:command=reauthenticate" not in pairs:
            return 401  # Unsupported-Attribute
        work = self.associate if order.code == COA else lambda: self.close(6)
        threading.Timer(0.05, work).start()  # the answer goes first
        return None

    def clock(self) -> None:
        """Interim records, and the end of the time."""
        told = time.monotonic()
        while True:
            time.sleep(0.05)
            now = time.monotonic()
            if self.is_open and self.ends is not None and now >= self.ends:
                self.close(5)
            elif self.is_open and now - told >= self.spec.get("interim", 1.0):
                told = now
                with self.lock:
                    if self.is_open:
                        self.account(3)


def _number(value: bytes | None) -> int | None:
    return None if value is None else int.from_bytes(value, "big")


def _handler(controller: Controller) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = f"http://{self.headers.get('Host', '')}{self.path}"
            there = controller.url
            self.send_response(302 if there else 503)
            if there:  # Cisco's own habit: appended whether or not the URL has a question mark
                self.send_header("Location", f"{there}&redirect_url={quote(wanted, safe='')}")
            self.send_header("Content-Length", "0")
            self.send_header("Connection", "close")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    return Handler


def main() -> None:
    """Serve until killed."""
    controller = Controller(json.loads(sys.argv[1]))
    gate.close_all(controller.spec["server"], REDIRECT)
    server = ThreadingHTTPServer((LAN, REDIRECT), _handler(controller))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    controller.nas.listen(controller.spec["coa"], controller.obey)
    tell("ready")
    controller.associate()
    controller.clock()


if __name__ == "__main__":
    main()
