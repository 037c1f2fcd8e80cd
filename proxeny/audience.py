"""One audience's pages, whatever becomes of database, network and settings meanwhile: what the guests' and the staff's share.

Theory of operation. The database is opened as soon as it answers; each second it is asked whether the network changed, or
whether there are new settings, and then the pages are handed what is new; a network that does not stand leaves the old one.
Until the database has answered once there are no keys, so a page of plain words stands in; afterwards the pages themselves
say what is wrong. Never waits for the database in a request that needs none.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from proxeny import snapshot
from store import keys
from store import network as rows
from store.faults import StoreError
from store.privacy import Privacy, privacy
from store.session import engine, reading, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy import Engine

    from proxeny.network import Network
    from proxeny.settings import Settings

    Pages = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]  # WSGI


class Audience(ABC):
    """A WSGI application that follows database, network and settings."""

    name: ClassVar[str]  # as the log calls it: "guest"
    patience: ClassVar[int]  # seconds that a page waits for a locked database
    away: ClassVar[bytes]  # the page until the database has answered

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.counts: Counter[str] = Counter({"requests": 0, **{f"requests_{first}xx": 0 for first in "2345"}})
        self.fault = ""  # why the database did not answer last, "" where it did
        self._database = engine(settings.database.url, patience=self.patience)
        self._privacy: Privacy | None = None
        self._network: Network | None = None
        self._pages: Pages | None = None
        self._seen = -1
        self._stale = True  # the pages are to be made anew
        self._lock = threading.Lock()
        self._log = structlog.get_logger(part=self.name)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """WSGI."""
        if self._pages is not None:
            return self._pages(environ, start)
        alive = environ.get("PATH_INFO") == "/healthz"
        start(
            "200 OK" if alive else "503 Service Unavailable",
            [
                ("Content-Type", "text/html; charset=utf-8"),
                ("Content-Length", str(len(self.away))),
                ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
                ("Cache-Control", "no-store"),
                ("Retry-After", "5"),
            ],
        )
        return [self.away]

    @abstractmethod
    def _made(self, network: Network, marks: Privacy) -> Pages:
        """The pages, anew: at the start, and with each change of the settings."""

    def _adopted(self, network: Network) -> Network:
        """What is made of a network that was just read."""
        return network

    def _beside(self) -> None:  # noqa: B027  most have nothing more
        """Whatever else is looked at each second, once the database has answered."""

    def look(self) -> None:
        """Once a second, in a thread of its own: whatever is new."""
        with self._lock:
            try:
                self._open()
                self._adopt_network()
                self._beside()
            except (SQLAlchemyError, StoreError, ValueError, KeyError) as fault:
                words = str(getattr(fault, "orig", None) or fault).splitlines()[0]
                if words != self.fault:
                    self._log.warning("the pages do not reach the network's rows", fault=words)
                self.fault = words
            else:
                self.fault = ""

    def told(self) -> dict[str, Any]:
        """Plain numbers for the supervisor's metrics, and lines for /readyz."""
        return {**self.counts, "database_fault": self.fault}

    def adopt(self, settings: Settings) -> None:
        """New settings, from the next request on."""
        with self._lock:
            self.settings, self._stale = settings, True
        self.look()

    def end(self) -> None:  # noqa: B027  most have nothing more
        """Write down what is kept in memory alone: nothing."""

    @property
    def database(self) -> Engine:
        """What the pages read."""
        return self._database

    @property
    def network(self) -> Network | None:
        """The newest that was read."""
        return self._network

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
            read = snapshot.read(session, self._privacy.seal)
        self._network = network = self._adopted(read)
        if self._stale:
            self._pages = self._made(network, self._privacy)
            self._stale = False
        self._seen = version
        self._log.info("network adopted", version=version)

    def _said(self, event: str, fields: Mapping[str, Any]) -> None:
        """One line of the log, and a count."""
        self.counts["requests"] += 1
        self.counts[f"requests_{str(fields.get('status', 0))[:1]}xx"] += 1
        self._log.info(event, **fields)
