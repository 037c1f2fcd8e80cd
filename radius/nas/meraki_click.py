"""Meraki with a click-through splash page: no RADIUS, one GET to the grant URL that Meraki's cloud gave.

Documented by the vendor (Captive Portal API, click-through). The grant's host differs from network to network
(n143.network-auth.com), so either its origin is registered as `login_url` or it must lie under network-auth.com. The cloud
keeps the time itself and tells us nothing after: quotas by data cannot be kept, and nobody can be sent away before.

Never sends a guest to a `base_grant_url` elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from radius.nas.family import Arrival, Attributes, Bound, Browse, Means, Misfit, Refused
from radius.nas.generic import Generic
from radius.nas.mac import read
from radius.nas.query import LONGEST_URL, address, allowed, destination, one, origin, url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from radius.nas.family import Gateway, Login, Target, Way
    from radius.nas.plan import Plan, Remaining

CLOUD: Final = "network-auth.com"


class MerakiClick(Generic):
    """MR access points, splash page "Click-through", custom splash URL."""

    name: ClassVar[str] = "meraki-click"
    grants: ClassVar[Means] = Means.BROWSER
    ends: ClassVar[Means] = Means.NONE
    radius: ClassVar[bool] = False
    holds: ClassVar[frozenset[Bound]] = frozenset({Bound.TIME})

    def arrival(self, query: Mapping[str, Sequence[str]], gateway: Gateway, now: float) -> Arrival | Misfit:
        """The grant URL, the station, the access point's `node_mac`."""
        grant, mac = one(query, "base_grant_url", LONGEST_URL), one(query, "client_mac")
        if not grant or not mac:
            return Misfit.MISSING
        if not (station := read(mac)):
            return Misfit.MALFORMED
        if not at_cloud(grant, gateway):
            return Misfit.FOREIGN
        return Arrival(
            station=station,
            access_point=read(one(query, "node_mac")),
            address=address(one(query, "client_ip")),
            destination=destination(one(query, "user_continue_url", LONGEST_URL)),
            words=(("base_grant_url", grant),),
        )

    def let_in(self, arrival: Arrival, gateway: Gateway, login: Login, plan: Plan, left: Remaining) -> Way:
        """GET base_grant_url?continue_url=…&duration=seconds."""
        grant = dict(arrival.words).get("base_grant_url", "")
        if not at_cloud(grant, gateway):
            return Refused("the grant URL is neither registered nor Meraki's")
        words = [("continue_url", arrival.back or arrival.destination or gateway.portal)]
        if left.seconds:
            words.append(("duration", str(left.seconds)))
        return Browse("GET", url(grant, words))

    def origins(self, gateway: Gateway) -> tuple[str, ...]:
        """The registered origin, else every host of Meraki's cloud."""
        return super().origins(gateway) or (f"https://*.{CLOUD}",)

    def reaches(self, arrival: Arrival, gateway: Gateway) -> tuple[str, ...]:
        """The one host that this guest's grant is at."""
        return tuple(origin(said) for _, said in arrival.words if at_cloud(said, gateway))

    def attributes(self, plan: Plan, left: Remaining, gateway: Gateway) -> Attributes:
        """None: it speaks no RADIUS."""
        return ()

    def disconnect(self, target: Target, gateway: Gateway) -> Way:
        """Meraki has no call for it."""
        return Refused("Meraki ends a click-through guest only when its time is over")


def at_cloud(said: str, gateway: Gateway) -> bool:
    """Whether a URL is at the registered origin, or where none is registered at Meraki's cloud, over https."""
    registered = origin(gateway.options.login_url)
    return allowed(said, (registered,)) if registered else allowed(said, (), (CLOUD,))
