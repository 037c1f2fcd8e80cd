"""A guest comes through a door: what its gateway wrote into the query, read by the gateway's family.

A guest whom the road sent brings a token of ours; what it holds is passed on under names that begin with "road.", and
such names from outside are dropped. Never writes a row: nothing is kept of whoever only looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius.nas.asked import LIFETIME, ROAD, unpack
from radius.nas.family import Misfit
from radius.nas.query import RAW, one, parse

if TYPE_CHECKING:
    from portal.doors import Door
    from radius.nas.family import Arrival, Family
    from radius.nas.tokens import Tokens

_OURS: Final = "road."
_TOKEN: Final = 512  # characters; the road's own fit a Cisco-AVPair of 247 octets


def arrive(door: Door, family: Family, raw: str, tokens: Tokens, now: float) -> Arrival | Misfit:
    """The arrival that `raw`, the query as it came, tells of."""
    query = {name: values for name, values in parse(raw).items() if not name.startswith(_OURS)}
    if RAW not in query:
        return Misfit.MALFORMED  # longer than any gateway's
    if token := one(query, "v", _TOKEN):
        said = _road(tokens, token, now)
        if isinstance(said, Misfit):
            return said
        query |= said
    return family.arrival(query, door.gateway, now)


def _road(tokens: Tokens, token: str, now: float) -> dict[str, list[str]] | Misfit:
    """What the road has sealed into its URL."""
    opened = tokens.open(ROAD, token, now, LIFETIME)
    told = opened if isinstance(opened, Misfit) else unpack(opened)
    if isinstance(told, Misfit):
        return told
    asked, source, local = told
    said = {name: str(value) for name, value in asked._asdict().items() if value not in ("", None)}
    said |= {"source": source, "local": local}
    return {f"{_OURS}{name}": [value] for name, value in said.items()}
