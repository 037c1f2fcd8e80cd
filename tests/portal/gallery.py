"""Every state of the guests' pages, each made once and looked at by many tests; and a browser that is shown them.

The pages come from the app itself, without a socket between. Never for a test that changes what it looks at.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from portal.apps import guest_app
from store.schema import prepare
from store.sealed import Seal, create_keys
from store.session import engine
from tests.peers.browser import PATIENCE, chromium
from tests.portal.world import World, world
from tests.screens.states import STATES, Posted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from playwright.sync_api import Page, Route
    from werkzeug.test import TestResponse

SMALL = {"width": 320, "height": 568}


def shape(folder: Path) -> Path:
    """An empty database of the newest shape and its key, to be copied."""
    create_keys(folder / "keys" / "seal.key")
    database = prepare(f"sqlite:///{folder}/proxeny.db")
    world(database, Seal(folder / "keys" / "seal.key"))
    with database.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return folder


class Steady(World):
    """A world that shares its gallery's one app: making one costs more than a page. Whoever asks for a browser furnishes it anew."""

    apps: list[Flask]

    @property
    def app(self) -> Flask:
        if not self.apps:
            self.apps.append(guest_app(self.kit))
        self.apps[0].extensions["guest"] = self.kit
        return self.apps[0]

    def borrowed(self) -> Flask:
        return self.app


@dataclass(frozen=True)
class Shown:
    """One page as it came."""

    path: str
    answer: TestResponse
    city: World


@dataclass
class Gallery:
    """Where the pages hang."""

    folder: Path
    shaped: Path
    hung: dict[tuple[str, str], Shown] = field(default_factory=dict)
    apps: list[Flask] = field(default_factory=list)

    def shown(self, state: str, language: str) -> Shown:
        """The page of this state."""
        if (state, language) not in self.hung:
            city = self.city(f"{state}-{language}")
            asked = STATES[state](city, language)
            if isinstance(asked, Posted):
                made = Shown(asked.path, city.client().post(asked.path, data=asked.fields), city)
            else:
                made = Shown(asked, city.client().get(asked), city)
            self.hung[state, language] = made
        return self.hung[state, language]

    def city(self, name: str) -> World:
        """A new one."""
        home = self.folder / name
        shutil.copytree(self.shaped, home)
        database = engine(f"sqlite:///{home}/proxeny.db")
        made = Steady(database, world(database, Seal(home / "keys" / "seal.key")).privacy)
        made.apps = self.apps
        return made

    def close(self) -> None:
        """Let go of every database."""
        for shown in self.hung.values():
            shown.city.database.dispose()


@dataclass
class Window:
    """One tab, with scripts of the tests' own, that is shown pages and counts what they ask for."""

    tab: Page
    asked: list[str] = field(default_factory=list)
    shown: Shown | None = None

    def look(self, shown: Shown) -> Page:
        """At this page; everything it loads is counted."""
        self.asked.clear()
        self.shown = shown
        self.tab.goto(shown.city.url + shown.path)
        return self.tab

    def answer(self, route: Route) -> None:
        """With the page itself, or with what it loads from us."""
        assert self.shown is not None
        url = route.request.url
        self.asked.append(url)
        ours = url.startswith(self.shown.city.url)
        first = url == self.shown.city.url + self.shown.path
        answer = self.shown.answer if first else self.shown.city.client().get(url.removeprefix(self.shown.city.url)) if ours else None
        if answer is None:
            route.abort()
        else:
            route.fulfill(status=answer.status_code, headers=dict(answer.headers), body=answer.data)


@contextmanager
def window(folder: Path, **more: object) -> Iterator[Window]:
    """A phone's, the smallest there is, unless told otherwise. The pages' policy would keep the tests' scripts out."""
    with chromium(folder) as browser:
        context = browser.new_context(**{"viewport": SMALL, "bypass_csp": True, "reduced_motion": "reduce", **more})
        context.set_default_timeout(PATIENCE)
        made = Window(context.new_page())
        context.route("**/*", made.answer)
        yield made
        context.close()
