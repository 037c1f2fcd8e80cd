"""The composition root of the guests' pages: a WSGI application built from settings and the database.

It follows database, network and settings as every audience's does (proxeny/audience.py). Never started as root.
"""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from portal.apps import guest_app
from portal.cases.remainders import time_zone
from portal.doors import Doors, House, Notice
from portal.kit import Kit
from proxeny import directories, portal_doors, providers, quotas, snapshot, ways
from proxeny.audience import Audience
from proxeny.parts import MOST_DAYS
from proxeny.showing import Showing
from proxeny.staff_open_data import terms as open_data
from radius.nas import FAMILIES
from radius.nas.tokens import Tokens
from store import grants
from store.consumption import Consumption
from store.ledger import record_accounting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from proxeny.audience import Pages
    from proxeny.network import Network
    from proxeny.settings import Settings
    from store.directory import Directory
    from store.entries import Entry
    from store.privacy import Privacy

PATIENCE: Final = 2  # seconds that a guest waits for a locked database, before a page says so
_AWAY: Final = (
    b"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>Wi-Fi</title>"
    b"<h1>We have a fault on our side</h1><p>Wi-Fi sign-in is being put right. Try again in a minute."
    b"<h1 lang=fr>Nous avons une panne de notre c\xc3\xb4t\xc3\xa9</h1><p lang=fr>R\xc3\xa9essayez dans une minute."
)


class Guests(Audience):
    """The guest app."""

    name, patience, away = "guest", PATIENCE, _AWAY

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._doors = Doors()
        self._showing = Showing(self._database)
        self._directory: Directory | None = None
        self._directory_fault = ""  # the last that the log has

    def look(self) -> None:
        """With the directory, which needs no database."""
        self._heed_directory()
        super().look()

    def told(self) -> dict[str, Any]:
        """With the directory's, and how many adverts run."""
        directory = directories.told(self._directory) if self._directory is not None else {}
        return {**super().told(), "adverts_running": len(self._showing.running), **directory}

    def _heed_directory(self) -> None:
        """Guests are told that it is away; staff, why."""
        words = self._directory.state if self._directory is not None and self._directory.fault is not None else ""
        if words != self._directory_fault and not self._directory_fault:
            self._log.warning("the directory does not answer the guests' pages", fault=words)
        self._directory_fault = words

    def end(self) -> None:
        """Write down what was counted."""
        self._showing.end()

    def _beside(self) -> None:
        self._showing.look(datetime.now(UTC), time_zone(self._doors.timezone))

    def _adopted(self, network: Network) -> Network:
        whole = snapshot.with_settings(network, self.settings)
        self._doors = portal_doors.of(whole)
        return whole

    def _made(self, network: Network, marks: Privacy) -> Pages:
        self._directory = directories.of_guests(self.settings)
        return guest_app(self._kit(network, marks))

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
        open_data=open_data(settings),
        retention_days=max(kept.logins, kept.sessions, kept.grants, kept.orders),
        device_days=kept.devices,
        providers=providers.labels(settings),
        sms_countries=settings.sms.countries if settings.sms is not None else (),
        sms_per_day=settings.sms.per_day if settings.sms is not None else 0,
        kept={name: age.days for name, age in kept.kept.items()},
        most_days=MOST_DAYS,
        notice=_notice(settings),
        opened_alone=settings.privacy is not None and settings.privacy.break_glass,
    )


def _notice(settings: Settings) -> Notice | None:
    said = settings.privacy
    if said is None:
        return None
    return Notice(said.authority, said.purpose, said.officer_title, said.officer_phone, said.officer_address or {})
