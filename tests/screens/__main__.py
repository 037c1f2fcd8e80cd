"""Pictures of the guests' pages in each state, and of every page of staff and shops: two languages, two sizes, light and dark.

`make screenshots`. The pages are the real apps' over real databases; states that take time are reached by turning the app's clock.
The pictures lie in var/screenshots. Never part of the tests.
"""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.flow.shop_story import told
from tests.peers import smtp
from tests.peers.browser import chromium
from tests.portal import catalogues
from tests.portal.gallery import Gallery, shape, window
from tests.portal.looking import looking
from tests.portal.shoproom import shoproom
from tests.portal.staffroom import room
from tests.screens import shop_pages
from tests.screens.desks import DESKS, furnish
from tests.screens.states import STATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from playwright.sync_api import Page

    from tests.screens.desks import Desk

HOME = Path(__file__).parent.parent.parent
SIZES = ((320, 568, 2), (1280, 800, 1))  # width, height, how fine
STAFF_SIZES = ((360, 740, 2), (1440, 900, 1))
SCHEMES = ("light", "dark")
LANGUAGES = ("en", "fr")


def main() -> None:
    """All of them, or those whose names are given."""
    folder = HOME / "var" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png") if not sys.argv[1:] else ():
        old.unlink()
    catalogues.compile_stale()
    with tempfile.TemporaryDirectory() as kept:
        shaped = shape(Path(kept) / "shaped")
        _guests(Path(kept), shaped, folder, _wanted(STATES))
        _desks(room(Path(kept) / "desks", shaped), partial(furnish, access_points=120, realms=60), DESKS, "staff", folder)
        _desks(shoproom(Path(kept) / "shops", shaped), shop_pages.furnish, shop_pages.SHOPS, "shop", folder)
        if not sys.argv[1:] or "story" in sys.argv[1:]:
            _story(Path(kept), folder)
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder.relative_to(HOME)}")


def _wanted(names: Iterable[str]) -> list[str]:
    return [name for name in names if not sys.argv[1:] or name in sys.argv[1:]]


def _guests(kept: Path, shaped: Path, folder: Path, wanted: list[str]) -> None:
    gallery = Gallery(kept / "pages", shaped)
    for (width, height, fine), scheme in product(SIZES if wanted else (), SCHEMES):
        size = {"width": width, "height": height}
        with window(kept / "browser", viewport=size, color_scheme=scheme, device_scale_factor=fine) as seen:
            for name, language in product(wanted, LANGUAGES):
                tab = seen.look(gallery.shown(name, language))
                tab.screenshot(path=folder / f"{name}-{language}-{width}-{scheme}.png", full_page=True)
        print(f"{width} pixels, {scheme}: {len(wanted) * len(LANGUAGES)} pictures", flush=True)
    gallery.close()


def _desks(made: Any, furnishing: Callable[[Any], None], pages: Mapping[str, Desk], called: str, folder: Path) -> None:
    furnishing(made)
    wanted = _wanted(f"{called}-{name}" for name in pages)
    for (width, height, fine), scheme in product(STAFF_SIZES if wanted else (), SCHEMES):
        size = {"width": width, "height": height}
        with looking(made.folder / "browser", made, pages, viewport=size, color_scheme=scheme, device_scale_factor=fine) as seen:
            for name, language in product(wanted, LANGUAGES):
                tab = seen.at(name.removeprefix(f"{called}-"), language)
                tab.screenshot(path=folder / f"{name}-{language}-{width}-{scheme}.png", full_page=True)
        print(f"{width} pixels, {scheme}: {len(wanted) * len(LANGUAGES)} pictures of {called} pages", flush=True)
    made.database.dispose()


def _story(kept: Path, folder: Path) -> None:
    """A shop's first advert, screen by screen: the city on a desk, the owner and the guests on phones."""

    def shot(name: str, tab: Page) -> None:
        tab.screenshot(path=folder / f"story-{name}.png", full_page=True)

    with smtp.serving() as mailbox, chromium(kept / "story-browser") as browser, told(kept / "story", browser, mailbox, shot) as story:
        story.live()
    print("a shop's first advert, from the city's invitation to the figures", flush=True)


if __name__ == "__main__":
    main()
