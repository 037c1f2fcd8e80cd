"""The courier: an order reaches its NAS up to three times as the same octets, and only that NAS's signed word counts."""

from __future__ import annotations

import asyncio
import socket
import struct
from hashlib import md5
from typing import TYPE_CHECKING

import pytest

from proxeny import courier
from proxeny.courier import Errand, Result
from radius import coa
from radius.message import Code
from radius.secret import Secret
from radius.wire import parse

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = b"a-secret-of-enough-length"
ACK, NAK = 41, 42


def answer(request: bytes, code: int, cause: int | None = None, secret: bytes = SECRET) -> bytes:
    """A NAS's answer, made by hand (RFC 5176, 2.3)."""
    body = b"" if cause is None else struct.pack(">BBI", 101, 6, cause)
    head = struct.pack(">BBH", code, request[1], 20 + len(body))
    return head + md5(head + request[4:20] + body + secret).digest() + body


class Nas:
    """A NAS on a port of its own; `reply` says what it sends to the nth request, as (octets, from another port)."""

    def __init__(self, reply: Callable[[bytes, int], list[tuple[bytes, bool]]], address: str = "127.0.0.1") -> None:
        self.reply = reply
        self.requests: list[tuple[float, bytes, tuple]] = []
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket, self.stranger = (socket.socket(family, socket.SOCK_DGRAM) for _ in range(2))
        for each in (self.socket, self.stranger):
            each.bind((address, 0))
            each.setblocking(False)
        self.address = self.socket.getsockname()[:2]

    def heard(self) -> None:
        octets, peer = self.socket.recvfrom(4096)
        self.requests.append((asyncio.get_running_loop().time(), octets, peer))
        for said, elsewhere in self.reply(octets, len(self.requests)):
            (self.stranger if elsewhere else self.socket).sendto(said, peer)

    def close(self) -> None:
        self.socket.close()
        self.stranger.close()


def carried(reply, address: str = "127.0.0.1", local: str = "") -> tuple[Result, Nas]:
    """Carry one Disconnect to a NAS."""

    async def life() -> Result:
        loop = asyncio.get_running_loop()
        loop.add_reader(nas.socket, nas.heard)
        attributes = tuple(coa.disconnect(acct_session_id="S-1", station="02-00-00-00-00-01"))
        try:
            return await courier.carry(Errand(7, nas.address, local, Code.DISCONNECT_REQUEST, attributes, Secret(SECRET)))
        finally:
            loop.remove_reader(nas.socket)

    nas = Nas(reply, address)
    try:
        return asyncio.run(life()), nas
    finally:
        nas.close()


@pytest.fixture
def hurried(monkeypatch):
    """The same order of events in a tenth of the time."""
    monkeypatch.setattr(courier, "TRIES", (0.0, 0.1, 0.25))
    monkeypatch.setattr(courier, "PATIENCE", 0.6)


def test_an_ack_is_an_ack():
    """The NAS agrees: done, `ACK`; the request is signed, stamped and names the session (RFC 5176, 3)."""
    result, nas = carried(lambda octets, _nth: [(answer(octets, ACK), False)])
    assert result == Result(7, done=True, text="ACK", error_cause=None)
    ((_, octets, peer),) = nas.requests
    message = parse(octets)
    assert (message.code, message.value(44), message.value(31)) == (40, b"S-1", b"02-00-00-00-00-01")
    assert [message.octets[20], len(message.value(55))] == [80, 4]  # Message-Authenticator first, Event-Timestamp there
    assert peer[0] == "127.0.0.1"


def test_a_nak_tells_its_cause():
    """The NAS refuses: its Error-Cause is told in number and words."""
    result, _ = carried(lambda octets, _nth: [(answer(octets, NAK, 503), False)])
    assert (result.done, result.text, result.error_cause) == (False, "NAK 503 Session-Context-Not-Found", 503)


def test_silence_is_three_tries_of_the_same_octets(hurried):
    """No answer: the same octets three times, then `no answer`."""
    result, nas = carried(lambda _octets, _nth: [])
    assert result == Result(7, done=False, text="no answer")
    assert len(nas.requests) == 3
    assert len({octets for _, octets, _ in nas.requests}) == 1
    assert len({peer for _, _, peer in nas.requests}) == 1


def test_a_lost_request_is_repeated(hurried):
    """The first two are lost: the answer to the third counts."""
    result, _ = carried(lambda octets, nth: [(answer(octets, ACK), False)] if nth == 3 else [])
    assert result.text == "ACK"


def test_only_the_nas_itself_is_believed(hurried):
    """Answers from another port, with another secret, id or code, cut short: none is an answer, and the right one still counts."""

    def reply(octets: bytes, nth: int) -> list[tuple[bytes, bool]]:
        if nth == 1:
            other = bytes([octets[0], octets[1] ^ 1]) + octets[2:]
            return [
                (answer(octets, ACK), True),
                (answer(octets, ACK, secret=b"another"), False),
                (answer(other, ACK), False),
                (answer(octets, 2), False),
                (answer(octets, ACK)[:15], False),
            ]
        return [(answer(octets, NAK, 404), False)]

    result, _ = carried(reply)
    assert (result.done, result.error_cause) == (False, 404)


def test_a_closed_port_is_no_evidence(hurried):
    """ICMP says that nobody listens: anyone can say so, and the wait goes on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        address = gone.getsockname()
    errand = Errand(1, address, "", Code.DISCONNECT_REQUEST, tuple(coa.disconnect(acct_session_id="S")), Secret(SECRET))
    assert asyncio.run(courier.carry(errand)) == Result(1, done=False, text="no answer")


def test_the_order_leaves_from_where_the_session_came_to():
    """The local address of the session's last packet is the order's source; one that is gone is no obstacle."""
    _, nas = carried(lambda octets, _nth: [(answer(octets, ACK), False)], local="127.0.0.5")
    assert nas.requests[0][2][0] == "127.0.0.5"
    result, _ = carried(lambda octets, _nth: [(answer(octets, ACK), False)], local="198.51.100.200")
    assert result.done


def test_version_six():
    """The same over IPv6."""
    result, nas = carried(lambda octets, _nth: [(answer(octets, ACK), False)], address="::1", local="::1")
    assert result.done
    assert nas.requests[0][2][0] == "::1"
