"""The porter's thread: it opens the store, keeps the feed, and makes the answers anew when network or settings change.

A database that is locked, slow or gone makes a turn fail; the next comes a little later, and meanwhile nobody's memory
is cleared. Never waits in the loop's thread.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from proxeny.feed import EVERY, Feed
from proxeny.verdicts import Verdicts
from proxeny.window import WAITS
from store import keys
from store.session import Glance, engine, transaction

if TYPE_CHECKING:
    import asyncio

    from sqlalchemy import Engine

    from proxeny.network import Network
    from proxeny.parts_web import Directory as Part
    from proxeny.settings import Settings
    from proxeny.window import Window
    from store.directory import Directory
    from store.sealed import Seal

PATIENCE: Final = 2  # seconds for a lock in the database: whoever asks waits for us
SILENT: Final = 5.0  # seconds for the database's answer until /readyz says that there is none
BACK_OFF: Final = 0.5  # seconds after a turn that failed


class Following:
    """The thread, and what it makes."""

    def __init__(self, settings: Settings, loop: asyncio.AbstractEventLoop) -> None:
        self._settings = settings
        self._loop = loop
        self._network: Network | None = None
        self._news = True  # settings or a network came that no verdicts were made of
        self._database: Engine | None = None
        self._glance: Glance | None = None
        self._seal: Seal | None = None
        self._directory: Directory | None = None
        self._of: Part | None = None  # the settings that the directory was made of
        self._said = ""  # the directory's last state in the log
        self._over = False
        self._fault = ""  # why the database could not be read, "" where it was
        self._turned = time.monotonic()  # when the last turn ended
        self.feed = Feed(self._bring)
        self._verdicts: Verdicts | None = None
        self._opened = threading.Event()
        self.awake = threading.Event()
        self._log = structlog.get_logger(part="porter")
        self.thread = threading.Thread(target=self._run, name="following", daemon=True)

    # In the loop's thread

    def adopt(self, settings: Settings) -> None:
        """New settings, from the next turn on."""
        self._settings, self._news = settings, True

    def serve(self, network: Network) -> None:
        """A new version of the network, from the next turn on."""
        self._network, self._news = network, True
        self.awake.set()

    def end(self) -> None:
        """Stop following."""
        self._over = True
        self.awake.set()

    @property
    def fault(self) -> str:
        """Why the database is not read, "" where it is."""
        silent = time.monotonic() - self._turned > SILENT
        return self._fault or (f"has not answered for {SILENT:.0f} s" if silent else "")

    def directory_state(self) -> dict[str, Any]:
        """For metrics and /readyz; nothing where there is no directory."""
        directory = self._directory
        if directory is None:
            return {}
        return {"directory": directory.state, "directory_up": int(directory.fault is None), "directory_opened": directory.breaker.opened}

    # In a clerk's thread

    def opened(self, seconds: float) -> Verdicts | None:
        """Who answers; None where the store could not be opened for so long."""
        self._opened.wait(seconds)
        return self._verdicts

    # In our own

    def _bring(self, window: Window, life: int, datagrams: list[bytes], taken: threading.Event) -> None:
        self._loop.call_soon_threadsafe(_into, window, life, datagrams, taken)

    def _run(self) -> None:
        while not self._over:
            more = self._safely()
            if not more:
                self.awake.wait(EVERY)
                self.awake.clear()

    def _safely(self) -> bool:
        """One turn; whether there is more to do at once."""
        try:
            database = self._ready()
            more = self.feed.turn(database, _zone(self._network), WAITS)
            if self._fault:
                self._log.warning("the database is read again")
            self._fault, self._turned = "", time.monotonic()
        except RuntimeError:  # the loop has ended
            self._over = True
            return False
        except Exception as fault:  # noqa: BLE001  a turn that failed is a turn later; its followers are where they were
            self._failed(fault)
            return False
        self._speak()
        return more

    def _failed(self, fault: Exception) -> None:
        words = (str(getattr(fault, "orig", None) or fault).strip() or type(fault).__name__).splitlines()[0]
        if words != self._fault:
            self._log.error("grants cannot be read; workers know what they knew", fault=words)
        self._fault, self._turned = words, time.monotonic()
        time.sleep(BACK_OFF)

    def _ready(self) -> Engine:
        """The database, opened; and answers made of the newest network and settings."""
        if self._database is None:
            self._database = engine(self._settings.database.url, patience=PATIENCE)
            self._glance = Glance(self._database)
        if self._seal is None:
            with transaction(self._database) as session:
                seal = keys.unlock(session, self._settings.seal_key)
                keys.named(session, seal, keys.ACCOUNT, datetime.now(UTC))  # made now, and only read by those who answer
            self._seal = seal
        if self._news and self._network is not None:
            self._news = False
            self._open_directory()
            self._verdicts = Verdicts(self._database, self._seal, self._network, _zone(self._network), self._directory, self._glance)
            self._opened.set()
        return self._database

    def _open_directory(self) -> None:
        """As the settings say; the one there is stays where they say the same."""
        part = self._settings.directory
        if part == self._of:
            return
        from proxeny.directories import directory  # noqa: PLC0415  ldap3 takes 15 MB, and most have no directory

        old, self._directory, self._of = self._directory, None, part
        if old is not None:
            old.close()
        if part is not None:
            try:
                self._directory = directory(part)
            except ValueError as fault:
                self._log.error("the directory cannot be used", fault=str(fault))

    def _speak(self) -> None:
        """The directory's state in the log, when it changes."""
        said = self._directory.state if self._directory is not None else "answers"
        if said != self._said:
            if said != "answers":
                self._log.error("the directory does not answer", state=said)
            elif self._said:
                self._log.warning("the directory answers")
            self._said = said


def _into(window: Window, life: int, datagrams: list[bytes], taken: threading.Event) -> None:
    """In the loop's thread."""
    window.bring(life, datagrams)
    taken.set()


def _zone(network: Network | None) -> ZoneInfo:
    """Where days and months turn."""
    operator = network.operator if network is not None else None
    try:
        return ZoneInfo(operator.timezone if operator is not None else "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
