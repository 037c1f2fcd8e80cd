"""Cisco WLC, local web authentication with an external page: the guest's browser posts credentials to the WLC.

The redirect has switch_url, ap_mac, client_mac, wlan, redirect and statusCode. The WLC's virtual address is the same in
every installation of a site, so `login_url` registers it; a switch_url elsewhere is FOREIGN. Never posts to a switch_url.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from radius.nas.cisco import Cisco
from radius.nas.family import Arrival, Browse, Change, Means, Misfit, Refused, State
from radius.nas.generic import filled, nas
from radius.nas.mac import read
from radius.nas.query import LONGEST_URL, allowed, destination, one, origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from radius.nas.family import Gateway, Login, Target, Way
    from radius.nas.plan import Plan, Remaining

_PATH: Final = "/login.html"
_STATUS: Final = {  # statusCode -> what it says of the guest
    "1": (State.ALREADY, "already signed in"),
    "2": (State.FAILED, "the controller is not set up for this page"),
    "3": (State.FAILED, "the name is in use or may not be used"),
    "4": (State.FAILED, "the device is excluded by the controller"),
    "5": (State.FAILED, "the controller refused the credentials"),
}


class CiscoLwa(Cisco):
    """Local web authentication."""

    name: ClassVar[str] = "cisco-lwa"
    grants: ClassVar[Means] = Means.BROWSER
    posts: ClassVar[bool] = True
    needs: ClassVar[frozenset[str]] = frozenset({"login_url"})

    def arrival(self, query: Mapping[str, Sequence[str]], gateway: Gateway, now: float) -> Arrival | Misfit:
        """The redirect of the WLC; what it appended after a second `?` or without one was read by radius.nas.query."""
        said = one(query, "client_mac")
        if not said or not (switch := one(query, "switch_url", LONGEST_URL)):
            return Misfit.MISSING
        if not (station := read(said)):
            return Misfit.MALFORMED
        if not allowed(switch, self.origins(gateway)):
            return Misfit.FOREIGN
        state, reason = _STATUS.get(one(query, "statusCode"), (State.NOT_YET, ""))
        return Arrival(
            station=station,
            access_point=read(one(query, "ap_mac")),
            ssid=one(query, "wlan", 32),
            destination=destination(one(query, "redirect", LONGEST_URL)),
            state=state,
            reason=reason,
        )

    def let_in(self, arrival: Arrival, gateway: Gateway, login: Login, plan: Plan, left: Remaining) -> Way:
        """POST to the registered login page."""
        if not (found := origin(gateway.options.login_url)):
            return Refused("login_url is not set for this gateway")
        fields = (
            ("username", login.name),
            ("password", login.password),
            ("buttonClicked", "4"),  # "Submit" of the WLC's own page
            ("err_flag", "0"),
            ("redirect_url", arrival.back or arrival.destination),
        )
        return Browse("POST", found + _PATH, tuple((name, value) for name, value in fields if value))

    def disconnect(self, target: Target, gateway: Gateway) -> Way:
        """Disconnect with Service-Type Login-User: the station's entry goes, and with it the web sign-in."""
        if not target.station:
            return Refused("the station is not known")
        named = (*nas(target), *filled(("Calling-Station-Id", self.station(target.station, gateway))), ("Service-Type", "Login-User"))
        return Change(disconnect=True, attributes=named)
