"""Octets to a Message and back: the header and every length, strictly (RFC 2865, 3 and 5).

Order, repetition and unknown octets are kept. Never looks inside an attribute's value, never guesses a length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius.actions import Reason
from radius.message import Attribute, Message

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADER: Final = 20
LONGEST: Final = 4096
MOST_ATTRIBUTES: Final = 200


class Malformed(ValueError):  # noqa: N818 - RFC words: the packet is malformed
    """The peer's octets are wrong; `reason` says how."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def parse(octets: bytes, most: int = MOST_ATTRIBUTES) -> Message:
    """The Message in a datagram of any octets; raises Malformed, nothing else. Octets beyond Length are padding."""
    if len(octets) < HEADER:
        raise Malformed(Reason.TOO_SHORT)
    end = octets[2] << 8 | octets[3]
    if not HEADER <= end <= LONGEST:
        raise Malformed(Reason.BAD_LENGTH)
    if end != len(octets):
        if end > len(octets):
            raise Malformed(Reason.TOO_SHORT)
        octets = octets[:end]  # RFC 2865, 3: octets outside the range of the Length field are padding
    first: dict[int, int] = {}
    again: list[int] = []
    at = HEADER
    try:
        while at < end:
            kind = octets[at]
            size = octets[at + 1]
            if size < 2 or not kind:
                raise Malformed(Reason.BAD_ATTRIBUTE)
            if kind in first:
                again.append(kind)
            else:
                first[kind] = at
            at += size
    except IndexError:
        raise Malformed(Reason.BAD_ATTRIBUTE) from None
    if at != end:
        raise Malformed(Reason.BAD_ATTRIBUTE)
    if len(first) + len(again) > most:
        raise Malformed(Reason.TOO_MANY_ATTRIBUTES)
    return Message(octets, first, again)


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute in octets; the value at most 253 octets (RFC 2865, 5)."""
    if not 0 < kind < 256 or len(value) > 253:
        raise ValueError(f"attribute {kind} cannot hold {len(value)} octets")
    return bytes((kind, len(value) + 2)) + value


def build(code: int, identifier: int, authenticator: bytes, attributes: Iterable[Attribute]) -> bytes:
    """A packet in octets, unsigned; raises ValueError above 4096 octets."""
    body = b"".join(attribute(kind, value) for kind, value in attributes)
    return frame(code, identifier, authenticator, body)


def frame(code: int, identifier: int, authenticator: bytes, body: bytes) -> bytes:
    """A header before attributes that are octets already."""
    length = HEADER + len(body)
    if length > LONGEST:
        raise ValueError(f"{length} octets are more than a RADIUS packet holds")
    return bytes((code, identifier)) + length.to_bytes(2, "big") + authenticator + body
