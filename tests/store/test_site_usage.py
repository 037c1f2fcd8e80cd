"""What each site was used for, of sums: a month's line of each, in the days of the zone that is asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from store import site_usage
from store.models import SiteVisitors
from store.session import reading, transaction
from store.site_sums import add_hours, add_lengths
from store.site_usage import SiteMonth, Used, midnight

if TYPE_CHECKING:
    from sqlalchemy import Engine

TORONTO = ZoneInfo("America/Toronto")
MARCH = date(2026, 3, 1)
BEGINS, ENDS = midnight(MARCH, TORONTO), midnight(date(2026, 4, 1), TORONTO)
HOUR = timedelta(hours=1)


def used(hour: datetime, site: str = "library", sessions: int = 1, *, roaming: bool = True, seconds: int = 3600) -> dict[str, Any]:
    told = {"sessions": sessions, "seconds": seconds, "input_octets": 7, "output_octets": 100}
    return {"hour": hour, "site": site, "roaming": roaming, **told}


def stayed(day: datetime, site: str, minutes: int, sessions: int) -> dict[str, Any]:
    return {"day": day, "site": site, "roaming": True, "minutes": minutes, "sessions": sessions}


def test_a_month_has_what_lies_in_it(database: Engine) -> None:
    """From its first hour to its last, though its clocks change in between; guests and roaming visitors together, by site."""
    assert timedelta(hours=31 * 24 - 1) == ENDS - BEGINS
    with transaction(database) as session:
        add_hours(session, [used(hour) for hour in (BEGINS - HOUR, BEGINS, ENDS - HOUR, ENDS)])
        add_hours(session, [used(BEGINS, sessions=4, roaming=False, seconds=59), used(BEGINS, "arena", 2), used(BEGINS, "", 9)])
        add_lengths(session, [stayed(day, "library", 20, 2) for day in (BEGINS, ENDS)])
        session.add_all(SiteVisitors(begins_at=BEGINS, site=site, visitors=3, came_again=1) for site in ("", "library"))
    with reading(database) as session:
        found = site_usage.month(session, TORONTO, MARCH)
    assert [SiteMonth("arena", 2, None, 60, 100, 7, None, 2), SiteMonth("library", 6, 3, 120, 300, 21, 22.5, 2)] == found


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_visitors_of_another_zones_month_are_told(zone: str, database: Engine) -> None:
    """The operator may move: a month that began at another midnight is still that month."""
    with transaction(database) as session:
        add_hours(session, [used(BEGINS)])
        session.add(SiteVisitors(begins_at=midnight(MARCH, ZoneInfo(zone)), site="library", visitors=3))
    with reading(database) as session:
        assert [3] == [each.visitors for each in site_usage.month(session, TORONTO, MARCH)]


def test_who_came_before_and_after_the_operator_moved_is_no_two_people(database: Engine) -> None:
    """A month that two zones counted has the larger count: a sum would tell of ten where five were."""
    with transaction(database) as session:
        for zone, count, again in ((TORONTO, 5, 4), (ZoneInfo("America/Halifax"), 6, 1)):
            session.add(SiteVisitors(begins_at=midnight(MARCH, zone), site="library", visitors=count, came_again=again))
    with reading(database) as session:
        assert [(6, 4)] == [each[2:] for each in site_usage.visitors(session, BEGINS)]


def test_sums_of_some_sites_and_of_all(database: Engine) -> None:
    """By site, by hour, and their lengths; what nobody used is not there."""
    with transaction(database) as session:
        add_hours(session, [used(BEGINS), used(BEGINS, "arena"), used(BEGINS + HOUR, "arena", roaming=False)])
        add_lengths(session, [stayed(BEGINS, site, 5, count) for site, count in (("arena", 3), ("mall", -1))])
    with reading(database) as session:
        assert {"arena", "library"} == set(site_usage.by_site(session, BEGINS, ENDS))
        hours = site_usage.by_hour(session, BEGINS, ENDS, {"arena"})
        lengths = site_usage.lengths(session, BEGINS, ENDS), site_usage.lengths(session, BEGINS, ENDS, ["library"])
        assert {} == site_usage.by_site(session, BEGINS, ENDS, [])
    assert {BEGINS: Used(1, 3600, 7, 100, 1), BEGINS + HOUR: Used(1, 3600, 7, 100, 0)} == hours
    assert ({"arena": {5: 3}, "mall": {5: 0}}, {}) == lengths
    assert (Used(2, 7200, 14, 200, 1), 214) == (sum(hours.values(), Used()), sum(hours.values(), Used()).octets)


def test_months_of_visitors_follow_one_another(database: Engine) -> None:
    """One site's, or the city's, from the month that is asked for."""
    months = [midnight(date(2026, month, 1), TORONTO) for month in (1, 2, 3)]
    with transaction(database) as session:
        for number, begins in enumerate(months):
            session.add_all(SiteVisitors(begins_at=begins, site=site, visitors=10 + number, came_again=number) for site in ("", "arena"))
    with reading(database) as session:
        found = site_usage.visitors_since(session, months[1], "arena")
    assert [(months[1], "arena", 11, 1), (months[2], "arena", 12, 2)] == [tuple(each) for each in found]
    assert UTC == found[0].begins_at.tzinfo
