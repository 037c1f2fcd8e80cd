"""The pages in a language from right to left whose words are 40 % longer, on 320 pixels: room for every language to come."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from portal import languages
from tests.portal import pseudo
from tests.portal.gallery import Gallery, window
from tests.portal.test_reach import FAULTS
from tests.screens.states import STATES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.portal.gallery import Window
    from tests.portal.world import World

pytestmark = pytest.mark.peer("chromium")
ENGLISH = """names => [...document.querySelectorAll('title, main, header, footer')].flatMap(part => {
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT), found = [];
    while (walker.nextNode()) {
        const text = walker.currentNode.textContent;
        if (!walker.currentNode.parentElement.closest('[lang]:not(html), [translate=no], .number')) found.push(text);
    }
    return found;
}).concat([...document.querySelectorAll('[aria-label], [placeholder], [alt]')]
    .filter(each => !each.closest('[lang]:not(html)'))
    .flatMap(each => ['aria-label', 'placeholder', 'alt'].map(name => each.getAttribute(name) || '')))
.map(text => text.replace(/\\S+@\\S+/g, ''))
.map(text => names.reduce((left, name) => left.replaceAll(name, ''), text).trim())
.filter(text => /[A-Za-z]{3}/.test(text))"""
NAMES = [  # what a city, a gateway or a guest called something, in whatever language
    "cat.eduroam.org", "geteduroam", "Android", "iPhone, iPad", "Mac", "Windows", "Chromebook", "Miller’s Oven", "12 Mill Street",
    "bakery.example", "millers-oven.example", "Chain & Spoke", "Three Pots", "City of Example",
    "Northlake University", "Northlake College of Art", "University of the North", "École polytechnique du Lac", "Hochschule Talbrücke",
    "Central Library", "City Wi-Fi", "City account", "Guest Seventeen", "eduroam", "news.example", "K7QM‑42XD‑9TRA",
    "Municipal Act, 2001, s. 11", "To offer public Wi-Fi and keep it safe", "City Clerk", "1 Main Street, Example", "Old tablet",
    "Television", "uni-a.example", "WCAG", "http", "https",
]  # fmt: skip


class Foreign(Gallery):
    """A gallery whose portals offer every language there is."""

    def city(self, name: str) -> World:
        made = super().city(name)
        doors = {key: replace(door, words=replace(door.words, languages=())) for key, door in made.doors.by_key.items()}
        made.doors = replace(made.doors, by_key=doors)
        return made


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory, shaped: Path) -> Iterator[Gallery]:
    """The pages in that language, as if its file had been added."""
    folder = tmp_path_factory.mktemp("pseudo")
    pseudo.write(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(languages, "CATALOGUES", folder)
        patch.setattr(languages, "LANGUAGES", languages.found(folder))
        made = Foreign(tmp_path_factory.mktemp("foreign"), shaped)
        yield made
        made.close()


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    with window(tmp_path_factory.mktemp("right-to-left")) as made:
        yield made


@pytest.mark.parametrize("state", STATES)
def test_every_page_has_room_for_it(foreign: Gallery, seen: Window, state: str) -> None:
    """From right to left; nothing is cut off, lies on something else or needs scrolling sideways; nothing is still English."""
    tab = seen.look(foreign.shown(state, pseudo.LANGUAGE))
    assert ("he", "rtl") == tuple(tab.evaluate("[document.documentElement.lang, document.documentElement.dir]"))
    assert [] == tab.evaluate(FAULTS)
    assert [] == tab.evaluate(ENGLISH, NAMES)
