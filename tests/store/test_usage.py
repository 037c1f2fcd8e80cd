"""store.usage: days and months that turn where the operator lives, and what was used in them; on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import usage
from store.session import reading, transaction
from tests.store.guests import at_once

if TYPE_CHECKING:
    from sqlalchemy import Engine

TORONTO = ZoneInfo("America/Toronto")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "now", "begins", "ends"),
    [
        ("UTC", "2026-06-01T00:00:00+00:00", "2026-06-01T00:00:00+00:00", "2026-06-02T00:00:00+00:00"),
        ("America/Toronto", "2026-03-08T12:00:00-04:00", "2026-03-08T00:00:00-05:00", "2026-03-09T00:00:00-04:00"),  # 23 hours
        ("America/Toronto", "2026-11-01T00:30:00-04:00", "2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00"),  # 25 hours
        ("Asia/Kathmandu", "2026-06-01T20:00:00+00:00", "2026-06-02T00:00:00+05:45", "2026-06-03T00:00:00+05:45"),
        ("America/Havana", "2026-03-08T12:00:00-04:00", "2026-03-08T01:00:00-04:00", "2026-03-09T00:00:00-04:00"),  # no midnight
        ("America/Havana", "2026-11-01T00:30:00-05:00", "2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00"),  # two of them
    ],
)
def test_a_day_is_from_midnight_to_midnight(zone: str, now: str, begins: str, ends: str) -> None:
    """In the operator's time zone, whether the clocks changed in the night or skipped midnight."""
    assert usage.periods(moment(now), ZoneInfo(zone)).day == (moment(begins), moment(ends))


def test_a_month_is_from_its_first_day_to_the_next_ones() -> None:
    """Across a year's end and a change of the clocks."""
    december = usage.periods(moment("2026-12-31T23:59:59-05:00"), TORONTO)
    assert december.month == (moment("2026-12-01T00:00:00-05:00"), moment("2027-01-01T00:00:00-05:00"))
    march = usage.periods(moment("2026-03-08T12:00:00-04:00"), TORONTO)
    assert march.month == (moment("2026-03-01T00:00:00-05:00"), moment("2026-04-01T00:00:00-04:00"))


@given(
    st.integers(1_577_836_800, 1_893_456_000),  # 2020 to 2030
    st.sampled_from(
        ["UTC", "America/Toronto", "America/Havana", "Europe/Dublin", "Asia/Beirut", "Australia/Lord_Howe", "America/Asuncion"]
    ),
)
def test_every_moment_is_in_exactly_one_day_and_month(at: int, zone: str) -> None:
    """Periods hold their moment, follow one another without a gap, and a month begins with a day."""
    now, where = datetime.fromtimestamp(at, UTC), ZoneInfo(zone)
    day, month = usage.periods(now, where)
    assert day[0] <= now < day[1]
    assert month[0] <= day[0]
    assert day[1] <= month[1]
    assert usage.periods(day[1], where).day[0] == day[1]
    assert usage.periods(month[1], where).month[0] == month[1]


def test_what_is_spent_is_found_in_its_day_and_month(database: Engine) -> None:
    """Sums of one transaction and of several; the day's end empties the day, the month's the month."""
    before, after = moment("2026-03-08T23:59:59-04:00"), moment("2026-03-09T00:00:00-04:00")
    with transaction(database) as session:
        usage.spend(session, [("one", before, 60, 2**40), ("one", before, 40, 1), ("two", before, 1, 1)], TORONTO)
        usage.spend(session, [("one", after, 5, 7)], TORONTO)
    ends = moment("2026-03-09T00:00:00-04:00").timestamp(), moment("2026-04-01T00:00:00-04:00").timestamp()
    with reading(database) as session:
        assert usage.of(session, "one", before, TORONTO) == (100, 2**40 + 1, 2**40 + 8, *ends)
        assert usage.of(session, "one", after, TORONTO)[:3] == (5, 7, 2**40 + 8)
        assert usage.of(session, "one", moment("2026-04-01T00:00:00-04:00"), TORONTO)[:3] == (0, 0, 0)
        assert usage.many(session, ["two", "none"], before, TORONTO) == {"two": (1, 1, 1, *ends), "none": (0, 0, 0, *ends)}


def test_nothing_spent_writes_nothing(database: Engine) -> None:
    """No rows for no growth."""
    with transaction(database) as session:
        usage.spend(session, [], UTC)
    with reading(database) as session:
        assert usage.of(session, "one", moment("2026-03-09T00:00:00+00:00"), UTC)[:3] == (0, 0, 0)


def test_two_who_spend_at_once_both_count(url: str, database: Engine) -> None:
    """Two controllers on one database lose nothing of each other, and do not wait in a circle."""
    now = moment("2026-03-09T00:00:00-04:00")

    def spend(order: int, database: Engine) -> None:
        for _ in range(10):
            with transaction(database) as session:
                usage.spend(session, [(name, now, 1, 1) for name in ("a", "b", "c")[::order]], TORONTO)

    at_once(url, [partial(spend, order) for order in (1, -1, 1, -1)])
    with reading(database) as session:
        found = usage.many(session, ["a", "b", "c"], now + timedelta(seconds=1), TORONTO)
    assert {name: used[:3] for name, used in found.items()} == dict.fromkeys("abc", (40, 40, 40))
