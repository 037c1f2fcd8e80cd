"""Cambium cnPilot and Enterprise Wi-Fi, guest access "External Hotspot": a POST to the access point's hotspot_login.cgi.

Every access point is its own login, at port 880 (https: 444), and the state of the guest is in `ga_Qv`, which must go back
in the URL exactly as it came, percent-encoding and all: so the query is read raw. With "External Portal Post Through
cnMaestro" the login is cnMaestro's, and that is the `login_url`. Octets have Cambium's own attributes, with Gigawords;
rates are read as WISPr's (the vendor names them after the Wi-Fi Alliance, whose number that is; unit not confirmed).

Never posts to `ga_srvr`: only to the registered `login_url`, or to the client's own address.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final

from radius.nas import amounts
from radius.nas.family import Arrival, Attributes, Bound, Browse, Means, Misfit, Refused, State
from radius.nas.generic import Generic, registered
from radius.nas.mac import read
from radius.nas.query import LONGEST_URL, RAW, address, destination, one

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from radius.nas.family import Gateway, Login, Way, Words
    from radius.nas.plan import Plan, Remaining

_PORT: Final = 880
_ECHOED: Final = ("ga_ssid", "ga_ap_mac", "ga_nas_id", "ga_srvr", "ga_cmac", "ga_cip", "ga_orig_url")
_LONGEST: Final = 512  # characters of what is echoed: a visit's token has to hold it; a longer ga_orig_url is left out
_FIELD: Final = re.compile(r"(?:^|[&?])(ga_[A-Za-z_]{1,16})=([A-Za-z0-9._~%+*:!-]{1,2048})(?=&|$)", re.ASCII)


class Cambium(Generic):
    """cnPilot e-series and XV/XE access points."""

    name: ClassVar[str] = "cambium"
    grants: ClassVar[Means] = Means.BROWSER
    posts: ClassVar[bool] = True
    holds: ClassVar[frozenset[Bound]] = frozenset(Bound)

    def arrival(self, query: Mapping[str, Sequence[str]], gateway: Gateway, now: float) -> Arrival | Misfit:
        """`ga_srvr` must be the client's address where that is what guests are sent to."""
        raw = dict(reversed(_FIELD.findall(next(iter(query.get(RAW, ())), ""))))  # the first of each name, as `one` has it
        if not one(query, "ga_cmac") or "ga_Qv" not in raw:
            return Misfit.MISSING
        if not (station := read(one(query, "ga_cmac"))):
            return Misfit.MALFORMED
        server = address(one(query, "ga_srvr"))
        if not gateway.options.login_url and gateway.address and server != gateway.address:
            return Misfit.FOREIGN
        error = one(query, "ga_error_code", 32)
        return Arrival(
            station=station,
            access_point=read(one(query, "ga_ap_mac")),
            ssid=one(query, "ga_ssid", 32),
            address=address(one(query, "ga_cip")),
            destination=destination(one(query, "ga_orig_url", LONGEST_URL)),
            state=State.FAILED if error else State.NOT_YET,
            reason=error,
            words=(("ga_Qv", raw["ga_Qv"]), *_echoed(query)),
        )

    def let_in(self, arrival: Arrival, gateway: Gateway, login: Login, plan: Plan, left: Remaining) -> Way:
        """POST ga_user, ga_pass and what came; ga_Qv in the URL, untouched."""
        if not (where := registered(gateway, _PORT)):
            return Refused("`login_url` is not declared, and the client has not exactly one address")
        state = dict(arrival.words).get("ga_Qv", "")
        if not _FIELD.fullmatch(f"ga_Qv={state}"):
            return Refused("this guest's visit has lost the access point's own state")
        echoed = tuple((name, value) for name, value in arrival.words if name in _ECHOED)
        words = (("ga_user", login.name), ("ga_pass", login.password), *echoed)
        return Browse("POST", f"{where}/cgi-bin/hotspot_login.cgi?ga_Qv={state}", words)

    def origins(self, gateway: Gateway) -> tuple[str, ...]:
        """`login_url`, else port 880 of the client's address."""
        where = registered(gateway, _PORT)
        return (where,) if where else ()

    def attributes(self, plan: Plan, left: Remaining, gateway: Gateway) -> Attributes:
        """Times, Cambium's total quota, WISPr's rates."""
        return (
            *super().attributes(plan, left, gateway),
            *amounts.octets(left.octets, "Cambium-Traffic-Quota-Limit-Total", "Cambium-Traffic-Quota-Limit-Total-Gigwords"),
            *amounts.rate(plan.up, "WISPr-Bandwidth-Max-Up"),
            *amounts.rate(plan.down, "WISPr-Bandwidth-Max-Down"),
        )


def _echoed(query: Mapping[str, Sequence[str]]) -> Words:
    return tuple((name, value) for name in _ECHOED if (value := one(query, name, _LONGEST)))
