"""Whom an order means: an arrival as a Target and back, and a Target as octets to seal into an order.

JSON, so that a later version reads what an earlier one queued. Unknown fields are left out, absent ones are empty. Never
holds a challenge or a password, which are for one login; never raises on octets that are no target.
"""

from __future__ import annotations

import json
from typing import Any, Final

from radius.nas.family import Arrival, Target

_TEXTS: Final = ("station", "acct_session_id", "session", "nas_identifier", "nas_address", "address", "access_point", "ssid")
_COUNTS: Final = ("nas_port", "used_seconds", "used_octets")


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
    """The octets to seal: only what is known."""
    known: dict[str, Any] = {name: value for name in (*_TEXTS, *_COUNTS) if (value := getattr(target, name)) not in ("", None)}
    if target.user_name:
        known["user_name"] = target.user_name.hex()
    if target.words:
        known["words"] = [list(pair) for pair in target.words]
    return json.dumps(known, separators=(",", ":")).encode()


def unpack(octets: bytes) -> Target:
    """What was packed; an empty Target for anything else."""
    try:
        found = json.loads(octets) if octets else {}
        known = found if isinstance(found, dict) else {}
        values: dict[str, Any] = {name: value for name in _TEXTS if isinstance(value := known.get(name), str)}
        values |= {name: value for name in _COUNTS if isinstance(value := known.get(name), int)}
        words = tuple((str(name), str(value)) for name, value in known.get("words", ()))
        return Target(**values, user_name=bytes.fromhex(known.get("user_name", "")), words=words)
    except (ValueError, TypeError, RecursionError):
        return Target()
