"""Where a station is and what its session is called, as an Access-Request says: for the URL that leads it to the portal.

Every value is a stranger's; what is not what its name says is left out. Never raises.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from radius.message import Type
from radius.nas.family import Asked
from radius.text import mac

if TYPE_CHECKING:
    from radius.exchange import Exchange
    from radius.message import Message

_NAS_PORT, _NAS_IPV6 = 5, 95  # RFC 2865, 5.5; RFC 3162, 2.1
_CISCO: Final = (9).to_bytes(4, "big") + b"\x01"
_AUDIT: Final = b"audit-session-id="
_LONGEST_SSID: Final = 32
_LONGEST_NAME: Final = 64


def asked(exchange: Exchange) -> Asked:
    """What the portal is to know of this request."""
    request, talk = exchange.request, exchange.conversation
    ssid = talk.place.ssid
    port = request.value(_NAS_PORT)
    return Asked(
        station=mac(talk.station),
        access_point=talk.place.bssid,
        ssid=ssid if len(ssid.encode()) <= _LONGEST_SSID else "",
        session=_session(request),
        nas_address=_address(request),
        nas_port=int.from_bytes(port, "big") if port is not None and len(port) == 4 else None,
    )


def _session(request: Message) -> str:
    """Cisco's audit-session-id, by which orders find the session again."""
    for value in request.values(Type.VENDOR_SPECIFIC):
        at = 4
        while value[:4] == _CISCO[:4] and at + 1 < len(value) and value[at + 1] >= 2:
            name, end = value[at + 2 : at + value[at + 1]], at + value[at + 1]
            if value[at] == _CISCO[4] and name.startswith(_AUDIT):
                found = name[len(_AUDIT) :]
                return found.decode() if found.isascii() and found.isalnum() and len(found) <= _LONGEST_NAME else ""
            at = end
    return ""


def _address(request: Message) -> str:
    """NAS-IP-Address, else NAS-IPv6-Address."""
    for kind, size in ((Type.NAS_IP_ADDRESS, 4), (_NAS_IPV6, 16)):
        value = request.value(kind)
        if value is not None and len(value) == size:
            return str(ip_address(value))
    return ""
