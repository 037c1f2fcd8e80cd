"""What the road tells the portal of a station that it sends there: an Access-Request's own words, as few octets as they go into.

The whole URL must fit one Cisco-AVPair (247 octets), and the sealing and its base 64 cost half of what it carries; so
addresses and hexadecimal names are packed, and every part has one octet of length before it. Sealing is not done here:
`radius.nas.tokens` does, with the purpose ROAD. Any octets are read; never raises on them, never guesses a part.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, ip_address
from typing import Final

from radius.nas.family import Asked, Misfit

ROAD: Final = "road"  # the purpose that these tokens are sealed for
LIFETIME: Final = 43_200.0  # seconds that one may be used for: a device may join in the morning and open its first page at noon
_FORMAT: Final = 1
_PARTS: Final = 8
_TEXT, _V4, _V6, _UPPER, _LOWER = 0, 4, 6, 1, 2
_HEXADECIMAL: Final = {_UPPER: re.compile(r"(?:[0-9A-F]{2})+"), _LOWER: re.compile(r"(?:[0-9a-f]{2})+")}


def pack(asked: Asked, source: str, local: str) -> bytes:
    """The octets to seal; `source` and `local` are "address port" of where the request came from and was sent to.

    ValueError where a part is longer than any attribute is, or no address where one is due.
    """
    port = b"" if asked.nas_port is None else asked.nas_port.to_bytes(4, "big")
    parts = (
        _mac(asked.station),
        _mac(asked.access_point),
        asked.ssid.encode(),
        _name(asked.session),
        ip_address(asked.nas_address).packed if asked.nas_address else b"",
        port,
        _endpoint(source),
        _endpoint(local),
    )
    return bytes((_FORMAT,)) + b"".join(bytes((len(part),)) + part for part in parts)


def unpack(octets: bytes) -> tuple[Asked, str, str] | Misfit:
    """(what was asked, source, local), or MALFORMED."""
    parts = _split(octets)
    if parts is None:
        return Misfit.MALFORMED
    station, access_point, ssid, session, nas_address, nas_port, source, local = parts
    if len(station) != 6 or len(access_point) not in {0, 6} or len(nas_port) not in {0, 4}:
        return Misfit.MALFORMED
    try:
        asked = Asked(
            station=station.hex("-").upper(),
            access_point=access_point.hex("-").upper(),
            ssid=ssid.decode(),
            session=_named(session),
            nas_address=str(ip_address(nas_address)) if nas_address else "",
            nas_port=int.from_bytes(nas_port, "big") if nas_port else None,
        )
        return asked, _found(source), _found(local)
    except ValueError:  # neither 4 octets nor 16, or no UTF-8
        return Misfit.MALFORMED


def _split(octets: bytes) -> list[bytes] | None:
    if octets[:1] != bytes((_FORMAT,)):
        return None
    parts, at = [], 1
    while at < len(octets):
        end = at + 1 + octets[at]
        if end > len(octets):
            return None
        parts.append(octets[at + 1 : end])
        at = end
    return parts if len(parts) == _PARTS else None


def _mac(address: str) -> bytes:
    return bytes.fromhex(address.replace("-", ""))


def _name(name: str) -> bytes:
    """A controller's audit-session-id is hexadecimal in one case: half as many octets."""
    for kind, form in _HEXADECIMAL.items():
        if form.fullmatch(name):
            return bytes((kind,)) + bytes.fromhex(name)
    return bytes((_TEXT,)) + name.encode() if name else b""


def _named(octets: bytes) -> str:
    kind, value = octets[:1], octets[1:]
    if kind == bytes((_UPPER,)):
        return value.hex().upper()
    return value.hex() if kind == bytes((_LOWER,)) else value.decode()


def _endpoint(text: str) -> bytes:
    """ "192.0.2.7 49152" in 7 octets; what is no address and port (a link-local address with its interface) as it is."""
    host, _, port = text.partition(" ")
    try:
        address = ip_address(host)
        if "%" in host or str(address) != host:
            raise AddressValueError(host)
        return bytes((_V4 if isinstance(address, IPv4Address) else _V6,)) + address.packed + int(port).to_bytes(2, "big")
    except (ValueError, OverflowError):
        return bytes((_TEXT,)) + text.encode() if text else b""


def _found(octets: bytes) -> str:
    if octets[:1] in (bytes((_V4,)), bytes((_V6,))):
        return f"{ip_address(octets[1:-2])} {int.from_bytes(octets[-2:], 'big')}"
    return octets[1:].decode()
