"""Disconnect and Change-of-Authorization: what we ask of a NAS, and what it answered (RFC 5176).

A request is built once and sent as the same octets at every try. Message-Authenticator comes first and Event-Timestamp
always, as hostapd and careful NASes demand. Never names a session by more than was given: a NAS must refuse a request
of which a single attribute does not fit (RFC 5176, 3).
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, NamedTuple

from radius import codec
from radius.actions import Reason
from radius.dictionary import load
from radius.message import Attribute, Code, Type
from radius.wire import Malformed, attribute, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from radius.secret import Secret

_NAS_IPV6: Final = 95
_MULTI_SESSION_ID: Final = 50
_ANSWERS: Final = {  # request -> (ACK, NAK), RFC 5176, 2.3
    Code.DISCONNECT_REQUEST: (Code.DISCONNECT_ACK, Code.DISCONNECT_NAK),
    Code.COA_REQUEST: (Code.COA_ACK, Code.COA_NAK),
}


class Outcome(NamedTuple):
    """A NAS's answer."""

    ack: bool
    error_cause: int | None  # RFC 5176, 3.5; None where it gave none

    @property
    def text(self) -> str:
        """ "ACK", "NAK", or "NAK 503 Session-Context-Not-Found"."""
        if self.ack or self.error_cause is None:
            return "ACK" if self.ack else "NAK"
        name = load().typed(Type.ERROR_CAUSE, self.error_cause.to_bytes(4, "big"))
        return f"NAK {self.error_cause} {name}" if isinstance(name, str) else f"NAK {self.error_cause}"


def disconnect(
    *,
    acct_session_id: str = "",
    station: str = "",
    user_name: bytes = b"",
    nas_identifier: str = "",
    nas_address: str = "",
    multi_session_id: str = "",
    cui: bytes = b"",
) -> list[Attribute]:
    """The attributes that name one session (RFC 5176, 3): those given, the NAS's first. ValueError where none names a session."""
    session = [
        (Type.USER_NAME, user_name),
        (Type.CALLING_STATION_ID, station.encode()),
        (Type.ACCT_SESSION_ID, acct_session_id.encode()),
        (_MULTI_SESSION_ID, multi_session_id.encode()),
        (Type.CHARGEABLE_USER_IDENTITY, cui),
    ]
    if not any(value for _, value in session):
        raise ValueError("a Disconnect-Request must say which session it means (RFC 5176, 3)")
    nas: list[tuple[int, bytes]] = [(Type.NAS_IDENTIFIER, nas_identifier.encode())]
    if nas_address:
        address = ip_address(nas_address)
        nas.append((Type.NAS_IP_ADDRESS if address.version == 4 else _NAS_IPV6, address.packed))
    return [Attribute(kind, value) for kind, value in (*nas, *session) if value]


def change(session: Iterable[Attribute], changes: Iterable[Attribute]) -> list[Attribute]:
    """The attributes of a CoA-Request: which session (as `disconnect` names it), then what it shall have from now on."""
    changed = list(changes)
    if not changed:
        raise ValueError("a CoA-Request must change something (RFC 5176, 2.2)")
    return [*session, *changed]


def build(code: Code, identifier: int, attributes: Iterable[Attribute], secret: Secret, timestamp: float) -> bytes:
    """A Disconnect-Request or CoA-Request, signed; `timestamp` in seconds since 1970 (RFC 5176, 2.3 and 3.3)."""
    if code not in _ANSWERS:
        raise ValueError(f"{code.name} is no request to a NAS")
    stamp = attribute(Type.EVENT_TIMESTAMP, int(timestamp).to_bytes(4, "big"))
    body = b"".join(attribute(kind, value) for kind, value in attributes) + stamp
    if len(body) > 4096 - 38:
        raise ValueError(f"{len(body)} octets of attributes are more than a RADIUS packet holds")
    # Both signatures over zeros in the Authenticator's place, Message-Authenticator's first: as in an answer to zeros.
    return codec.sign_access_answer(code, identifier, codec.ZERO, body, secret)


def read(octets: bytes, request_octets: bytes, secret: Secret) -> Outcome | Reason:
    """What the NAS answered to `request_octets`, or why this is no answer to it. Any octets; never raises."""
    try:
        answer = parse(octets)
    except Malformed as fault:
        return fault.reason
    ack, nak = _ANSWERS[Code(request_octets[0])]
    if answer.identifier != request_octets[1]:
        return Reason.UNMATCHED
    if answer.code not in {ack, nak}:
        return Reason.BAD_RESPONSE_CODE
    asked = request_octets[4:20]
    if not codec.ended_by(answer.octets, secret, asked):
        return Reason.BAD_RESPONSE_AUTHENTICATOR
    marks = len(answer.values(Type.MESSAGE_AUTHENTICATOR))  # RFC 5176, 3.4: may be absent, and is checked where present
    if marks and (marks > 1 or not codec.signed_by(answer, secret, asked)):
        return Reason.BAD_MESSAGE_AUTHENTICATOR
    cause = answer.value(Type.ERROR_CAUSE)
    return Outcome(answer.code == ack, int.from_bytes(cause, "big") if cause is not None and len(cause) == 4 else None)
