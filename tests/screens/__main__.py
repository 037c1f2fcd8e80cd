"""Pictures of every guest page: each state, two languages, a phone and a desk, light and dark. `make screenshots`.

The pages are the real app over a real database, served on a port of this machine; states that take time are reached by
turning the app's clock. The pictures lie in var/screenshots. Never part of the tests.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from itertools import product
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

from playwright.sync_api import sync_playwright

from store.schema import prepare
from store.sealed import Seal, create_keys
from tests.portal import catalogues
from tests.portal.world import World, world
from tests.screens.states import STATES

HOME = Path(__file__).parent.parent.parent
WIDTHS = ((320, 568), (1280, 800))
SCHEMES = ("light", "dark")
LANGUAGES = ("en", "fr")


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


def main() -> None:
    """All of them, or those whose names are given."""
    wanted = [name for name in STATES if not sys.argv[1:] or name in sys.argv[1:]]
    folder = HOME / "var" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    catalogues.compile_stale()
    with tempfile.TemporaryDirectory() as kept, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, language in product(wanted, LANGUAGES):
            city = _city(Path(kept) / f"{name}-{language}")
            server = make_server("127.0.0.1", 0, city.app, handler_class=Quiet)
            port = server.server_port
            city.serve_at(f"http://127.0.0.1:{port}")
            server.set_app(city.app)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            path = STATES[name](city, language)
            for (width, height), scheme in product(WIDTHS, SCHEMES):
                context = chromium.new_context(
                    viewport={"width": width, "height": height}, color_scheme=scheme, locale=language, java_script_enabled=False,
                    device_scale_factor=2 if width < 500 else 1,
                )  # fmt: skip
                page = context.new_page()
                page.goto(f"http://127.0.0.1:{port}{path}")
                page.screenshot(path=folder / f"{name}-{language}-{width}-{scheme}.png", full_page=True)
                context.close()
            server.shutdown()
            city.database.dispose()
            print(f"{name} {language}", flush=True)
        chromium.close()
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder.relative_to(HOME)}")


def _city(folder: Path) -> World:
    create_keys(folder / "keys" / "seal.key")
    return world(prepare(f"sqlite:///{folder}/proxeny.db"), Seal(folder / "keys" / "seal.key"))


if __name__ == "__main__":
    main()
