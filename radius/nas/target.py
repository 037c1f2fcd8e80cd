"""Whom an order means, from the portal to whoever carries the order out: an arrival as a Target, and a Target as octets.

The octets are sealed in the order's row (store/models/orders.py), because they hold a station's address. Never a
challenge in them, nor a password: both are for one login.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from radius.nas.family import Arrival, Misfit, Target

if TYPE_CHECKING:
    from collections.abc import Sequence


def of(arrival: Arrival, user_name: str = "") -> Target:
    """The guest of this arrival, under the name that was handed to the gateway ("" for none)."""
    words = dict(arrival.words)
    port = words.get("nas_port", "")
    return Target(
        station=arrival.station,
        user_name=user_name.encode(),
        session=arrival.session,
        nas_address=words.get("nas_address", ""),
        nas_port=int(port) if port.isascii() and port.isdigit() else None,
        address=arrival.address,
        access_point=arrival.access_point,
        ssid=arrival.ssid,
        words=arrival.words,
    )


def arrival(target: Target) -> Arrival:
    """The same guest again, as `let_in` takes it: for an order of the kind `grant`."""
    return Arrival(
        station=target.station,
        access_point=target.access_point,
        ssid=target.ssid,
        address=target.address,
        session=target.session,
        proven=True,
        words=target.words,
    )


def pack(target: Target) -> bytes:
    """As JSON: what is not said is left out; octets as the characters of their numbers."""
    said = {name: value for name, value in target._asdict().items() if value != Target._field_defaults[name]}
    return json.dumps(said | {"user_name": target.user_name.decode("latin-1")}, separators=(",", ":")).encode()


def unpack(octets: bytes) -> Target | Misfit:
    """What `pack` made, perhaps in an earlier version: names that we do not know are passed over."""
    try:
        said = json.loads(octets)
        said = {name: value for name, value in said.items() if name in Target._fields}
        said["user_name"] = said.get("user_name", "").encode("latin-1")
        said["words"] = _words(said.get("words", ()))
    except (ValueError, TypeError, AttributeError):
        return Misfit.MALFORMED
    return Target(**said)


def _words(pairs: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in pairs)
