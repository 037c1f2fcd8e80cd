r"""MikroTik RouterOS hotspot: our own login.html sends the guest with the variables that we name; a login by GET.

Theory of operation. RouterOS has no redirect of its own to a portal elsewhere: the file login.html in its hotspot folder is
ours (guides/mikrotik.md) and sends the browser on with mac, ip, orig, error, chap-id and chap-challenge. The two CHAP
values come as RouterOS writes them into a page, each octet as a backslash and three octal digits. The browser goes to
/login at the registered origin by GET, which RouterOS takes as well as POST and no browser warns about.

Never sends a guest to `link-login-only`: only to the registered `login_url`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final

from radius.nas import amounts, uam
from radius.nas.family import Arrival, Attributes, Bound, Browse, Change, Means, Misfit, Refused, State
from radius.nas.generic import Generic, filled, nas, user
from radius.nas.mac import read
from radius.nas.query import LONGEST_URL, address, destination, one, origin, url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from radius.nas.family import Gateway, Login, Target, Way
    from radius.nas.plan import Plan, Remaining

_OCTET: Final = re.compile(r"\\([0-3][0-7]{2})|([^\\])", re.DOTALL)
_UNBOUND: Final = "1000M"  # of a pair of which one has no limit: a rate of 0 must never be sent


class Mikrotik(Generic):
    """RouterOS 6 and 7."""

    name: ClassVar[str] = "mikrotik"
    grants: ClassVar[Means] = Means.BROWSER
    limits: ClassVar[Means] = Means.RADIUS
    holds: ClassVar[frozenset[Bound]] = frozenset(Bound)
    needs: ClassVar[frozenset[str]] = frozenset({"login_url"})
    mac_form: ClassVar[str] = "AA:BB:CC:DD:EE:FF"

    def arrival(self, query: Mapping[str, Sequence[str]], gateway: Gateway, now: float) -> Arrival | Misfit:
        """What our login.html passes on."""
        if not one(query, "mac"):
            return Misfit.MISSING
        ident, challenge = octets(one(query, "chap-id")), octets(one(query, "chap-challenge"))
        if not (station := read(one(query, "mac"))) or ident is None or challenge is None:
            return Misfit.MALFORMED
        if (len(ident), len(challenge)) not in {(0, 0), (1, uam.CHALLENGE)}:
            return Misfit.MALFORMED
        error = one(query, "error")
        return Arrival(
            station=station,
            address=address(one(query, "ip")),
            ssid=one(query, "ssid", 32),
            destination=destination(one(query, "orig", LONGEST_URL)),
            challenge=(ident + challenge).hex(),
            state=State.FAILED if error else State.NOT_YET,
            reason=error,
        )

    def let_in(self, arrival: Arrival, gateway: Gateway, login: Login, plan: Plan, left: Remaining) -> Way:
        """GET /login; HTTP-CHAP where the router gave a challenge, else the one-time password as it is."""
        if not (where := origin(gateway.options.login_url)):
            return Refused("`login_url` is not declared for this gateway")
        password = login.password
        if arrival.challenge:
            given = bytes.fromhex(arrival.challenge)
            password = uam.chap(password.encode(), given[1:], given[0])
        back = arrival.back or arrival.destination
        words = [("username", login.name), ("password", password), *([("dst", back)] if back else [])]
        return Browse("GET", url(f"{where}/login", words))

    def attributes(self, plan: Plan, left: Remaining, gateway: Gateway) -> Attributes:
        """Mikrotik-Rate-Limit is "rx/tx" as the router sees the client: upload first."""
        rate = f"{_rate(plan.up)}/{_rate(plan.down)}" if plan.up or plan.down else ""
        return (
            *super().attributes(plan, left, gateway),
            *amounts.octets(left.octets, "Mikrotik-Total-Limit", "Mikrotik-Total-Limit-Gigawords"),
            *filled(("Mikrotik-Rate-Limit", rate), ("Mikrotik-Group", gateway.options.role)),
        )

    def limit(self, target: Target, plan: Plan, left: Remaining, gateway: Gateway) -> Way:
        """A CoA; the hotspot counts time and octets from the login, so what was used is added."""
        named = self.session(target, gateway)
        if not named:
            return Refused("nothing is known that names the session")
        return Change(disconnect=False, attributes=(*nas(target), *named, *self.attributes(plan, amounts.whole(left, target), gateway)))

    def session(self, target: Target, gateway: Gateway) -> Attributes:
        """User-Name (for a session by MAC that is the MAC), Acct-Session-Id and Framed-IP-Address."""
        return filled(
            ("User-Name", user(target) or self.station(target.station, gateway)),
            ("Acct-Session-Id", target.acct_session_id),
            ("Framed-IP-Address", target.address if ":" not in target.address else ""),
        )


def octets(text: str) -> bytes | None:
    r"""The octets of RouterOS' `\017\205-…`; b"" of "", None where it is no such text."""
    found = _OCTET.findall(text)
    if "".join("\\" + octal if octal else plain for octal, plain in found) != text or any(plain > "\x7f" for _, plain in found):
        return None
    return bytes(int(octal, 8) if octal else ord(plain) for octal, plain in found)


def _rate(bits: int | None) -> str:
    if not bits:
        return _UNBOUND
    return f"{bits // 10**6}M" if bits % 10**6 == 0 else f"{max(bits // 1000, 1)}k"
