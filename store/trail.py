"""What the records of one session said, in order of the time they tell of: packed, so that their order of arrival is forgotten.

Theory of operation. A point is a record's time, its place and its three counters; points are sorted by time, and each
counter stands at the largest value said up to then. A record that comes late finds its place by bisection, and whatever
follows is raised where it must be. So the same records leave the same trail, however they were shuffled, and all that
is derived from it (hours of usage, hops) is right at every moment, not only where records came in order.

What the last additions changed lies between two unchanged ends; `grown` compares only that. A base is a point before
which nothing is known but the totals: of a session that older versions counted, or whose oldest points were let go.

Pure. Never lets a counter fall, and never grows beyond MOST_POINTS and what a month of hours needs.
"""

from __future__ import annotations

from itertools import pairwise
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

from store.hours import HOUR, spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from store.hours import Figures

MOST_POINTS: Final = 512  # 17 KiB; beyond it points that say nothing of their own are let go
MONTH: Final = 32 * 24 * HOUR  # no record tells of a time further back
BASE: Final = 0x8000  # beside the place: what came before is counted already
_POINT: Final = Struct(">QHQQQ")
_KEY: Final = Struct(">QH")
SIZE: Final = _POINT.size


class Point(NamedTuple):
    """One record's word."""

    at: int  # microseconds since 1970
    place: int  # its number in the session's list, with BASE
    seconds: int
    input_octets: int
    output_octets: int


def number(point: Point) -> int:
    """Which place of the session's list it names."""
    return point.place & ~BASE


class Trail:
    """One session's points."""

    __slots__ = ("_low", "_rest", "_was", "octets")

    def __init__(self, octets: bytes = b"") -> None:
        self.octets = octets
        self._was = octets
        self._low = len(octets)  # where additions begin, and how much behind them is as it was
        self._rest = len(octets)

    @classmethod
    def base(cls, at: int, place: int, figures: Figures) -> Trail:
        """Of a session whose records are not known one by one."""
        return cls(_POINT.pack(at, place | BASE, *figures))

    def add(self, at: int, place: int, figures: Figures) -> None:
        """A record said this. Counters that are lower than said before are raised to it."""
        octets, size = self.octets, len(self.octets)
        if self.based:
            at = max(at, int.from_bytes(octets[:8], "big"))  # what was before the base is no longer known
        key = _KEY.pack(at, place)
        place_at = size if not size or octets[size - SIZE : size - SIZE + 10] < key else _bisect(octets, key)
        if place_at:
            _, _, seconds, more, most = _POINT.unpack_from(octets, place_at - SIZE)
            figures = max(figures[0], seconds), max(figures[1], more), max(figures[2], most)
        behind = place_at
        if octets[place_at : place_at + 10] == key:
            behind += SIZE
            said = _POINT.unpack_from(octets, place_at)[2:]
            figures = max(figures[0], said[0]), max(figures[1], said[1]), max(figures[2], said[2])
        self._low = min(self._low, place_at)
        self._rest = min(self._rest, size - behind)
        self.octets = octets[:place_at] + _POINT.pack(at, place, *figures) + octets[behind:]
        self._raise(place_at + SIZE, figures)

    def _raise(self, at: int, figures: Figures) -> None:
        """Nothing later stands lower."""
        while at < len(self.octets):
            moment, place, *said = _POINT.unpack_from(self.octets, at)
            raised = tuple(map(max, said, figures))
            if raised == tuple(said):
                return
            self.octets = self.octets[:at] + _POINT.pack(moment, place, *raised) + self.octets[at + SIZE :]
            at += SIZE
            self._rest = min(self._rest, len(self.octets) - at)

    def top_up(self, figures: Figures) -> None:
        """The session's totals are known to be these: the last point says so."""
        at, place, *said = _POINT.unpack_from(self.octets, len(self.octets) - SIZE)
        if tuple(said) != figures:
            self.add(at, place, figures)

    @property
    def changed(self) -> bool:
        """Whether anything was added since it was read."""
        return self.octets != self._was

    def window(self, *, whole: bool) -> tuple[list[Point], list[Point], bool]:
        """The points as they were and as they are, from the last that did not change to the first; and whether the beginning is in it."""
        low = 0 if whole else max(0, self._low - SIZE)
        rest = 0 if whole else max(0, self._rest - SIZE)
        return _points(self._was[low : len(self._was) - rest]), _points(self.octets[low : len(self.octets) - rest]), not low

    def points(self, *, before: bool = False) -> list[Point]:
        """All of them; or as they were when it was read."""
        return _points(self._was if before else self.octets)

    @property
    def based(self) -> bool:
        """Whether it begins with a base."""
        return len(self.octets) > 8 and self.octets[8] >= BASE >> 8

    @property
    def last(self) -> Point | None:
        """The newest word."""
        return Point._make(_POINT.unpack_from(self.octets, len(self.octets) - SIZE)) if self.octets else None

    def packed(self) -> bytes:
        """To be stored: within bounds."""
        if len(self.octets) > MOST_POINTS * SIZE:
            return b"".join(_POINT.pack(*point) for point in _thinned(_cut(self.points())))
        return self.octets


def _bisect(octets: bytes, key: bytes) -> int:
    low, high = 0, len(octets) // SIZE
    while low < high:
        middle = (low + high) // 2
        if octets[middle * SIZE : middle * SIZE + 10] < key:
            low = middle + 1
        else:
            high = middle
    return low * SIZE


def _points(octets: bytes) -> list[Point]:
    return [Point._make(values) for values in _POINT.iter_unpack(octets)]


def _cut(points: list[Point]) -> list[Point]:
    """What is older than any record can tell of becomes one base."""
    first = next(number for number, point in enumerate(points) if point.at >= points[-1].at - MONTH)
    if not first:
        return points
    base = points[first - 1]
    return [base._replace(place=base.place | BASE), *points[first:]]


def _thinned(points: list[Point]) -> list[Point]:
    """Without the points between two others of an hour where the station did not move: the sums of no hour change."""
    kept: list[Point] = points[:1]
    for point, following in pairwise(points[1:]):
        before = kept[-1]
        moved = number(before) != point.place
        if moved or before.at // HOUR != (following.at - 1) // HOUR:
            kept.append(point)
    return kept + points[1:][-1:]


def used(points: Sequence[Point], began: int | None) -> Iterator[tuple[int, int, Figures]]:
    """(hour, place, growth) of what was used between these points; from `began` on, where the first is not known before.

    What was used before a station was seen elsewhere counts where it was seen last. A base has been counted already.
    """
    before = points[0]
    following: Sequence[Point] = points[1:]
    if began is not None and not before.place & BASE:
        before, following = Point(min(began, before.at), before.place, 0, 0, 0), points
    for point in following:
        if point[2:] != before[2:]:
            place = number(before)
            for hour, growth in spread(before.at, point.at, before[2:], point[2:]):
                yield hour, place, growth
        before = point
