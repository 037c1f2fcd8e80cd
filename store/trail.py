"""What the records of one session said, in order of the time they tell of: packed, so that their order of arrival is forgotten.

Theory of operation. A point is a record's time, its place and its three counters; points are sorted by time, and each
counter stands at the largest value said up to then. A record that comes late finds its place by bisection, and whatever
follows is raised where it must be. So the same records leave the same trail, however they were shuffled, and all that
is derived from it (hours of usage, hops) is right at every moment, not only where records came in order.

A point between two others takes the stretch between them away and puts two in its place: `steps` are these, until
something happens that a stretch does not tell (`odd`), and the whole is compared with what it was. A base is a point
before which nothing is known but the totals: of a session that older versions counted, or whose oldest points were let go.

Pure. Never lets a counter fall, and never grows beyond MOST_POINTS and what a month of hours needs.
"""

from __future__ import annotations

from itertools import pairwise
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

from store.hours import HOUR

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from store.hours import Figures

    Values = tuple[int, int, int, int, int]  # a Point, by position

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

    __slots__ = ("_was", "octets", "odd", "steps")

    def __init__(self, octets: bytes = b"") -> None:
        self.octets = octets
        self._was = octets
        self.steps: list[tuple[int, Values, Values]] = []  # sign, from, to
        self.odd = not octets  # a beginning is not a stretch

    @classmethod
    def base(cls, at: int, place: int, figures: Figures) -> Trail:
        """Of a session whose records are not known one by one."""
        return cls(_POINT.pack(at, place | BASE, *figures))

    def add(self, at: int, place: int, figures: Figures) -> None:
        """A record said this. Counters that are lower than said before are raised to it."""
        octets, size = self.octets, len(self.octets)
        if self.based:
            at = max(at, int.from_bytes(octets[:8], "big") + 1)  # what was before the base is no longer known
        key = _KEY.pack(at, place)
        here = size if not size or octets[size - SIZE : size - SIZE + 10] < key else _bisect(octets, key)
        if not here or octets[here : here + 10] == key:
            self._add_odd(here, at, place, figures)
            return
        before = _POINT.unpack_from(octets, here - SIZE)
        point = (at, place, *figures)
        if figures[0] < before[2] or figures[1] < before[3] or figures[2] < before[4]:
            point = (at, place, *_highest(figures, before[2:]))
        if here == size:
            self.steps.append((1, before, point))
            self.octets = octets + _POINT.pack(*point)
            return
        after = _POINT.unpack_from(octets, here)
        if point[2] > after[2] or point[3] > after[3] or point[4] > after[4]:
            self._add_odd(here, at, place, figures)
        else:
            self.steps += ((-1, before, after), (1, before, point), (1, point, after))
            self.octets = octets[:here] + _POINT.pack(*point) + octets[here:]

    def _add_odd(self, here: int, at: int, place: int, figures: Figures) -> None:
        """At the beginning, once more at the same time, or higher than what was said of later times."""
        self.odd = True
        octets, behind = self.octets, here
        if here:
            figures = _highest(figures, _POINT.unpack_from(octets, here - SIZE)[2:])
        if octets[here : here + 10] == _KEY.pack(at, place):
            figures = _highest(figures, _POINT.unpack_from(octets, here)[2:])
            behind += SIZE
        raised = _POINT.pack(at, place, *figures)
        while behind < len(octets):
            moment, number, *said = _POINT.unpack_from(octets, behind)
            higher = _highest(figures, said)
            if higher == tuple(said):  # whatever follows is as high
                break
            raised += _POINT.pack(moment, number, *higher)
            behind += SIZE
        self.octets = octets[:here] + raised + octets[behind:]

    def shift(self, by: int) -> None:
        """All of it was so many microseconds later."""
        self.odd = True
        self.octets = b"".join(_POINT.pack(at + by, *said) for at, *said in _POINT.iter_unpack(self.octets))

    def top_up(self, figures: Figures) -> None:
        """The session's totals are known to be these: the last point says so."""
        at, place, *said = _POINT.unpack_from(self.octets, len(self.octets) - SIZE)
        if tuple(said) != figures:
            self.add(at, place, figures)

    @property
    def changed(self) -> bool:
        """Whether anything was added since it was read."""
        return self.octets != self._was

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


def _highest(one: Sequence[int], other: Sequence[int]) -> Figures:
    return max(one[0], other[0]), max(one[1], other[1]), max(one[2], other[2])


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


def stretches(points: Sequence[Point], began: int) -> Iterator[tuple[Values, Values]]:
    """What lies between each point and the next; the first begins at `began`. A base has been counted already."""
    if points and not points[0].place & BASE:
        yield (min(began, points[0].at), points[0].place, 0, 0, 0), points[0]
    yield from pairwise(points)
