"""portal/cases/usage.py: from which numbers on a share, a median and a span beside it are told."""

from __future__ import annotations

from datetime import UTC, date

import pytest

from portal.cases.usage import Days, comparable, middle, part


@pytest.mark.parametrize(
    ("some", "whole", "told"),
    [(0, 10, 0.0), (4, 10, None), (5, 10, 0.5), (6, 10, None), (10, 10, 1.0), (0, 0, None), (20, 24, None), (20, 25, 0.8)],
)
def test_a_share_tells_of_nobody(some: int, whole: int, told: float | None) -> None:
    """Neither part is one to four; none, and all, are told."""
    assert told == part(some, whole)


def test_a_median_is_of_five() -> None:
    """Of four it would be some of theirs."""
    assert [True, False] == [middle(counts) is None for counts in ({30: 3, 60: 1}, {30: 4, 60: 1})]


@pytest.mark.parametrize(
    ("first", "last", "before"), [("2026-03-09", "2026-03-15", "2026-03-02"), ("2026-03-09", "2026-03-16", "2026-02-23")]
)
def test_days_are_compared_with_the_same_days_of_the_week(first: str, last: str, before: str) -> None:
    """As many, whole weeks earlier, and none of them twice."""
    then = comparable(Days(date.fromisoformat(first), date.fromisoformat(last), UTC))
    assert (before, True) == (then.first.isoformat(), then.last < date.fromisoformat(first))
