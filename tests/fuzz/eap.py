"""eap: any fragments in any order are judged without an error, and a failure is always four octets."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from radius import eap, wire
from radius.message import Attribute
from tests.bench import traffic

if TYPE_CHECKING:
    from collections.abc import Iterator


def seeds() -> Iterator[bytes]:
    """Start, Identity, Nak, one too long, one cut short; and a whole request."""
    yield from (b"", b"\2\1\0\5\1", b"\2\1\0\x0a\1user@", b"\2\1\0\6\3\x19", b"\1\1\0\xff\1", b"\5\1\0\6\1\1", b"\2\1")
    yield traffic.access_request(1, os.urandom(16), 7)


def one(octets: bytes) -> None:
    """As one packet, as a packet in fragments, and as a whole RADIUS message."""
    name, packet = octets[:8], octets[8:]
    _judge(packet, name)
    pieces = [Attribute(79, packet[at : at + 100]) for at in range(0, len(packet[:3000]), 100)]
    message = wire.parse(wire.build(1, 0, bytes(16), [Attribute(1, name), *pieces]))
    assert eap.joined(message) == (packet[:3000] if pieces else None)
    try:
        message = wire.parse(octets)
    except wire.Malformed:
        return
    joined = eap.joined(message)
    if joined is not None:
        _judge(joined, message.value(1) or b"")


def _judge(packet: bytes, name: bytes) -> None:
    sound = eap.sound(packet, name)
    assert sound in {True, False}
    if sound and packet:
        assert int.from_bytes(packet[2:4], "big") == len(packet)
    failure = eap.failure(packet)
    assert (failure[0], failure[2:]) == (4, b"\0\4")
