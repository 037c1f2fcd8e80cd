"""What the editor of portals asks of the composition root: what a way in needs, and a guest's page as it would become.

Theory of operation. A preview is the guest app itself, made once in the staff's process with a key of its own, so that no
token of it opens anything, and asked in this process, never by a port. The network that it is handed has one portal, as it
was typed, and one gateway that does not exist. It reads the database where the guests' own page does, and changes nothing.

Never shows what `proxeny apply` would not read.
"""

from __future__ import annotations

import os
import time
from contextvars import ContextVar
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from portal.admin.desk import Wrong
from portal.doors import Doors, House
from portal.kit import Kit
from portal.pictures import Pictures
from proxeny import network_file, portal_checks, portal_doors, snapshot
from proxeny.edits import Noted
from proxeny.network import Client, Site
from proxeny.network_rows import Sources
from proxeny.staff_network import Kept
from radius.nas import FAMILIES
from radius.nas.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Flask
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from proxeny.network import Network, Portal
    from proxeny.settings import Settings
    from store.privacy import Privacy

_SHOWN: ContextVar[Doors] = ContextVar("shown")
_DOOR: Final = "preview"
_KEY: Final = "preview000000000"


class Sight(NamedTuple):
    """Which page, where, how."""

    page: str
    site: str = ""  # "" for nowhere in particular
    language: str = ""
    scheme: str = ""  # "light", "dark"; "" as the browser would rather have it


class Seen(NamedTuple):
    """A page as guests would get it."""

    status: int
    octets: bytes
    policy: str  # its Content-Security-Policy


def tools(settings: Callable[[], Settings], database: Engine, privacy: Privacy) -> Mapping[str, Callable[..., Any]]:
    """By name, for `Desk.tools`."""
    previews = Previews(settings, database, privacy)
    return {"preview": previews.show, "ways": lambda: ways(settings()), "portal_pictures": lambda: previews.pictures}


def ways(settings: Settings) -> dict[str, tuple[str, bool]]:
    """Every way in that there may be: which section of the settings it needs, "" for none, and whether that is there."""
    needed = portal_checks.NEEDS
    own = {way: (needed[way][0], getattr(settings, needed[way][0]) is not None) if way in needed else ("", True) for way in _ways()}
    return {**own, **{f"oidc:{name}": (f"oidc.{name}", True) for name in settings.oidc}}


def _ways() -> tuple[str, ...]:
    from proxeny.portal_rows import WAYS  # noqa: PLC0415  one use

    return WAYS


class Previews:
    """The guest app before made-up guests."""

    def __init__(self, settings: Callable[[], Settings], database: Engine, privacy: Privacy) -> None:
        self._settings = settings
        self._database = database
        self._privacy = privacy
        self._kept = Kept(privacy.seal)
        self._lock = Lock()
        self.pictures = Pictures()  # and one that was chosen and is not saved

    def show(self, session: Session, name: str, fields: Mapping[str, Any], sight: Sight) -> Seen | list[Wrong]:
        """The page of a portal with these keys; or what is wrong with them."""
        read = portal(name, fields)
        if isinstance(read, list):
            return read
        query = {"scheme": sight.scheme, **({"lang": sight.language} if sight.language else {})}
        return self.asked(before(self.network(session), read, sight.site), f"/preview/{sight.page}", query)

    def network(self, session: Session) -> Network:
        """The newest, with what the settings add."""
        return snapshot.with_settings(self._kept.read(session), self._settings())

    def asked(self, network: Network, path: str, query: Mapping[str, str]) -> Seen:
        """A page of the guest app over this network."""
        with self._lock:
            app = self._app
        held = _SHOWN.set(portal_doors.of(network))
        try:
            with app.test_request_context(path, base_url=app.extensions["guest"].house.url, query_string=query):
                answer = app.full_dispatch_request()
                return Seen(answer.status_code, answer.get_data(), answer.headers["Content-Security-Policy"])
        finally:
            _SHOWN.reset(held)

    @cached_property
    def _app(self) -> Flask:
        from portal.apps import guest_app  # noqa: PLC0415  half a second, for who edits a portal
        from portal.guest import preview  # noqa: PLC0415

        app = guest_app(self.kit())
        app.register_blueprint(preview.blueprint)
        return app

    def kit(self) -> Kit:
        """Its world, in which nothing is counted and nothing leaves."""
        return Kit(
            doors=_SHOWN.get,
            database=self._database,
            privacy=self._privacy,
            tokens=Tokens(os.urandom(32), os.urandom),
            families=FAMILIES,
            now=time.time,
            entropy=os.urandom,
            count=lambda _session, _entries: None,
            said=lambda _event, _fields: None,
            wait=lambda _seconds: None,
            house=replace(_house(self._settings()), address_rate=1_000, trusted_proxies=()),
            pictures=self.pictures,
            still=True,
        )


def _house(settings: Settings) -> House:
    from proxeny import web  # noqa: PLC0415  the guests' own words about retention

    return web.house(settings) if settings.guest is not None else House()


def portal(name: str, fields: Mapping[str, Any]) -> Portal | list[Wrong]:
    """The row that `proxeny apply` would make of these keys."""
    noted = Noted()
    said = {key: value for key, value in fields.items() if value is not None}
    declaration = network_file.parse({"portal": [{**said, "name": name}]}, noted, Sources(Path(), {}))
    if noted.wrongs:
        return [Wrong(0, key, what, remedy) for _section, _at, key, what, remedy in noted.wrongs]
    row: Any = declaration.network.rows["portal"][name]
    return row  # type: ignore[no-any-return]  # rows of one section are of one kind


def before(network: Network, row: Portal, site: str) -> Network:
    """The network with this portal alone, at this site, behind a gateway that does not exist."""
    place: Any = network.rows["site"].get(site)
    sites: dict[str, Any] = {site: replace(place, portal=row.name)} if isinstance(place, Site) else {}
    client = Client(_DOOR, key=_KEY, site=site if sites else None)
    alone: dict[str, dict[str, Any]] = {"portal": {row.name: row}, "site": sites, "client": {_DOOR: client}, "access_point": {}}
    return replace(network, rows={**network.rows, **alone})
