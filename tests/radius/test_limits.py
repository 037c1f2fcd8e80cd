"""Token buckets: the burst, the rate, the bound, and clocks that misbehave."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.limits import Buckets


def test_a_burst_then_the_rate() -> None:
    """Five at once, then one a second."""
    buckets = Buckets(rate=1, burst=5, most=10)
    assert [True] * 5 + [False] == [buckets.take("a", 100.0) for _ in range(6)]
    assert [False, True, False, True] == [buckets.take("a", now) for now in (100.9, 101.0, 101.5, 102.0)]


def test_a_bucket_fills_to_the_brim_and_no_further() -> None:
    """A day of silence is worth one burst."""
    buckets = Buckets(rate=2, burst=3, most=10)
    taken = sum(buckets.take("a", 0.0) for _ in range(10)) + sum(buckets.take("a", 86_400.0) for _ in range(10))
    assert 6 == taken


def test_keys_do_not_share() -> None:
    """One noisy station costs the others nothing."""
    buckets = Buckets(rate=1, burst=1, most=10)
    assert [True, False, True] == [buckets.take(key, 0.0) for key in ("a", "a", "b")]


def test_a_rate_of_its_own() -> None:
    """A client's `rate` replaces the table's; none at all lets nothing through."""
    buckets = Buckets(rate=1, burst=1, most=10)
    assert [True, False, True, False] == [buckets.take("a", now, rate=10) for now in (0.0, 0.05, 0.1, 0.15)]
    assert not buckets.take("b", 0.0, rate=0)


def test_the_table_is_bounded_and_the_longest_unused_gives_way() -> None:
    """The bound holds, and a key in use keeps its count."""
    buckets = Buckets(rate=1, burst=2, most=2)
    assert all(buckets.take(key, 0.0) for key in ("a", "b", "a", "c"))
    assert (2, False, True) == (len(buckets), buckets.take("a", 0.0), buckets.take("b", 0.0))


def test_a_clock_that_steps_back_gives_and_takes_nothing() -> None:
    """An empty bucket stays empty, and fills by the seconds after the step's end."""
    buckets = Buckets(rate=1, burst=1, most=10)
    assert [True, False, False, True] == [buckets.take("a", now) for now in (100.0, 50.0, 100.5, 101.0)]


@pytest.mark.parametrize("arguments", [(0, 1, 1), (-1, 1, 1), (1, 0, 1), (1, 1, 0), (float("nan"), 1, 1)])
def test_impossible_buckets_are_refused(arguments: tuple[float, float, int]) -> None:
    """An illegal bucket cannot be built."""
    with pytest.raises(ValueError, match="a bucket needs"):
        Buckets(*arguments)


@given(st.lists(st.floats(0, 5, allow_nan=False), max_size=200), st.floats(0.5, 50), st.integers(1, 20))
def test_never_more_than_burst_and_rate_allow(gaps: list[float], rate: float, burst: int) -> None:
    """Over any stretch: at most the burst plus the rate times the time gone by."""
    buckets, now, taken = Buckets(rate, burst, 10), 0.0, 0
    for gap in gaps:
        now += gap
        taken += buckets.take("a", now)
        assert taken <= burst + rate * now + 0.001
