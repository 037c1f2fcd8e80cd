"""Rates, counted in this process: one moment for each who is counted, when the room that was taken is free again.

That is the generic cell rate algorithm (ITU-T I.371, annex A): no list of past requests, and nothing to be swept. Never keeps more
than MOST moments, whoever asks from wherever.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final, NamedTuple

MOST: Final = 50_000  # beyond them the one longest untouched is forgotten


class Rate(NamedTuple):
    """So many at once, and as many again within so many seconds."""

    times: int
    seconds: float


class Rates:
    """The moments, by whose they are."""

    def __init__(self, most: int = MOST) -> None:
        self._free: OrderedDict[str, float] = OrderedDict()  # the longest untouched first
        self._most = most
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._free)

    def take(self, whose: str, rate: Rate, now: float) -> bool:
        """Whether there is room for one more; if so, it is taken. A clock that was set back costs one window at most."""
        with self._lock:
            taken = min(max(self._free.pop(whose, now), now), now + rate.seconds)
            then = taken + rate.seconds / rate.times
            room = then <= now + rate.seconds * 1.000_001  # sums of fractions
            self._free[whose] = then if room else taken
            if len(self._free) > self._most:
                self._free.popitem(last=False)
        return room

    def left(self, whose: str, rate: Rate, now: float) -> tuple[int, float]:
        """How many there is room for, and in how many seconds there is room for one more of them."""
        with self._lock:
            taken = min(max(self._free.get(whose, now), now), now + rate.seconds)
        one = rate.seconds / rate.times
        room = max(0, int((now + rate.seconds * 1.000_001 - taken) / one))
        return room, max(0.0, taken + one * (room + 1) - now - rate.seconds)
