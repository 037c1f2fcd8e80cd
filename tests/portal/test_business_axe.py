"""axe-core finds nothing on any page of the shops, in both languages and schemes; and every page is made for a phone first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.portal.looking import Looking, looking
from tests.portal.shoproom import shoproom
from tests.portal.test_axe import LEVELS, NAMES, faults
from tests.portal.test_reach import stops
from tests.portal.test_staff_axe import CUT, LEADS, WIDE, astray
from tests.screens.shop_pages import SHOPS, furnish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.peer("chromium")
SMALL = """() => [...document.querySelectorAll('main a.button, main button, .four a')]
    .filter(e => e.getClientRects().length && e.getBoundingClientRect().height < 36).map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, shaped: Path) -> Iterator[Looking]:
    made = shoproom(tmp_path_factory.mktemp("shops"), shaped)
    furnish(made)
    with looking(tmp_path_factory.mktemp("browser"), made, SHOPS, viewport={"width": 360, "height": 740}) as tab:
        yield tab
    made.close()
    assert [] == tab.strange


@pytest.mark.parametrize("name", SHOPS)
def test_nothing_is_found(seen: Looking, name: str) -> None:
    """WCAG 2.2 AA and what is good practice on a phone; contrast in the dark; names and language in French; no link astray."""
    tab = seen.at(name)
    assert [] == astray(seen, tab.evaluate(LEADS))
    assert [] == faults(tab, {"type": "tag", "values": LEVELS})
    wide, room = tab.evaluate(WIDE)
    assert wide <= room, f"{wide} pixels wide"
    assert [] == tab.evaluate(CUT)
    assert [] == tab.evaluate(SMALL)
    tab.emulate_media(color_scheme="dark")
    assert [] == faults(tab, {"type": "rule", "values": ["color-contrast"]})
    tab.emulate_media(color_scheme="light")
    tab = seen.at(name, "fr")
    wide, room = tab.evaluate(WIDE)
    assert wide <= room, f"{wide} pixels wide in French"
    assert [] == faults(tab, {"type": "rule", "values": NAMES})


@pytest.mark.parametrize("name", ["overview", "people", "adverts"])
def test_by_keyboard_nothing_lies_behind_the_bar(seen: Looking, name: str) -> None:
    """What has the focus shows it, and the bar at the bottom does not cover it (WCAG 2.4.11)."""
    tab = seen.at(name)
    found = stops(tab)
    assert 'class="skip"' in found[0]["which"]
    assert [] == [stop["which"] for stop in found if not (stop["ring"] and stop["seen"] and stop["bare"])]


def test_what_was_just_done_is_told_once(seen: Looking) -> None:
    """A reload, or a way back days later, shows how it stands by then and no notice of before."""
    seen.at("adverts")
    seen.tab.goto(f"{seen.room.office.url}{SHOPS['adverts'].path}?done=Removed.")
    expect(seen.tab.locator(".notice")).to_have_text("Removed.")
    assert seen.tab.url.endswith(SHOPS["adverts"].path)
    seen.tab.reload()
    expect(seen.tab.locator(".notice")).to_have_count(0)
