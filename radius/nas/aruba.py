"""Aruba controllers: the guest's browser posts to the controller, or the road sends the URL and a CoA changes the role.

Two ways in. With the controller's own captive portal its redirect (cmd, mac, essid, ip, apname, apmac, switchip, url)
brings the guest, whose browser posts to /cgi-bin/login of a registered or well-known host. With MAC authentication and
`portal_acl` (the role of those who wait) the road answers with Aruba-Captive-Portal-URL, and after sign-in a CoA sets the
guest's role, in Filter-Id as controllers take it. Acct-Session-Id stays out of orders: current controllers refuse it.

Never posts credentials to the host that a query names, unless it is one of ours or one of Aruba's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from radius.nas import road, targets
from radius.nas.family import Arrival, Attributes, Browse, Change, Means, Misfit, Refused, State
from radius.nas.generic import Generic, filled
from radius.nas.mac import read
from radius.nas.query import LONGEST_URL, address, allowed, destination, one, origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from radius.nas.family import Asked, Gateway, Login, Target, Way
    from radius.nas.plan import Plan, Remaining

MOST: Final = 247  # octets of a vendor's attribute
OWN_HOSTS: Final = ("securelogin.arubanetworks.com", "captiveportal-login.arubainstanton.com")  # each NAS answers for them itself
_PATH: Final = "/cgi-bin/login"


class Aruba(Generic):
    """A controller (ArubaOS)."""

    name: ClassVar[str] = "aruba"
    grants: ClassVar[Means] = Means.BROWSER
    posts: ClassVar[bool] = True
    sent: ClassVar[tuple[str, ...]] = ("switchip",)  # parameters that name the host to post to

    def arrival(self, query: Mapping[str, Sequence[str]], gateway: Gateway, now: float) -> Arrival | Misfit:
        """The road's token, else the controller's redirect."""
        if road.came(query):
            return road.arrival(query)
        if not (said := one(query, "mac")):
            return Misfit.MISSING
        if not (station := read(said)):
            return Misfit.MALFORMED
        host = next((value for name in self.sent if (value := one(query, name))), "")
        if host and not (host := self._known(host, gateway)):
            return Misfit.FOREIGN
        error = one(query, "errmsg", 120)
        return Arrival(
            station=station,
            access_point=read(one(query, "apmac")),
            ssid=one(query, "essid", 32),
            address=address(one(query, "ip")),
            destination=destination(one(query, "url", LONGEST_URL)),
            state=State.FAILED if error else State.NOT_YET,
            reason=error,
            words=(("host", host),) if host else (),
        )

    def let_in(self, arrival: Arrival, gateway: Gateway, login: Login, plan: Plan, left: Remaining) -> Way:
        """POST to the controller; a guest whom the road sent is let in by the role."""
        if arrival.proven:
            return self._change(targets.of(arrival), gateway)
        at = dict(arrival.words).get("host") or next(iter(self.origins(gateway)))
        fields = (
            ("cmd", "authenticate"),
            ("user", login.name),
            ("password", login.password),
            ("url", arrival.back or arrival.destination),
        )
        return Browse("POST", at + _PATH, tuple((name, value) for name, value in fields if value))

    def origins(self, gateway: Gateway) -> tuple[str, ...]:
        """`login_url` alone where it is registered; else Aruba's own names and the controller's registered address."""
        if found := origin(gateway.options.login_url):
            return (found,)
        at = f"[{gateway.address}]" if ":" in gateway.address else gateway.address
        return (*(f"https://{host}" for host in OWN_HOSTS), *((f"https://{at}",) if at else ()))

    def attributes(self, plan: Plan, left: Remaining, gateway: Gateway) -> Attributes:
        """The generic ones, and Aruba-User-Role where `role` names one; rates are the role's own."""
        return (*super().attributes(plan, left, gateway), *filled(("Aruba-User-Role", gateway.options.role)))

    def redirect(self, url: str, asked: Asked, gateway: Gateway) -> Attributes | None:
        """The waiting role and our URL; None without `portal_acl`: a Reject leaves the station in the controller's initial role."""
        if not gateway.options.portal_acl or len(url.encode()) > MOST:
            return None
        return (("Aruba-User-Role", gateway.options.portal_acl), ("Aruba-Captive-Portal-URL", url))

    def session(self, target: Target, gateway: Gateway) -> Attributes:
        """By the station alone."""
        return filled(("Calling-Station-Id", self.station(target.station, gateway)))

    def _change(self, target: Target, gateway: Gateway) -> Way:
        if not gateway.options.role:
            return self.disconnect(target, gateway)  # it joins anew, and its grant is found
        named = self.session(target, gateway)
        return Change(disconnect=False, attributes=(*_nas(target), *named, ("Filter-Id", gateway.options.role)))

    def disconnect(self, target: Target, gateway: Gateway) -> Way:
        """Disconnect-Request with the controller's address and the station."""
        if not target.station:
            return Refused("the station is not known")
        return Change(disconnect=True, attributes=(*_nas(target), *self.session(target, gateway)))

    def _known(self, said: str, gateway: Gateway) -> str:
        """The origin to post to that the redirect names, where it is one of ours; else ""."""
        url = said if "://" in said else f"https://{said}"
        return origin(url) if allowed(url, self.origins(gateway)) else ""


def _nas(target: Target) -> Attributes:
    """NAS-IP-Address; a virtual controller's NAS-Identifier differs between its access points and would refuse the order."""
    return filled(("NAS-IPv6-Address" if ":" in target.nas_address else "NAS-IP-Address", target.nas_address))
