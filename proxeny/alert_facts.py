"""What is broken now: the controller's own words, the database and the certificates, held against the rules.

Each look says which rules it looked at: where the controller is silent, or a part is not there, nothing is said of it. Every
statement is bounded by an index and a window. Never decides for how long something must be so (proxeny/alert_watch.py).
"""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cryptography import x509
from sqlalchemy import func, select

from portal.alert_rules import Rule
from proxeny.healths import by_home
from proxeny.parts_web import Pages
from radius.actions import Reason
from store import backups, listener_keys, tokens
from store.alerts import Finding, Key
from store.models import AccessPoint, AuthEvent, BackupRun, BackupState, DropMinute, Realm, UsageHour, Webhook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from proxeny.settings import Settings

BACKLOG: Final = 10_000  # records in the spools
LATELY: Final = timedelta(minutes=10)  # for wrong secrets, and for processes that ended
FORGED: Final = 3  # packets of one client within that time: one may be anybody's
SILENT: Final = timedelta(hours=1)
RECENT: Final = timedelta(hours=24)  # an access point that was not heard for longer is no news
UNHEARD: Final = 60.0  # seconds: a home that one worker heard since is not dead
LATE: Final = timedelta(hours=1)  # that a backup may be late: it takes its time
STEPS: Final = (30, 14, 7, 1, 0)  # days left of a certificate
ENDING: Final = (14, 3)  # days left of a token that somebody used
_WRONG: Final = (Reason.BAD_AUTHENTICATOR.name, Reason.BAD_MESSAGE_AUTHENTICATOR.name)
_SHOWN: Final = 5  # realms, or addresses, that an alert names


class Look(NamedTuple):
    """What was found, and which rules were looked at."""

    findings: Mapping[Key, Finding]
    rules: frozenset[str]


def look(*parts: tuple[Iterable[Finding], Iterable[Rule]]) -> Look:
    """The parts as one."""
    return Look({each.key: each for found, _ in parts for each in found}, frozenset(rule for _, rules in parts for rule in rules))


# What the controller says

OF_STATUS: Final = (Rule.SPOOL, Rule.DATABASE, Rule.DIRECTORY, Rule.MAIL, Rule.NETWORK, Rule.RESTARTS)


def of_status(status: Mapping[str, Any]) -> Iterator[Finding]:
    """Of /readyz's own words; RESTARTS comes from `Restarts`."""
    backlog = status.get("spool_backlog")
    if isinstance(backlog, int) and backlog > BACKLOG:
        yield Finding(Key(Rule.SPOOL, ""), {"count": backlog})
    for rule, names, well in (
        (Rule.DATABASE, ("database",), "answers"),
        (Rule.DIRECTORY, ("directory", "guests_directory"), "answers"),
        (Rule.MAIL, ("senders",), "answer"),
    ):
        words = [said for name in names if (said := str(status.get(name) or well)) != well]
        if words:
            yield Finding(Key(rule, ""), {"fault": words[0].rstrip(".")})
    network = str(status.get("network", ""))
    if network and not network.startswith("version "):
        yield Finding(Key(Rule.NETWORK, ""), {"fault": network.rstrip(".")})


class Restarts:
    """Which processes ended by themselves lately: the counts that the controller gives, held against those before."""

    def __init__(self, ours: str) -> None:
        """`ours`: the process that looks; that it runs again may be why it never saw the count before."""
        self._ours = ours
        self._before: dict[str, int] | None = None
        self._seen: deque[tuple[datetime, str]] = deque(maxlen=1_000)

    def of(self, status: Mapping[str, Any], now: datetime) -> Iterator[Finding]:
        counts = {f"worker {each['worker']}": int(each.get("restarts", 0)) for each in _places(status)}
        counts |= {name: int(count) for name, count in status.get("restarts", {}).items()}
        before = self._before if self._before is not None else counts | {self._ours: max(counts.get(self._ours, 0) - 1, 0)}
        for name, count in counts.items():
            self._seen.extend([(now, name)] * min(max(count - before.get(name, 0), 0), 100))
        self._before = counts
        lately = [name for at, name in self._seen if now - at < LATELY]
        for name in dict.fromkeys(lately):
            yield Finding(Key(Rule.RESTARTS, name), {"count": lately.count(name)})


def _places(status: Mapping[str, Any]) -> list[dict[str, Any]]:
    workers = status.get("workers")
    return workers if isinstance(workers, list) else []


def of_homes(workers: list[dict[str, Any]], realms: Callable[[str], list[str]]) -> Iterator[Finding]:
    """Homes that a worker holds for dead and that none has heard."""
    for row in by_home(workers):
        if row["state"] == "dead" and (row["heard"] is None or row["heard"] > UNHEARD):
            yield Finding(Key(Rule.HOME_DEAD, row["home"]), {"realms": _few(realms(row["home"])) or "-"})


def realms_of(session: Session) -> Callable[[str], list[str]]:
    """Which realms go to a home: read once, and only where one is dead."""
    kept: list[tuple[str, list[str]]] = []

    def of(home: str) -> list[str]:
        if not kept:
            kept.extend((match, homes) for match, homes in session.execute(select(Realm.match, Realm.homes).order_by(Realm.position)))
        return [match for match, homes in kept if home in homes]

    return of


# What the database says


def of_secrets(session: Session, now: datetime) -> Iterator[Finding]:
    """Clients whose packets are signed with another secret than ours."""
    query = select(DropMinute.client, DropMinute.source, func.sum(DropMinute.count)).where(DropMinute.minute >= now - LATELY)
    query = query.where(DropMinute.reason.in_(_WRONG), DropMinute.client != "").group_by(DropMinute.client, DropMinute.source)
    found: dict[str, list[tuple[int, str]]] = {}
    for client, source, count in session.execute(query):
        found.setdefault(client, []).append((int(count), source))
    for client, each in found.items():
        if (total := sum(count for count, _ in each)) >= FORGED:
            sources = _few([source for _, source in sorted(each, reverse=True) if source])
            yield Finding(Key(Rule.SECRET, client), {"count": total, "source": sources or "-"})


def of_access_points(session: Session, now: datetime) -> Iterator[Finding]:
    """Those that were heard within a day and not within an hour, where others of their site speak.

    Accounting is summed by the hour: a record within an hour counts as if it came at its end.
    """
    last = select(func.max(AuthEvent.at)).where(AuthEvent.access_point == AccessPoint.name).scalar_subquery()
    rows = session.execute(select(AccessPoint.name, AccessPoint.site, last).where(AccessPoint.site.is_not(None))).all()
    hours = select(UsageHour.access_point, func.max(UsageHour.hour)).where(UsageHour.hour >= now - RECENT - SILENT)
    counted = {name: min(hour + SILENT, now) for name, hour in session.execute(hours.group_by(UsageHour.access_point))}
    heard: dict[str, tuple[str, datetime]] = {}
    for name, site, at in rows:
        moments = [each for each in (at, counted.get(name)) if each is not None]
        if moments and max(moments) > now - RECENT:
            heard[name] = str(site), max(moments)
    awake = {site for site, at in heard.values() if at > now - SILENT}
    for name, (site, at) in heard.items():
        if at <= now - SILENT and site in awake:
            yield Finding(Key(Rule.ACCESS_POINT_SILENT, name), {"site": site, "heard": at.isoformat()})


def of_backups(session: Session, settings: Settings, now: datetime) -> Iterator[Finding]:
    """Where [backup] says that there should be some."""
    if settings.backup is None:
        return
    last = session.execute(select(BackupRun.state, BackupRun.fault).where(_ended()).order_by(BackupRun.id.desc()).limit(1)).first()
    if last is not None and last.state is BackupState.FAILED:
        yield Finding(Key(Rule.BACKUP_FAILED, ""), {"fault": last.fault})
    first = session.scalar(select(func.min(BackupRun.at)))
    good = backups.good(session)
    since = good or first
    if since is not None and now - since > timedelta(seconds=settings.backup.every) + LATE:
        yield Finding(Key(Rule.BACKUP_OLD, ""), {"every": _hours(settings.backup.every)} | ({"last": good.isoformat()} if good else {}))


def of_tokens(session: Session, now: datetime) -> Iterator[Finding]:
    """Programs that will be refused soon, but for those that never asked anything."""
    for token in tokens.ending(session, now, timedelta(days=ENDING[0])):
        if token.used_at is not None:
            left = (token.expires_at - now) / timedelta(days=1)
            details = {"ends": token.expires_at.isoformat(), "days": int(left)}
            yield Finding(Key(Rule.TOKEN_ENDS, token.name), details, sum(left <= each for each in ENDING))


def _ended() -> Any:
    return BackupRun.state.in_((BackupState.GOOD, BackupState.FAILED))


def _hours(seconds: int) -> str:
    return f"{seconds / 3_600:g} h"


def of_webhooks(session: Session) -> Iterator[Finding]:
    """Those that we stopped; one that somebody paused is theirs to remember."""
    for name, called in session.execute(select(Webhook.id, Webhook.name).where(Webhook.why != "")):
        yield Finding(Key(Rule.WEBHOOK, name), {"name": called})


# What the files say


def of_certificates(session: Session, settings: Settings, now: datetime) -> Iterator[Finding]:
    """Our listeners', in files or kept by the app. One that cannot be read is the survey's to say."""
    for name, leaf, file in leaves(settings, lambda: listener_keys.chains(session)):
        days = (leaf.not_valid_after_utc - now) / timedelta(days=1)
        if passed := sum(days <= each for each in STEPS):
            details = {"ends": leaf.not_valid_after_utc.isoformat(), "days": max(int(days), 0), "file": file}
            yield Finding(Key(Rule.CERTIFICATE, name), details, passed)


def leaves(settings: Settings, kept: Callable[[], Mapping[str, str]]) -> Iterator[tuple[str, x509.Certificate, str]]:
    """(listener, its certificate, its file) of those that are served and can be read; `kept`: the chains that the app keeps."""
    sections = {name: getattr(settings, name) for name in type(settings).model_fields}
    pages = {name: part for name, part in sections.items() if isinstance(part, Pages)}
    chains = kept() if any(part.kept for part in pages.values()) else {}
    for name, part in pages.items():
        leaf = certificate(part.files[0]) if part.files else _first(chains.get(name, "").encode()) if part.kept else None
        if leaf is not None:
            yield name, leaf, str(part.files[0]) if part.files else f"/certificates/{name}"


def _first(pem: bytes) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificates(pem)[0]
    except (ValueError, IndexError):
        return None


def certificate(path: Path) -> x509.Certificate | None:
    """The first of a PEM file; None where there is none."""
    try:
        return _first(path.read_bytes())
    except OSError:
        return None


def _few(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
