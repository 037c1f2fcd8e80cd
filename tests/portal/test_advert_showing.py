"""portal/cases/showing.py: why an advert is not on the screens is what the choice itself says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.cases import showing as cases
from portal.cases.adverts import Place, Shown, choose, open_at
from portal.cases.remainders import time_zone
from portal.cases.showing import Why, following, showing
from store.adverts import Advert, Run
from store.campaigns import Line
from store.models import Campaign, CampaignState, Creative, CreativeState, PlaceKind
from store.offers import Offer

ZONE = "America/Toronto"
NOON = datetime(2026, 3, 9, 16, 0, tzinfo=UTC)  # a Monday, the day after the clocks went forward there
SITE = Offer(PlaceKind.SITE, "library", "Library", "library", "mill", ZONE)
POINT = Offer(PlaceKind.ACCESS_POINT, "lib-1", "lib-1", "library", "mill", ZONE)
OFFERS = [SITE, POINT]
RUN = Run(Advert("c1", "mine", "bakery", "Bakery", {}, {}), frozenset({("site", "library")}))


def line(state: CampaignState = CampaignState.LIVE, *, live: bool = True) -> Line:
    row = Creative(id="c1", state=CreativeState.APPROVED, version=1)
    return Line(Campaign(id="mine", state=state), row, row if live else None)


def other(weight: int = 1, **changes: object) -> Run:
    return replace(
        RUN, advert=replace(RUN.advert, campaign=f"other{weight}", house=bool(changes.pop("house", False))), weight=weight, **changes
    )


@pytest.mark.parametrize(
    ("given_line", "run", "shown", "suspended", "whys"),
    [
        (line(), RUN, Shown(), False, []),
        (line(live=False), None, Shown(), False, [Why.UNAPPROVED]),
        (line(), RUN, Shown(), True, [Why.SUSPENDED]),
        (line(CampaignState.PAUSED), RUN, Shown(), False, [Why.PAUSED]),
        (line(CampaignState.ENDED), RUN, Shown(), False, [Why.ENDED]),
        (line(), replace(RUN, last_day=date(2026, 3, 8)), Shown(), False, [Why.ENDED]),
        (line(), replace(RUN, weight=0), Shown(), False, [Why.NO_WEIGHT]),
        (line(), replace(RUN, day_cap=10), Shown(10, 50), False, [Why.DAY_CAP]),
        (line(), replace(RUN, day_cap=10, total_cap=50), Shown(10, 50), False, [Why.TOTAL_CAP]),
        (line(), replace(RUN, places=frozenset({("site", "gone")})), Shown(), False, [Why.NOWHERE]),
    ],
)
def test_each_reason_is_named(given_line: Line, run: Run | None, shown: Shown, suspended: bool, whys: list[Why]) -> None:
    """And where there is one, guests do not see it, and no site stands below it with nothing but its name."""
    found = showing(given_line, run, [], OFFERS, shown, NOON, suspended=suspended)
    assert (whys, not whys) == (list(found.whys), found.on)
    assert [] == [each.title for each in found.told if whys and each.points and not (each.now or each.next)]


def test_others_share_the_place() -> None:
    """By weight; who is somewhere else, at another hour or the city's own takes nothing."""
    rivals = [RUN, other(1), other(2), other(9, places=frozenset({("site", "pool")})), other(8, from_minute=0, until_minute=60)]
    found = showing(line(), RUN, [*rivals, other(7, house=True)], OFFERS, Shown(), NOON).sites[0]
    assert ("Library", True, None, 2, 25, 1) == (found.title, found.now, found.next, found.others, found.share, found.points)


def test_the_next_time_is_told_in_the_sites_own_hours() -> None:
    """Tomorrow's opening, next week's day, the first day to come; none where its days are over."""
    evenings = replace(RUN, from_minute=18 * 60, until_minute=20 * 60)
    assert datetime(2026, 3, 9, 22, 0, tzinfo=UTC) == following(evenings, NOON, ZONE)
    sundays = replace(evenings, weekdays=0b1000000)
    assert datetime(2026, 3, 15, 22, 0, tzinfo=UTC) == following(sundays, NOON, ZONE)
    may = replace(RUN, first_day=date(2026, 5, 1))
    assert datetime(2026, 5, 1, 4, 0, tzinfo=UTC) == following(may, NOON, ZONE)
    assert [None, None] == [
        following(run, NOON, ZONE) for run in (replace(sundays, last_day=date(2026, 3, 14)), replace(RUN, first_day=date.max))
    ]
    found = showing(line(), evenings, [], OFFERS, Shown(), NOON)
    assert (False, [], datetime(2026, 3, 9, 22, 0, tzinfo=UTC)) == (found.on, list(found.whys), found.sites[0].next)


def test_an_hour_that_clocks_leave_out_is_passed() -> None:
    """02:00 to 04:00 on the morning when 02:00 is 03:00: it begins at 03:00."""
    before = datetime(2026, 3, 8, 5, 0, tzinfo=UTC)
    assert datetime(2026, 3, 8, 7, 0, tzinfo=UTC) == following(replace(RUN, from_minute=120, until_minute=240), before, ZONE)


def test_many_sites_are_counted() -> None:
    """The first dozen one by one."""
    many = [Offer(PlaceKind.SITE, f"s{n}", f"S{n}", f"s{n}", "", ZONE) for n in range(20)]
    found = showing(line(), replace(RUN, places=frozenset({("city", "")})), [], many, Shown(), NOON)
    assert (cases.SITES, 8, [Why.NOWHERE]) == (len(found.sites), found.more, list(found.whys))


@settings(max_examples=60, deadline=None)
@given(
    begin=st.integers(0, 1439), end=st.integers(0, 1440), days=st.integers(1, 127), hour=st.integers(0, 24 * 400),
    cap=st.one_of(st.none(), st.integers(1, 3)),
)  # fmt: skip
def test_what_the_panel_says_is_what_guests_see(begin: int, end: int, days: int, hour: int, cap: int | None) -> None:
    """Shown now exactly where the choice shows it; and what is promised next is open then."""
    run = replace(RUN, from_minute=begin, until_minute=end, weekdays=days, day_cap=cap)
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
    counts = Shown(2, 2)
    found = showing(line(), run, [run], OFFERS, counts, now)
    place = Place("lib-1", "library", "mill", ZONE)
    assert found.on is (choose([run], place, now, "visit", {"mine": counts}) is not None)
    following_one = found.sites[0].next
    assert following_one is None or (following_one > now and open_at(run, following_one.astimezone(time_zone(ZONE))))
