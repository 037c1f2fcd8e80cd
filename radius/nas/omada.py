"""Omada controllers (v4 to v6): the access point or gateway sends the guest, the hotspot API lets the guest in. No RADIUS.

The redirect of an access point has clientMac, apMac, ssidName, radioId, site; that of a gateway clientMac, gatewayMac,
vid, site; from 6.2.10 also clientIp. All of it is repeated in the API's call. clientIp may be the venue's own address:
it is repeated and never believed. The unit of `time` is disputed: `time_unit`, ms where it is not said.

Never takes another site than the registered one.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from radius.nas import omada_hotspot
from radius.nas.family import Arrival, Attributes, Bound, Calls, Means, Misfit, Refused
from radius.nas.generic import Generic
from radius.nas.mac import read
from radius.nas.query import LONGEST_URL, address, destination, one, origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from radius.nas.family import Gateway, Login, Target, Way
    from radius.nas.plan import Plan, Remaining

UNITS: Final = {"s": 1, "ms": 1_000, "us": 1_000_000}  # parts of a second
DAY: Final = 86_400  # seconds, where a plan has no end: the call has no way to say "without limit"
_NUMBERS: Final = ("radioId", "vid")


class Omada(Generic):
    """A software or hardware controller, on site or off."""

    name: ClassVar[str] = "omada"
    grants: ClassVar[Means] = Means.HTTP
    ends: ClassVar[Means] = Means.HTTP
    limits: ClassVar[Means] = Means.HTTP
    radius: ClassVar[bool] = False
    holds: ClassVar[frozenset[Bound]] = frozenset({Bound.TIME})
    needs: ClassVar[frozenset[str]] = frozenset({"api_url", "api_user", "api_secret"})

    def arrival(self, query: Mapping[str, Sequence[str]], gateway: Gateway, now: float) -> Arrival | Misfit:
        """The redirect of an access point, else of a gateway."""
        said, site = one(query, "clientMac"), one(query, "site")
        if not said or not site or not (one(query, "apMac") or one(query, "gatewayMac")):
            return Misfit.MISSING
        station = read(said)
        point, router = read(one(query, "apMac")), read(one(query, "gatewayMac"))
        numbers = {name: value for name in _NUMBERS if (value := one(query, name, 5))}
        if not station or not (point or router) or not all(value.isascii() and value.isdigit() for value in numbers.values()):
            return Misfit.MALFORMED
        if gateway.options.site and site != gateway.options.site:
            return Misfit.FOREIGN
        words = {"apMac": point} if point else {"gatewayMac": router}
        words |= {"ssidName": one(query, "ssidName", 32), **numbers, "site": site, "clientIp": address(one(query, "clientIp"))}
        return Arrival(
            station=station,
            access_point=point or router,
            ssid=words["ssidName"],
            destination=destination(one(query, "redirectUrl", LONGEST_URL)),
            words=tuple((name, value) for name, value in words.items() if value),
        )

    def let_in(self, arrival: Arrival, gateway: Gateway, login: Login, plan: Plan, left: Remaining) -> Way:
        """Authorize the station for what is left of its time."""
        return self._authorize(arrival.station, dict(arrival.words), gateway, left)

    def attributes(self, plan: Plan, left: Remaining, gateway: Gateway) -> Attributes:
        """None: it sends no RADIUS."""
        return ()

    def limit(self, target: Target, plan: Plan, left: Remaining, gateway: Gateway) -> Way:
        """A new authorization takes the place of the old."""
        return self._authorize(target.station, _words(target), gateway, left)

    def disconnect(self, target: Target, gateway: Gateway) -> Way:
        """`unauth`, which not every version has; else an authorization that ends at once."""
        if why := self._lacking(target.station, gateway):
            return Refused(why)
        body = self._body(target.station, _words(target), gateway, 0)
        return Calls(partial(omada_hotspot.end, gateway, body))

    def _authorize(self, mac: str, words: dict[str, str], gateway: Gateway, left: Remaining) -> Way:
        if why := self._lacking(mac, gateway):
            return Refused(why)
        if not (words.get("apMac") or words.get("gatewayMac")):
            return Refused("it is not known at which access point or gateway the station is")
        seconds = DAY if left.seconds is None else left.seconds
        return Calls(partial(omada_hotspot.authorize, gateway, self._body(mac, words, gateway, seconds)))

    def _body(self, mac: str, words: dict[str, str], gateway: Gateway, seconds: int) -> dict[str, Any]:
        """What the API is told: the redirect's words, and a time of at least one unit."""
        kept: dict[str, Any] = {name: int(value) if name in _NUMBERS and value.isdecimal() else value for name, value in words.items()}
        kept.setdefault("site", gateway.options.site or "Default")
        parts = UNITS.get(gateway.options.time_unit, UNITS["ms"])
        return {"clientMac": self.station(mac, gateway), **kept, "time": max(1, seconds * parts), "authType": 4}

    def _lacking(self, mac: str, gateway: Gateway) -> str:
        if not origin(gateway.options.api_url) or self.lacks(gateway.options):
            return f"this gateway's options lack {self.lacks(gateway.options) or 'a usable api_url'}"
        return "" if mac else "the station is not known"


def _words(target: Target) -> dict[str, str]:
    """The redirect's words as the order kept them, else what is known of the place."""
    if target.words:
        return dict(target.words)
    words = {"apMac": target.access_point, "ssidName": target.ssid}
    return {name: value for name, value in words.items() if value}
