"""The composition root of the staff app: a WSGI application built from settings and the database.

It follows database, network and settings as the guests' does (proxeny/web.py); and asks the running controller, over its
control socket, what only that knows: homes' health, the processes. Never waits for the controller in a request.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import structlog
from sqlalchemy.exc import SQLAlchemyError

from portal.admin.desk import Desk, Office
from portal.desks import staff_app
from proxeny import (
    control,
    snapshot,
    staff_central,
    staff_certificates,
    staff_gateways,
    staff_guests,
    staff_house,
    staff_network,
    staff_orders,
    staff_plans,
    staff_portals,
    staff_privacy,
    staff_webhooks,
)
from proxeny.edits import Edits
from proxeny.faults import FaultyError
from store import keys
from store import network as rows
from store.faults import StoreError
from store.privacy import Privacy, privacy
from store.session import engine, reading, transaction
from store.staff_sessions import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from flask import Flask
    from sqlalchemy import Engine

    from proxeny.network import Network
    from proxeny.settings import Settings

PATIENCE: Final = 3  # seconds that a page waits for a locked database
_AWAY: Final = (
    b"<!doctype html><html lang=en><meta charset=utf-8><title>Proxeny</title><h1>The database does not answer</h1><p>Try again in a minute."
)
_HEADERS: Final = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Length", str(len(_AWAY))),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cache-Control", "no-store"),
    ("Retry-After", "5"),
]


class Desks:
    """The staff app, whatever becomes of database, network and settings meanwhile."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.counts: Counter[str] = Counter({"requests": 0, **{f"requests_{first}xx": 0 for first in "2345"}})
        self.fault = ""  # why the database did not answer last, "" where it did
        self._database = engine(settings.database.url, patience=PATIENCE)
        self._privacy: Privacy | None = None
        self._network: Network | None = None
        self._status: Mapping[str, Any] = {}
        self._app: Flask | None = None
        self._seen = -1
        self._stale = True
        self._lock = threading.Lock()
        self._log = structlog.get_logger(part="staff")

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """WSGI."""
        if self._app is not None:
            return self._app(environ, start)
        start("503 Service Unavailable", _HEADERS)
        return [_AWAY]

    def look(self) -> None:
        """Once a second, in a thread of its own: whatever is new."""
        with self._lock:
            try:
                self._open()
                self._adopt_network()
            except (SQLAlchemyError, StoreError, ValueError, KeyError) as fault:
                words = str(getattr(fault, "orig", None) or fault).splitlines()[0]
                if words != self.fault:
                    self._log.warning("the staff's pages do not reach the network's rows", fault=words)
                self.fault = words
            else:
                self.fault = ""
            self._status = self._asked()

    def told(self) -> dict[str, Any]:
        """Plain numbers for the supervisor's metrics, and lines for /readyz."""
        return {**self.counts, "database_fault": self.fault}

    def adopt(self, settings: Settings) -> None:
        """New settings, from the next request on."""
        with self._lock:
            self.settings, self._stale = settings, True
        self.look()

    def end(self) -> None:
        """Nothing is kept in memory alone."""

    def _open(self) -> None:
        if self._privacy is None:
            with transaction(self._database) as session:
                seal = keys.unlock(session, self.settings.seal_key)
                self._privacy = privacy(session, seal, datetime.now(UTC))

    def _adopt_network(self) -> None:
        assert self._privacy is not None  # noqa: S101  for the type checker: `_open` made it
        with reading(self._database) as session:
            version = rows.version(session)
            if version == self._seen and not self._stale:
                return
            self._network = snapshot.read(session, self._privacy.seal)
        self._seen = version
        if self._stale:
            self._app = staff_app(self._desk(self._privacy))
            self._stale = False

    def _asked(self) -> Mapping[str, Any]:
        """What the controller says of itself; nothing where none runs on this data_dir."""
        try:
            return {
                **control.ask(self.settings.data_dir, {"verb": "status"}, patience=2.0),
                "homes": control.ask(self.settings.data_dir, {"verb": "homes"}, patience=2.0).get("workers", []),
                "at": datetime.now(UTC),
            }
        except (FaultyError, ValueError):
            return {}

    def _desk(self, marks: Privacy) -> Desk:
        edits = Edits(lambda: self.settings, marks, partial(datetime.now, UTC))
        return Desk(
            office=office(self.settings),
            database=self._database,
            privacy=marks,
            now=partial(datetime.now, UTC),
            entropy=os.urandom,
            said=self._said,
            change=edits.change,
            entry=edits.entry,
            status=lambda: self._status,
            zone=self._zone,
            tools={
                **tools(self),
                **staff_central.tools(self.settings),
                **staff_gateways.tools(lambda: self.settings, marks.seal),
                **staff_network.tools(self.settings.data_dir, marks.seal),
                **staff_portals.tools(lambda: self.settings, self._database, marks),
                **staff_guests.tools(lambda: self.settings, lambda: self._network, marks),
            },
        )

    @property
    def database(self) -> Engine:
        """What the pages read."""
        return self._database

    @property
    def network(self) -> Network | None:
        """The newest that was read."""
        return self._network

    def _zone(self) -> str:
        operator = self._network.operator if self._network is not None else None
        return operator.timezone if operator is not None else "UTC"

    def _said(self, event: str, fields: Mapping[str, Any]) -> None:
        self.counts["requests"] += 1
        self.counts[f"requests_{str(fields.get('status', 0))[:1]}xx"] += 1
        self._log.info(event, **fields)


def tools(desks: Desks) -> dict[str, Callable[..., Any]]:
    """What single pages need of us, by name."""
    return {
        "settings": lambda: desks.settings,
        "network": lambda: desks.network,
        **staff_house.tools(lambda: desks.settings, desks.database),
        **staff_orders.tools(lambda: desks.network),
        **staff_privacy.tools(lambda: desks.settings),
        **staff_plans.tools(lambda: desks.network),
        **staff_certificates.tools(lambda: desks.settings),
        **staff_webhooks.tools(lambda: desks.settings),
    }


def office(settings: Settings) -> Office:
    """What the settings say to the pages."""
    staff = settings.staff
    if staff is None:
        raise ValueError("[staff] is not in the settings")
    return Office(
        url=staff.origin,
        hosts=staff.names,
        trusted_proxies=staff.trusted_proxies,
        limits=Limits(timedelta(seconds=staff.idle), timedelta(seconds=staff.absolute)),
        demo=bool(os.environ.get("PROXENY_DEMO")) and (staff.listen.host, urlsplit(staff.origin).hostname) == ("127.0.0.1", "localhost"),
        api_rate=settings.api.rate if settings.api.enabled else 0,
        api_places=max(1, staff.threads // 2),
        guest_url=settings.guest.origin if settings.guest is not None else "",
        tiles=settings.map.tiles if settings.map is not None else "",
        attribution=settings.map.attribution if settings.map is not None else "",
    )
