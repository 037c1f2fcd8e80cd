"""Token buckets, one per key: who may do a thing how often.

A bucket is one number, the moment at which it will be full again (the generic cell rate algorithm), so that a table of
fifty thousand stations stays small. The table is bounded: the key unused longest gives way, and comes back with a full
bucket. Never reads a clock, and a clock that steps back gives nobody more.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable


class Buckets:
    """A table of token buckets, `burst` deep, refilled at `rate` tokens a second; at most `most` keys."""

    __slots__ = ("_burst", "_full_at", "_latest", "_most", "_rate")

    def __init__(self, rate: float, burst: float, most: int) -> None:
        if not (rate > 0 and burst >= 1 and most >= 1):
            raise ValueError(f"a bucket needs rate > 0, burst >= 1 and room for a key, not {rate}, {burst}, {most}")
        self._rate, self._burst, self._most = rate, burst, most
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()
        self._latest = float("-inf")

    def take(self, key: Hashable, now: float, rate: float | None = None) -> bool:
        """Take one token at `now` (seconds); False where none is left. `rate` overrides the table's for this key."""
        if now < self._latest:
            now = self._latest
        else:
            self._latest = now
        if rate is None:
            rate = self._rate
        elif rate <= 0:
            return False
        table = self._full_at
        full_at = table.get(key, now)
        if full_at < now:  # noqa: PLR1730  # max() costs as much as all the rest of this call
            full_at = now
        if (full_at - now) * rate > self._burst - 0.999_999:  # less than one token left; a rounding error is not a refusal
            return False
        table[key] = full_at + 1 / rate
        table.move_to_end(key)
        if len(table) > self._most:
            table.popitem(last=False)
        return True

    def __len__(self) -> int:
        return len(self._full_at)
