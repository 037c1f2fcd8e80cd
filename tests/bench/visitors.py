"""Guests in numbers: page one looked at, or a whole sign-in, so many a second, each a device of its own on a connection of its own.

`python -m tests.bench.visitors SPEC`, a process beside the controller. Arrivals are paced and wait for nobody: a latency counts from
the moment that a guest was due. Rate 0: as fast as its hands can. Never reuses a connection, as no phone does.
"""

from __future__ import annotations

import hashlib
import http.client
import itertools
import json
import re
import sys
import threading
import time
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

from tests.peers import packets
from tests.peers.nas import Nas, number, session_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

CHALLENGE = "00112233445566778899aabbccddeeff"
CALLED = "02-00-5E-77-00-01"


@dataclass(frozen=True, slots=True)
class Visitor:
    """One guest at a time, with a gateway of its own."""

    spec: Mapping[str, Any]
    nas: Nas

    def view(self, count: int) -> int:
        """Page one; its octets."""
        return len(self._ask(count, "GET", self._entrance(count))[2])

    def sign_in(self, count: int) -> int:
        """Page one, the button, what the gateway then asks by RADIUS, and the record that it began."""
        _, _, body = self._ask(count, "GET", self._entrance(count))
        found = re.search(r'<form[^>]* action="([^"]+/go[^"]*)"', body.decode())
        assert found is not None, body[:300]
        status, where, _ = self._ask(count, "POST", unescape(found[1]))
        assert status == 303, status
        said = {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}
        key = hashlib.md5(bytes.fromhex(CHALLENGE) + self.spec["uamsecret"].encode()).digest()
        chap = [(packets.CHAP_PASSWORD, b"\0" + bytes.fromhex(said["response"])), (packets.CHAP_CHALLENGE, key)]
        mac, user = self._mac(count), said["username"].encode()
        who = [(packets.CALLING, mac.encode()), (packets.CALLED, CALLED.encode()), (61, number(19)), (packets.USER_NAME, user)]
        answer = self.nas.ask([*who, *chap])
        assert answer.code == packets.ACCESS_ACCEPT, answer.code
        rows = session_rows(f"s{count:08x}", 1, mac=mac, called=CALLED, user=user, address="10.1.0.7", seconds=0, used=(0, 0))
        self.nas.account([*rows, (packets.CLASS, answer.value(packets.CLASS) or b"")])
        return len(body)

    def _mac(self, count: int) -> str:
        return "02-00-" + (self.spec["first"] + count).to_bytes(4, "big").hex("-").upper()

    def _entrance(self, count: int) -> str:
        words = {
            "res": "notyet", "uamip": "10.1.0.1", "uamport": "3990", "challenge": CHALLENGE, "called": CALLED, "mac": self._mac(count),
            "ip": "10.1.0.7", "ssid": "City Wi-Fi", "nasid": "library", "sessionid": f"{count:010x}", "userurl": "http://news.example/",
        }  # fmt: skip
        path = f"{self.spec['entrance']}?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in words.items())
        md = hashlib.md5((f"http://{self.spec['host']}{path}" + self.spec["uamsecret"]).encode()).hexdigest().upper()
        return f"{path}&md={md}"

    def _ask(self, count: int, method: str, path: str) -> tuple[int, str, bytes]:
        address = f"127.1.{count >> 8 & 255}.{count & 255}"  # of its own: an address has a rate
        connection = http.client.HTTPConnection(self.spec["host"], timeout=20, source_address=(address, 0))
        try:
            connection.request(method, path, headers={"Accept-Language": "en-CA,en;q=0.8", "Connection": "close"})
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        assert answer.status < 400, f"{method}: {answer.status}"
        return answer.status, answer.headers.get("Location", ""), body


def run(spec: Mapping[str, Any]) -> dict[str, Any]:
    """So many seconds of it; latencies in ms."""
    turns, lock = itertools.count(), threading.Lock()
    latencies: list[float] = []
    faults: list[str] = []
    sizes: list[int] = []
    began = time.monotonic() + 0.2

    def hand(index: int) -> None:
        nas = Nas("127.0.0.1", spec["auth"], spec["acct"], spec["secret"], f"127.0.1.{index + 1}", "library")
        visitor = Visitor(spec, nas)
        work = visitor.sign_in if spec["kind"] == "sign-in" else visitor.view
        while True:
            with lock:
                count = next(turns)
            due = began + count / spec["rate"] if spec["rate"] else max(time.monotonic(), began)
            if due - began >= spec["seconds"]:
                return
            time.sleep(max(due - time.monotonic(), 0))
            try:
                size = work(count)
            except (OSError, AssertionError, http.client.HTTPException) as fault:
                with lock:
                    faults.append(f"{type(fault).__name__}: {fault}")
                continue
            with lock:
                latencies.append((time.monotonic() - due) * 1000)
                sizes.append(size)

    hands = [threading.Thread(target=hand, args=(index,)) for index in range(spec["hands"])]
    for each in hands:
        each.start()
    for each in hands:
        each.join()
    took = time.monotonic() - began
    latencies.sort()
    return {
        "done": len(latencies),
        "seconds": took,
        "latencies": latencies,
        "faults": len(faults),
        "fault": faults[:1],
        "largest": max(sizes, default=0),
    }


if __name__ == "__main__":
    json.dump(run(json.loads(sys.argv[1])), sys.stdout)
