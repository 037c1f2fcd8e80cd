"""wire: any octets are a Message or Malformed, and a Message is those octets again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from radius import wire
from radius.message import Code
from tests.bench import traffic

if TYPE_CHECKING:
    from collections.abc import Iterator


def seeds() -> Iterator[bytes]:
    """A request, an answer, an accounting record, an empty packet."""
    request = traffic.access_request(1, os.urandom(16), 7)
    yield from (
        request,
        traffic.answer(request, Code.ACCESS_ACCEPT),
        traffic.accounting_request(2, 7, 7),
        bytes((12, 0, 0, 20)) + bytes(16),
    )


def one(octets: bytes) -> None:
    """Parse, and build again."""
    try:
        message = wire.parse(octets)
    except wire.Malformed:
        return
    assert octets.startswith(message.octets)
    assert 20 <= len(message.octets) <= 4096
    at = 20
    for kind, start, end in message.spans():
        assert kind
        assert start == at < end
        assert message.first[kind] <= start
        at = end
    assert at == len(message.octets)
    assert len(message.attributes) <= wire.MOST_ATTRIBUTES
    assert len(message.repeated) == len(message.attributes) - len(message.first)
    built = wire.build(message.code, message.identifier, message.authenticator, message.attributes)
    assert built == message.octets
    assert wire.parse(built) == message
