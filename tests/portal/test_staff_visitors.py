"""Visitors as a page: the figure that the city reports, its trend, its pictures, and never a number that could be somebody."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, timedelta
from html import unescape
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from portal.admin.desk import counted
from store.models import Operator, Role, Span, VisitorCount
from store.session import transaction
from store.visitors import periods
from tests.portal.staffroom import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from tests.portal.staffroom import Room

TORONTO = ZoneInfo("America/Toronto")
WHO = (
    ("University A", "CA", 512, 1400), ("Université B", "CA", 4, 9), ("University C", "DE", 204, 500), ("University D", "GB", 198, 400),
    ("=University E", "US", 125, 300), ("far.example", "", 3, 3), ("", "", 1043, 2000), ("University F", "FR", 2, 2),
)  # fmt: skip


def last_week(back: int = 1, span: Span = Span.WEEK) -> datetime:
    """When it began."""
    day = (NOW - timedelta(days=7 * back)).astimezone(TORONTO).date()
    return periods(day, TORONTO)[list(Span).index(span)].begins_at


def fill(room: Room, back: int = 1, span: Span = Span.WEEK, who: tuple[tuple[str, str, int, int], ...] = WHO) -> None:
    with transaction(room.database) as session:
        session.get_one(Operator, 1).timezone = "America/Toronto"
        for institution, country, visitors, logins in who:
            row = VisitorCount(span=span, begins_at=last_week(back, span), institution=institution, country=country)
            row.visitors, row.logins = visitors, logins
            session.add(row)


@pytest.fixture
def filled(staffroom: Room) -> Room:
    fill(staffroom)
    return staffroom


def text(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def rows(page: str, heading: str) -> list[list[str]]:
    """The table that this heading names."""
    table = page.partition(f'aria-labelledby="{heading}"')[2].partition("</table>")[0]
    return [[text(cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in table.split("<tr>")[2:]]


def test_the_city_is_told_its_figure(filled: Room) -> None:
    """The last whole week, in a sentence: how many visiting students, from where; those with most first, too few unnamed."""
    begins = last_week().astimezone(TORONTO)
    expected = f"In the week of {begins.day} {begins:%B %Y}: 1,048 visiting students from Canada, Germany, the United Kingdom"
    assert expected in text(filled.page("/visitors"))
    assert "and the United States." in text(filled.page("/visitors"))
    french = text(filled.page("/visitors", language="fr"))
    assert "Canada, Allemagne, Royaume-Uni et États-Unis" in french


@pytest.mark.parametrize("before", ["UTC", "Asia/Tokyo", "America/Vancouver"])
def test_the_past_is_told_after_the_operator_moved(staffroom: Room, before: str) -> None:
    """Weeks that were counted by another zone's midnights are still there, once each: in the sentence, the trend and the file."""
    fill(staffroom)
    fill(staffroom, back=2, who=(("University C", "DE", 700, 900),))
    with transaction(staffroom.database) as session:
        for row in session.scalars(select(VisitorCount)):
            monday = row.begins_at.astimezone(TORONTO)
            row.begins_at = monday.replace(tzinfo=ZoneInfo(before)).astimezone(UTC)
    whole = text(staffroom.page("/visitors"))
    assert "1,048 visiting students" in whole
    assert 1 == whole.count(" 700 ")
    lines = list(csv.DictReader(io.StringIO(staffroom.get("/visitors?format=csv").get_data(as_text=True).removeprefix("\ufeff"))))
    assert len(WHO) == len(lines)


def test_countries_and_institutions(filled: Room) -> None:
    """By country and by institution; fewer than five are "<5"; half of all came by roaming."""
    page = filled.page("/visitors")
    expected = [["Canada", "516"], ["Germany", "204"], ["United Kingdom", "198"], ["United States", "125"]]
    assert [*expected, ["No country named", "<5"], ["France", "<5"]] == rows(page, "countries")
    told = {row[0]: row[1:] for row in rows(page, "institutions")}
    assert (["Canada", "<5"], ["–", "1,043"]) == (told["Université B"], told["Guests of the portal"])
    assert "50%" in text(page.partition("Share of roaming")[2][:120])


def test_the_trend_has_twelve_periods(filled: Room) -> None:
    """Newest first, each a link to its own page; with one statement for all."""
    fill(filled, back=3, who=(("University A", "CA", 30, 30), ("", "", 10, 10)))
    trend = rows(filled.page("/visitors"), "trend")
    assert (12, ["1,048", "1,043", "50%"], ["30", "10", "75%"]) == (len(trend), trend[1][1:], trend[3][1:])
    third = last_week(3).astimezone(TORONTO).date().isoformat()
    assert [["University A", "Canada", "30"]] == rows(filled.page(f"/visitors?begin={third}"), "institutions")[:1]


def test_a_month_is_counted_by_itself(filled: Room) -> None:
    """Its visitors are not its weeks' added up."""
    month = last_week(0, Span.MONTH)
    fill(filled, 0, Span.MONTH, (("University A", "CA", 700, 900),))
    begin = month.astimezone(TORONTO).date().isoformat()
    page = text(filled.page(f"/visitors?span=month&begin={begin}"))
    assert f"In {month.astimezone(TORONTO):%B %Y}: 700 visiting students from Canada." in page


def test_the_file_is_safe_and_hides_the_same(filled: Room) -> None:
    """CSV: no cell that a spreadsheet would execute, no small number, and no logins beside one."""
    answer = filled.get("/visitors?format=csv")
    assert (200, "text/csv") == (answer.status_code, answer.mimetype)
    found = {row["institution"]: row for row in csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff")))}
    assert ("125", "300") == (found["'=University E"]["visitors"], found["'=University E"]["logins"])
    assert ("<5", "", "Canada") == tuple(found["Université B"][name] for name in ("visitors", "logins", "country_name"))
    assert last_week().astimezone(TORONTO).date().isoformat() == found["University A"]["begins"]


@pytest.mark.parametrize("chart", ["visitors", "countries"])
def test_the_pictures_have_no_script(chart: str, filled: Room) -> None:
    """SVG, under a policy that allows nothing; of too few there is no bar."""
    answer = filled.get(f"/charts/{chart}.svg")
    svg = answer.get_data(as_text=True)
    assert (200, "image/svg+xml") == (answer.status_code, answer.mimetype)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert ("<script" not in svg, "France" not in svg) == (True, True)
    assert ("Germany" if chart == "countries" else "Guests of the portal") in svg


def test_where_nobody_came_the_page_teaches(staffroom: Room) -> None:
    """No figure, no sentence, no division by nothing."""
    page = text(staffroom.page("/visitors"))
    assert "Nobody was counted in this period" in page
    assert "visiting students" not in page
    assert 200 == staffroom.get("/charts/countries.svg").status_code


@pytest.mark.parametrize("query", ["span=day", "span=x", "begin=x", "begin=2026-13-99", "span=week&begin=1999-01-01", "after=x"])
def test_odd_queries_harm_nothing(query: str, filled: Room) -> None:
    """They get the usual week, or are told that they are wrong."""
    assert (400 if query.startswith("after") else 200) == filled.get(f"/visitors?{query}").status_code


def test_a_page_costs_the_same_for_any_number_of_institutions(filled: Room) -> None:
    """No statement per row."""
    filled.page("/visitors")
    with counted(filled.database) as few:
        filled.page("/visitors")
    fill(filled, who=tuple((f"University {number:03}", "CA", number, number) for number in range(90)))
    with counted(filled.database) as many:
        page = filled.page("/visitors")
    assert (len(few), 50) == (len(many), len(rows(page, "institutions")))


def test_whoever_sees_reports_sees_these(filled: Room) -> None:
    """Also who may not export; who is not signed in does not."""
    assert 200 == filled.get("/visitors", role=Role.NETWORK_OPS).status_code
    assert 200 != filled.get("/visitors", role=None).status_code
