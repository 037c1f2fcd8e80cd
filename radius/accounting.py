"""What an Accounting-Request says happened (RFC 2866), and the key by which it is counted once.

Octets are the NAS's own view: Input came from the guest (RFC 2866, 5.3), so input is upload. A CoovaChilli that counts
from the guest's side says so in each record, and is turned round. A figure that is absent, of a wrong length or beyond
belief is None, and `doubt` says so. Never turns octets into a number they do not say.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Final, NamedTuple

from radius.dictionary import load
from radius.message import Type
from radius.text import mac, place, shown
from radius.wire import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from radius.message import Message

    Said = Mapping[int, bytes]  # the first value of each attribute

__all__ = ["SessionEvent", "key", "place", "read"]

_STATUS: Final = {1: "start", 2: "stop", 3: "interim", 7: "on", 8: "off"}  # RFC 2866, 5.1
# Plain numbers: a member of an enum takes three times as long to be found by.
_USER_NAME, _NAS_IP, _CLASS, _VENDOR_SPECIFIC, _CALLED, _CALLING, _NAS_IDENTIFIER = 1, 4, 25, 26, 30, 31, 32
_STATUS_TYPE, _DELAY, _SESSION_ID, _EVENT_TIMESTAMP, _CUI = 40, 41, 44, 55, 89
_INPUT, _OUTPUT, _TIME, _CAUSE, _MULTI = 42, 43, 46, 49, 50
_INPUT_GIGAWORDS, _OUTPUT_GIGAWORDS = 52, 53  # RFC 2869, 5.1 and 5.2
_FRAMED_IP, _NAS_IPV6, _FRAMED_PREFIX, _FRAMED_IPV6 = 8, 95, 97, 168
_NAS_VIEW, _CLIENT_VIEW = (bytes((0, 0, 0x38, 0xDF, 10, 6, 0, 0, 0, view)) for view in (1, 2))  # vendor 14559
_UNNUMBERED: Final = {bytes(4), b"\xff\xff\xff\xff", b"\xff\xff\xff\xfe"}  # RFC 2865, 5.8: the NAS or the user chooses
_ONCE: Final = {Type.USER_NAME, Type.CALLING_STATION_ID, Type.NAS_IDENTIFIER, Type.ACCT_SESSION_ID, Type.ACCT_STATUS_TYPE}
_FULL: Final = 0xFFFFFFFF
_MOST_GIGAWORDS: Final = 1 << 24  # 64 petabytes: beyond it the number is a fault of the NAS
_LONGEST: Final = 10 * 366 * 86_400.0  # seconds that one session may last
_AHEAD: Final = 300.0  # RFC 5176, 3.3 gives clocks as much
_OLD: Final = 31 * 86_400.0  # a NAS that was cut off may deliver a month later
_UNKEYED: Final = frozenset((Type.ACCT_DELAY_TIME, Type.PROXY_STATE, Type.MESSAGE_AUTHENTICATOR))


class SessionEvent(NamedTuple):
    """One accounting record, read: a tuple, as hundreds of thousands of them are read in a row."""

    status: str  # start, interim, stop, on, off, other
    at: float  # when it happened, seconds since 1970
    told: bool  # whether the NAS said when; else `at` is by our own clock
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
    guests_view: bool | None = None  # whether Input is the guest's own (download), where the record says so


def key(message: Message, client: str) -> bytes:
    """32 octets, the same whenever a client says the same thing: a repetition is not a second event.

    Acct-Delay-Time grows with each try, Proxy-State and Message-Authenticator belong to the hop (RFC 2866, 5.2). The
    Event-Timestamp stands before 28 octets of the SHA-256: what is told together lies together where keys are kept.
    """
    octets = message.octets
    if _UNKEYED.isdisjoint(message.first):
        said = octets[20:]
    else:
        said = b"".join(octets[start:end] for kind, start, end in message.spans() if kind not in _UNKEYED)
    stamp = message.value(Type.EVENT_TIMESTAMP) or b""
    return (stamp if len(stamp) == 4 else bytes(4)) + sha256(client.encode() + b"\0" + said).digest()[:28]


def read(octets: bytes, received_at: float) -> SessionEvent:
    """The event in a verified Accounting-Request that came at `received_at` (seconds since 1970); Malformed if it is no packet."""
    message = parse(octets)
    doubts: list[str] = []
    if message.repeated:
        doubts += [f"{load().name(kind)} is there twice" for kind in sorted(_ONCE) if len(message.values(kind)) > 1]
    octets = message.octets
    said = {kind: octets[at + 2 : at + octets[at + 1]] for kind, at in message.first.items()}
    stamp, delay = _number(said, _EVENT_TIMESTAMP), _number(said, _DELAY)
    status = _STATUS.get(_number(said, _STATUS_TYPE) or 0, "other")
    booting = status in ("on", "off") and delay is not None  # its clock is the least to be believed then, its patience is
    at = _when(None if booting else stamp, delay, received_at, doubts)
    called = said.get(_CALLED, b"")
    bssid, ssid = _place(called)
    return SessionEvent(
        status=status,
        at=received_at if at is None else at,
        told=at is not None and not booting,
        acct_session_id=shown(said.get(_SESSION_ID, b"")),
        multi_session_id=shown(said.get(_MULTI, b"")),
        station=_mac(said.get(_CALLING, b"")),
        user_name=said.get(_USER_NAME, b""),
        nas_identifier=_shown(said.get(_NAS_IDENTIFIER, b"")),
        nas_address=_nas_address(said.get(_NAS_IP, b""), said.get(_NAS_IPV6, b"")),
        called=called,
        bssid=bssid,
        ssid=ssid,
        framed_ips=_framed(message, said),
        class_=said.get(_CLASS, b""),
        cui=said.get(_CUI, b""),
        input_octets=_total(said, _INPUT, _INPUT_GIGAWORDS, doubts),
        output_octets=_total(said, _OUTPUT, _OUTPUT_GIGAWORDS, doubts),
        session_seconds=_seconds(said, doubts),
        terminate_cause=_cause(said[_CAUSE]) if _CAUSE in said else "",
        event_timestamp=stamp,
        delay=delay,
        doubt="; ".join(doubts),
        guests_view=_guests_view(message) if _VENDOR_SPECIFIC in said else None,
    )


def _number(said: Said, kind: int) -> int | None:
    value = said.get(kind)
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


def _total(said: Said, low_kind: int, high_kind: int, doubts: list[str]) -> int | None:
    """64-bit octets: the low word and the Gigawords, where both can be read (RFC 2869, 5.1)."""
    low, high = _number(said, low_kind), _number(said, high_kind)
    if high is None and high_kind in said:
        doubts.append(f"{load().name(high_kind)} is no number")
        return None
    if low is None:
        if low_kind in said or high:
            doubts.append(f"{load().name(low_kind)} is missing or no number")
        return None
    if high and high >= _MOST_GIGAWORDS:
        doubts.append(f"{load().name(high_kind)} is beyond belief")
        return None
    if low == _FULL and not high:
        doubts.append(f"{load().name(low_kind)} stands at its ceiling, or is -1")
    return (high or 0) << 32 | low


def _seconds(said: Said, doubts: list[str]) -> int | None:
    seconds = _number(said, _TIME)
    if seconds is None or seconds <= _LONGEST:
        return seconds
    doubts.append("Acct-Session-Time is beyond belief")
    return None


def _guests_view(message: Message) -> bool | None:
    """ChilliSpot-Acct-View-Point: 1 the NAS's (RFC 2866), 2 the client's, which is what CoovaChilli does unless told to swap."""
    return next((value == _CLIENT_VIEW for value in message.values(_VENDOR_SPECIFIC) if value in (_NAS_VIEW, _CLIENT_VIEW)), None)


# A day's records repeat the same places and guests: what is made of their octets is remembered, within bounds.
_shown = lru_cache(maxsize=4_096)(shown)
_place = lru_cache(maxsize=4_096)(place)
_mac = lru_cache(maxsize=65_536)(mac)


@lru_cache(maxsize=256)
def _cause(value: bytes) -> str:
    return str(load().typed(_CAUSE, value)) if len(value) == 4 else ""


@lru_cache(maxsize=4_096)
def _nas_address(four: bytes, six: bytes) -> str:
    return str(ip_address(four)) if len(four) == 4 else str(ip_address(six)) if len(six) == 16 else ""


def _framed(message: Message, said: Said) -> tuple[str, ...]:
    """Every address the guest has, as far as the NAS says: what an abuse desk will ask for."""
    if _FRAMED_IPV6 not in said and _FRAMED_PREFIX not in said:
        if _FRAMED_IP not in said:
            return ()
        if _FRAMED_IP not in message.repeated:
            return _only(said[_FRAMED_IP])
    four = [str(IPv4Address(value)) for value in message.values(_FRAMED_IP) if len(value) == 4 and value not in _UNNUMBERED]
    six = [str(IPv6Address(value)) for value in message.values(_FRAMED_IPV6) if len(value) == 16]
    nets = [str(load().typed(_FRAMED_PREFIX, value)) for value in message.values(_FRAMED_PREFIX)]  # 0x… where malformed
    return (*four, *six, *(net for net in nets if not net.startswith("0x")))


@lru_cache(maxsize=65_536)
def _only(value: bytes) -> tuple[str, ...]:
    return (str(IPv4Address(value)),) if len(value) == 4 and value not in _UNNUMBERED else ()
