"""Rates: so many at once, as many again in their time, each for itself; and no more memory than was promised."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from portal.pace import Rate, Rates

FIVE = Rate(5, 60.0)


def test_so_many_at_once() -> None:
    """Then none; one more for each share of the time that passes, and all of them after the whole of it."""
    rates = Rates()
    assert [True] * 5 + [False] * 3 == [rates.take("a", FIVE, 1_000.0) for _ in range(8)]
    assert [True, False] == [rates.take("a", FIVE, 1_012.0) for _ in range(2)]
    assert [True] * 5 + [False] == [rates.take("a", FIVE, 1_072.0) for _ in range(6)]


def test_each_for_itself() -> None:
    """What one has used up is there for another."""
    rates = Rates()
    assert [True] * 5 == [rates.take("a", FIVE, 0.0) for _ in range(5)]
    assert rates.take("b", FIVE, 0.0)


def test_a_clock_set_back() -> None:
    """Costs one window at most."""
    rates = Rates()
    for _ in range(5):
        rates.take("a", FIVE, 1e9)
    assert not rates.take("a", FIVE, 1_000.0)
    assert rates.take("a", FIVE, 1_013.0)


def test_memory_is_bounded() -> None:
    """A hundred thousand strangers: the longest untouched are forgotten."""
    rates = Rates(most=1_000)
    for each in range(100_000):
        rates.take(f"stranger {each}", FIVE, 0.0)
        if each % 100 == 0:
            rates.take("guest", FIVE, 0.0)
    assert 1_000 == len(rates)
    assert not rates.take("guest", FIVE, 0.0)


@given(st.integers(1, 50), st.lists(st.floats(0, 30), max_size=200))
def test_never_more_than_the_rate(count: int, pauses: list[float]) -> None:
    """In any window, at most what may come at once and what that time gives."""
    rates, now, taken = Rates(), 1e9, []
    for pause in pauses:
        now += pause
        if rates.take("a", Rate(count, 60.0), now):
            taken.append(now)
    for at, moment in enumerate(taken):
        assert len([each for each in taken[at:] if each < moment + 60.0]) <= 2 * count


def test_what_is_left_is_what_is_given() -> None:
    """As many more are taken as it says, and the next after the seconds that it says; asking takes nothing."""
    rates, rate = Rates(), Rate(5, 60.0)
    for left in (5, 4, 3, 2, 1):
        assert left == rates.left("a", rate, 0.0)[0] == rates.left("a", rate, 0.0)[0]
        assert rates.take("a", rate, 0.0)
    none, wait = rates.left("a", rate, 0.0)
    assert (0, False) == (none, rates.take("a", rate, wait - 0.1))
    assert rates.take("a", rate, wait)
