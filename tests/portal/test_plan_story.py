"""portal.cases.plan_story: what becomes of a guest in a day and a month, by the reckoning that judges real ones."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.cases.plan_story import LINES, MOST, Visits, What, told
from radius.nas.plan import Plan, Spent

TORONTO = ZoneInfo("America/Toronto")
DAY = date(2026, 3, 4)


def told_of(plan: Plan, visits: Visits, day: date = DAY) -> list[tuple[str, str]]:
    """(hour, what) of each moment of the first day."""
    story = told(plan, visits, day, TORONTO)
    return [(f"{step.at.astimezone(TORONTO):%H:%M}", step.spent.name if step.spent else step.what.name) for step in story.first]


def test_a_stay_that_is_over_begins_anew() -> None:
    """Two hours at a time, five hours wanted: told twice, online all the time."""
    expected = [("08:00", "IN"), ("10:00", "ENDED"), ("12:00", "ENDED"), ("13:00", "OUT")]
    assert expected == told_of(Plan("p", session=7_200), Visits(1, 300, 10))


def test_the_days_time_counts_every_device() -> None:
    """Two hours a day: one device has two hours, two devices of one account one hour each; without an account each has its own."""
    plan = Plan("p", day_time=7_200)
    assert ("10:00", "DAY_TIME") in told_of(plan, Visits(1, 300, 10, 1))
    assert ("09:00", "DAY_TIME") in told_of(plan, Visits(1, 300, 10, 2))
    assert ("10:00", "DAY_TIME") in told_of(plan, Visits(1, 300, 10, 2, account=False))


def test_the_days_data_comes_back_at_midnight() -> None:
    """The next visit of the day finds nothing, and is told when there is something: 00:00 where the operator lives."""
    story = told(Plan("p", day_data=10**9), Visits(2, 100, 2_000), DAY, TORONTO)
    cut, refused = (step for step in story.first if step.spent is Spent.DAY_DATA)
    assert (What.CUT, What.REFUSED) == (cut.what, refused.what)
    assert datetime(2026, 3, 5, 5, tzinfo=UTC) == cut.back == refused.back
    assert f"{cut.at.astimezone(TORONTO):%H:%M}" == "08:50"


def test_the_months_data_is_told_on_the_day_it_ends() -> None:
    """600 MB a day of 5 GB: the ninth day is the last; back on the first of April."""
    story = told(Plan("p", month_data=5 * 10**9), Visits(2, 60, 300), DAY, TORONTO)
    assert story.month is not None
    assert (date(2026, 3, 12), datetime(2026, 4, 1, 4, tzinfo=UTC)) == (story.month.at.astimezone(TORONTO).date(), story.month.back)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (DAY, 24)])
def test_a_day_is_as_long_as_clocks_make_it(day: date, hours: int) -> None:
    """The nights when they change, too."""
    begins, ends = told(Plan("p"), Visits(), day, TORONTO).day
    assert hours == (ends - begins).total_seconds() / 3_600


def test_what_the_plan_does_not_carry_is_said() -> None:
    """300 MB in a minute are 40 Mbit/s: more than the plan's two rates together."""
    assert told(Plan("p", up=10**6, down=10**7), Visits(1, 1, 300), DAY, TORONTO).slowed
    assert not told(Plan("p", up=10**6), Visits(1, 1, 300), DAY, TORONTO).slowed


def test_a_device_too_many_is_turned_away() -> None:
    """Of three with an account, two; without one nobody counts them."""
    assert [("08:00", "IN"), ("08:00", "CROWDED"), ("09:00", "OUT")] == told_of(Plan("p", devices=2), Visits(1, 60, 10, 3))
    assert 3 == told(Plan("p", devices=2), Visits(1, 60, 10, 3, account=False), DAY, TORONTO).at_once


_limits = st.one_of(st.none(), st.integers(1, 10**6))


@settings(deadline=None)
@given(
    st.builds(Plan, name=st.just("p"), session=_limits, day_time=_limits, day_data=_limits, month_data=_limits, up=_limits, down=_limits),
    st.builds(Visits, st.integers(1, 24), st.integers(1, 60), st.integers(0, MOST["megabytes"]), st.integers(1, 20), st.booleans()),
)
def test_every_story_ends_in_order(plan: Plan, visits: Visits) -> None:
    """Whatever is asked: bounded, forward in time, and nobody is refused what is not bounded."""
    story = told(plan, visits, DAY, TORONTO)
    assert len(story.first) <= LINES
    assert sorted(step.at for step in story.first) == [step.at for step in story.first]
    assert (plan.month_data is None) <= (story.month is None)
