"""Cisco WLC and Catalyst 9800, central web authentication: the road hands out the URL, a CoA lets the guest in.

The WLC authenticates the station by its MAC; who has no grant gets an Accept with url-redirect, whose sealed token comes
back with the guest. After sign-in a CoA has the WLC authenticate the station anew, and that Accept carries the plan
(facts: PacketFence's WLC module; Cisco's own port 1700). Limits in mid-session are changed the same way. Without an
audit-session-id there is only Disconnect with Service-Type Login-User, after which the station joins anew.

Never sends Airespace-ACL-Name beside a redirect: the WLC would take it for the guest's final ACL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from radius.nas import road, targets
from radius.nas.cisco import AV_PAIR, Cisco, av_pairs
from radius.nas.family import Attributes, Change, Family, Means, Refused
from radius.nas.generic import filled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from radius.nas.family import Arrival, Asked, Gateway, Login, Misfit, Target, Way
    from radius.nas.plan import Plan, Remaining

PORTAL_ACL: Final = "PROXENY-PORTAL"
_AGAIN: Final = (
    (AV_PAIR, "subscriber:command=reauthenticate"),
    (AV_PAIR, "subscriber:reauthenticate-type=last"),
)


class CiscoCwa(Cisco):
    """Central web authentication."""

    name: ClassVar[str] = "cisco-cwa"
    grants: ClassVar[Means] = Means.RADIUS
    limits: ClassVar[Means] = Means.RADIUS
    port: ClassVar[int] = 1700

    def arrival(self, query: Mapping[str, Sequence[str]], gateway: Gateway, now: float) -> Arrival | Misfit:
        """What the road sealed into the URL; beside it only what the guest wanted to see (`redirect` or `redirect_url`)."""
        return road.arrival(query)

    def let_in(self, arrival: Arrival, gateway: Gateway, login: Login, plan: Plan, left: Remaining) -> Way:
        """Have the WLC ask us again: this time there is a grant."""
        return self._again(targets.of(arrival), gateway)

    def redirect(self, url: str, asked: Asked, gateway: Gateway) -> Attributes | None:
        """url-redirect-acl and url-redirect; None where the URL is longer than an AVPair holds."""
        return av_pairs(("url-redirect-acl", gateway.options.portal_acl or PORTAL_ACL), ("url-redirect", url))

    def limit(self, target: Target, plan: Plan, left: Remaining, gateway: Gateway) -> Way:
        """A new authentication, whose Accept has the new limits."""
        return self._again(target, gateway)

    def disconnect(self, target: Target, gateway: Gateway) -> Way:
        """By audit-session-id where we know it, else by Service-Type Login-User."""
        if not target.station:
            return Refused("the station is not known")
        named = _named(target, self.station(target.station, gateway))
        if (session := _session(target)) is None:
            return Change(disconnect=True, attributes=(*named, ("Service-Type", "Login-User")))
        return Change(disconnect=True, attributes=(*named, *session), port=self._port(gateway))

    def _again(self, target: Target, gateway: Gateway) -> Way:
        session = _session(target)
        if session is None or not target.station:
            return self.disconnect(target, gateway)
        named = _named(target, self.station(target.station, gateway))
        return Change(disconnect=False, attributes=(*named, *session, *_AGAIN), port=self._port(gateway))

    def _port(self, gateway: Gateway) -> int | None:
        """1700, unless the operator has given the client a port of its own."""
        return None if gateway.coa_port != Family.port else self.port


def _named(target: Target, station: str) -> Attributes:
    v6 = ":" in target.nas_address
    return filled(
        ("Calling-Station-Id", station),
        ("NAS-IPv6-Address" if v6 else "NAS-IP-Address", target.nas_address),
        ("NAS-Port", target.nas_port),
    )


def _session(target: Target) -> Attributes | None:
    """The WLC's own name of the session; None where it is not known, or none that an AVPair holds."""
    return av_pairs(("audit-session-id", target.session)) if target.session else None
