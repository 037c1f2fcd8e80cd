"""Ruckus SmartZone: the guest comes by WISPr redirect and is let in by the northbound interface, or by the browser.

The redirect has nbiIP, client_mac, uip, ssid, url, proxy, zoneName, wlanName, sip, apip. With `api_url` the interface is
told Login with one-time credentials, which SmartZone brings to us by RADIUS; without it the guest's browser posts them to
`login_url`. Stations come encrypted unless the controller is told `no encrypt-mac-ip`: such an arrival is UNREADABLE.
CoA does not work where access points speak RADIUS themselves, so sessions end by the interface where there is one.

Never calls the nbiIP or sip that a query names.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from radius.nas import amounts, ruckus_nbi
from radius.nas.family import Arrival, Attributes, Bound, Browse, Calls, Means, Misfit, Refused
from radius.nas.generic import Generic, filled
from radius.nas.mac import read
from radius.nas.query import LONGEST_URL, address, destination, one, origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from radius.nas.family import Gateway, Login, Options, Target, Way
    from radius.nas.plan import Plan, Remaining

_PATH: Final = "/SubscriberPortal/hotspotlogin"
_ENCRYPTED: Final = "ENC"


class RuckusSz(Generic):
    """SmartZone and Virtual SmartZone."""

    name: ClassVar[str] = "ruckus-sz"
    grants: ClassVar[Means] = Means.HTTP
    ends: ClassVar[Means] = Means.HTTP
    holds: ClassVar[frozenset[Bound]] = frozenset({Bound.TIME, Bound.IDLE, Bound.RATE})

    def lacks(self, options: Options) -> str:
        """One of the two ways in must be whole."""
        if options.api_url:
            return "" if options.api_secret else "api_secret"
        return "" if options.login_url else "api_url with api_secret, or login_url"

    def arrival(self, query: Mapping[str, Sequence[str]], gateway: Gateway, now: float) -> Arrival | Misfit:
        """SmartZone's redirect."""
        if not (said := one(query, "client_mac")):
            return Misfit.MISSING
        if said.startswith(_ENCRYPTED):
            return Misfit.UNREADABLE
        if not (station := read(said)):
            return Misfit.MALFORMED
        proxy = one(query, "proxy", 8)
        wanted = (destination(one(query, name, LONGEST_URL)) for name in ("url", "StartURL"))
        return Arrival(
            station=station,
            access_point=read(one(query, "mac")),
            ssid=one(query, "ssid", 32),
            address=address(one(query, "uip")),
            destination=next((url for url in wanted if url), ""),
            words=(("proxy", proxy),) if proxy.isascii() and proxy.isalnum() else (),
        )

    def let_in(self, arrival: Arrival, gateway: Gateway, login: Login, plan: Plan, left: Remaining) -> Way:
        """Login at the interface, else the browser's POST."""
        if why := self.lacks(gateway.options):
            return Refused(f"this gateway's options lack {why}")
        proxy = dict(arrival.words).get("proxy", "0")
        if gateway.options.api_url:
            guest = ruckus_nbi.Guest(self.station(arrival.station, gateway), arrival.address, proxy, login.name, login.password)
            return Calls(partial(ruckus_nbi.ask, gateway, "Login", guest))
        fields = (
            ("uip", arrival.address),
            ("client_mac", self.station(arrival.station, gateway)),
            ("username", login.name),
            ("password", login.password),
            ("url", arrival.back or arrival.destination),
            ("proxy", proxy),
        )
        return Browse("POST", origin(gateway.options.login_url) + _PATH, tuple((name, value) for name, value in fields if value))

    def attributes(self, plan: Plan, left: Remaining, gateway: Gateway) -> Attributes:
        """The generic ones, WISPr's rates in bit/s, and the group where `role` names one."""
        return (
            *super().attributes(plan, left, gateway),
            *amounts.rate(plan.up, "WISPr-Bandwidth-Max-Up"),
            *amounts.rate(plan.down, "WISPr-Bandwidth-Max-Down"),
            *filled(("Ruckus-User-Groups", gateway.options.role)),
        )

    def disconnect(self, target: Target, gateway: Gateway) -> Way:
        """Disconnect at the interface, else by RADIUS with the User-Name of its accounting and the station."""
        if not gateway.options.api_url or self.lacks(gateway.options):
            return super().disconnect(target, gateway)
        if not target.station:
            return Refused("the station is not known")
        name = target.user_name.decode("utf-8", "replace")
        proxy = dict(target.words).get("proxy", "0")
        guest = ruckus_nbi.Guest(self.station(target.station, gateway), target.address, proxy, name)
        return Calls(partial(ruckus_nbi.ask, gateway, "Disconnect", guest))
