"""Every state in Chromium on the smallest phone: nothing sticks out, everything can be touched, the button is on the first screen."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from tests.peers.browser import chromium
from tests.portal.world import doors
from tests.screens.states import STATES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.portal.world import World

pytestmark = pytest.mark.peer("chromium")
WIDTH, HEIGHT = 320, 568
MEASURE = """() => {
  const box = e => e.getBoundingClientRect();
  const inText = e => e.closest('p') && getComputedStyle(e).display === 'inline';
  const targets = [...document.querySelectorAll('a, button')].filter(e => !e.classList.contains('skip') && !inText(e));
  return {
    wide: document.documentElement.scrollWidth,
    small: targets.map(e => [e.textContent.trim(), Math.min(box(e).width, box(e).height)]).filter(([, size]) => size < 24),
    out: [...document.querySelectorAll('main *')].filter(e => box(e).right > innerWidth + 0.5).map(e => e.outerHTML.slice(0, 80)),
    button: document.querySelector('button, a.button') ? box(document.querySelector('button, a.button')).bottom : 0,
  };
}"""


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("chromium")) as made:
        yield made


@contextmanager
def served(city: World) -> Iterator[str]:
    """The city's pages on a port of this machine."""
    server = make_server("127.0.0.1", 0, city.app, handler_class=Quiet)
    city.serve_at(f"http://127.0.0.1:{server.server_port}")
    server.set_app(city.app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield city.url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def tab(browser: Browser, complaints: list[str], **more: Any) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, **more)
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    try:
        yield page
    finally:
        context.close()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_smallest_phone(city: World, browser: Browser, language: str) -> None:
    """320 by 568: no page is wider, every target is 24 px, the first button is seen without scrolling, the CSP blocks nothing of ours."""
    complaints: list[str] = []
    with served(city) as url, tab(browser, complaints) as page:
        for name, state in STATES.items():
            began = city.time
            page.goto(url + state(city, language))
            found = page.evaluate(MEASURE)
            assert (WIDTH, [], []) == (found["wide"], found["small"], found["out"]), name
            if name in {"welcome", "connecting", "failed", "gave-up", "ending", "online"}:
                assert 0 < found["button"] <= HEIGHT, name
            city.database.dispose()
            city.time = began + 200_000  # another day, another guest's worth of time
    assert [] == [line for line in complaints if "Failed to load resource" not in line]


@pytest.mark.parametrize("scale", [2, 4])
def test_large_letters(city: World, browser: Browser, scale: int) -> None:
    """At 200 and 400 percent of 1280 pixels (WCAG 2.2, 1.4.4 and 1.4.10) nothing sticks out."""
    with served(city) as url, tab(browser, []) as page:
        page.set_viewport_size({"width": 1280 // scale, "height": 800 // scale})
        for name in ("welcome", "online", "privacy"):
            page.goto(url + STATES[name](city, "fr"))
            assert [] == page.evaluate(MEASURE)["out"]


def test_by_keyboard_alone(city: World, browser: Browser) -> None:
    """Tab leads over "Skip to content" and the language to the button, which shows where the focus is; Enter connects."""
    city.doors = doors()
    with served(city) as url, tab(browser, [], java_script_enabled=True) as page:
        page.goto(url + STATES["connecting"](city, "en"))
        seen = []
        for _ in range(3):
            page.keyboard.press("Tab")
            seen.append(page.evaluate("document.activeElement.textContent.trim()"))
            assert "none" != page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ["Skip to content", "Français", "Check again"] == seen
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Connecting you…").wait_for()
