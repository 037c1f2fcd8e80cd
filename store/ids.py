"""Names for new rows: 16 characters that sort by the time they were made, so that an index grows at its end.

Unique, not secret: never use one as a capability.
"""

from __future__ import annotations

import secrets
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_PAIRS: Final = tuple(first + second for first in _ALPHABET for second in _ALPHABET)


def new_id() -> str:
    """48 bits of milliseconds since 1970 and 32 random bits, in Crockford's base 32."""
    return new_ids(1)[0]


def new_ids(count: int) -> list[str]:
    """So many at once, which sort as they are listed: the random number of the first, counted upwards."""
    first = ((time.time_ns() // 1_000_000 & 0xFFFF_FFFF_FFFF) << 32) | secrets.randbits(32)
    return [_head(number >> 20) + _PAIRS[number >> 10 & 1023] + _PAIRS[number & 1023] for number in range(first, first + count)]


def first_id(at: datetime) -> str:
    """The id that stands before all that were made from this moment on."""
    number = (round(at.timestamp() * 1000) & 0xFFFF_FFFF_FFFF) << 32
    return _head(number >> 20) + _PAIRS[0] * 2


def new_key() -> str:
    """16 random characters, 80 bits: an address nobody guesses, though it is no secret either."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(16))


@lru_cache(maxsize=8)
def _head(number: int) -> str:
    """The first 12 characters, which a million numbers in a row share."""
    return "".join(_PAIRS[number >> shift & 1023] for shift in range(50, -1, -10))
