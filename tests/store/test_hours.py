"""Usage told by the hour: the parts lie where the time lies, and add up to the whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from store.hours import HOUR, LONGEST, spread

TIMES = st.integers(10**15, 10**15 + 40 * HOUR)
FIGURES = st.tuples(*[st.integers(0, 2**63 - 1)] * 3)


def test_a_stretch_over_three_hours_is_in_proportion_to_the_time():
    """From half past to a quarter past, two hours later: a half, a whole and a quarter of an hour's part."""
    begin = 1_000 * HOUR + HOUR // 2
    assert list(spread(begin, 1_002 * HOUR + HOUR // 4, (0, 0, 10), (6_300, 7, 717))) == [
        (1_000, (1_800, 2, 202)),
        (1_001, (3_600, 4, 404)),
        (1_002, (900, 1, 101)),
    ]


def test_the_end_of_an_hour_belongs_to_it():
    """Ten o'clock sharp is the end of the hour before, and a moment has no length."""
    assert list(spread(9 * HOUR, 10 * HOUR, (0, 0, 0), (1, 2, 3))) == [(9, (1, 2, 3))]
    assert list(spread(10 * HOUR, 10 * HOUR, (0, 0, 0), (1, 2, 3))) == [(9, (1, 2, 3))]
    assert list(spread(HOUR, 3 * HOUR, (5, 5, 5), (5, 5, 5))) == []


def test_of_a_long_silence_the_last_month():
    """A record that tells of a year is not spread over nine thousand hours."""
    parts = list(spread(0, 9_000 * HOUR, (0, 0, 0), (0, 0, 744_000)))
    assert (LONGEST // HOUR, 9_000 - 744, 1_000) == (len(parts), parts[0][0], parts[0][1][2])


@given(TIMES, TIMES, FIGURES, FIGURES)
def test_the_parts_are_the_whole(one, other, before, more):
    """Whatever the times and the figures, to the octet, and no part is negative."""
    after = tuple(map(sum, zip(before, more, strict=True)))
    parts = list(spread(min(one, other), max(one, other), before, after))
    assert tuple(sum(growth[place] for _, growth in parts) for place in range(3)) == more
    assert all(min(growth) >= 0 for _, growth in parts)
    assert sorted({hour for hour, _ in parts}) == [hour for hour, _ in parts]
