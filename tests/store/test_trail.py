"""The trail of a session: the same records leave the same trail, whatever their order."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from store.hours import HOUR, spread
from store.trail import BASE, MOST_POINTS, Point, Trail, stretches

WORDS = st.tuples(st.integers(0, 30).map(lambda minute: minute * HOUR // 10), st.integers(0, 2), st.tuples(*[st.integers(0, 9)] * 3))


def told(words, into: Trail | None = None) -> Trail:
    trail = into or Trail()
    for at, place, figures in words:
        trail.add(at, place, figures)
    return trail


def hours(points, began: int = 0) -> Counter:
    """What is used in each hour and place."""
    sums: Counter = Counter()
    for begin, end in stretches(points, began):
        for hour, growth in spread(begin[0], end[0], begin[2:], end[2:]):
            for kind, more in enumerate(growth):
                sums[hour, begin[1] & ~BASE, kind] += more
    return +sums


@given(st.lists(WORDS, min_size=1, max_size=30), st.randoms())
def test_any_order_leaves_the_same_trail(words, dice):
    """Shuffled, repeated, with counters that fall: octet for octet, in order of time, no counter falling."""
    shuffled = words + dice.sample(words, len(words) // 2)
    dice.shuffle(shuffled)
    trail = told(words)
    assert told(shuffled).octets == trail.octets
    points = trail.points()
    assert sorted(points) == points
    for before, after in pairwise(points):
        assert all(was <= now for was, now in zip(before[2:], after[2:], strict=True))
    assert points[-1][2:] == tuple(max(figures[kind] for _, _, figures in words) for kind in range(3))


@given(st.lists(WORDS, min_size=1, max_size=20), st.lists(WORDS, max_size=8))
def test_steps_tell_the_difference(first, more):
    """What the steps of a trail say, unless it is odd, is what the hours of all its points differ by."""
    known = told(first)
    trail = told(more, Trail(known.octets))
    if trail.odd:
        return
    difference: Counter = Counter()
    for sign, begin, end in trail.steps:
        for hour, growth in spread(begin[0], end[0], begin[2:], end[2:]):
            for kind, step in enumerate(growth):
                difference[hour, begin[1], kind] += sign * step
    now = hours(trail.points())
    now.subtract(hours(known.points()))
    assert {cell: step for cell, step in difference.items() if step} == {cell: step for cell, step in now.items() if step}


def test_a_long_trail_forgets_what_changes_no_hour():
    """Beyond its bound the points between two others of an hour and a place go; hours, arrivals and totals stay."""
    dice = random.Random(5)
    words, figures, place = [], (0, 0, 0), 0
    for minute in range(2_000):
        figures = tuple(value + dice.randrange(1_000) for value in figures)
        place = dice.randrange(3) if dice.random() < 0.01 else place
        words.append((minute * HOUR // 60, place, figures))
    trail = told(words)
    short = Trail(trail.packed())
    assert len(short.points()) < MOST_POINTS < len(trail.points())
    assert hours(short.points()) == hours(trail.points())
    assert arrivals(short.points()) == arrivals(trail.points())
    assert short.last == trail.last


def arrivals(points: list[Point]) -> list[Point]:
    return [points[0], *(after for before, after in pairwise(points) if before.place != after.place)]


def test_what_is_older_than_any_record_is_one_point():
    """A session of half a year keeps a month, and what was before it as a base, which is not counted again."""
    trail = told((hour * HOUR, 0, (hour * 3600, hour, hour)) for hour in range(24 * 180))
    short = Trail(trail.packed())
    assert 24 * 32 + 2 == len(short.points())
    assert (True, False) == (short.based, trail.based)
    assert sum(hours(short.points(), began=0).values()) == (24 * 32 + 1) * (3600 + 2)


def test_what_comes_before_a_base_is_counted_from_it():
    """A very late record of a session whose oldest words are forgotten raises what follows, and nothing before."""
    trail = Trail.base(1_000, 0, (10, 10, 10))
    trail.add(500, 1, (4, 30, 4))
    assert trail.points() == [Point(1_000, BASE, 10, 10, 10), Point(1_001, 1, 10, 30, 10)]
    assert hours(trail.points(), began=0) == {(0, 0, 1): 20}


def test_a_clock_that_was_behind_moves_all_of_it():
    """What was told by a clock that was behind happened later, all of it."""
    trail = Trail(told([(0, 0, (0, 0, 0)), (HOUR, 1, (60, 1, 1))]).octets)
    trail.shift(HOUR)
    assert (True, [(HOUR, 0), (2 * HOUR, 1)]) == (trail.odd, [point[:2] for point in trail.points()])
