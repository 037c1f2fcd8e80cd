"""A Target as octets to seal into an order, and back: JSON, so that a later version reads what an earlier one queued.

Unknown fields are left out, absent ones are empty. Never raises on octets that are no target.
"""

from __future__ import annotations

import json
from typing import Any, Final

from radius.nas.family import Target

_TEXTS: Final = ("station", "acct_session_id", "session", "nas_identifier", "nas_address", "address", "access_point", "ssid")
_COUNTS: Final = ("nas_port", "used_seconds", "used_octets")


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
