"""Arrivals that the road itself sent: the guest comes with what an Access-Request said, sealed by us into the URL.

The guest app opens the token and passes its parts on under names that begin with "road.", which it takes from nobody
else. Never believes a part without the others' form being right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius.nas.family import Arrival, Misfit
from radius.nas.mac import read
from radius.nas.query import LONGEST_URL, destination, one

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WORDS: Final = ("nas_address", "nas_port", "source", "local")


def came(query: Mapping[str, Sequence[str]]) -> bool:
    """Whether this guest comes with a token of the road's."""
    return "road.station" in query


def arrival(query: Mapping[str, Sequence[str]]) -> Arrival | Misfit:
    """The station and where it is; MISSING without a token, for then nobody knows whose browser this is."""
    if not came(query):
        return Misfit.MISSING
    station = read(one(query, "road.station"))
    port = one(query, "road.nas_port")
    if not station or (port and not (port.isascii() and port.isdigit() and int(port[:11]) < 1 << 32)):
        return Misfit.MALFORMED
    wanted = (one(query, name, LONGEST_URL) for name in ("redirect_url", "redirect", "url"))
    return Arrival(
        station=station,
        access_point=read(one(query, "road.access_point")),
        ssid=one(query, "road.ssid", 32),
        destination=next((url for each in wanted if (url := destination(each))), ""),
        session=one(query, "road.session"),
        proven=True,
        words=tuple((name, value) for name in WORDS if (value := one(query, f"road.{name}"))),
    )
