"""portal.cases.adverts: which advert a page shows."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from portal.cases.adverts import Place, Shown, choose, shops
from store.adverts import Advert, Run

NOON = datetime(2026, 3, 11, 16, 0, tzinfo=UTC)  # Wednesday, 12:00 in Toronto
HERE = Place("lib-1", "library", "downtown", "America/Toronto")
CITY = frozenset({("city", "")})


def run(name: str, *, house: bool = False, places: frozenset[tuple[str, str]] = CITY, **changes: Any) -> Run:
    return Run(Advert(f"creative-{name}", name, name, name.title(), {"en": name}, {}, house=house), places, **changes)


def chosen(runs: list[Run], moment: datetime = NOON, place: Place = HERE, visit: str = "K7Q-42M", **counts: Shown) -> str:
    found = choose(runs, place, moment, visit, counts)
    return found.campaign if found is not None else ""


def test_shares_are_the_weights() -> None:
    """A hundred thousand visits over weights 1, 2, 3 and 4: each within a hundredth of its share."""
    runs = [run(f"shop{weight}", weight=weight) for weight in (1, 2, 3, 4)]
    counts = Counter(chosen(runs, visit=str(number)) for number in range(100_000))
    assert {f"shop{weight}": pytest.approx(weight / 10, abs=0.01) for weight in (1, 2, 3, 4)} == {
        name: count / 100_000 for name, count in counts.items()
    }


def test_a_visit_sees_the_same_again() -> None:
    """In any order of the campaigns; and one that is gone moves only those who saw it."""
    runs = [run(name) for name in ("bakery", "bicycles", "plants")]
    before = {str(number): chosen(runs, visit=str(number)) for number in range(3_000)}
    assert before == {visit: chosen(runs[::-1], visit=visit) for visit in before}
    without = {visit: chosen(runs[1:], visit=visit) for visit in before}
    assert {visit: name for visit, name in before.items() if name != "bakery"} == {
        visit: name for visit, name in without.items() if before[visit] != "bakery"
    }
    moved = Counter(without[visit] for visit in before if before[visit] == "bakery")
    assert {"bicycles", "plants"} == set(moved)
    assert min(moved.values()) / max(moved.values()) > 0.8


@pytest.mark.parametrize(
    ("kind", "name", "shown"),
    [
        ("city", "", True),
        ("district", "downtown", True),
        ("district", "uptown", False),
        ("site", "library", True),
        ("site", "downtown", False),
        ("access-point", "lib-1", True),
        ("access-point", "lib-2", False),
    ],
)
def test_a_campaign_has_its_places(kind: str, name: str, shown: bool) -> None:
    """The access point's, the site's, the district's and the city's are all shown; nothing else is."""
    assert ("shop" if shown else "") == chosen([run("shop", places=frozenset({(kind, name)}))])


def test_a_place_without_names_has_the_city_alone() -> None:
    """An access point that nobody declared is no campaign's "" either."""
    wide, narrow = run("wide"), [run("narrow", places=frozenset({(kind, "")})) for kind in ("access-point", "site", "district")]
    assert "wide" == chosen([*narrow, wide], place=Place())
    assert "" == chosen(narrow, place=Place())


def test_caps() -> None:
    """The one that a cap ends leaves its place to the others; one is enough, and 0 is none at all."""
    runs = [run("capped", day_cap=10, total_cap=100, weight=1_000), run("other")]
    assert "capped" == chosen(runs)
    assert "capped" == chosen(runs, capped=Shown(9, 99))
    assert ("other", "other") == (chosen(runs, capped=Shown(10, 10)), chosen(runs, capped=Shown(0, 100)))
    assert ("", "") == (chosen([run("none", day_cap=0)]), chosen([run("none", total_cap=0)]))


def test_the_citys_own_fills_what_is_free() -> None:
    """Whatever its weight; and where no shop has a place, an hour or a view left, it is shown."""
    city, shop = run("city", house=True, weight=1_000_000), run("shop", day_cap=1)
    assert {"shop"} == {chosen([city, shop], visit=str(number)) for number in range(200)}
    assert "city" == chosen([city, shop], shop=Shown(1, 1))
    assert "city" == chosen([city])


def test_nothing_runs() -> None:
    """Then nothing is shown."""
    assert "" == chosen([])


@pytest.mark.parametrize(
    ("changes", "moment", "shown"),
    [
        ({"first_day": date(2026, 3, 12)}, "2026-03-11 23:59", False),
        ({"first_day": date(2026, 3, 12)}, "2026-03-12 00:00", True),
        ({"last_day": date(2026, 3, 12)}, "2026-03-12 23:59", True),
        ({"last_day": date(2026, 3, 12)}, "2026-03-13 00:00", False),
        ({"weekdays": 0b0000100}, "2026-03-11 12:00", True),  # Wednesday
        ({"weekdays": 0b0000100}, "2026-03-12 12:00", False),
        ({"from_minute": 540, "until_minute": 1020}, "2026-03-11 08:59", False),
        ({"from_minute": 540, "until_minute": 1020}, "2026-03-11 09:00", True),
        ({"from_minute": 540, "until_minute": 1020}, "2026-03-11 16:59", True),
        ({"from_minute": 540, "until_minute": 1020}, "2026-03-11 17:00", False),
        ({"from_minute": 540, "until_minute": 540}, "2026-03-11 09:00", False),  # no minute at all
        # From Friday 22:00 to Saturday 02:00: the small hours are still Friday's.
        ({"from_minute": 1320, "until_minute": 120, "weekdays": 0b0010000}, "2026-03-13 22:00", True),
        ({"from_minute": 1320, "until_minute": 120, "weekdays": 0b0010000}, "2026-03-14 01:59", True),
        ({"from_minute": 1320, "until_minute": 120, "weekdays": 0b0010000}, "2026-03-14 02:00", False),
        ({"from_minute": 1320, "until_minute": 120, "weekdays": 0b0010000}, "2026-03-13 01:00", False),
        ({"from_minute": 1320, "until_minute": 120, "last_day": date(2026, 3, 13)}, "2026-03-14 01:00", True),
        ({"from_minute": 1320, "until_minute": 120, "first_day": date(2026, 3, 13)}, "2026-03-13 01:00", False),
    ],
)
def test_days_and_hours_are_the_sites(changes: dict[str, Any], moment: str, shown: bool) -> None:
    """Dates, weekdays and hours on the clock of the site, across midnight too."""
    here = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("America/Toronto"))
    assert ("shop" if shown else "") == chosen([run("shop", **changes)], here.astimezone(UTC))


@pytest.mark.parametrize(
    ("day", "minutes"), [(date(2026, 3, 7), 120), (date(2026, 3, 8), 60), (date(2026, 3, 9), 120), (date(2026, 11, 1), 180)]
)
def test_when_clocks_change(day: date, minutes: int) -> None:
    """From one to three at night: an hour short in spring, an hour long in autumn; midnight to midnight nothing is left out."""
    zone = ZoneInfo("America/Toronto")
    begin = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    night, whole = [run("night", from_minute=60, until_minute=180)], [run("whole", first_day=day, last_day=day)]
    real = (datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(days=1)).astimezone(UTC) - begin
    every = [begin + timedelta(minutes=each) for each in range(-60, int(real.total_seconds() / 60) + 60)]
    assert minutes == sum(bool(chosen(night, moment)) for moment in every if moment.astimezone(zone).date() == day)
    assert real == timedelta(minutes=sum(bool(chosen(whole, moment)) for moment in every))


def test_a_years_worth_of_visits_keeps_to_the_schedule() -> None:
    """Half of every working day, in four zones, at every hour of a year: as many hours as days times hours, and never outside."""
    campaign = run("lunch", weekdays=0b0011111, from_minute=660, until_minute=840)
    for zone in ("America/Toronto", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland"):
        begin = datetime(2026, 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        moments = [begin + timedelta(minutes=30 * each) for each in range(365 * 48)]
        seen = [moment.astimezone(ZoneInfo(zone)) for moment in moments if chosen([campaign], moment, Place(timezone=zone))]
        assert 261 * 6 == len(seen)  # working days of 2026
        assert {11, 12, 13} == {here.hour for here in seen}


def test_the_shops_of_a_place() -> None:
    """Each once, by its name, these days; not the city's own, and whatever the hour."""
    runs = [
        run("bakery", places=frozenset({("site", "library")}), from_minute=0, until_minute=1),
        run("bakery"),
        run("aquarium", places=frozenset({("access-point", "lib-1")})),
        run("zoo", last_day=date(2026, 3, 10)),
        run("elsewhere", places=frozenset({("site", "market")})),
        run("city", house=True),
    ]
    assert ["aquarium", "bakery"] == [advert.shop for advert in shops(runs, HERE.names, date(2026, 3, 11))]
