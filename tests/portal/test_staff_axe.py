"""axe-core finds nothing on any page of the staff app, in both languages and schemes; and every page fits a phone and 200 %."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.peers.browser import chromium
from tests.portal.staffroom import URL, Room, room
from tests.portal.test_axe import LEVELS, NAMES, faults
from tests.screens.desks import DESKS, furnish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page, Route

    from tests.screens.desks import Desk

pytestmark = pytest.mark.peer("chromium")
EVERY = pytest.mark.parametrize("name", DESKS)
WIDE = "() => [document.scrollingElement.scrollWidth, innerWidth]"


@dataclass
class Looking:
    """A tab that is shown the pages of one staff room, as one role or another sees them."""

    tab: Page
    room: Room
    desk: Desk | None = None
    language: str = "en"
    strange: list[str] = field(default_factory=list)  # what was asked of others

    def at(self, name: str, language: str = "en") -> Page:
        self.desk, self.language = DESKS[name], language
        self.tab.goto(URL + self.desk.path)
        return self.tab

    def answer(self, route: Route) -> None:
        assert self.desk is not None
        url = route.request.url
        if not url.startswith(URL):
            self.strange.append(url)
            route.abort()
            return
        answer = self.room.get(url.removeprefix(URL), self.desk.role, self.language)
        headers = {name: value for name, value in answer.headers.items() if name.lower() != "set-cookie"}
        route.fulfill(status=answer.status_code, headers=headers, body=answer.data)


@pytest.fixture(scope="module")
def looking(tmp_path_factory: pytest.TempPathFactory, shaped: Path) -> Iterator[Looking]:
    made = room(tmp_path_factory.mktemp("desks"), shaped)
    furnish(made)
    with chromium(tmp_path_factory.mktemp("browser")) as browser:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True, reduced_motion="reduce")
        context.set_default_timeout(15_000)
        seen = Looking(context.new_page(), made)
        context.route("**/*", seen.answer)
        yield seen
        context.close()
    made.database.dispose()
    assert [] == seen.strange


@EVERY
def test_nothing_is_found(looking: Looking, name: str) -> None:
    """WCAG 2.2 AA and what is good practice; contrast in the dark; names and language in French; nothing wider than a phone."""
    tab = looking.at(name)
    assert [] == faults(tab, {"type": "tag", "values": LEVELS})
    tab.emulate_media(color_scheme="dark")
    assert [] == faults(tab, {"type": "rule", "values": ["color-contrast"]})
    tab.emulate_media(color_scheme="light")
    tab.set_viewport_size({"width": 360, "height": 740})
    wide, room_ = tab.evaluate(WIDE)
    assert wide <= room_, f"{wide} pixels wide"
    tab.set_viewport_size({"width": 1440, "height": 900})
    tab = looking.at(name, "fr")
    assert [] == faults(tab, {"type": "rule", "values": NAMES})
