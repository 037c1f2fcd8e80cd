"""A NAS of which nothing but the RFCs is known: MAC authentication, Session-Timeout, Disconnect; no redirect of its own.

Every family begins here and overrides what it does otherwise. Guests of a generic NAS sign in somewhere else (a code on
another page, 802.1X), or are let in by their address; its redirect, if it has one, is read for `mac`, `ap`, `ssid`, `ip`
and `url`. Never names a session by an attribute that was not reported (RFC 5176, 3: one that does not fit refuses all).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from radius.nas import amounts
from radius.nas.family import Arrival, Attributes, Change, Family, Means, Misfit, Refused, Target
from radius.nas.mac import FORM, read, written
from radius.nas.query import LONGEST_URL, address, destination, one, origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from radius.nas.family import Gateway, Login, Way
    from radius.nas.plan import Plan, Remaining

INTERIM: Final = 300  # seconds between reports of use, by which quotas are counted (RFC 2869, 5.16: never below 60)


class Generic(Family):
    """RFC 2865, 2869 and 5176, and the defaults of every other family."""

    grants: ClassVar[Means] = Means.RADIUS
    mac_form: ClassVar[str] = FORM  # an example of how orders spell stations, where `mac_format` does not say

    def arrival(self, query: Mapping[str, Sequence[str]], gateway: Gateway, now: float) -> Arrival | Misfit:
        """Nothing is required; what is there must be what it says."""
        if (said := one(query, "mac")) and not read(said):
            return Misfit.MALFORMED
        return Arrival(
            station=read(said),
            access_point=read(one(query, "ap")),
            ssid=one(query, "ssid", 32),
            address=address(one(query, "ip")),
            destination=destination(one(query, "url", LONGEST_URL)),
        )

    def let_in(self, arrival: Arrival, gateway: Gateway, login: Login, plan: Plan, left: Remaining) -> Way:
        """A Disconnect of the waiting station, which comes back and is let in by its address."""
        if not arrival.station:
            return Refused("this gateway does not say whose device this is")
        return self.disconnect(Target(station=arrival.station), gateway)

    def origins(self, gateway: Gateway) -> tuple[str, ...]:
        """The registered origin of `login_url`, where there is one."""
        found = origin(gateway.options.login_url)
        return (found,) if found else ()

    def attributes(self, plan: Plan, left: Remaining, gateway: Gateway) -> Attributes:
        """Session-Timeout, Idle-Timeout (RFC 2865, 5.27 and 5.28) and Acct-Interim-Interval."""
        return (
            *amounts.seconds(left.seconds, "Session-Timeout"),
            *amounts.seconds(plan.idle, "Idle-Timeout"),
            ("Acct-Interim-Interval", INTERIM),
        )

    def station(self, mac: str, gateway: Gateway) -> str:
        """As `mac_format` shows, else as this family usually writes it."""
        return written(mac, gateway.options.mac_format or self.mac_form) if mac else ""

    def disconnect(self, target: Target, gateway: Gateway) -> Way:
        """Disconnect-Request with whatever names the NAS and the session (RFC 5176, 3)."""
        named = self.session(target, gateway)
        if not named:
            return Refused("nothing is known that names the session")
        # A client that was given no port of its own stands at the RFC's; this family's is another.
        port = self.port if gateway.coa_port == Family.port != self.port else None
        return Change(disconnect=True, attributes=(*nas(target), *named), port=port)

    def session(self, target: Target, gateway: Gateway) -> Attributes:
        """The attributes that name a session to this family."""
        return filled(
            ("User-Name", user(target)),
            ("Calling-Station-Id", self.station(target.station, gateway)),
            ("Acct-Session-Id", target.acct_session_id),
        )


def registered(gateway: Gateway, port: int) -> str:
    """The origin of `login_url`; where none is declared, http at `port` of the client's one address; else ""."""
    if gateway.options.login_url or not gateway.address:
        return origin(gateway.options.login_url)
    host = f"[{gateway.address}]" if ":" in gateway.address else gateway.address
    return origin(f"http://{host}:{port}")


def user(target: Target) -> str:
    """The User-Name as it was; "" where it is not UTF-8 and an attribute of text cannot repeat it."""
    try:
        return target.user_name.decode()
    except UnicodeDecodeError:
        return ""


def nas(target: Target) -> Attributes:
    """The NAS's own name and address, as it gave them (RFC 5176, 3)."""
    kind = "NAS-IPv6-Address" if ":" in target.nas_address else "NAS-IP-Address"
    return filled(("NAS-Identifier", target.nas_identifier), (kind, target.nas_address))


def filled(*named: tuple[str, str | int | None]) -> Attributes:
    """Those that have a value: an attribute of no octets may not be sent (RFC 2865, 5)."""
    return tuple((name, value) for name, value in named if value is not None and value != "")
