"""portal/cases/campaigns.py: whatever is typed is kept, and what has no fault can run."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from portal.cases import campaigns as cases
from store import campaigns
from store.models import PlaceKind
from store.offers import Offer
from tests.portal.adverts import multi

TODAY = date(2026, 3, 9)
OFFERS = [Offer(PlaceKind.SITE, "central-library", "Central Library", "central-library", "", "America/Toronto")]
NAMES = [
    "title.en",
    "text.fr",
    "alt.en",
    "link",
    "first_day",
    "last_day",
    "from",
    "until",
    "day_cap",
    "total_cap",
    "weekday",
    "place",
    "picture_kept",
]
SAID = st.one_of(
    st.text(max_size=70),
    st.sampled_from(
        ["2026-05-01", "9999-12-31", "20260501", "24:00", "00:00", "7:5", "5", "-1", "1e9", "site:central-library", "city:", "0", "6", "³"]
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NAMES), SAID), max_size=25))
def test_no_form_breaks_it(pairs: list[tuple[str, str]]) -> None:
    """It is what JSON can hold, its faults are told, and typed again it is the same; without a fault it can be read."""
    fields = cases.typed(MultiDict(pairs))
    assert fields == json.loads(json.dumps(fields))
    if not cases.faults(fields, OFFERS, TODAY):
        campaigns.read(fields["plan"])


@settings(max_examples=100, deadline=None)
@given(
    first=st.dates(TODAY, date(2027, 1, 1)), days=st.integers(-3, 300), begin=st.integers(0, 23), end=st.integers(0, 24),
    cap=st.one_of(st.just(""), st.integers(-1, 10**8).map(str)), week=st.sets(st.sampled_from("0123456")),
)  # fmt: skip
def test_what_is_told_and_what_can_run_are_one(first: date, days: int, begin: int, end: int, cap: str, week: set[str]) -> None:
    """A plan has a fault exactly where nobody could approve it."""
    last = date.fromordinal(first.toordinal() + days)
    form = multi(
        first_day=first.isoformat(),
        last_day=last.isoformat(),
        until=f"{end}:00",
        day_cap=cap,
        weekday=sorted(week),
        **{"from": f"{begin}:00"},
    )
    fields = cases.typed(form)
    faults = [each.key for each in cases.faults(fields, OFFERS, TODAY) if each.key != "last_day" or last >= TODAY]
    if last < TODAY:
        return
    try:
        campaigns.read(fields["plan"])
    except ValueError:
        assert faults
    else:
        assert [] == faults


@pytest.mark.parametrize(
    ("begin", "end", "kept"),
    [
        ("", "", (0, 1440)),
        ("22:00", "2:00", (1320, 120)),
        ("08:30", "00:00", (510, 1440)),
        ("7h30", "12:00:00", (450, 720)),
        ("9", "x", ("9", "x")),
    ],
)
def test_hours_are_minutes_of_the_day(begin: str, end: str, kept: tuple[object, object]) -> None:
    """Empty is the whole day; until midnight is until its end; what is no time stays as it was typed."""
    plan = cases.typed(multi(until=end, **{"from": begin}))["plan"]
    assert kept == (plan["from_minute"], plan["until_minute"])


def test_what_cannot_be_seen_is_not_kept() -> None:
    """Line ends, tabs, and what turns text round: one line of words."""
    fields = cases.typed(multi(title__en="Bread\r\n\t from\u202e today\u200b"))
    assert "Bread from today" == " ".join(fields["title"]["en"].split())
    assert not set("\r\n\t\u202e") & set(fields["title"]["en"])


def test_a_new_advert_is_shown_wherever_it_may_be() -> None:
    """The widest place first; a shop with none begins without."""
    wide = [Offer(PlaceKind.CITY, "", ""), *OFFERS]
    assert [[["city", ""]], [["site", "central-library"]], []] == [cases.blank(each)["plan"]["places"] for each in (wide, OFFERS, [])]
