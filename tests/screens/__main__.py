"""Pictures of every guest page: each state, two languages, a phone and a desk, light and dark. `make screenshots`.

The pages are the real app's over a real database; states that take time are reached by turning the app's clock. The pictures
lie in var/screenshots. Never part of the tests.
"""

from __future__ import annotations

import sys
import tempfile
from itertools import product
from pathlib import Path

from tests.portal import catalogues
from tests.portal.gallery import Gallery, shape, window
from tests.screens.states import STATES

HOME = Path(__file__).parent.parent.parent
SIZES = ((320, 568, 2), (1280, 800, 1))  # width, height, how fine
SCHEMES = ("light", "dark")
LANGUAGES = ("en", "fr")


def main() -> None:
    """All of them, or those whose names are given."""
    wanted = [name for name in STATES if not sys.argv[1:] or name in sys.argv[1:]]
    folder = HOME / "var" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png") if not sys.argv[1:] else ():
        old.unlink()
    catalogues.compile_stale()
    with tempfile.TemporaryDirectory() as kept:
        gallery = Gallery(Path(kept) / "pages", shape(Path(kept) / "shaped"))
        for (width, height, fine), scheme in product(SIZES, SCHEMES):
            size = {"width": width, "height": height}
            with window(Path(kept) / "browser", viewport=size, color_scheme=scheme, device_scale_factor=fine) as seen:
                for name, language in product(wanted, LANGUAGES):
                    tab = seen.look(gallery.shown(name, language))
                    tab.screenshot(path=folder / f"{name}-{language}-{width}-{scheme}.png", full_page=True)
            print(f"{width} pixels, {scheme}: {len(wanted) * len(LANGUAGES)} pictures", flush=True)
        gallery.close()
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder.relative_to(HOME)}")


if __name__ == "__main__":
    main()
