"""The composition root of the pages: a WSGI application built from settings and the database.

Theory of operation. `Guests` opens the database as soon as it answers, looks each second whether the network or the
settings changed, and then hands the pages new doors; a network that does not stand leaves the old ones. Until the
database has answered once there are no keys, so a page of plain words stands in; afterwards the pages themselves say
what is wrong. Never started as root, and never waits for the database in a request that needs none.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from portal.apps import guest_app
from portal.cases.remainders import time_zone
from portal.doors import Doors, House, Notice
from portal.kit import Kit
from proxeny import directories, portal_doors, providers, quotas, snapshot, ways
from proxeny.parts import MOST_DAYS
from proxeny.showing import Showing
from radius.nas import FAMILIES
from radius.nas.tokens import Tokens
from store import grants, keys
from store import network as rows
from store.consumption import Consumption
from store.faults import StoreError
from store.ledger import record_accounting
from store.privacy import Privacy, privacy
from store.session import engine, reading, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from flask import Flask
    from sqlalchemy.orm import Session

    from proxeny.network import Network
    from proxeny.settings import Settings
    from store.directory import Directory
    from store.entries import Entry

PATIENCE: Final = 2  # seconds that a guest waits for a locked database, before a page says so
_AWAY: Final = (
    b"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>Wi-Fi</title>"
    b"<h1>We have a fault on our side</h1><p>Wi-Fi sign-in is being put right. Try again in a minute."
    b"<h1 lang=fr>Nous avons une panne de notre c\xc3\xb4t\xc3\xa9</h1><p lang=fr>R\xc3\xa9essayez dans une minute."
)
_HEADERS: Final = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Length", str(len(_AWAY))),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cache-Control", "no-store"),
    ("Retry-After", "5"),
]


class Guests:
    """The guest app, whatever becomes of database, network and settings meanwhile."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.counts: Counter[str] = Counter({"requests": 0, **{f"requests_{first}xx": 0 for first in "2345"}})
        self.fault = ""  # why the database did not answer last, "" where it did
        self._database = engine(settings.database.url, patience=PATIENCE)
        self._privacy: Privacy | None = None
        self._network: Network | None = None
        self._doors = Doors()
        self._app: Flask | None = None
        self._seen = -1
        self._stale = True  # the app is to be made anew
        self._lock = threading.Lock()
        self._showing = Showing(self._database)
        self._directory: Directory | None = None
        self._directory_fault = ""  # the last that the log has
        self._log = structlog.get_logger(part="guest")

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """WSGI."""
        if self._app is not None:
            return self._app(environ, start)
        alive = environ.get("PATH_INFO") == "/healthz"
        start("200 OK" if alive else "503 Service Unavailable", _HEADERS)
        return [_AWAY]

    def look(self) -> None:
        """Once a second, in a thread of its own: whatever is new."""
        with self._lock:
            self._heed_directory()
            try:
                self._open()
                self._adopt_network()
                self._showing.look(datetime.now(UTC), time_zone(self._doors.timezone))
            except (SQLAlchemyError, StoreError, ValueError, KeyError) as fault:
                words = str(getattr(fault, "orig", None) or fault).splitlines()[0]
                if words != self.fault:
                    self._log.warning("the guests' pages do not reach the network's rows", fault=words)
                self.fault = words
            else:
                self.fault = ""

    def told(self) -> dict[str, Any]:
        """Plain numbers for the supervisor's metrics, and lines for /readyz."""
        directory = directories.told(self._directory) if self._directory is not None else {}
        return {**self.counts, "database_fault": self.fault, **directory}

    def _heed_directory(self) -> None:
        """Guests are told that it is away; staff, why."""
        words = self._directory.state if self._directory is not None and self._directory.fault is not None else ""
        if words != self._directory_fault and not self._directory_fault:
            self._log.warning("the directory does not answer the guests' pages", fault=words)
        self._directory_fault = words

    def adopt(self, settings: Settings) -> None:
        """New settings, from the next request on."""
        with self._lock:
            self.settings, self._stale = settings, True
        self.look()

    def end(self) -> None:
        """Write down what was counted."""
        self._showing.end()

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
            self._seen = version
            read = snapshot.read(session, self._privacy.seal)
        network = snapshot.with_settings(read, self.settings)
        self._network, self._doors = network, portal_doors.of(network)
        if self._stale:
            self._directory = directories.of_guests(self.settings)
            self._app = guest_app(self._kit(network, self._privacy))
            self._stale = False
        self._log.info("network adopted", version=version, doors=len(self._doors.by_key))

    def _kit(self, network: Network, marks: Privacy) -> Kit:
        third = max((self.settings.guest.threads if self.settings.guest else 0) // 3, 1)
        return Kit(
            doors=lambda: self._doors,
            database=self._database,
            privacy=marks,
            tokens=Tokens(network.visit_key, os.urandom),
            families=FAMILIES,
            now=time.time,
            entropy=os.urandom,
            count=self._count,
            said=self._said,
            wait=time.sleep,
            house=house(self.settings),
            places=threading.Semaphore(third),
            waiting=threading.Semaphore(third - third // 2),
            exchanging=threading.Semaphore(max(third // 2, 1)),
            directory=self._directory.guest if self._directory is not None else None,
            oidc=providers.providers(self.settings),
            asking=threading.Semaphore(third),
            adverts=lambda: self._showing.running,
            figures=self._showing.figures,
        )

    def _said(self, event: str, fields: Mapping[str, Any]) -> None:
        self.counts["requests"] += 1
        self.counts[f"requests_{str(fields.get('status', 0))[:1]}xx"] += 1
        self._log.info(event, **fields)

    def _count(self, session: Session, entries: Sequence[Entry]) -> None:
        """What gateways without RADIUS tell, counted as the recorder counts accounting."""
        network, marks = self._network, self._privacy
        if network is None or marks is None:
            return
        consumption = Consumption(ways.zone(network))
        record_accounting(session, entries, marks, consumption)
        if consumption.subjects:
            now = datetime.now(UTC)
            quotas.consider(session, consumption.subjects, network, now)
            grants.touch(session, grants.followers(session, consumption.subjects, now))


def house(settings: Settings) -> House:
    """What the settings say to the pages."""
    guest, kept = settings.guest, settings.retention
    if guest is None:
        raise ValueError("[guest] is not in the settings")
    return House(
        url=guest.origin,
        hosts=guest.names,
        trusted_proxies=guest.trusted_proxies,
        retention_days=max(kept.logins, kept.sessions, kept.grants, kept.orders),
        device_days=kept.devices,
        providers=providers.labels(settings),
        sms_countries=settings.sms.countries if settings.sms is not None else (),
        sms_per_day=settings.sms.per_day if settings.sms is not None else 0,
        kept={name: age.days for name, age in kept.kept.items()},
        most_days=MOST_DAYS,
        notice=_notice(settings),
    )


def _notice(settings: Settings) -> Notice | None:
    said = settings.privacy
    if said is None:
        return None
    return Notice(said.authority, said.purpose, said.officer_title, said.officer_phone, said.officer_address or {})
