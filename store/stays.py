"""How long sessions lasted, counted in steps: enough for a median, and no session is told by it.

A session counts on the day it began, as long as it has lasted so far; when it lasts longer it is taken from its step and put into the
next. Never a length of nobody knows how long: a session without seconds is not counted.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# Minutes. Never changed without a revision that tells the rows there are anew.
STEPS: Final = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 150, 180, 240, 300, 360, 480, 720, 1440)
_ENDS: Final = dict(pairwise(STEPS))  # where each step ends; the last does not


def step(seconds: int) -> int:
    """The step of this length: the minutes it begins at."""
    return STEPS[bisect_right(STEPS, seconds // 60) - 1]


def median(counts: Mapping[int, int]) -> float | None:
    """The length in minutes that half of the sessions did not reach, as if those of a step were spread evenly; None of none."""
    kept = [(minutes, max(count, 0)) for minutes, count in sorted(counts.items())]
    half = sum(count for _, count in kept) / 2
    for minutes, count in kept:
        if count and half <= count:
            return minutes + (_ENDS.get(minutes, minutes) - minutes) * half / count
        half -= count
    return None
