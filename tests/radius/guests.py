"""The road with a guests' half: plans, a device key, a gateway's family, and a porter that the test itself plays.

The device's hash is made here with the standard library, so that the road is not its own witness.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from typing import TYPE_CHECKING

from federation.realms import RealmRow
from radius.actions import Ask
from radius.grants import LiveGrant
from radius.nas.family import Gateway, Options
from radius.nas.plan import Plan
from radius.tables import Action, Place
from tests.radius.road import BELOW, BOOK, Road, only

if TYPE_CHECKING:
    from collections.abc import Iterable

    from radius.actions import Actions
    from radius.tables import Home, Limits, Tables

DEVICE_KEY, VISIT_KEY = b"d" * 32, b"v" * 32
DATE = 1_790_000_000.0  # seconds since 1970 at the road's second 1000
MAC, STATION = b"aa:bb:cc:dd:ee:01", b"AA-BB-CC-DD-EE-01"
ENDS = DATE + 3600.0
PLANS = (
    Plan("visitor", session=7200, idle=900, up=2_000_000, down=10_000_000),
    Plan("daily", day_time=3600, day_data=6_000_000_000, month_data=20_000_000_000),
    Plan("family", simultaneous=2),
)
LOCAL = RealmRow("city.example", action=Action.LOCAL)


def device(station: bytes = STATION) -> bytes:
    """16 octets: HMAC-SHA-256 of AA-BB-CC-DD-EE-FF (radius.grants.LiveGrant)."""
    return hmac.new(DEVICE_KEY, station, "sha256").digest()[:16]


def grant(station: bytes = STATION, plan: str = "visitor", ends_at: float = ENDS, **more: object) -> LiveGrant:
    """A live grant of this station."""
    return LiveGrant(device(station), "Grant0123456789x", plan, ends_at, **more)  # type: ignore[arg-type]


def hidden(password: bytes, authenticator: bytes, secret: bytes = BELOW) -> bytes:
    """User-Password (RFC 2865, 5.2)."""
    plain, out, last = password.ljust(-(-len(password) // 16) * 16 or 16, b"\0"), b"", authenticator
    for at in range(0, len(plain), 16):
        last = bytes(a ^ b for a, b in zip(plain[at : at + 16], hashlib.md5(secret + last).digest(), strict=True))
        out += last
    return out


class Guests(Road):
    """A road whose one client has guests."""

    def __init__(self, nas: str = "generic", limits: Limits | None = None, realms: Iterable[RealmRow] = (), **options: object) -> None:
        self.gateway = Gateway("library", nas, "0123456789abcdef", "https://wifi.city.example", options=Options(**options))  # type: ignore[arg-type]
        self.rules: tuple[object, ...] = ()
        self.place = Place(access_point="lib-1", bssid="02-00-00-00-0A-01", ssid="City Wi-Fi", site="central-library")
        super().__init__(
            (), (*realms, LOCAL, RealmRow("uni-a.example", homes=("uni-a-1", "uni-a-2"))), limits, nas=nas, gateway=self.gateway
        )
        self.engine.date(DATE - self.now)

    def tables(self, homes: Iterable[Home], limits: Limits | None = None, rules: Iterable[object] = ()) -> Tables:
        """One version of the network, with guests."""
        return replace(
            super().tables(homes, limits, (*rules, *self.rules)),
            place=lambda _called, _nas, _client: self.place,
            plans={plan.name: plan for plan in PLANS},
            device_key=DEVICE_KEY,
            written=BOOK.written,
            visit_key=VISIT_KEY,
        )

    def knows(self, *grants: LiveGrant) -> None:
        """The porter's stream."""
        self.engine.local.grants.put(grants)

    def mac(self, *more: tuple[int, bytes], user: bytes = MAC, station: bytes | None = STATION) -> bytes:
        """A MAC authentication as a NAS sends it: the address is name and password."""
        asked = self.ask(user=user)
        calling = ((31, station),) if station is not None else ()
        return self.ask((2, hidden(user, asked[4:20])), *calling, *more, user=user)

    def pap(self, user: bytes, password: bytes, *more: tuple[int, bytes]) -> bytes:
        """PAP: hidden with the very authenticator of the request."""
        state = self.random.getstate()
        authenticator = self.random.randbytes(16)
        self.random.setstate(state)
        return self.ask((2, hidden(password, authenticator)), (31, STATION), *more, user=user)


def questions(actions: Actions) -> list[object]:
    """What the porter is asked."""
    return [ask.question for ask in only(actions, Ask)]


def ticket(actions: Actions) -> int:
    """The ticket of the one question."""
    (ask,) = only(actions, Ask)
    return ask.ticket
