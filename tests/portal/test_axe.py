"""axe-core finds nothing on any page: in full in English, names and language in French, contrast in the dark.

The pages run no scripts, and axe is one: it looks at them from a context that has scripts, past the pages' own policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.portal.gallery import window
from tests.screens.states import STATES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.portal.gallery import Gallery, Window

pytestmark = pytest.mark.peer("chromium")
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NAMES = [
    "html-has-lang", "html-lang-valid", "valid-lang", "document-title", "label", "link-name", "button-name", "image-alt",
    "svg-img-alt", "aria-input-field-name", "input-button-name", "duplicate-id-aria", "page-has-heading-one",
]  # fmt: skip


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    with window(tmp_path_factory.mktemp("axe"), color_scheme="light") as made:
        yield made


_RUN = """only => axe.run({runOnly: only, resultTypes: ['violations', 'incomplete']}).then((found) => {
  const drawn = (node) => document.querySelector(node.target[0])?.closest(".leaflet-container"); // words over a picture: it cannot be sure
  for (const each of found.incomplete) each.nodes = each.nodes.filter((node) => !drawn(node));
  return found;
})"""


def faults(tab: Page, only: dict[str, Any]) -> list[str]:
    """What axe says against the page, or is not sure of where it is about contrast."""
    tab.evaluate("window.axe === undefined") and tab.evaluate(Axe().axe_script)
    found = tab.evaluate(_RUN, only)
    wrong = [each for each in (*found["violations"], *found["incomplete"]) if each in found["violations"] or each["id"] == "color-contrast"]
    return [f"{each['id']}: {node['html'][:160]} {node.get('failureSummary', '')}" for each in wrong for node in each["nodes"]]


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_found(gallery: Gallery, seen: Window, state: str) -> None:
    """WCAG 2.2 AA and what is good practice; the other language; the dark."""
    tab = seen.look(gallery.shown(state, "en"))
    assert [] == faults(tab, {"type": "tag", "values": LEVELS})
    tab.emulate_media(color_scheme="dark")
    assert [] == faults(tab, {"type": "rule", "values": ["color-contrast"]})
    tab.emulate_media(color_scheme="light")
    tab = seen.look(gallery.shown(state, "fr"))
    assert [] == faults(tab, {"type": "rule", "values": NAMES})


def test_it_finds_what_is_wrong(gallery: Gallery, seen: Window) -> None:
    """A picture without words, a pale word and a field without a name on one of our pages: axe names each, so it does look."""
    tab = seen.look(gallery.shown("welcome", "en"))
    spoiled = '<p style="color:#ddd;background:#fff">pale</p><img src="/none.webp"><input name="nameless">'
    tab.evaluate("html => document.querySelector('main').insertAdjacentHTML('beforeend', html)", spoiled)
    found = {each.partition(":")[0] for each in faults(tab, {"type": "tag", "values": LEVELS})}
    assert {"color-contrast", "image-alt", "label"} == found & {"color-contrast", "image-alt", "label"}
