"""portal.cases.figures: a shop's figures, exact as a whole and never so fine that they could be somebody."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from portal.cases import figures
from portal.cases.figures import LONGEST, MONDAY, SPAN, Row, Span, Told, rate, report, spanned, week
from store import adverts
from store.adverts import Figure
from store.models import Campaign
from store.placements import Count
from store.session import reading, transaction
from tests.store.test_adverts import campaign

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from portal.cases.figures import Report
    from tests.portal.world import World

TORONTO = ZoneInfo("America/Toronto")
TODAY = date(2026, 3, 11)  # a Wednesday; clocks went forward on Sunday
FIRST = date(2026, 2, 23)  # of the four weeks around it


def noon(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=TORONTO).astimezone(UTC)


def sown(database: Engine, *rows: tuple[datetime, str, str, int, int], slug: str = "bakery") -> tuple[str, str]:
    """A shop with one campaign and these hours: (shop's id, campaign's)."""
    with transaction(database) as session:
        name = campaign(session, slug)
        adverts.count(session, [Figure(f"{slug}-1", name, *row) for row in rows], TORONTO)
        return session.get_one(Campaign, name).business_id, name


def told(database: Engine, shop: str, first: date = TODAY, last: date = TODAY, only: str | None = None) -> Report:
    with reading(database) as session:
        return report(session, shop, spanned(first, last), TODAY, only)


@pytest.mark.parametrize(
    ("first", "last", "span"),
    [
        (TODAY, TODAY, Span(FIRST, FIRST + timedelta(days=27))),
        (FIRST + timedelta(days=28), FIRST, Span(FIRST, FIRST + timedelta(days=55))),
        (date.min, MONDAY, Span(MONDAY, MONDAY + timedelta(days=27))),
        (date(2024, 1, 1), date(2026, 3, 22), Span(date(2025, 3, 24), date(2026, 3, 22))),  # a year at most
    ],
)
def test_whole_spans(first: date, last: date, span: Span) -> None:
    """Days are rounded outwards to four weeks that begin where every four weeks do."""
    assert span == spanned(first, last)
    assert (0, 0) == (span.first.weekday(), (span.first - MONDAY).days % SPAN)
    assert len(span.starts) <= LONGEST


def test_days_hours_places_and_languages(city: World) -> None:
    """On the operator's clock; a day of three and the next that could be told by it are left out, zeros are not, nor a future day shown."""
    shop, _ = sown(
        city.database,
        (noon(TODAY), "library", "en", 40, 5),
        (noon(TODAY - timedelta(days=1), 23), "library", "fr", 3, 1),
        (noon(TODAY - timedelta(days=8), 0), "arena", "en", 6, 0),
    )
    said = told(city.database, shop)
    assert (Count(49, 6), Span(FIRST, FIRST + timedelta(days=27))) == (said.counted, said.span)
    days = {row.key: row[1:] for row in said.days.rows}
    assert [FIRST + timedelta(days=each) for each in range(17)] == list(days)
    left_out, none, six = (None, None), (Told(0), Told(0)), (Told(6), Told(0))
    assert {TODAY: left_out, TODAY - timedelta(days=1): left_out, TODAY - timedelta(days=2): none, TODAY - timedelta(days=8): six} == {
        day: days[day] for day in (TODAY, TODAY - timedelta(days=1), TODAY - timedelta(days=2), TODAY - timedelta(days=8))
    }
    assert Count(43, 6) == said.days.rest
    hours = {row.key: row[1:] for row in said.hours.rows if row[1:] != none}
    assert {0: left_out, 12: (Told(40), Told(5)), 23: left_out} == hours
    assert [Row("library", Told(43), Told(6)), Row("arena", Told(6), Told(0))] == said.places.rows
    assert [Row("en", None, None), Row("fr", None, None)] == said.languages.rows


@pytest.mark.parametrize(
    ("clicks", "lines"),
    [
        ((9, 5, 0), (9, 5, 0)),
        ((1, 0, 0), (None, None, None)),  # alone: the total tells it, so nobody learns where
        ((3, 2, 9), (None, None, 9)),
        ((3, 7, 9), (None, None, 9)),
        ((0, 0, 0), (0, 0, 0)),
    ],
)
def test_clicks_under_five_are_left_out_too(city: World, clicks: tuple[int, ...], lines: tuple[int | None, ...]) -> None:
    """A click is somebody's, however often the advert was shown where it was; views beside it are told."""
    sites = ("arena", "library", "market")
    shop, _ = sown(city.database, *((noon(TODAY), site, "en", 100, count) for site, count in zip(sites, clicks, strict=True)))
    said = told(city.database, shop)
    assert [
        Row(site, Told(100), None if count is None else Told(count)) for site, count in zip(sites, lines, strict=True)
    ] == said.places.rows
    assert Count(0, sum(clicks) - sum(each or 0 for each in lines)) == said.places.rest
    assert Count(300, sum(clicks)) == said.counted


def test_of_too_little_nothing_is_broken_down(city: World) -> None:
    """The total is told; not even where or when there was nothing."""
    shop, name = sown(city.database, (noon(TODAY), "library", "en", 3, 1))
    said = told(city.database, shop)
    assert (Count(3, 1), [name]) == (said.counted, [advert.id for advert, _ in said.adverts])
    assert {(None, None)} == {row[1:] for row in said.hours.rows}
    assert ([], [], Count(3, 1)) == (said.places.rows, said.languages.rows, said.places.rest)
    assert (True, True) == (said.hours.empty, said.places.empty)


def test_a_click_of_the_hour_before(city: World) -> None:
    """Counts, but not in an hour in which nothing was shown: it would be one person's."""
    shop, _ = sown(city.database, (noon(TODAY), "library", "en", 9, 0), (noon(TODAY, 13), "library", "en", 0, 9))
    said = told(city.database, shop)
    assert (Count(9, 9), Count(0, 9)) == (said.counted, said.hours.rest)
    assert [(Told(9), Told(0)), (Told(0), Told(0))] == [row[1:] for row in said.hours.rows[12:14]]


def strewn(database: Engine, slug: str, seed: int) -> tuple[str, str]:
    """A campaign with twelve weeks of small figures, some days more."""
    chance = random.Random(seed)
    rows = [
        (noon(FIRST - timedelta(days=chance.randrange(70)), chance.randrange(24)), site, language, shown, chance.randrange(shown + 1))
        for site in ("library", "arena", "market")
        for language in ("en", "fr")
        for shown in (chance.choice((1, 1, 2, 3, 8, 30)) for _ in range(60))
    ]
    merged = {}
    for hour, site, language, shown, clicked in rows:
        before = merged.get((hour, site, language), (0, 0))
        merged[hour, site, language] = (before[0] + shown, before[1] + clicked)
    return sown(database, *((*key, *value) for key, value in merged.items()), slug=slug)


def lines(table: figures.Table) -> dict[object, Count]:
    """What is told of lines in which something is."""
    told = {row.key: Count(*(0 if each is None else each.number for each in row[1:])) for row in table.rows}
    return {key: count for key, count in told.items() if count != Count()}


@pytest.mark.parametrize("seed", range(4))
def test_longer_spans_are_sums_of_what_is_told(city: World, seed: int) -> None:
    """So no two spans, subtracted from each other, tell a cell that neither shows; and with the rest it adds up to the total."""
    shop, _ = strewn(city.database, "bakery", seed)
    first = FIRST - timedelta(days=2 * SPAN)
    whole = told(city.database, shop, first, FIRST)
    each = [told(city.database, shop, day, day) for day in whole.span.starts]
    assert 3 == len(each)
    for table in ("days", "hours", "places", "languages"):
        summed: dict[object, Count] = {}
        for part in each:
            for key, count in lines(getattr(part, table)).items():
                summed[key] = summed.get(key, Count()).plus(count)
        assert summed == lines(getattr(whole, table)), table
        shown = Count(*map(sum, zip(*summed.values(), strict=True))) if summed else Count()
        assert whole.counted == shown.plus(getattr(whole, table).rest), table


def test_a_shop_is_the_sum_of_its_adverts(city: World) -> None:
    """What its table shows is what theirs do: one advert's cell is not the shop's less the others'."""
    shop, first = strewn(city.database, "bakery", 1)
    other_shop, second = strewn(city.database, "bicycles", 2)
    with transaction(city.database) as session:
        session.get_one(Campaign, second).business_id = shop
    whole, one, two = (told(city.database, shop, only=only) for only in (None, first, second))
    assert whole.counted == one.counted.plus(two.counted)
    for table in ("days", "hours", "places", "languages"):
        keys = {**lines(getattr(one, table)), **lines(getattr(two, table))}
        parts = [lines(getattr(each, table)) for each in (one, two)]
        assert lines(getattr(whole, table)) == {key: Count(*parts[0].get(key, ())).plus(Count(*parts[1].get(key, ()))) for key in keys}
    assert {first: one.counted, second: two.counted} == {advert.id: count for advert, count in whole.adverts}
    assert Count() == told(city.database, other_shop).counted


def test_no_cell_under_five_is_shown(city: World) -> None:
    """Of one advert in one span; longer ones are made of those."""
    shop, _ = strewn(city.database, "bakery", 7)
    said = told(city.database, shop, FIRST - timedelta(days=SPAN), FIRST - timedelta(days=1))
    tables = (said.days, said.hours, said.places, said.languages)
    shown = [each.number for table in tables for row in table.rows for each in row[1:] if each is not None and each.number]
    assert (True, []) == (len(shown) > 20, [number for number in shown if number < 5])


def test_a_picture_reads_what_it_shows(city: World) -> None:
    """Days and hours as the page has them, and neither places nor languages."""
    shop, _ = sown(city.database, (noon(TODAY), "library", "en", 40, 5), (noon(TODAY, 13), "arena", "fr", 9, 0))
    page = told(city.database, shop)
    with reading(city.database) as session:
        bare = report(session, shop, page.span, TODAY, parts=False)
    assert (page.counted, page.days, page.hours, [], []) == (bare.counted, bare.days, bare.hours, bare.places.rows, bare.languages.rows)


def test_the_running_week(city: World) -> None:
    """From Monday on the operator's clock, exact, and by advert."""
    monday = TODAY - timedelta(days=2)
    shop, name = sown(
        city.database, (noon(monday, 0), "library", "en", 2, 1), (noon(monday - timedelta(days=1), 23), "library", "en", 9, 0)
    )
    with reading(city.database) as session:
        assert figures.Week(monday, Count(2, 1), {name: Count(2, 1)}) == week(session, shop, noon(TODAY), TORONTO)
        assert figures.Week(monday, Count(), {}) == week(session, "nobody", noon(TODAY), TORONTO)
        before = noon(monday - timedelta(days=1), 23)  # Monday in UTC
        assert figures.Week(monday - timedelta(days=7), Count(9, 0), {name: Count(9, 0)}) == week(session, shop, before, TORONTO)


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (Count(), None),
        (Count(10, 0), (0.0, 0.0, 0.2775)),
        (Count(10, 5), (0.5, 0.2366, 0.7634)),
        (Count(1_000, 20), (0.02, 0.0130, 0.0307)),
        (Count(3, 7), (1.0, 0.4385, 1.0)),
    ],
)
def test_the_rate_and_how_sure_it_is(count: Count, told: tuple[float, float, float] | None) -> None:
    """Wilson's interval, as tables of it have it; never more than all."""
    found = rate(count)
    assert told == (None if found is None else tuple(round(each, 4) for each in found))
