"""Every page by keyboard alone, on the smallest phone, with large text, wide text and forced colours (WCAG 2.2, AA)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.portal.gallery import SMALL, window
from tests.screens.states import STATES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.portal.gallery import Gallery, Window

pytestmark = pytest.mark.peer("chromium")
BOTH = pytest.mark.parametrize("language", ["en", "fr"])
EVERY = pytest.mark.parametrize("state", STATES)
HEAVIEST = 100 * 1024  # octets of one page
SPACED = "*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}p{margin-block-end:2em!important}"
LARGE = "html{font-size:200%!important}"
SET = """sheet => {
    const style = document.getElementById('of-the-test') || document.head.appendChild(document.createElement('style'));
    style.id = 'of-the-test';
    style.textContent = sheet;
}"""
REACHED = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
    .filter(each => each.getClientRects().length).length"""
FOCUSED = """() => {
    const here = document.activeElement;
    if (!here || here === document.body) return null;
    const box = here.getBoundingClientRect(), style = getComputedStyle(here);
    const on = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return {
        which: here.outerHTML.slice(0, 120),
        ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        seen: box.width > 0 && box.left >= 0 && box.right <= innerWidth && box.bottom > 0 && box.top < innerHeight,
        bare: !!on && (here.contains(on) || on.contains(here)),
    };
}"""
FAULTS = """() => {
    const wide = document.scrollingElement.scrollWidth;
    const faults = wide > innerWidth ? [`${wide} pixels wide`] : [];
    const shown = [...document.querySelectorAll('body *')].filter(each =>
        each.checkVisibility({visibilityProperty: true}) && !each.closest('svg') && !each.closest('.skip, .hidden'));
    const said = each => each.outerHTML.replace(/\\s+/g, ' ').slice(0, 140);
    for (const each of shown) {
        const style = getComputedStyle(each);
        if (style.overflow !== 'visible' && (each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1))
            if (!each.matches('input')) faults.push('cut off: ' + said(each));
    }
    const boxes = [];
    for (const each of shown) {
        const texts = [...each.childNodes].filter(node => node.nodeType === 3 && node.textContent.trim());
        const range = document.createRange();
        for (const node of texts) {
            range.selectNodeContents(node);
            for (const box of range.getClientRects()) if (box.width > 1) boxes.push([each, box]);
        }
        if (each.matches('input, img')) boxes.push([each, each.getBoundingClientRect()]);
    }
    for (const [each, box] of boxes)
        if (box.left < -1 || box.right > innerWidth + 1) faults.push('beyond the edge: ' + said(each));
    for (let i = 0; i < boxes.length; i++) for (let k = i + 1; k < boxes.length; k++) {
        const [one, a] = boxes[i], [other, b] = boxes[k];
        if (one === other || one.contains(other) || other.contains(one)) continue;
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left), down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > Math.min(a.height, b.height) / 3) faults.push('on each other: ' + said(one) + ' | ' + said(other));
    }
    return faults;
}"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    with window(tmp_path_factory.mktemp("reach")) as made:
        yield made


def stops(tab: Page) -> list[dict[str, Any]]:
    """Where the Tab key leads, one after the other, until it leaves the page."""
    found = []
    for _ in range(80):
        tab.keyboard.press("Tab")
        stop = tab.evaluate(FOCUSED)
        if stop is None or (found and stop["which"] == found[0]["which"]):
            return found
        found.append(stop)
    return found


@EVERY
def test_by_keyboard_alone(gallery: Gallery, seen: Window, state: str) -> None:
    """The Tab key reaches everything, first the way past the head; what has the focus shows it, and nothing covers it."""
    tab = seen.look(gallery.shown(state, "en"))
    found = stops(tab)
    assert tab.evaluate(REACHED) == len(found)
    assert 'class="skip"' in found[0]["which"]
    assert [] == [stop["which"] for stop in found if not (stop["ring"] and stop["seen"] and stop["bare"])]


@EVERY
@BOTH
def test_light_and_fitting(gallery: Gallery, seen: Window, state: str, language: str) -> None:
    """One request for the page, one more for an advert's picture and a logo each, nothing from elsewhere; 100 KB with all of it.

    On 320 pixels nothing is cut off, lies on something else or needs scrolling sideways: as it is, with text twice as large, and
    with text set as widely as a reader may (1.4.4, 1.4.10, 1.4.12).
    """
    shown = gallery.shown(state, language)
    tab = seen.look(shown)
    pictures = seen.asked[1:]
    assert [shown.city.url + shown.path] == seen.asked[:1]
    assert [] == [url for url in pictures if not url.startswith(f"{shown.city.url}/media/")]
    assert len(pictures) <= 2
    guest = shown.city.client()
    assert len(shown.answer.data) + sum(len(guest.get(url.removeprefix(shown.city.url)).data) for url in pictures) <= HEAVIEST
    for sheet in ("", LARGE, SPACED):
        tab.evaluate(SET, sheet)
        assert [] == tab.evaluate(FAULTS), sheet


@BOTH
@pytest.mark.parametrize("state", [state for state in STATES if state.startswith("welcome")])
def test_the_button_is_on_the_first_screen(gallery: Gallery, seen: Window, state: str, language: str) -> None:
    """Whole, without scrolling, on the smallest phone."""
    tab = seen.look(gallery.shown(state, language))
    box = tab.locator("main .button").first.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= SMALL["height"]


def test_nothing_moves_and_buttons_stay_buttons(gallery: Gallery, seen: Window) -> None:
    """Without motion where that is asked for; with the system's own colours every button still has an edge."""
    tab = seen.look(gallery.shown("welcome-ways", "en"))
    moving = "() => [...document.querySelectorAll('*')].filter(each => parseFloat(getComputedStyle(each).transitionDuration)).length"
    assert 0 == tab.evaluate(moving)
    assert 0 == tab.evaluate("document.getAnimations().length")
    tab.emulate_media(forced_colors="active")
    edges = "() => [...document.querySelectorAll('.button, .chip')].map(each => parseFloat(getComputedStyle(each).borderTopWidth))"
    assert [] == [width for width in tab.evaluate(edges) if width < 1]
    tab.emulate_media(forced_colors="none")


def test_past_the_head(gallery: Gallery, seen: Window) -> None:
    """The first stop shows itself, and Enter on it leads to the content."""
    tab = seen.look(gallery.shown("welcome", "en"))
    tab.keyboard.press("Tab")
    box = tab.locator(".skip").bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 24
    tab.keyboard.press("Enter")
    assert tab.url.endswith("#content")
    tab.keyboard.press("Tab")
    assert "Connect" == tab.evaluate("document.activeElement.textContent.trim()")
