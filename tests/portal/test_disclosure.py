"""Can anybody be found in open data? Generated cities, and a reader who keeps every file and knows all but one number."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.cases.disclosure import APART, FEWEST, MANY, STEP, Figures, Line, Why, lines, nearest
from portal.cases.open_files import USAGE, figures, joined, usage_csv
from store.site_usage import SiteMonth

NAMES = [f"site-{number}" for number in range(6)]
COUNTS = st.integers(0, 40) | st.integers(0, 2_000)
FEWER = settings(max_examples=60, deadline=None)


@st.composite
def months(draw: st.DrawFn, site: str = "") -> SiteMonth:
    """A site's month: small ones as often as large ones."""
    sessions = draw(COUNTS)
    return SiteMonth(
        site=site or draw(st.sampled_from(NAMES)),
        sessions=sessions,
        visitors=draw(COUNTS | st.none()),
        minutes=draw(st.integers(0, 100_000)),
        octets_down=draw(st.integers(0, 10**13)),
        octets_up=draw(st.integers(0, 10**12)),
        median_minutes=draw(st.none() | st.floats(0, 1440)),
        roaming_sessions=draw(st.integers(0, sessions)),
    )


CITIES = st.sets(st.sampled_from(NAMES), min_size=1).flatmap(lambda names: st.tuples(*(months(name) for name in sorted(names))))


def published(city: tuple[SiteMonth, ...], *earlier: bytes) -> bytes:
    """A city's month as anybody has it; `earlier`: the files of it that were out before, the newest first."""
    return usage_csv("2026-02", lines([each.site for each in city], city, [figures(each) for each in earlier]))


def known(city: tuple[SiteMonth, ...], site: str, *earlier: bytes) -> Figures | None:
    """What the file says of one site."""
    return figures(published(city, *earlier))[site]


@FEWER
@given(CITIES)
def test_no_line_stands_for_fewer_than_ten(city: tuple[SiteMonth, ...]) -> None:
    """People or sessions; nor does one stand for people whom nobody counted. Such a line is empty, share and median too."""
    file = published(city)
    for each in city:
        few = each.visitors is None or each.visitors < FEWEST or each.sessions < FEWEST
        assert few == (figures(file)[each.site] is None)
        assert few == (f"{each.site},2026-02,,,,,,,\r\n" in file.decode())


@FEWER
@given(CITIES)
def test_every_number_is_rounded_to_five(city: tuple[SiteMonth, ...]) -> None:
    """No exact count: each is a multiple of five, those of people and sessions the one below, the rest the nearest."""
    for each, told in zip(city, figures(published(city)).values(), strict=True):
        if told is None:
            continue
        numbers = (told.sessions, told.visitors, told.minutes, told.gb_down, told.gb_up, told.median or 0, told.share or 0)
        assert {0} == {number % STEP for number in numbers}
        assert {(0, 0)} == {((each.sessions - told.sessions) // STEP, ((each.visitors or 0) - told.visitors) // STEP)}
        assert abs(told.minutes - each.minutes) < 3


@FEWER
@given(CITIES)
@example((SiteMonth("site-0", 1_000, 10, 0, 0, 0, None, 500),))
def test_a_share_stands_for_many(city: tuple[SiteMonth, ...]) -> None:
    """One student comes twenty days a month: a share is of a thousand sessions, and one that is not nought of twenty-five at least."""
    for each, told in zip(city, figures(published(city)).values(), strict=True):
        if told is None or told.share is None:
            assert told is None or each.sessions < MANY
            continue
        assert told.share == 0 or each.roaming_sessions >= 25
        assert told.share == 100 or each.sessions - each.roaming_sessions >= 25


@FEWER
@given(CITIES, st.data())
def test_no_line_tells_of_another_site(city: tuple[SiteMonth, ...], data: st.DataObject) -> None:
    """A site added, removed or withheld, or another month of it: every other line is the same octets. There is no total."""
    chosen = data.draw(st.sampled_from(city))
    other = data.draw(months(chosen.site))
    whole = published(city).splitlines()
    without = published(tuple(each for each in city if each is not chosen)).splitlines()
    changed = published(tuple(other if each is chosen else each for each in city)).splitlines()
    mine = f"{chosen.site},".encode()
    assert without == [row for row in whole if not row.startswith(mine)]
    assert without == [row for row in changed if not row.startswith(mine)]
    assert 1 + len(city) == len(whole)


@settings(max_examples=40, deadline=None)
@given(months("site-0"), st.sampled_from(["visitors", "sessions", "roaming_sessions"]))
@example(SiteMonth("site-0", 10, 10, 0, 0, 0, None, 0), "visitors")
@example(SiteMonth("site-0", 1_000, 10, 0, 0, 0, None, 50), "roaming_sessions")
@example(SiteMonth("site-0", 1_000, 10, 0, 0, 0, None, 25), "sessions")
@example(SiteMonth("site-0", 11, 10, 0, 0, 0, None, 11), "sessions")
def test_whoever_knows_all_but_one_number_is_left_with_several(month: SiteMonth, unknown: str) -> None:
    """Every other figure of the city known, and the file at hand: five numbers fit at least, and ten where the line is withheld."""
    told, true = known((month,), month.site), getattr(month, unknown) or 0
    most = month.sessions if unknown == "roaming_sessions" else true + 60
    least = month.roaming_sessions if unknown == "sessions" else 0
    near = range(max(true - 60, least), min(true + 60, most) + 1)
    fits = [number for number in near if known((replace(month, **{unknown: number}),), month.site) == told]
    apart = STEP - max(least - told.sessions, 0) if told is not None else FEWEST - least  # less those that they know of
    assert len(fits) >= min(apart, len(near))


def test_what_is_far_from_what_was_told_is_told() -> None:
    """Fifteen sessions more; twenty-five visitors where the line was withheld. Fewer are not."""
    before = published((SiteMonth("site-0", 20, 30, 0, 0, 0, None, 0),))
    few = published((SiteMonth("site-0", 5, 5, 0, 0, 0, None, 0),))
    again = [known((SiteMonth("site-0", count, 30, 0, 0, 0, None, 0),), "site-0", before) for count in (34, 35)]
    late = [known((SiteMonth("site-0", 40, count, 0, 0, 0, None, 0),), "site-0", few) for count in (24, 25)]
    assert ([20, 35], [None, 25]) == ([each and each.sessions for each in again], [each and each.visitors for each in late])


@FEWER
@given(st.lists(months("site-0"), min_size=2, max_size=4))
@example([SiteMonth("site-0", 10, count, 0, 0, 0, None, 0) for count in (15, 0, 25)])
@example([SiteMonth("site-0", 10, count, 0, 0, 0, None, 0) for count in (15, 0, 30)])
def test_two_files_of_a_month_differ_by_ten_people_or_not_at_all(versions: list[SiteMonth]) -> None:
    """Withdrawn and corrected, however often: as told a count differs by fifteen or not at all; what was withheld comes late."""
    files: list[bytes] = []
    for each in versions:
        files.insert(0, published((each,), *files))
    said = [figures(each)["site-0"] for each in files[::-1]]
    told = [each for each in said if each is not None]
    for name in ("sessions", "visitors", "minutes"):
        apart = [abs(getattr(one, name) - getattr(other, name)) for one in told for other in told]
        assert [] == [each for each in apart if 0 < each < APART], name
    late = [each for at, each in enumerate(said) if each is not None and None in said[:at]]
    assert [] == [each for each in late if each.visitors < FEWEST + APART]


def test_figures_that_go_with_the_sessions_do_not_change_alone() -> None:
    """Median, share and data are reckoned from the same sessions: where these are told unchanged, so are those."""
    month = SiteMonth("pool", 1_004, 400, 30_000, 10**12, 10**11, 31.0, 400)
    first = published((month,))
    again = published((replace(month, sessions=1_008, median_minutes=39.0, roaming_sessions=480, octets_down=2 * 10**12),), first)
    assert first == again
    other = figures(published((replace(month, sessions=1_400, median_minutes=39.0),), first))["pool"]
    assert other is not None
    assert (1_400, 400, 40) == (other.sessions, other.visitors, other.median)


@pytest.mark.parametrize(
    ("visitors", "sessions", "why"), [(9, 500, Why.FEW), (0, 0, Why.FEW), (500, 9, Why.FEW), (None, 500, Why.UNCOUNTED), (10, 10, None)]
)
def test_why_a_line_is_withheld(visitors: int | None, sessions: int, why: Why | None) -> None:
    """Nought is withheld like nine, so that an empty line does not say that somebody was there; a site without a month is nought."""
    (line,) = lines(["pool"], [SiteMonth("pool", sessions, visitors, 0, 0, 0, None, 0)])
    assert (why, why is None) == (line.why, line.figures is not None)
    assert [Line("pool", None, Why.FEW)] == lines(["pool"], [])


def test_halves_are_rounded_up() -> None:
    """As people do, and the same for every number."""
    assert [0, 0, 5, 5, 5, 10, 10] == [nearest(each) for each in (0, 2.4, 2.5, 5, 7.4, 7.5, 12.4)]


def test_months_are_one_table() -> None:
    """One header, and each month's lines as they were published."""
    month = SiteMonth("pool", 20, 20, 30, 0, 0, None, 0)
    table = joined([published((month,)), published((month,)).replace(b"2026-02", b"2026-03")]).decode().splitlines()
    assert [",".join(each.name for each in USAGE), "pool,2026-02,20,20,30,0,0,,", "pool,2026-03,20,20,30,0,0,,"] == table
