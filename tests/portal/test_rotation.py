"""Rotation at an access point: a hundred thousand visits while clocks change, both ways, and whatever else campaigns may be."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.cases.adverts import Place, Shown, choose, open_at
from portal.figures import Figures, Placement
from store.adverts import Advert, Run

if TYPE_CHECKING:
    from collections.abc import Iterator

TORONTO = ZoneInfo("America/Toronto")
VISITS = 50_000  # in each of the two
CITY = frozenset({("city", "")})
PLACES: Final = (
    Place("lib-1", "library", "downtown", "America/Toronto"),
    Place("lib-2", "library", "downtown", "America/Toronto"),
    Place("arena-1", "arena", "uptown", "America/Toronto"),
    Place("arena-2", "arena", "uptown", "America/Toronto"),
)


def run(name: str, *, house: bool = False, places: frozenset[tuple[str, str]] = CITY, **changes: Any) -> Run:
    return Run(Advert(f"creative-{name}", name, name, name.title(), {"en": name}, {}, house=house), places, **changes)


RUNS: Final = (
    run("bakery", weight=1),
    run("bicycles", weight=2, places=frozenset({("site", "library")})),
    run("plants", weight=4, places=frozenset({("district", "uptown"), ("access-point", "lib-2")})),
    run("lunch", weight=3, weekdays=0b0111111, from_minute=690, until_minute=840),  # not on Sundays
    run("night", weight=5, from_minute=60, until_minute=120),  # from one to two: left out in no spring, twice in autumn
    run("small-hours", weight=5, from_minute=120, until_minute=180),  # from two to three: left out in spring
    run("late", weight=2, from_minute=1_320, until_minute=150, weekdays=0b0100000),  # Saturday to Sunday, across the change
    run("daily", weight=8, day_cap=700),
    run("thousand", weight=8, total_cap=1_000),
)


class Seen(NamedTuple):
    """One visit: when on the clock on the wall, what might be shown, and what was."""

    here: datetime
    fits: frozenset[str]
    shown: str


def fitting(place: Place, here: datetime, today: Counter[str], ever: Counter[str]) -> frozenset[str]:
    """The same rules in other words: what the clock on the wall says, as text."""
    clock, day = f"{here:%H:%M}", f"{here:%a}"
    said = {
        "bakery": True,
        "bicycles": place.site == "library",
        "plants": place.district == "uptown" or place.access_point == "lib-2",
        "lunch": day != "Sun" and "11:30" <= clock < "14:00",
        "night": "01:00" <= clock < "02:00",
        "small-hours": "02:00" <= clock < "03:00",
        "late": (day == "Sat" and clock >= "22:00") or (day == "Sun" and clock < "02:30"),
        "daily": today["daily"] < 700,
        "thousand": ever["thousand"] < 1_000,
    }
    return frozenset(name for name, fits in said.items() if fits)


def visits(sunday: date) -> Iterator[Seen]:
    """From Friday's midnight to Monday's, evenly: what is shown is counted as the pages do, in memory and by the operator's day."""
    begin = (datetime(sunday.year, sunday.month, sunday.day, tzinfo=TORONTO) - timedelta(days=2)).astimezone(UTC)
    end = datetime(sunday.year, sunday.month, sunday.day, 23, 59, 59, tzinfo=TORONTO).astimezone(UTC)
    figures, today, ever, day = Figures(), Counter[str](), Counter[str](), begin.astimezone(TORONTO).date()
    for number in range(VISITS):
        moment = begin + (end - begin) * number / VISITS
        here, place, visit = moment.astimezone(TORONTO), PLACES[number % len(PLACES)], f"{sunday}-{number}"
        if here.date() != day:
            day, today = here.date(), Counter()
            figures.take()
            figures.know({name: Shown(0, count) for name, count in ever.items()})
        fits = fitting(place, here, today, ever)
        advert = choose(RUNS, place, moment, visit, figures.counts(), figures.last(visit))
        if advert is not None:
            figures.shown(Placement(advert.creative, advert.campaign, place.site, "en"), visit, moment.timestamp())
            today[advert.campaign] += 1
            ever[advert.campaign] += 1
        yield Seen(here, fits, advert.campaign if advert is not None else "")


@pytest.fixture(scope="module", params=[date(2026, 3, 8), date(2026, 11, 1)], ids=["spring", "autumn"])
def weekend(request: pytest.FixtureRequest) -> list[Seen]:
    return list(visits(request.param))


def test_only_what_fits(weekend: list[Seen]) -> None:
    """At no visit anything else, in no hour, at no place and beyond no cap; and something at each, for something fits always."""
    assert (VISITS, []) == (len(weekend), [seen for seen in weekend if seen.shown not in seen.fits])


def test_shares_are_the_weights(weekend: list[Seen]) -> None:
    """Among all visits at which the same campaigns fit, each has its weight's share: none is further off than chance goes."""
    weights = {each.advert.campaign: each.weight for each in RUNS}
    groups: defaultdict[frozenset[str], Counter[str]] = defaultdict(Counter)
    for seen in weekend:
        groups[seen.fits][seen.shown] += 1
    large = {fits: shown for fits, shown in groups.items() if shown.total() >= 200}
    assert 10 < len(large)
    for fits, shown in large.items():
        for name in fits:
            share, many = weights[name] / sum(weights[each] for each in fits), shown.total()
            assert abs(shown[name] - many * share) <= 4.5 * math.sqrt(many * share * (1 - share)), (sorted(fits), name)


def test_caps_are_kept(weekend: list[Seen]) -> None:
    """To the view: each day's by the operator's day, of 23 and of 25 hours, too."""
    days = Counter(seen.here.date() for seen in weekend if seen.shown == "daily")
    assert ([700] * 3, 1_000) == (list(days.values()), sum(seen.shown == "thousand" for seen in weekend))


def test_the_hours_of_the_change(weekend: list[Seen]) -> None:
    """What runs from two to three has no hour that Sunday in spring; what runs from one to two has two of them in autumn."""
    hours = Counter((f"{seen.here:%a}", seen.here.hour) for seen in weekend)
    spring = weekend[0].here.month == 3
    an_hour = VISITS / (71 if spring else 73)
    assert (0 if spring else 1, 1 if spring else 2) == (round(hours["Sun", 2] / an_hour), round(hours["Sun", 1] / an_hour))
    sundays = [seen for seen in weekend if f"{seen.here:%a}" == "Sun"]
    assert spring != any(seen.shown == "small-hours" for seen in sundays)
    fits = [seen for seen in sundays if "night" in seen.fits]
    assert (1 if spring else 2) == round(len(fits) / an_hour)
    assert any(seen.shown == "night" for seen in fits)
    late = {f"{seen.here:%a}" for seen in weekend if seen.shown == "late"}
    assert {"Sat", "Sun"} == late


PLACES_OF_RUNS = st.frozensets(
    st.sampled_from([("city", ""), ("district", "downtown"), ("site", "library"), ("site", "arena"), ("access-point", "lib-1")]), max_size=3
)
SOME_RUNS = st.lists(
    st.builds(
        run,
        st.sampled_from([f"shop-{each}" for each in range(12)]),
        house=st.booleans(),
        places=PLACES_OF_RUNS,
        weight=st.integers(1, 100),
        first_day=st.none() | st.dates(date(2026, 2, 1), date(2026, 12, 1)),
        last_day=st.none() | st.dates(date(2026, 2, 1), date(2026, 12, 1)),
        weekdays=st.integers(0, 127),
        from_minute=st.integers(0, 1_440),
        until_minute=st.integers(0, 1_440),
        day_cap=st.none() | st.integers(0, 5),
        total_cap=st.none() | st.integers(0, 9),
    ),
    max_size=8,
    unique_by=lambda each: each.advert.campaign,
)
COUNTS = st.dictionaries(st.sampled_from([f"shop-{each}" for each in range(12)]), st.builds(Shown, st.integers(0, 6), st.integers(0, 10)))
MOMENTS = st.datetimes(datetime(2026, 2, 1), datetime(2026, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001  as hypothesis asks


@given(SOME_RUNS, COUNTS, MOMENTS, st.sampled_from(PLACES), st.text(max_size=9))
def test_whatever_runs(runs: list[Run], counts: dict[str, Shown], moment: datetime, place: Place, visit: str) -> None:
    """One that fits, and nothing where none does; a shop's before the city's; the same again, in any order, and without those not shown."""
    found = choose(runs, place, moment, visit, counts)
    here = moment.astimezone(TORONTO)

    def left(each: Run) -> bool:
        today, ever = counts.get(each.advert.campaign, Shown())
        return not (each.day_cap is not None and today >= each.day_cap) and not (each.total_cap is not None and ever >= each.total_cap)

    fits = [each for each in runs if each.places & place.names and open_at(each, here) and left(each)]
    assert (found is None) == (not fits)
    assert found == choose(runs[::-1], place, moment, visit, counts)
    if found is not None:
        assert found in [each.advert for each in fits]
        assert found.house == all(each.advert.house for each in fits)
        alone = [each for each in runs if each.advert.campaign == found.campaign]
        assert found == choose(alone, place, moment, visit, counts)
        others = [each for each in fits if each.advert.house == found.house]
        assert [found] * len(others) == [
            choose([*alone, each] if each not in alone else alone, place, moment, visit, counts) for each in others
        ]


@given(SOME_RUNS, COUNTS, MOMENTS, st.text(max_size=9), st.integers(2, 9))
def test_more_weight_loses_no_visit(runs: list[Run], counts: dict[str, Shown], moment: datetime, visit: str, times: int) -> None:
    """Who was shown a campaign is shown it when its weight grows; who was not, either it or the same as before."""
    before = choose(runs, PLACES[0], moment, visit, counts)
    for number, each in enumerate(runs):
        after = choose([*runs[:number], replace(each, weight=each.weight * times), *runs[number + 1 :]], PLACES[0], moment, visit, counts)
        assert after in ([before] if before == each.advert else [before, each.advert])


@given(SOME_RUNS, MOMENTS, st.text(max_size=9))
def test_a_cap_is_nothing_to_who_was_counted(runs: list[Run], moment: datetime, visit: str) -> None:
    """Whoever was shown a campaign sees it again when it is full by then."""
    before = choose(runs, PLACES[0], moment, visit, {})
    if before is not None:
        full = {each.advert.campaign: Shown(10**6, 10**6) for each in runs}
        assert before == choose(runs, PLACES[0], moment, visit, full, before.campaign)
