"""What an Accounting-Request says happened (RFC 2866), and the key by which it is counted once.

Octets are the NAS's own view: Input came from the guest (RFC 2866, 5.3), so input is upload. A figure that is absent,
of a wrong length or beyond belief is None, and `doubt` says so. Never turns octets into a number they do not say.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Final

from radius.dictionary import load
from radius.message import Type
from radius.text import mac, place, shown
from radius.wire import parse

if TYPE_CHECKING:
    from radius.message import Message

__all__ = ["SessionEvent", "key", "place", "read"]

_STATUS: Final = {1: "start", 2: "stop", 3: "interim", 7: "on", 8: "off"}  # RFC 2866, 5.1
_INPUT, _OUTPUT, _TIME, _CAUSE, _MULTI = 42, 43, 46, 49, 50
_INPUT_GIGAWORDS, _OUTPUT_GIGAWORDS = 52, 53  # RFC 2869, 5.1 and 5.2
_FRAMED_IP, _NAS_IPV6, _FRAMED_PREFIX, _FRAMED_IPV6 = 8, 95, 97, 168
_UNNUMBERED: Final = {bytes(4), b"\xff\xff\xff\xff", b"\xff\xff\xff\xfe"}  # RFC 2865, 5.8: the NAS or the user chooses
_ONCE: Final = {Type.USER_NAME, Type.CALLING_STATION_ID, Type.NAS_IDENTIFIER, Type.ACCT_SESSION_ID, Type.ACCT_STATUS_TYPE}
_FULL: Final = 0xFFFFFFFF
_MOST_GIGAWORDS: Final = 1 << 24  # 64 petabytes: beyond it the number is a fault of the NAS
_LONGEST: Final = 10 * 366 * 86_400.0  # seconds that one session may last
_AHEAD: Final = 300.0  # RFC 5176, 3.3 gives clocks as much
_OLD: Final = 31 * 86_400.0  # a NAS that was cut off may deliver a month later
_UNKEYED: Final = frozenset((Type.ACCT_DELAY_TIME, Type.PROXY_STATE, Type.MESSAGE_AUTHENTICATOR))


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """One accounting record, read."""

    status: str  # start, interim, stop, on, off, other
    at: float  # when it happened, seconds since 1970
    told: bool  # whether the NAS said when; else `at` is the arrival
    acct_session_id: str
    multi_session_id: str
    station: str  # AA-BB-CC-DD-EE-FF, "" where there is none
    user_name: bytes
    nas_identifier: str
    nas_address: str
    called: bytes
    bssid: str
    ssid: str
    framed_ips: tuple[str, ...]  # v4 first
    class_: bytes
    cui: bytes
    input_octets: int | None  # from the guest: upload
    output_octets: int | None  # to the guest: download
    session_seconds: int | None
    terminate_cause: str
    event_timestamp: int | None
    delay: int | None
    doubt: str  # what is strange about it, "" where nothing is


def key(message: Message, client: str) -> bytes:
    """32 octets, the same whenever a client says the same thing: a repetition is not a second event.

    Acct-Delay-Time grows with each try, Proxy-State and Message-Authenticator belong to the hop (RFC 2866, 5.2).
    """
    octets = message.octets
    if _UNKEYED.isdisjoint(message.first):
        return sha256(client.encode() + b"\0" + octets[20:]).digest()
    kept = [octets[start:end] for kind, start, end in message.spans() if kind not in _UNKEYED]
    return sha256(client.encode() + b"\0" + b"".join(kept)).digest()


def read(octets: bytes, received_at: float) -> SessionEvent:
    """The event in a verified Accounting-Request that came at `received_at` (seconds since 1970); Malformed if it is no packet."""
    message = parse(octets)
    doubts: list[str] = []
    if message.repeated:
        doubts += [f"{load().name(kind)} is there twice" for kind in sorted(_ONCE) if len(message.values(kind)) > 1]
    stamp, delay = _number(message, Type.EVENT_TIMESTAMP), _number(message, Type.ACCT_DELAY_TIME)
    at = _when(stamp, delay, received_at, doubts)
    called = message.value(Type.CALLED_STATION_ID) or b""
    bssid, ssid = place(called)
    return SessionEvent(
        status=_STATUS.get(_number(message, Type.ACCT_STATUS_TYPE) or 0, "other"),
        at=received_at if at is None else at,
        told=at is not None,
        acct_session_id=shown(message.value(Type.ACCT_SESSION_ID) or b""),
        multi_session_id=shown(message.value(_MULTI) or b""),
        station=mac(message.value(Type.CALLING_STATION_ID) or b""),
        user_name=message.value(Type.USER_NAME) or b"",
        nas_identifier=shown(message.value(Type.NAS_IDENTIFIER) or b""),
        nas_address=_nas_address(message),
        called=called,
        bssid=bssid,
        ssid=ssid,
        framed_ips=_framed(message),
        class_=message.value(Type.CLASS) or b"",
        cui=message.value(Type.CHARGEABLE_USER_IDENTITY) or b"",
        input_octets=_total(message, _INPUT, _INPUT_GIGAWORDS, doubts),
        output_octets=_total(message, _OUTPUT, _OUTPUT_GIGAWORDS, doubts),
        session_seconds=_seconds(message, doubts),
        terminate_cause=str(load().typed(_CAUSE, message.value(_CAUSE) or b"")) if _number(message, _CAUSE) is not None else "",
        event_timestamp=stamp,
        delay=delay,
        doubt="; ".join(doubts),
    )


def _number(message: Message, kind: int) -> int | None:
    value = message.value(kind)
    return int.from_bytes(value, "big") if value is not None and len(value) == 4 else None


def _when(stamp: int | None, delay: int | None, received_at: float, doubts: list[str]) -> float | None:
    """When it happened, as the NAS says; None where it does not, or cannot be right."""
    if stamp is not None:
        if received_at - _OLD <= stamp <= received_at + _AHEAD:
            return min(float(stamp), received_at)
        doubts.append("Event-Timestamp is far from the time of arrival")
    if delay is not None:
        if delay <= _OLD:
            return received_at - delay
        doubts.append("Acct-Delay-Time is longer than a month")
    return None


def _total(message: Message, low_kind: int, high_kind: int, doubts: list[str]) -> int | None:
    """64-bit octets: the low word and the Gigawords, where both can be read (RFC 2869, 5.1)."""
    low, high = _number(message, low_kind), _number(message, high_kind)
    name = load().name(low_kind)
    if high is None and high_kind in message.first:
        doubts.append(f"{load().name(high_kind)} is no number")
        return None
    if low is None:
        if low_kind in message.first or high:
            doubts.append(f"{name} is missing or no number")
        return None
    if high and high >= _MOST_GIGAWORDS:
        doubts.append(f"{load().name(high_kind)} is beyond belief")
        return None
    if low == _FULL and not high:
        doubts.append(f"{name} stands at its ceiling, or is -1")
    return (high or 0) << 32 | low


def _seconds(message: Message, doubts: list[str]) -> int | None:
    seconds = _number(message, _TIME)
    if seconds is None or seconds <= _LONGEST:
        return seconds
    doubts.append("Acct-Session-Time is beyond belief")
    return None


def _nas_address(message: Message) -> str:
    for kind, size in ((Type.NAS_IP_ADDRESS, 4), (_NAS_IPV6, 16)):
        value = message.value(kind)
        if value is not None and len(value) == size:
            return str(ip_address(value))
    return ""


def _framed(message: Message) -> tuple[str, ...]:
    """Every address the guest has, as far as the NAS says: what an abuse desk will ask for."""
    if {_FRAMED_IP, _FRAMED_IPV6, _FRAMED_PREFIX}.isdisjoint(message.first):
        return ()
    four = [str(IPv4Address(value)) for value in message.values(_FRAMED_IP) if len(value) == 4 and value not in _UNNUMBERED]
    six = [str(IPv6Address(value)) for value in message.values(_FRAMED_IPV6) if len(value) == 16]
    nets = [str(load().typed(_FRAMED_PREFIX, value)) for value in message.values(_FRAMED_PREFIX)]  # 0x… where malformed
    return (*four, *six, *(net for net in nets if not net.startswith("0x")))
