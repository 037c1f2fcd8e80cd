"""What is found to be broken, rule by rule: out of the controller's words, the database and the certificates."""

from __future__ import annotations

import shutil
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from portal.alert_rules import Rule
from proxeny import alert_facts
from proxeny.alert_facts import Restarts, of_access_points, of_backups, of_certificates, of_homes, of_secrets, of_status, of_tokens
from proxeny.settings import Settings
from store import tokens
from store.models import (
    AccessPoint,
    AuthEvent,
    BackupRun,
    BackupState,
    DropMinute,
    ListenerKey,
    LoginVerdict,
    Realm,
    Role,
    Staff,
    UsageHour,
    Webhook,
)
from store.session import engine, reading, transaction
from tests.peers.authority import Authority
from tests.store import rows
from tests.store.rows import NOW

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from store.alerts import Finding

WELL = {"spool_backlog": 12, "database": "answers", "directory": "answers", "senders": "answer", "network": "version 7"}


@pytest.fixture
def database(opened: Path, tmp_path: Path) -> Iterator[Engine]:
    shutil.copy(opened / "proxeny.db", tmp_path)
    made = engine(f"sqlite:///{tmp_path}/proxeny.db")
    yield made
    made.dispose()


def told(found: Iterable[Finding]) -> dict[tuple[str, str], dict[str, Any]]:
    return {tuple(each.key): dict(each.details) for each in found}  # type: ignore[misc]


@pytest.mark.parametrize(
    ("said", "rule", "details"),
    [
        ({}, None, {}),
        ({"spool_backlog": 10_000}, None, {}),
        ({"spool_backlog": None}, None, {}),
        ({"spool_backlog": 10_001}, Rule.SPOOL, {"count": 10_001}),
        ({"database": "connection refused."}, Rule.DATABASE, {"fault": "connection refused"}),
        ({"directory": "It could not be asked. (late)"}, Rule.DIRECTORY, {"fault": "It could not be asked. (late)"}),
        ({"guests_directory": "away"}, Rule.DIRECTORY, {"fault": "away"}),
        ({"senders": "mail: no answer"}, Rule.MAIL, {"fault": "mail: no answer"}),
        ({"network": "network version 8 is refused: two homes"}, Rule.NETWORK, {"fault": "network version 8 is refused: two homes"}),
    ],
)  # fmt: skip
def test_the_controllers_own_words(said: dict[str, Any], rule: Rule | None, details: dict[str, Any]) -> None:
    """Each fault that /readyz names is one finding, and nothing else is."""
    assert ({(rule, ""): details} if rule else {}) == told(of_status(WELL | said))


def test_a_process_that_ended_is_told_for_ten_minutes() -> None:
    """Counted from the first look on; the process that looks tells of its own end."""
    restarts = Restarts("recorder")

    def at(minutes: float, worker: int, recorder: int) -> dict[tuple[str, str], dict[str, Any]]:
        said = {"workers": [{"worker": 0, "restarts": worker}], "restarts": {"recorder": recorder}}
        return told(restarts.of(said, NOW + timedelta(minutes=minutes)))

    assert {(Rule.RESTARTS, "recorder"): {"count": 1}} == at(0, 5, 3)
    assert {(Rule.RESTARTS, "recorder"): {"count": 1}, (Rule.RESTARTS, "worker 0"): {"count": 2}} == at(9, 7, 3)
    assert {(Rule.RESTARTS, "worker 0"): {"count": 2}} == at(11, 7, 3)
    assert {} == at(20, 7, 3)


def test_a_home_is_dead_where_no_worker_heard_it(database: Engine) -> None:
    """One worker's silence is not another's; the realms that go there are named, five at most."""
    with transaction(database) as session:
        session.add_all(Realm(match=f"r{n}.example", position=n, homes=["uni-a-1"]) for n in range(6))

    def seen(*views: tuple[str, float | None]) -> list[dict[str, Any]]:
        return [
            {"worker": n, "homes": [{"home": "uni-a-1", "state": state, "heard": heard, "in_flight": 0}]}
            for n, (state, heard) in enumerate(views)
        ]

    with reading(database) as session:
        of = alert_facts.realms_of(session)
        realms = {"realms": "r0.example, r1.example, r2.example, r3.example, r4.example, …"}
        assert {(Rule.HOME_DEAD, "uni-a-1"): realms} == told(of_homes(seen(("dead", None), ("alive", None)), of))
        assert {} == told(of_homes(seen(("dead", 300.0), ("alive", 3.0)), of))
        assert {} == told(of_homes(seen(("zombie", 300.0)), of))
        assert ["-"] == [each["realms"] for each in told(of_homes(seen(("dead", None)), lambda _home: [])).values()]


def test_a_wrong_secret_is_told_by_client(database: Engine) -> None:
    """Three packets within ten minutes, of either authenticator; strangers, other reasons and older ones do not count."""

    def drop(client: str, reason: str, count: int, minutes: int = 1, source: str = "192.0.2.1") -> DropMinute:
        return DropMinute(minute=NOW - timedelta(minutes=minutes), source=source, client=client, reason=reason, count=count)

    with transaction(database) as session:
        session.add_all([
            drop("library-wlc", "BAD_AUTHENTICATOR", 1), drop("library-wlc", "BAD_MESSAGE_AUTHENTICATOR", 9, source="192.0.2.2"),
            drop("pool", "BAD_AUTHENTICATOR", 2), drop("park", "NO_MESSAGE_AUTHENTICATOR", 99), drop("", "BAD_AUTHENTICATOR", 99),
            drop("hall", "BAD_AUTHENTICATOR", 99, minutes=11),
        ])  # fmt: skip
    with reading(database) as session:
        assert {(Rule.SECRET, "library-wlc"): {"count": 10, "source": "192.0.2.2, 192.0.2.1"}} == told(of_secrets(session, NOW))


def test_an_access_point_is_silent_where_its_neighbours_speak(database: Engine, tmp_path: Path) -> None:
    """By its last login or the hours of its accounting; not where all of its site are silent, nor one that nobody knows of late."""

    def login(name: str, minutes: float) -> AuthEvent:
        at = NOW - timedelta(minutes=minutes)
        return AuthEvent(began_at=at, at=at, client="library-wlc", access_point=name, verdict=LoginVerdict.ACCEPT)

    hour = NOW.replace(minute=0, second=0, microsecond=0)
    with transaction(database) as session:
        rows.keep(session, rows.network(_seal(tmp_path)))
        session.add_all(AccessPoint(name=f"lib-{n}", site="central-library") for n in range(2, 7))
        session.add_all([login("lib-1", 5), login("lib-2", 61), login("lib-3", 61), login("lib-4", 25 * 60)])
        session.add(UsageHour(hour=hour, site="central-library", access_point="lib-3", ssid="eduroam"))
        session.add(UsageHour(hour=hour - timedelta(hours=3), site="central-library", access_point="lib-5", ssid="eduroam"))
    with reading(database) as session:
        silent = {name: details["heard"] for (_, name), details in told(of_access_points(session, NOW)).items()}
        expected = {"lib-2": NOW - timedelta(minutes=61), "lib-5": hour - timedelta(hours=2)}
        assert {name: at.isoformat() for name, at in expected.items()} == silent
        assert {} == told(of_access_points(session, NOW + timedelta(hours=2)))


def _seal(folder: Path) -> Any:
    from store.sealed import Seal, create_keys

    create_keys(folder / "seal.key")
    return Seal(folder / "seal.key")


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([], {}),
        ([(26, BackupState.GOOD)], {Rule.BACKUP_OLD}),
        ([(26, BackupState.GOOD), (24, BackupState.GOOD)], set()),
        ([(26, BackupState.GOOD), (1, BackupState.FAILED)], {Rule.BACKUP_OLD, Rule.BACKUP_FAILED}),
        ([(3, BackupState.FAILED), (2, BackupState.GOOD), (1, BackupState.RUNNING)], set()),
        ([(2, BackupState.GOOD), (1, BackupState.FAILED), (0, BackupState.QUEUED)], {Rule.BACKUP_FAILED}),
        ([(30, BackupState.FAILED)], {Rule.BACKUP_OLD, Rule.BACKUP_FAILED}),
    ],
)
def test_backups_are_made_as_often_as_the_settings_say(database: Engine, runs: list[tuple[int, BackupState]], expected: set[Rule]) -> None:
    """The last good one may be an hour late; one that failed is told until another is good. Without [backup], nothing."""
    with transaction(database) as session:
        session.add_all(BackupRun(at=NOW - timedelta(hours=hours), state=state, fault="no room") for hours, state in runs)
    settings: Any = SimpleNamespace(backup=SimpleNamespace(every=86_400))
    with reading(database) as session:
        assert set(expected) == {rule for rule, _ in told(of_backups(session, settings, NOW))}
        assert {} == told(of_backups(session, SimpleNamespace(backup=None), NOW))  # type: ignore[arg-type]


@pytest.mark.parametrize("kept", [False, True], ids=["a file's", "the app's"])
def test_a_certificate_is_told_at_30_14_7_and_1_days(tmp_path: Path, database: Engine, kept: bool) -> None:
    """Each is a step further than the one before, whoever keeps it; one that cannot be read, or is not used, says nothing here."""
    path = Authority(tmp_path / "tls").issue("wifi.city.example").certificate
    ends = alert_facts.certificate(path).not_valid_after_utc  # type: ignore[union-attr]
    guest: Any = {"certificate": "app"} if kept else {"certificate": path, "key": path}
    none = {"certificate": tmp_path / "none.pem", "key": path}
    settings = Settings.model_validate({"database": {"url": "sqlite:///x.db"}, "guest": guest, "staff": none})
    with transaction(database) as session:
        for name, used, retired in (("a", NOW, None), ("b", NOW, NOW), ("c", None, None)):
            chain = path.read_text() if name == "a" else "none"
            session.add(ListenerKey(id=name, listener="guest", key=b"k", chain=chain, created_at=NOW, used_from=used, retired_at=retired))

    def found(days: int) -> list[tuple[Any, int, Any]]:
        with reading(database) as session:
            told = of_certificates(session, settings, ends - timedelta(days=days))
            return [(tuple(each.key), each.step, each.details["days"]) for each in told]

    assert [] == found(31)
    for days, step in ((30, 1), (15, 1), (14, 2), (7, 3), (1, 4), (-1, 5)):
        assert [((Rule.CERTIFICATE, "guest"), step, max(days, 0))] == found(days)


def test_a_token_that_somebody_uses_is_told_at_14_and_3_days(database: Engine) -> None:
    """Each step hurries more than the one before; one that was never used is nobody's program, and an ended one is over."""
    with transaction(database) as session:
        maker = Staff(name="ops@city.example", role=Role.CITY_ADMIN, created_at=NOW)
        session.add(maker)
        session.flush()
        for name, used in (("dashboard", NOW), ("never", None)):
            row, _ = tokens.make(session, maker, name, Role.AUDITOR, ["OVERVIEW"], [], timedelta(days=30), NOW)
            row.used_at = used

    def at(days: float) -> list[tuple[str, int, int]]:
        with reading(database) as session:
            found = list(of_tokens(session, NOW + timedelta(days=30) - timedelta(days=days)))
        return [(each.key.on, each.step, each.details["days"]) for each in found]

    assert ([], [("dashboard", 1, 14)], [("dashboard", 2, 3)], []) == (at(14.1), at(14), at(3), at(0))


def test_a_webhook_that_we_stopped(database: Engine) -> None:
    """One that somebody paused is theirs to remember; one that runs is nobody's matter."""
    with transaction(database) as session:
        for name, why, paused in (("hook-1", "failing", NOW), ("hook-2", "", NOW), ("hook-3", "", None)):
            session.add(Webhook(id=name, name=f"Of {name}", url="", secret=b"", created_at=NOW, why=why, paused_at=paused))
    with reading(database) as session:
        assert {(Rule.WEBHOOK, "hook-1"): {"name": "Of hook-1"}} == told(alert_facts.of_webhooks(session))
