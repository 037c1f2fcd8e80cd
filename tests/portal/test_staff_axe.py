"""axe-core finds nothing on any page of the staff app, in both languages and schemes; and every page fits a phone and 200 %."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from tests.portal.looking import Looking, looking
from tests.portal.staffroom import room
from tests.portal.test_axe import LEVELS, NAMES, faults
from tests.screens.desks import DESKS, furnish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.peer("chromium")
EVERY = pytest.mark.parametrize("name", DESKS)
WIDE = "() => [document.scrollingElement.scrollWidth, innerWidth]"
CUT = """() => [...document.querySelectorAll(".table.stack")].filter(t => [...t.querySelectorAll("tbody td, tbody th, tbody time")]
    .some(e => e.getBoundingClientRect().right > t.getBoundingClientRect().right + 1)).map(t => t.getAttribute("aria-label"))"""
LEADS = """() => [...document.querySelectorAll('a[href^="/"], form[action^="/"]')]
    .map(e => [e.getAttribute("href") || e.getAttribute("action"), (e.getAttribute("method") || "get").toUpperCase()])"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, shaped: Path) -> Iterator[Looking]:
    made = room(tmp_path_factory.mktemp("desks"), shaped)
    furnish(made)
    with looking(tmp_path_factory.mktemp("browser"), made) as tab:
        yield tab
    made.database.dispose()
    assert [] == tab.strange


def astray(seen: Looking, leads: list[tuple[str, str]]) -> list[str]:
    """Those that no page of the app answers."""
    known, found = seen.room.app.url_map.bind("staff.city.example"), []
    for where, method in leads:
        if where.startswith("/api/"):  # another app answers there
            continue
        try:
            known.match(where.partition("#")[0].partition("?")[0], method)
        except RequestRedirect:
            continue
        except HTTPException:
            found.append(f"{method} {where}")
    return found


@EVERY
def test_nothing_is_found(seen: Looking, name: str) -> None:
    """WCAG 2.2 AA and what is good practice; contrast in the dark; names and language in French; a phone is wide enough; no link astray."""
    tab = seen.at(name)
    assert [] == ([] if name == "portal-preview" else astray(seen, tab.evaluate(LEADS)))  # that one is the guests' own page
    assert [] == faults(tab, {"type": "tag", "values": LEVELS})
    tab.emulate_media(color_scheme="dark")
    assert [] == faults(tab, {"type": "rule", "values": ["color-contrast"]})
    tab.emulate_media(color_scheme="light")
    tab.set_viewport_size({"width": 360, "height": 740})
    wide, room_ = tab.evaluate(WIDE)
    assert wide <= room_, f"{wide} pixels wide"
    assert [] == tab.evaluate(CUT)
    tab.set_viewport_size({"width": 1440, "height": 900})
    tab = seen.at(name, "fr")
    assert [] == faults(tab, {"type": "rule", "values": NAMES})
