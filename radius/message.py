"""A RADIUS packet that has been read: the octets themselves, and where each attribute lies in them.

Nothing is decoded and nothing copied; what we do not understand goes on octet for octet, in order, because these are
the octets that came. Never changed after `wire.parse` made it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping


class Code(IntEnum):
    """Packet types (RFC 2865, 3; RFC 2866, 3; RFC 5997, 4.1; RFC 5176, 3)."""

    ACCESS_REQUEST = 1
    ACCESS_ACCEPT = 2
    ACCESS_REJECT = 3
    ACCOUNTING_REQUEST = 4
    ACCOUNTING_RESPONSE = 5
    ACCESS_CHALLENGE = 11
    STATUS_SERVER = 12
    DISCONNECT_REQUEST = 40
    DISCONNECT_ACK = 41
    DISCONNECT_NAK = 42
    COA_REQUEST = 43
    COA_ACK = 44
    COA_NAK = 45
    PROTOCOL_ERROR = 52


class Type(IntEnum):
    """The attribute types that the road itself reads or writes (IANA radius-types)."""

    USER_NAME = 1
    USER_PASSWORD = 2
    CHAP_PASSWORD = 3
    NAS_IP_ADDRESS = 4
    REPLY_MESSAGE = 18
    STATE = 24
    CLASS = 25
    VENDOR_SPECIFIC = 26
    CALLED_STATION_ID = 30
    CALLING_STATION_ID = 31
    NAS_IDENTIFIER = 32
    PROXY_STATE = 33
    ACCT_STATUS_TYPE = 40
    ACCT_DELAY_TIME = 41
    ACCT_SESSION_ID = 44
    EVENT_TIMESTAMP = 55
    CHAP_CHALLENGE = 60
    TUNNEL_PASSWORD = 69
    EAP_MESSAGE = 79
    MESSAGE_AUTHENTICATOR = 80
    CHARGEABLE_USER_IDENTITY = 89
    ERROR_CAUSE = 101
    OPERATOR_NAME = 126


class Attribute(NamedTuple):
    """One attribute: its type and its value's octets (at most 253)."""

    type: int
    value: bytes


class Message:
    """A packet of at most 4096 octets whose every length holds (RFC 2865, 3)."""

    __slots__ = ("code", "first", "identifier", "octets", "repeated")

    def __init__(self, octets: bytes, first: Mapping[int, int], repeated: Collection[int]) -> None:
        self.octets = octets  # trimmed to the Length field
        self.code = octets[0]
        self.identifier = octets[1]
        self.first = first  # attribute type -> offset of the first attribute of that type
        self.repeated = repeated  # the types of the attributes that were not the first of theirs

    @property
    def authenticator(self) -> bytes:
        """The 16 octets of the Authenticator field."""
        return self.octets[4:20]

    def spans(self) -> Iterator[tuple[int, int, int]]:
        """(type, start, end) of every attribute, in order; the value begins at start + 2."""
        octets, at, end = self.octets, 20, len(self.octets)
        while at < end:
            yield octets[at], at, (at := at + octets[at + 1])

    def value(self, kind: int) -> bytes | None:
        """The first value of a type, or None."""
        at = self.first.get(kind)
        return None if at is None else self.octets[at + 2 : at + self.octets[at + 1]]

    def values(self, kind: int) -> list[bytes]:
        """Every value of a type, in order."""
        return [self.octets[start + 2 : end] for type_, start, end in self.spans() if type_ == kind]

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """Every attribute in order, copied out: for tools and tests, not for the road."""
        return tuple(Attribute(kind, self.octets[start + 2 : end]) for kind, start, end in self.spans())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and self.octets == other.octets

    def __hash__(self) -> int:
        return hash(self.octets)

    def __repr__(self) -> str:
        return f"Message(code={self.code}, identifier={self.identifier}, attributes={sorted(self.first)})"
