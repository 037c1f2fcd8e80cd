"""Policy rows in the operator's words, and those that come with the program.

Other people's homes decide who their user is; what the user may do in this city is decided here. Every built-in row
has a name, and a row of the network with that name takes its place. Never octets: `policy` compiles rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = str | int
Values = Value | tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One `[[policy]]` of the network file. Its parts apply in the order of these fields, `refuse` first."""

    name: str
    direction: str  # "request" or "reply"
    codes: tuple[str, ...] = ()  # () is Access-Request or Access-Accept
    realm: str = ""  # "uni.example", or "*.uni.example" for what is below it; "" for any
    site: str = ""
    client: str = ""
    home: str = ""
    foreign: bool = False  # only for homes that are not our own
    refuse: Mapping[str, Values] = field(default_factory=dict)  # with one of these values, the whole packet
    remove: tuple[str, ...] = ()  # "Tunnel-Type", "26.9.1", "Cisco-AVPair=shell:*" for values that begin so
    clamp: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    add: Mapping[str, Values] = field(default_factory=dict)  # if absent
    set: Mapping[str, Values] = field(default_factory=dict)


_ADMINISTRATION: Final = ("Administrative-User", "NAS-Prompt-User", "Callback-NAS-Prompt", "Callback-Administrative", "Framed-Management")
_VLANS: Final = (
    *("Egress-VLANID", "Ingress-Filters", "Egress-VLAN-Name", "User-Priority-Table"),  # 56-59, RFC 4675
    *("Tunnel-Type", "Tunnel-Medium-Type", "Tunnel-Private-Group-Id"),  # 64, 65, 81, RFC 3580, 3.31
    *("Airespace-Interface-Name", "Aruba-User-Vlan", "Aruba-Named-User-Vlan", "CoovaChilli-VLAN-Id", "Cambium-VLAN-Pool-Id"),
    *("Extreme-Netlogin-Vlan", "Extreme-Netlogin-Vlan-Tag", "Extreme-Netlogin-Extended-Vlan", "HP-Egress-VLANID", "HP-Egress-VLAN-Name"),
    *("Juniper-VoIP-Vlan", "Mikrotik-Wireless-VLANID", "Mikrotik-Wireless-VLANIDtype", "Ruckus-VLAN-ID", "Ruckus-Vlan-Pool"),
)
_ROLES: Final = (
    *("Cisco-AVPair=shell:*", "Cisco-In-ACL", "Cisco-Out-ACL", "Airespace-ACL-Name", "Airespace-Guest-Role-Name"),
    *("Aruba-User-Role", "Aruba-Priv-Admin-User", "Aruba-Admin-Role", "Aruba-CPPM-Role", "Aruba-User-Group", "Aruba-NAS-Filter-Rule"),
    *("Aruba-Admin-Path", "Aruba-Command-String", "Aruba-Admin-Device-Group", "Aruba-UBT-Gateway-Role", "Aruba-Port-Bounce-Host"),
    *("Cambium-Auth-Role", "Extreme-CLI-Authorization", "Extreme-Shell-Command", "Extreme-Security-Profile"),
    *("Extreme-User-Profile-Attribute", "AH-HM-Admin-Group-Id", "Fortinet-Group-Name", "Fortinet-Access-Profile", "Fortinet-Vdom-Name"),
    *("HP-Privilege-Level", "HP-Command-String", "HP-Command-Exception", "HP-User-Role", "HP-CPPM-Role", "HP-CPPM-Secondary-Role"),
    *("HP-Nas-Filter-Rule", "HP-Port-Bounce-Host", "Juniper-Local-User-Name", "Juniper-Allow-Commands", "Juniper-Deny-Commands"),
    *("Juniper-Allow-Configuration", "Juniper-Deny-Configuration", "Juniper-User-Permissions", "Juniper-Local-Group-Name"),
    *("Juniper-Switching-Filter", "Mikrotik-Group", "Mikrotik-Address-List", "Mikrotik-Switching-Filter", "Ruckus-User-Groups"),
)
_BUILT_IN: Final = (
    Rule("foreign-administration", "reply", ("Access-Accept",), foreign=True, refuse={"Service-Type": _ADMINISTRATION}),
    Rule("foreign-vlans", "reply", ("Access-Accept",), foreign=True, remove=_VLANS),
    Rule("foreign-roles", "reply", ("Access-Accept",), foreign=True, remove=_ROLES),
)


def builtins() -> tuple[Rule, ...]:
    """The rows for homes that are not our own, as `export` shows them."""
    return _BUILT_IN
