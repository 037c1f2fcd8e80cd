"""A browser's tab that is shown the pages of the staff app or of the shops', each as who looks at it: of the app itself, without a socket.

Never lets a request out to anybody else: what was asked of others is kept, so that a test can refuse it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.peers.browser import PATIENCE, chromium
from tests.screens.desks import DESKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from playwright.sync_api import Page, Route

    from tests.portal.staffroom import Room
    from tests.screens.desks import Desk


@dataclass
class Looking:
    """One tab, one room, and the pages that are looked at."""

    tab: Page
    room: Room
    pages: Mapping[str, Desk] = field(default_factory=lambda: DESKS)
    desk: Desk | None = None
    language: str = "en"
    strange: list[str] = field(default_factory=list)

    def at(self, name: str, language: str = "en") -> Page:
        """This page of them."""
        self.desk, self.language = self.pages[name], language
        self.tab.goto(self.room.office.url + self.desk.path)
        return self.tab

    def answer(self, route: Route) -> None:
        assert self.desk is not None
        url = route.request.url
        here = self.room.office.url
        if not url.startswith(here):
            self.strange.append(url)
            route.abort()
            return
        answer = self.room.get(url.removeprefix(here), self.desk.role, self.language)
        headers = {name: value for name, value in answer.headers.items() if name.lower() != "set-cookie"}
        route.fulfill(status=answer.status_code, headers=headers, body=answer.data)


@contextmanager
def looking(folder: Path, room: Room, pages: Mapping[str, Desk] = DESKS, **more: object) -> Iterator[Looking]:
    """A desk's window unless told otherwise. The pages' policy would keep the tests' scripts out."""
    shape = {"viewport": {"width": 1440, "height": 900}, "bypass_csp": True, "reduced_motion": "reduce"}
    with chromium(folder) as browser:
        context = browser.new_context(**{**shape, **more})
        context.set_default_timeout(PATIENCE)
        made = Looking(context.new_page(), room, pages)
        context.route("**/*", made.answer)
        yield made
        context.close()
