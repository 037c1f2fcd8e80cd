"""hostapd, and OpenWrt's Wi-Fi: MAC authentication (`macaddr_acl=2`), Session-Timeout, and Disconnect by the station alone.

For a station that it lets in by address hostapd reads only Session-Timeout, Acct-Interim-Interval, a VLAN, User-Name and
CUI: no idle time, no rates, no octets. It has no redirect of its own; a gateway behind it (openNDS, coova) has. A station
without 802.1X has no identity in hostapd, so a Disconnect that names a User-Name finds nobody. Its CoA is refused, and a
VLAN changes by Disconnect.

Never sends an attribute that hostapd would pass over, never names a session by more than its station.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from radius.nas import amounts
from radius.nas.family import Attributes, Bound
from radius.nas.generic import INTERIM, Generic, filled

if TYPE_CHECKING:
    from radius.nas.family import Gateway, Target
    from radius.nas.plan import Plan, Remaining


class Hostapd(Generic):
    """hostapd 2.x with `radius_das_port` and `radius_das_client`."""

    name: ClassVar[str] = "hostapd"
    holds: ClassVar[frozenset[Bound]] = frozenset({Bound.TIME})

    def attributes(self, plan: Plan, left: Remaining, gateway: Gateway) -> Attributes:
        """Session-Timeout and Acct-Interim-Interval."""
        return (*amounts.seconds(left.seconds, "Session-Timeout"), ("Acct-Interim-Interval", INTERIM))

    def session(self, target: Target, gateway: Gateway) -> Attributes:
        """Calling-Station-Id; Acct-Session-Id only where the station is not known."""
        if target.station:
            return filled(("Calling-Station-Id", self.station(target.station, gateway)))
        return filled(("Acct-Session-Id", target.acct_session_id))
