"""UniFi: the console sends the guest, its API lets the guest in and out. No RADIUS.

The redirect is /guest/s/<site>/?id=<station>&ap=<ap>&t=<moment>&url=<wanted>&ssid=<name>. With `api_user` the classic API
is spoken (a session with a cookie), without it the keyed one of Network 9.1 and later (X-API-KEY). The unit of `bytes`
in the classic API is disputed among those who use it: `bytes_unit`, MB where it is not said.

Never proves who the guest is: whoever can open the page may name any station, and gets it no more than its own plan.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from radius.nas import amounts, unifi_classic, unifi_keyed
from radius.nas.family import Arrival, Attributes, Bound, Calls, Means, Misfit, Refused
from radius.nas.generic import Generic
from radius.nas.mac import read, written
from radius.nas.query import LONGEST_URL, destination, one, origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from radius.nas.family import Gateway, Login, Options, Target, Way
    from radius.nas.plan import Plan, Remaining

UNITS: Final = {"B": 1, "kB": 1_000, "MB": 1_000_000}
_MINUTES: Final = 1_000_000  # the keyed API's own bounds (developer documentation of Network 9.1)
_MEGABYTES: Final = 1_048_576
_KBITS: Final = (2, 100_000)


class Unifi(Generic):
    """A UniFi console or self-hosted Network application."""

    name: ClassVar[str] = "unifi"
    grants: ClassVar[Means] = Means.HTTP
    ends: ClassVar[Means] = Means.HTTP
    limits: ClassVar[Means] = Means.HTTP
    radius: ClassVar[bool] = False
    holds: ClassVar[frozenset[Bound]] = frozenset({Bound.TIME, Bound.RATE, Bound.DATA})
    needs: ClassVar[frozenset[str]] = frozenset({"api_url", "api_secret"})
    mac_form: ClassVar[str] = "aa:bb:cc:dd:ee:ff"

    def arrival(self, query: Mapping[str, Sequence[str]], gateway: Gateway, now: float) -> Arrival | Misfit:
        """The console's redirect."""
        if not (said := one(query, "id")):
            return Misfit.MISSING
        station = read(said)
        moment = one(query, "t")
        if not station or (moment and not moment.isdecimal()):
            return Misfit.MALFORMED
        return Arrival(
            station=station,
            access_point=read(one(query, "ap")),
            ssid=one(query, "ssid", 32),
            destination=destination(one(query, "url", LONGEST_URL)),
        )

    def let_in(self, arrival: Arrival, gateway: Gateway, login: Login, plan: Plan, left: Remaining) -> Way:
        """Authorize the station."""
        return self._authorize(arrival.station, arrival.access_point, gateway, plan, left)

    def attributes(self, plan: Plan, left: Remaining, gateway: Gateway) -> Attributes:
        """None: it sends no RADIUS."""
        return ()

    def limit(self, target: Target, plan: Plan, left: Remaining, gateway: Gateway) -> Way:
        """A new authorization takes the place of the old."""
        return self._authorize(target.station, target.access_point, gateway, plan, left)

    def disconnect(self, target: Target, gateway: Gateway) -> Way:
        """Take the authorization back, then have the station join anew."""
        if why := self._lacking(target.station, gateway):
            return Refused(why)
        station = self.station(target.station, gateway)
        if keyed(gateway.options):
            return Calls(partial(unifi_keyed.act, gateway, station, {"action": "UNAUTHORIZE_GUEST_ACCESS"}))
        commands = [{"cmd": name, "mac": station} for name in ("unauthorize-guest", "kick-sta")]
        return Calls(partial(unifi_classic.command, gateway, commands))

    def _authorize(self, mac: str, access_point: str, gateway: Gateway, plan: Plan, left: Remaining) -> Way:
        if why := self._lacking(mac, gateway):
            return Refused(why)
        station = self.station(mac, gateway)
        if keyed(gateway.options):
            return Calls(partial(unifi_keyed.act, gateway, station, {"action": "AUTHORIZE_GUEST_ACCESS", **_keyed(plan, left)}))
        command = {"cmd": "authorize-guest", "mac": station, **_classic(plan, left, gateway.options.bytes_unit)}
        if access_point:
            command["ap_mac"] = written(access_point, self.mac_form)
        return Calls(partial(unifi_classic.command, gateway, [command]))

    def _lacking(self, mac: str, gateway: Gateway) -> str:
        if not origin(gateway.options.api_url) or self.lacks(gateway.options):
            return f"this gateway's options lack {self.lacks(gateway.options) or 'a usable api_url'}"
        return "" if mac else "the station is not known"


def keyed(options: Options) -> bool:
    """Whether the keyed API is meant."""
    return not options.api_user


def _classic(plan: Plan, left: Remaining, unit: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if left.seconds is not None:
        found["minutes"] = amounts.minutes(left.seconds)
    for name, bits in (("up", plan.up), ("down", plan.down)):
        if bits:
            found[name] = max(1, bits // 1_000)  # kbit/s
    if left.octets is not None:
        found["bytes"] = _held(left.octets, UNITS.get(unit, UNITS["MB"]))
    return found


def _keyed(plan: Plan, left: Remaining) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if left.seconds is not None:
        found["timeLimitMinutes"] = min(amounts.minutes(left.seconds), _MINUTES)
    if left.octets is not None:
        found["dataUsageLimitMBytes"] = min(_held(left.octets, UNITS["MB"]), _MEGABYTES)
    for name, bits in (("rxRateLimitKbps", plan.down), ("txRateLimitKbps", plan.up)):  # rx is what the guest receives
        if bits:
            found[name] = min(max(bits // 1_000, _KBITS[0]), _KBITS[1])
    return found


def _held(octets: int, unit: int) -> int:
    """Whole units that hold so many octets, at least one."""
    return max(1, -(-octets // unit))
