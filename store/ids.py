"""Names for new rows: 16 characters that sort by the time they were made, so that an index grows at its end.

Unique, not secret: never use one as a capability.
"""

from __future__ import annotations

import secrets
import time
from typing import Final

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u


def new_id() -> str:
    """48 bits of milliseconds since 1970 and 32 random bits, in Crockford's base 32."""
    number = ((time.time_ns() // 1_000_000 & 0xFFFF_FFFF_FFFF) << 32) | secrets.randbits(32)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))
