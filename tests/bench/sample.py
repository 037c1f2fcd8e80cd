"""A network for an Engine without a socket: as many clients, homes and realms as asked for, looked up by the real tables.

Never touches the store: what `proxeny apply` and the snapshot add to start-up is measured by the bench's own start.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from federation.dress import Dresser
from federation.loops import has_looped
from federation.realms import RealmRow, Realms
from radius import dictionary
from radius.clients import Clients
from radius.policy import Policy, builtins
from radius.secret import Secret
from radius.tables import Client, Home, Limits, Place, Tables
from tests.bench import traffic

if TYPE_CHECKING:
    from collections.abc import Sequence

HOME, HOME_PORT = "127.0.0.1", 18120
TAG = b"\x50\x72\x6f\x78"
_BOOK = dictionary.load()
_BSSID = re.compile(rb"([0-9A-Fa-f]{2})[-:.]?" * 5 + rb"([0-9A-Fa-f]{2})(?::(.*))?", re.DOTALL)


def tables(
    clients: int = 1,
    realms: int = 1,
    homes: int = 1,
    limits: Limits | None = None,
    more_clients: Sequence[Client] = (),
    more_realms: Sequence[RealmRow] = (),
    port: int = HOME_PORT,
    **of_homes: object,
) -> Tables:
    """One client for all of 127.0.0.0/8 (and more beside it), realms r1.bench.example and on, all to the given homes."""
    secret = Secret(traffic.SECRET)
    rows = [Client("everyone", secret, ("127.0.0.0/8",)), *more_clients]
    rows += [Client(f"c{i}", secret, (f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}/32",)) for i in range(clients - 1)]
    servers = {f"home-{i}": Home(f"home-{i}", HOME, secret, port + 2 * i, port + 2 * i + 1, **of_homes) for i in range(homes)}
    names = tuple(servers)
    others = (RealmRow(f"r{i}.bench.example", homes=names) for i in range(1, realms))
    here = Realms([RealmRow(traffic.REALM, homes=names), *others, *more_realms])
    return Tables(
        clients=Clients(rows),
        homes=servers,
        policy=Policy(builtins(), _BOOK),
        route=here.route,
        dress=Dresser("1bench.example").dress,
        looped=partial(has_looped, tag=TAG),
        place=_place,
        proxy_tag=TAG,
        salted=_BOOK.salted,
        limits=limits or Limits(),
    )


_seen: dict[tuple[bytes | None, str], Place] = {}


def _place(called: bytes | None, _nas_identifier: bytes | None, client: Client) -> Place:
    """Remembered by Called-Station-Id and client, as the controller's own is."""
    key = (called, client.name)
    place = _seen.get(key)
    if place is None:
        match = _BSSID.fullmatch(called or b"")
        place = (
            Place(bssid=b"-".join(match.groups()[:6]).decode().upper(), ssid=(match[7] or b"").decode(errors="replace"))
            if match
            else Place()
        )
        if len(_seen) > 10_000:
            _seen.clear()
        _seen[key] = place
    return place
