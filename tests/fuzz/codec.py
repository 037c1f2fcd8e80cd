"""codec: what one hop hid the next hop reads; what was signed verifies, and with one bit turned does not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from radius import codec, wire
from radius.message import Code
from radius.secret import Secret
from tests.bench import traffic

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE, OTHER = (Secret(b"one hop's secret"), bytes(range(16))), (Secret(b"the other hop's secret, which is longer"), bytes(range(16, 32)))
LOWEST = b"\0\0"


def seeds() -> Iterator[bytes]:
    """Hidden values of every length class, and whole packets."""
    yield from (b"\0\1" + bytes(16), b"\x80\1" + bytes(48), b"\x80\2" + bytes(240), b"short", b"")
    request = traffic.access_request(1, os.urandom(16), 7)
    yield from (request, traffic.answer(request, Code.ACCESS_ACCEPT))


def one(octets: bytes) -> None:
    """Carry a value across and back; sign and verify attributes."""
    _hidden(octets)
    _signed(octets)
    try:
        message = wire.parse(octets)
    except wire.Malformed:
        return
    codec.ended_by(message.octets, ONE[0], message.authenticator)
    if 80 in message.first:
        codec.signed_by(message, ONE[0], message.authenticator)


def _hidden(value: bytes) -> None:
    across = codec.Rehide(ONE, OTHER, bytes).salted(value)
    back = None if across is None else codec.Rehide(OTHER, ONE, bytes).salted(across)
    if len(value) < 18 or (len(value) - 2) % 16:
        assert across is None
    else:
        assert across is not None
        assert len(across) == len(value)
        assert across[0] & 0x80
        assert back is not None
        # The salt is fresh each time, so compare what the two hops read.
        assert _plain(value, ONE) == _plain(across, OTHER) == _plain(back, ONE)
    tagged = codec.Rehide(ONE, OTHER, bytes).tagged(value)
    assert tagged is None or tagged[0] == value[0]
    password = value[:128]
    hidden = codec.hide_password(password, *ONE)
    assert codec.reveal_password(codec.rehide_password(hidden, ONE, OTHER), *OTHER).rstrip(b"\0") == password.rstrip(b"\0")


def _plain(value: bytes, hop: tuple[Secret, bytes]) -> bytes:
    return codec.reveal_password(value[2:], hop[0], hop[1] + value[:2])  # the same chain, begun with authenticator and salt


def _signed(octets: bytes) -> None:
    body = octets[:3800]  # with the heads of its attributes it fits 4096
    attributes = b"".join(wire.attribute(79, body[at : at + 253]) for at in range(0, len(body), 253))
    turned = octets[0] if octets else 0
    request = codec.sign_access(1, turned, ONE[1], attributes, ONE[0])
    message = wire.parse(request)
    assert codec.signed_by(message, ONE[0], ONE[1])
    assert not codec.signed_by(message, OTHER[0], ONE[1])
    answer = codec.sign_access_answer(2, turned, ONE[1], attributes, ONE[0])
    assert codec.signed_by(wire.parse(answer), ONE[0], ONE[1])
    assert codec.ended_by(answer, ONE[0], ONE[1])
    at = 20 + turned % (len(answer) - 20)
    assert not codec.ended_by(answer[:at] + bytes((answer[at] ^ 1,)) + answer[at + 1 :], ONE[0], ONE[1])
