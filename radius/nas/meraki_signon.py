"""Meraki with a sign-on splash page: the browser posts one-time credentials to Meraki's cloud, which asks us by RADIUS.

Documented by the vendor (Captive Portal API, sign-on; interim accounting from 300 s). `login_url` holds Meraki's own
token and is repeated whole; its host is checked as with click-through. A failure comes back with `error_message`, whose
wording is not documented. Bandwidth is a group policy of the dashboard, chosen by Filter-Id.

Never posts credentials to a host that is neither registered nor Meraki's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from radius.nas.family import Arrival, Attributes, Browse, Means, Misfit, Refused, State
from radius.nas.generic import Generic, filled
from radius.nas.mac import read
from radius.nas.meraki_click import CLOUD, at_cloud
from radius.nas.query import LONGEST_URL, address, destination, one, origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from radius.nas.family import Gateway, Login, Way
    from radius.nas.plan import Plan, Remaining


class MerakiSignon(Generic):
    """MR access points, splash page "Sign-on with my RADIUS server", custom splash URL."""

    name: ClassVar[str] = "meraki-signon"
    grants: ClassVar[Means] = Means.BROWSER
    posts: ClassVar[bool] = True
    port: ClassVar[int] = 1700

    def arrival(self, query: Mapping[str, Sequence[str]], gateway: Gateway, now: float) -> Arrival | Misfit:
        """The login URL with its token, the station, the access point."""
        login, mac = one(query, "login_url", LONGEST_URL), one(query, "client_mac")
        if not login or not mac:
            return Misfit.MISSING
        if not (station := read(mac)):
            return Misfit.MALFORMED
        if not at_cloud(login, gateway):
            return Misfit.FOREIGN
        error = one(query, "error_message", 200)
        return Arrival(
            station=station,
            access_point=read(one(query, "ap_mac")),
            address=address(one(query, "client_ip")),
            destination=destination(one(query, "continue_url", LONGEST_URL)),
            state=State.FAILED if error else State.NOT_YET,
            reason=error,
            words=(("login_url", login),),
        )

    def let_in(self, arrival: Arrival, gateway: Gateway, login: Login, plan: Plan, left: Remaining) -> Way:
        """POST username, password, success_url."""
        where = dict(arrival.words).get("login_url", "")
        if not at_cloud(where, gateway):
            return Refused("the login URL is neither registered nor Meraki's")
        back = arrival.back or arrival.destination or gateway.portal
        return Browse("POST", where, (("username", login.name), ("password", login.password), ("success_url", back)))

    def origins(self, gateway: Gateway) -> tuple[str, ...]:
        """The registered origin, else every host of Meraki's cloud."""
        return super().origins(gateway) or (f"https://*.{CLOUD}",)

    def reaches(self, arrival: Arrival, gateway: Gateway) -> tuple[str, ...]:
        """The one host that this guest's login is at."""
        return tuple(origin(said) for _, said in arrival.words if at_cloud(said, gateway))

    def attributes(self, plan: Plan, left: Remaining, gateway: Gateway) -> Attributes:
        """Times, and the group policy that `role` names."""
        return (*super().attributes(plan, left, gateway), *filled(("Filter-Id", gateway.options.role)))
