"""portal.admin.lists and the guard before it: whatever a query says, a page or a refusal comes, never a fault of ours."""

from __future__ import annotations

import base64
import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from portal.sheets import line, safe
from proxeny.demo_history import Amounts
from tests.screens.desks import furnish

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

CURSORS = [
    "x",
    "%%%",
    *(
        base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=")
        for each in (
            [],
            {},
            None,
            [1],
            ["a", "b", "c"],
            [["t", "2026-03-08T00:00:00"], "x"],
            [["t", "0001-01-01T00:00:00+14:00"], "x"],
            [["t", 5], "x"],
            [["t"], "x"],
            [2**80, 2**80],
            [True],
            [[["t"]]],
        )
    ),
]
LISTS = ("/sites", "/access-points", "/gateways", "/homes", "/realms", "/trace", "/sessions", "/alerts", "/audit", "/staff")


@pytest.mark.parametrize("path", LISTS)
def test_a_cursor_that_somebody_made_up_is_refused(staffroom: Room, path: str) -> None:
    """400, or the page where such a key can be; no fault."""
    for cursor in CURSORS:
        assert staffroom.get(f"{path}?after={cursor}").status_code in (200, 400), cursor


@pytest.mark.parametrize("path", LISTS)
def test_strange_filters_are_answered(staffroom: Room, path: str) -> None:
    """NUL is refused; what is long, wide, broken or a formula finds nothing."""
    text = staffroom.page(path)
    names = {part.split('"')[0] for part in text.split(' name="')[1:]} - {"token", "viewport", "color-scheme", "robots", "q"}
    for name in sorted(names):
        assert 400 == staffroom.get(f"{path}?{name}=%00").status_code
        for said in ("%ff%fe", "%F0%9F%98%80" * 40, "=cmd()", "'; DROP TABLE staff; --", "%25_%5C", "9" * 400, "-1", "2026-13-45"):
            assert 200 == staffroom.get(f"{path}?{name}={said}").status_code, (name, said)


def test_every_row_is_on_one_page_and_in_the_file(staffroom: Room) -> None:
    """Pages turned to the end show what the CSV has, each row once, in the same order."""
    furnish(staffroom, access_points=130, realms=3, amounts=Amounts(logins=10, days=1, online=0))
    names, query = [], ""
    for _ in range(9):
        text = staffroom.page(f"/access-points?{query}")
        names += [part.split('"')[0] for part in text.split('name="name" value="')[1:]]
        if 'rel="next"' not in text:
            break
        query = text.split('rel="next"')[0].rsplit('href="?', 1)[1].split('"')[0].replace("&amp;", "&")
    rows = list(csv.DictReader(io.StringIO(staffroom.get("/access-points?format=csv").get_data(as_text=True).removeprefix("\ufeff"))))
    assert 131 == len(rows) == len({row["name"] for row in rows})
    assert [] == names or [row["name"] for row in rows] == names


def test_no_spreadsheet_executes_a_cell() -> None:
    """What begins like a formula begins with an apostrophe; numbers stay numbers."""
    assert ["'=1+1", "'@x", "'-x", "'\tx", "plain", "", -5] == [safe(each) for each in ("=1+1", "@x", "-x", "\tx", "plain", None, -5)]
    assert '\'=a,"b,c"\r\n' == line(["=a", "b,c"])
