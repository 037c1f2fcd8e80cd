"""A UAM gateway, to the letter of CoovaChilli's redirect and logon (its doc and src/redir.c told us what it sends).

`python -m tests.peers.uam SPEC` inside a street's gateway: redirects the guest with the parameters in chilli's order and
the signature `md`, takes the logon with CHAP or PAP, asks the controller by RADIUS, opens the way, accounts for it, obeys
Disconnect and CoA, and keeps Session-Timeout. One guest at a time is all a street has.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

from tests.peers import gate, packets
from tests.peers.nas import COA, IDLE_TIMEOUT, SESSION_TIMEOUT, Nas, number, session_rows, tell, vendor, vendors
from tests.peers.street import LAN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.peers.packets import Packet

PORT, REDIRECT = 3990, 3991
CHILLI = 14559
CALLED = "02-00-5E-77-00-01"
MAX_TOTAL, BANDWIDTH_UP, BANDWIDTH_DOWN, SESSION_STATE, TOTAL_GIGAWORDS = 3, 4, 5, 15, 23


class Gateway:
    """One gateway and its guest."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.spec = spec
        self.nas = Nas(spec["server"], spec["auth"], spec["acct"], spec["secret"], spec["address"], spec["nasid"])
        self.challenge = os.urandom(16)
        self.session = f"{int(time.time()):x}{os.urandom(4).hex()}"
        self.guest = self.user = ""
        self.class_ = b""
        self.since = 0.0
        self.ends: float | None = None
        self.lock = threading.RLock()

    def newchal(self) -> bytes:
        secret = self.spec["uamsecret"].encode()
        return hashlib.md5(self.challenge + secret).digest() if secret else self.challenge

    # ---- to the portal -------------------------------------------------------------------------------------------------

    def redirect(self, res: str, address: str, userurl: str = "", **more: str) -> str:
        """The URL that the guest is sent to; names and order are chilli's."""
        words = {"res": res, "uamip": LAN, "uamport": str(PORT), "challenge": self.challenge.hex(), **more, "called": CALLED}
        words |= {
            "mac": gate.station(address),
            "ip": address,
            "ssid": "City Wi-Fi",
            "nasid": self.spec["nasid"],
            "sessionid": self.session,
            "userurl": userurl,
        }
        url = self.spec["portal"]
        url += ("&" if "?" in url else "?") + "&".join(f"{name}={quote(value, safe='')}" for name, value in words.items())
        secret = self.spec["uamsecret"]
        return f"{url}&md={hashlib.md5((url + secret).encode()).hexdigest().upper()}" if secret else url

    # ---- the logon -----------------------------------------------------------------------------------------------------

    def logon(self, address: str, query: Mapping[str, list[str]]) -> str:
        """Ask the controller; where the browser goes next."""
        name = query.get("username", [""])[0]
        userurl = query.get("userurl", [""])[0]
        rows = [*self._who(address), (packets.USER_NAME, name.encode())]
        if "response" in query:
            rows += [(packets.CHAP_PASSWORD, b"\0" + bytes.fromhex(query["response"][0])), (packets.CHAP_CHALLENGE, self.newchal())]
            answer = self.nas.ask(rows)
        else:
            hidden = bytes.fromhex(query.get("password", [""])[0])
            key = self.newchal() * 8
            answer = self.nas.ask(rows, bytes(a ^ b for a, b in zip(hidden, key, strict=False)).rstrip(b"\0").decode())
        used, self.challenge = self.challenge, os.urandom(16)
        said = (answer.value(packets.REPLY_MESSAGE) or b"").decode(errors="replace")
        tell("answer", code=answer.code, reply=said, name=name, limits=limits(answer), challenge=used.hex())
        if answer.code != packets.ACCESS_ACCEPT:
            return self.redirect("failed", address, userurl, reason="reject", reply=said)
        self.open(address, name, answer)
        return self.redirect("success", address, userurl, uid=name)

    def _who(self, address: str) -> list[packets.Row]:
        mac = gate.station(address)
        return [
            (packets.CALLING, mac.encode()),
            (packets.CALLED, CALLED.encode()),
            (packets.SESSION_ID, self.session.encode()),
            (6, number(1)),
            (61, number(19)),
        ]

    def open(self, address: str, name: str, answer: Packet) -> None:
        with self.lock:
            self.guest, self.user, self.since = address, name, time.monotonic()
            self.class_ = answer.value(packets.CLASS) or b""
            self.limit(answer)
            gate.open_for(address)
        self.account(1)
        tell("open", address=address)

    def limit(self, packet: Packet) -> None:
        """Session-Timeout of an Accept or a CoA counts from the session's start, as chilli has it."""
        if (timeout := packet.value(SESSION_TIMEOUT)) is not None:
            self.ends = self.since + int.from_bytes(timeout, "big")

    def close(self, why: int) -> None:
        with self.lock:
            if not self.guest:
                return
            self.account(2, ((49, number(why)),))
            gate.close_for(self.guest)
            tell("closed", address=self.guest, cause=why)
            self.guest, self.ends = "", None
            self.session = f"{int(time.time()):x}{os.urandom(4).hex()}"

    def account(self, status: int, more: tuple[packets.Row, ...] = ()) -> None:
        used = gate.octets(self.guest) if status != 1 else (0, 0)
        rows = session_rows(
            self.session, status, mac=gate.station(self.guest), called=CALLED, user=self.user.encode(), address=self.guest,
            seconds=int(time.monotonic() - self.since), used=used,
        )  # fmt: skip
        held = [(packets.CLASS, self.class_)] if self.class_ else []
        self.nas.account([*rows, *held, *more])

    # ---- orders and the clock ------------------------------------------------------------------------------------------

    def obey(self, order: Packet) -> int | None:
        """chilli wants User-Name in every order; Acct-Session-Id narrows it."""
        session = order.value(packets.SESSION_ID)
        tell("order", code=order.code, limits=limits(order), user=(order.value(packets.USER_NAME) or b"").decode())
        if (order.value(packets.USER_NAME) or b"").decode() != self.user or not self.guest or session not in (None, self.session.encode()):
            return 503  # Session-Context-Not-Found
        if order.code == COA:
            self.limit(order)
        else:
            threading.Timer(0.05, self.close, (6,)).start()  # Admin-Reset; the answer goes first
        return None

    def clock(self) -> None:
        """Interim records, and the end of the time."""
        told = time.monotonic()
        while True:
            time.sleep(0.05)
            now = time.monotonic()
            if self.guest and self.ends is not None and now >= self.ends:
                self.close(5)  # Session-Timeout
            elif self.guest and now - told >= self.spec.get("interim", 1.0):
                told = now
                with self.lock:
                    if self.guest:
                        self.account(3)


def limits(packet: Packet) -> dict[str, int]:
    """What the controller allows, by name."""
    found = {"timeout": packet.value(SESSION_TIMEOUT), "idle": packet.value(IDLE_TIMEOUT), "interim": packet.value(85)}
    names = {MAX_TOTAL: "octets", TOTAL_GIGAWORDS: "gigawords", BANDWIDTH_UP: "up", BANDWIDTH_DOWN: "down", SESSION_STATE: "state"}
    found |= {names[kind]: value for kind, value in vendors(packet, CHILLI) if kind in names}
    return {name: int.from_bytes(value, "big") for name, value in found.items() if value is not None}


def _handler(gateway: Gateway, *, uam: bool) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", self.where(self.client_address[0]))
            self.send_header("Content-Length", "0")
            self.send_header("Connection", "close")
            self.end_headers()

        def where(self, address: str) -> str:
            if not uam:
                return gateway.redirect("notyet", address, f"http://{self.headers.get('Host', '')}{self.path}")
            asked = urlsplit(self.path)
            match asked.path:
                case "/logon" | "/login":
                    return gateway.logon(address, parse_qs(asked.query))
                case "/logoff" | "/logout":
                    gateway.close(1)  # User-Request
                    return gateway.redirect("logoff", address)
                case _:
                    return gateway.redirect("already" if gateway.guest else "notyet", address)

        def log_message(self, *_: object) -> None: ...

    return Handler


def main() -> None:
    """Serve until killed."""
    gateway = Gateway(json.loads(sys.argv[1]))
    gate.close_all(gateway.spec["server"], REDIRECT)
    for port, uam in ((PORT, True), (REDIRECT, False)):
        server = ThreadingHTTPServer((LAN, port), _handler(gateway, uam=uam))
        threading.Thread(target=server.serve_forever, daemon=True).start()
    gateway.nas.listen(gateway.spec["coa"], gateway.obey)
    tell("ready", vendor=vendor(CHILLI, 1, b"")[0])
    gateway.clock()


if __name__ == "__main__":
    main()
