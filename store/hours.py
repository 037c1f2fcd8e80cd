"""What was used between two moments, told by the hour: in proportion to the time that lies in each.

A record says how much was used since the one before; when, it does not say. Between the two it is spread evenly, and the
parts add up to the whole, to the octet. Pure. Never spreads over more than a month.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    Figures = tuple[int, int, int]  # seconds, octets in, octets out

HOUR: Final = 3_600_000_000  # microseconds
LONGEST: Final = 31 * 24 * HOUR  # of a longer silence, the end


def spread(begin: int, end: int, before: Figures, after: Figures) -> Iterator[tuple[int, Figures]]:
    """(hour, growth) of each hour from `begin` to `end`, microseconds since 1970; hours are counted since then too."""
    begin = max(begin, end - LONGEST)
    hour, last = begin // HOUR, (end - 1) // HOUR
    told = before
    while hour < last:
        passed, whole = (hour + 1) * HOUR - begin, end - begin
        now = (
            before[0] + (after[0] - before[0]) * passed // whole,
            before[1] + (after[1] - before[1]) * passed // whole,
            before[2] + (after[2] - before[2]) * passed // whole,
        )
        if now != told:
            yield hour, (now[0] - told[0], now[1] - told[1], now[2] - told[2])
        told, hour = now, hour + 1
    if told != after:
        yield last, (after[0] - told[0], after[1] - told[1], after[2] - told[2])
