"""The shops' pages before strangers and before owners who mean ill: forms, links, files, mails, people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from portal import sheets
from portal.admin import guard
from tests.portal.mail import sent
from tests.portal.shoproom import URL, A, Person

if TYPE_CHECKING:
    from tests.portal.shoproom import ShopRoom

OWNER = Person.OWNER_A


@pytest.mark.parametrize(("path", "status"), [("/sign-in", 413), ("/sign-in/link", 413), ("/nowhere", 413), (f"/shops/{A}/media", 303)])
def test_a_strangers_form_is_short(shoproom: ShopRoom, path: str, status: int) -> None:
    """A million fields cost a second of a processor and 200 MB: of somebody who is not signed in they are not read."""
    browser, fields = shoproom.client(None), b"a&" * guard.SHORT
    answer = browser.post(path, base_url=URL, data=fields, content_type="application/x-www-form-urlencoded", headers={"Origin": URL})
    assert status == answer.status_code


def test_a_link_by_mail_carries_no_words_of_whoever_asked_for_it(shoproom: ShopRoom) -> None:
    """Anybody may ask for somebody's link: where it leads on is a page of ours, short, and tells nothing of its own."""
    asked = f"/shops/{A}/?done=Call+555-0100+about+your+bill"
    for onward in (asked, asked.replace("done", "%64one"), "/" + "a" * 60_000):
        assert 200 == shoproom.post("/sign-in/link", None, address=OWNER.value, next=onward).status_code
    links = [re.findall(rf"{URL}\S+", each.text)[-1].partition("?")[2] for each in sent(shoproom)]
    assert [f"next=%2Fshops%2F{A}%2F", f"next=%2Fshops%2F{A}%2F", ""] == links


@pytest.mark.parametrize("cell", ["=1+1", "Bread;=1+1;x", "Bread; \t=1+1", "Bread\n-1+1", "a\r@SUM(1)", ";;+1"])
def test_no_cell_is_a_formula_wherever_spreadsheets_part_a_line(cell: str) -> None:
    """Where numbers have a comma, as in French, the list separator of a spreadsheet is ";"; read back it is what it was."""
    line = sheets.line(["advert", cell, 5])
    parted = (part.strip(' "') for separator in ",;\t" for row in line.splitlines() for part in row.split(separator))
    assert [] == [part for part in parted if part.startswith(("=", "+", "-", "@"))]
    assert cell == sheets.bare(sheets.safe(cell))
