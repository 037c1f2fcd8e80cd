"""Ruckus ZoneDirector and Unleashed: a hotspot (WISPr) WLAN, login by POST to the controller's port 9997.

The redirect says `sip`, `client_mac`, `uip`, `ssid`, `url`, and `mac` of the access point. Rates are WISPr's, in bit/s; a
ZoneDirector ends sessions by Disconnect and takes no other CoA (ZoneDirector user guide, RADIUS attributes).

Never posts to `sip`: only to the registered `login_url`, or to the client's own address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from radius.nas import amounts
from radius.nas.family import Arrival, Attributes, Bound, Browse, Means, Misfit, Refused
from radius.nas.generic import Generic, filled, registered
from radius.nas.mac import read
from radius.nas.query import LONGEST_URL, address, destination, one

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from radius.nas.family import Gateway, Login, Way
    from radius.nas.plan import Plan, Remaining

_PORT: Final = 9997


class RuckusZd(Generic):
    """ZoneDirector 9 and 10, Unleashed."""

    name: ClassVar[str] = "ruckus-zd"
    grants: ClassVar[Means] = Means.BROWSER
    posts: ClassVar[bool] = True
    holds: ClassVar[frozenset[Bound]] = frozenset({Bound.TIME, Bound.IDLE, Bound.RATE})

    def arrival(self, query: Mapping[str, Sequence[str]], gateway: Gateway, now: float) -> Arrival | Misfit:
        """`sip` must be the client's address where that is what guests are sent to."""
        if not one(query, "client_mac"):
            return Misfit.MISSING
        if not (station := read(one(query, "client_mac"))):
            return Misfit.MALFORMED
        if not gateway.options.login_url and (sip := one(query, "sip")) and gateway.address and address(sip) != gateway.address:
            return Misfit.FOREIGN
        return Arrival(
            station=station,
            access_point=read(one(query, "mac")),
            ssid=one(query, "ssid", 32),
            address=address(one(query, "uip")),
            destination=destination(one(query, "url", LONGEST_URL)),
        )

    def let_in(self, arrival: Arrival, gateway: Gateway, login: Login, plan: Plan, left: Remaining) -> Way:
        """POST ip, username, password."""
        if not (where := registered(gateway, _PORT)):
            return Refused("`login_url` is not declared, and the client has not exactly one address")
        words = (("ip", arrival.address), ("username", login.name), ("password", login.password))
        return Browse("POST", f"{where}/login", tuple((name, value) for name, value in words if value))

    def origins(self, gateway: Gateway) -> tuple[str, ...]:
        """`login_url`, else port 9997 of the client's address."""
        where = registered(gateway, _PORT)
        return (where,) if where else ()

    def attributes(self, plan: Plan, left: Remaining, gateway: Gateway) -> Attributes:
        """Times, WISPr's rates, and the user group that `role` names."""
        return (
            *super().attributes(plan, left, gateway),
            *amounts.rate(plan.up, "WISPr-Bandwidth-Max-Up"),
            *amounts.rate(plan.down, "WISPr-Bandwidth-Max-Down"),
            *filled(("Ruckus-User-Groups", gateway.options.role)),
        )
