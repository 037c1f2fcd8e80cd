"""Alerts: every 15 seconds a look at what is broken, in a thread of the recorder's.

Theory of operation. The recorder runs wherever the road or the pages do, outlives a worker's crash, and already waits for the
database in threads; the jobs process runs only where mails or controllers' APIs are wanted. A sweep asks the controller over
its own socket and the database in a few bounded statements (proxeny/alert_facts.py), decides (proxeny/alert_watch.py), and
writes rows and mails in one transaction. While the database is away nothing can be written or queued: the metric says so
at once, and an alert and its mail follow when it is back.

Never waits in the loop, and never tells anyone of what is silenced.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select

from portal.alert_rules import RULES, Rule
from portal.messages.alerts import Told, mail_alerts
from portal.permissions import Permission, may
from proxeny import alert_facts, alert_privacy, control
from proxeny.alert_watch import Watch
from proxeny.faults import FaultyError
from store import alerts, keys, messages
from store.alerts import Finding, Key
from store.models import MessageKind, Operator, Staff
from store.privacy import Privacy, privacy
from store.session import engine, reading, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from proxeny.settings import Settings
    from store.models import Alert

EVERY: Final = 15.0  # seconds
SLOWLY: Final = 60.0  # seconds between looks at access points and certificates
PURGE: Final = 3_600.0
PATIENCE: Final = 5.0  # seconds for the controller's answer
KEPT: Final = timedelta(days=400)  # of a closed alert
WORTH: Final = timedelta(hours=3)  # a mail that could not leave by then tells of the past


def ask(data_dir: Path, question: dict[str, Any]) -> dict[str, Any]:
    """The controller, which may hang: the look goes on without it."""
    return control.ask(data_dir, question, PATIENCE)


class Alerting:
    """The thread, and what it remembers."""

    def __init__(self, settings: Settings, ask: Callable[[Path, dict[str, Any]], dict[str, Any]] = ask) -> None:
        self.settings = settings
        self.open: dict[str, int] = dict.fromkeys(map(str, RULES), 0)  # by rule, for the metric
        self.faults = 0
        self._ask = ask
        self._watch = Watch()
        self._restarts = alert_facts.Restarts("recorder")
        self._slow_at = self._purge_at = 0.0
        self._away: tuple[datetime, str] | None = None  # since when the database is, in its words
        self._database: Engine | None = None
        self._privacy: Privacy | None = None
        self._ending = threading.Event()
        self._log = structlog.get_logger(part="alerts")
        self.thread = threading.Thread(target=self._run, name="alerting", daemon=True)

    def adopt(self, settings: Settings) -> None:
        """In another thread: new settings, from the next look on."""
        self.settings = settings

    def end(self) -> None:
        """Look no more."""
        self._ending.set()

    def _run(self) -> None:
        while not self._ending.wait(EVERY):
            try:
                self.sweep(datetime.now(UTC), time.monotonic())
            except Exception as fault:  # noqa: BLE001 - a look that failed is a look later
                self._failed(fault, datetime.now(UTC))

    def _failed(self, fault: Exception, now: datetime) -> None:
        self.faults += 1
        words = (str(getattr(fault, "orig", None) or fault).strip() or type(fault).__name__).splitlines()[0]
        if self._away is None:
            self._log.warning("alerts cannot be looked at", fault=words)
            self._away = now, words
        self.open[Rule.DATABASE] = 1

    def sweep(self, now: datetime, clock: float) -> None:
        """One look, and what follows from it."""
        database, marks = self._opened()
        said = self._asked("status"), self._asked("homes")  # before a state of the database is held: they may take their time
        with reading(database) as session:
            have = alerts.opened(session)
            found = self._look(session, *said, now, clock)
            fresh = bool(alerts.untold(session, now)) and bool(self._people(session))
        change = self._watch.judge(found.findings, found.rules, have, now, clock)
        if missed := self._missed(have, now):
            change = change._replace(opens=[*change.opens, missed])
        if change or fresh:
            with transaction(database) as session:
                closed = alerts.settle(session, change, now)
                self._tell(session, marks, closed, now)
        self._away = None
        with reading(database) as session:
            self.open = dict.fromkeys(map(str, RULES), 0) | alerts.counts(session)
        self._purge(database, now, clock)

    def _look(self, session: Session, status: dict[str, Any], homes: dict[str, Any], now: datetime, clock: float) -> alert_facts.Look:
        parts: list[Any] = [
            (alert_facts.of_secrets(session, now), (Rule.SECRET,)),
            (alert_facts.of_backups(session, self.settings, now), (Rule.BACKUP_OLD, Rule.BACKUP_FAILED)),
            (alert_facts.of_webhooks(session), (Rule.WEBHOOK,)),
        ]
        if status:
            found = [*alert_facts.of_status(status), *self._restarts.of(status, now)]
            parts.append((found, alert_facts.OF_STATUS))
        if homes:
            parts.append((alert_facts.of_homes(homes["workers"], alert_facts.realms_of(session)), (Rule.HOME_DEAD,)))
        if clock >= self._slow_at:
            self._slow_at = clock + SLOWLY
            parts.append((alert_facts.of_access_points(session, now), (Rule.ACCESS_POINT_SILENT,)))
            parts.append((alert_facts.of_certificates(session, self.settings, now), (Rule.CERTIFICATE,)))
            parts.append((alert_facts.of_tokens(session, now), (Rule.TOKEN_ENDS,)))
            parts.append((alert_privacy.of_privacy(session, now), alert_privacy.RULES))
        return alert_facts.look(*parts)

    def _asked(self, verb: str) -> dict[str, Any]:
        try:
            answer = self._ask(self.settings.data_dir, {"verb": verb})
        except (FaultyError, ValueError):
            return {}
        return {} if "error" in answer else answer

    def _missed(self, have: dict[Key, Alert], now: datetime) -> Finding | None:
        """The database was away, which nobody could write down: for so long that it is told afterwards."""
        key = Key(Rule.DATABASE, "")
        if self._away is None or key in have or now - self._away[0] < timedelta(seconds=RULES[Rule.DATABASE].after):
            return None
        return Finding(key, {"fault": self._away[1].rstrip(".")}, since=self._away[0])

    def _opened(self) -> tuple[Engine, Privacy]:
        if self._database is None:
            self._database = engine(self.settings.database.url)
        if self._privacy is None:
            with transaction(self._database) as session:
                self._privacy = privacy(session, keys.unlock(session, self.settings.seal_key), datetime.now(UTC))
        return self._database, self._privacy

    def _purge(self, database: Engine, now: datetime, clock: float) -> None:
        if clock >= self._purge_at:
            self._purge_at = clock + PURGE
            with transaction(database) as session:
                alerts.purge(session, KEPT, now)

    # Telling

    def _people(self, session: Session) -> Sequence[Staff]:
        """Who gets mails of alerts; nobody where none are sent."""
        if self.settings.mail is None:
            return ()
        query = select(Staff).where(Staff.disabled_at.is_(None), Staff.email != "").order_by(Staff.name)
        return [each for each in session.scalars(query) if may(each.role, Permission.ALERTS)]

    def _tell(self, session: Session, marks: Privacy, closed: Sequence[Alert], now: datetime) -> None:
        """One letter for each, with all that began and all that is over."""
        people = self._people(session)
        fresh = alerts.untold(session, now)
        silent = alerts.hushed(session, closed, now)
        over = [row for row in closed if row.told_at is not None and row.id not in silent]
        if not people or not (fresh or over):
            return
        zone = ZoneInfo(session.scalar(select(Operator.timezone)) or "UTC")
        url = f"{self.settings.staff.origin}/alerts" if self.settings.staff is not None else ""
        for person in people:
            content = mail_alerts(person.language or "en", zone, [_told(row) for row in fresh], [_told(row) for row in over], url)
            messages.queue(
                session, marks, MessageKind.MAIL, person.email, content, purpose="alert", language=person.language,
                expires_at=now + WORTH, now=now,
            )  # fmt: skip
        for row in fresh:
            row.told_at = now


def _told(row: Alert) -> Told:
    return Told(row.rule, row.object, row.details, row.opened_at)
