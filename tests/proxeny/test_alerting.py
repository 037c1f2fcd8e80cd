"""The alerts' thread: what it finds becomes rows, and one mail to each of those whom alerts concern."""

from __future__ import annotations

import shutil
import socket
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from portal.alert_rules import RULES, Rule
from proxeny import alerting, control, opening
from proxeny.alerting import KEPT, Alerting
from proxeny.faults import FaultyError
from proxeny.settings import load
from store import alerts, keys, messages
from store.alerts import Key
from store.models import Alert, Message, Role, Staff
from store.privacy import privacy
from store.session import reading, transaction
from tests.store.rows import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from proxeny.settings import Settings
    from store.messages import Content

TOML = """
[staff]
url = "https://staff.city.example"
[mail]
url = "smtp://127.0.0.1"
from = "City Wi-Fi <wifi@city.example>"
"""
WELL = {"database": "answers", "network": "version 1", "spool_backlog": 0, "workers": [], "restarts": {}}
DEAD = [{"worker": 0, "homes": [{"home": "uni-a-1", "state": "dead", "heard": None, "in_flight": 0}]}]


class Play:
    """The thread's work, one look after another, against a controller whose words a test writes."""

    def __init__(self, settings: Settings, database: Engine) -> None:
        self.database = database
        self.status: dict[str, Any] = dict(WELL)
        self.homes: list[dict[str, Any]] = []
        self.silent = False
        self.seconds = 0.0
        self.alerting = Alerting(settings, self._ask)

    def _ask(self, _folder: Path, question: dict[str, Any]) -> dict[str, Any]:
        if self.silent:
            raise FaultyError([])
        return self.status if question["verb"] == "status" else {"workers": self.homes}

    def look(self, after: float = 15.0) -> None:
        self.seconds += after
        self.alerting.sweep(NOW + timedelta(seconds=self.seconds), self.seconds)

    def letters(self) -> list[tuple[str, str, Content]]:
        """(to, language, content) of every mail that waits; taken, so that none is told twice."""
        now = NOW + timedelta(seconds=self.seconds)
        with transaction(self.database) as session:
            marks = privacy(session, keys.unlock(session, self.alerting.settings.seal_key), now)
            waiting = session.scalars(select(Message.id).where(Message.tries == 0).order_by(Message.id)).all()
            taken = [messages.take(session, marks, each, now) for each in waiting]
        return [(each.to, each.language, each.content) for each in taken if each]

    def open(self) -> list[Key]:
        with reading(self.database) as session:
            return sorted(alerts.opened(session))


@pytest.fixture
def play(opened: Path, tmp_path: Path) -> Iterator[Play]:
    shutil.copytree(opened, tmp_path / "var")
    (tmp_path / "proxeny.toml").write_text(TOML)
    settings = load(tmp_path / "proxeny.toml", {})
    database, _ = opening.store(settings)
    with transaction(database) as session:
        for name, role, more in (
            ("ops@city.example", Role.NETWORK_OPS, {"email": "ops@city.example"}),
            ("reseau@city.example", Role.HELP_DESK, {"email": "reseau@city.example", "language": "fr"}),
            ("no-mail", Role.CITY_ADMIN, {}),
            ("gone@city.example", Role.CITY_ADMIN, {"email": "gone@city.example", "disabled_at": NOW}),
            ("shop@city.example", Role.BUSINESS_OWNER, {"email": "shop@city.example"}),
        ):
            session.add(Staff(name=name, role=role, created_at=NOW, **more))
    made = Play(settings, database)
    yield made
    database.dispose()
    if made.alerting._database is not None:
        made.alerting._database.dispose()


def test_a_dead_home_is_told_once_and_its_recovery_once(play: Play) -> None:
    """To staff who may see alerts and have an address, each in their language; not sooner than two minutes, not again while it lasts."""
    play.homes = DEAD
    for _ in range(8):
        play.look()
        assert [] == play.open()
    play.look()
    assert [Key(Rule.HOME_DEAD, "uni-a-1")] == play.open()
    assert 1 == play.alerting.open[Rule.HOME_DEAD]
    first, second = play.letters()
    assert ("ops@city.example", "reseau@city.example", "fr") == (first[0], second[0], second[1])
    assert "Home server uni-a-1 does not answer" == first[2].subject
    assert "What to do: If other homes answer, ask the institution" in " ".join(first[2].text.split())
    assert "https://staff.city.example/alerts" in first[2].text
    play.look()
    play.look(600)
    assert [] == play.letters()
    play.homes = [{"worker": 0, "homes": []}]
    for _ in range(6):
        play.look()
    assert ([], 0) == (play.open(), play.alerting.open[Rule.HOME_DEAD])
    assert ["Over: Home server uni-a-1 does not answer"] == [content.subject for _, _, content in play.letters()][:1]


def test_everything_of_one_look_is_one_mail(play: Play) -> None:
    """Many alerts at once do not bury anyone."""
    play.status |= {"database": "disk full", "directory": "away", "network": "refused"}
    play.look()
    play.look(60)
    assert 3 == len(play.open())
    assert 2 == len(play.letters())


def test_a_silence_is_honoured_until_it_ends(play: Play) -> None:
    """The alert is there to be seen, and nobody is written to before the silence is over."""
    with transaction(play.database) as session:
        alerts.silence(session, Key(Rule.NETWORK, ""), NOW + timedelta(minutes=10), "ops@city.example", "we are at it")
    play.status["network"] = "network version 2 is refused: two homes"
    play.look()
    play.look()
    assert ([Key(Rule.NETWORK, "")], []) == (play.open(), play.letters())
    play.look(600)
    assert 2 == len(play.letters())


def test_what_nobody_was_told_of_ends_without_a_word(play: Play) -> None:
    """Silenced from its beginning to its end: no mail at all."""
    with transaction(play.database) as session:
        alerts.silence(session, Key(Rule.NETWORK, ""), NOW + timedelta(days=1), "ops@city.example", "")
    play.status["network"] = "refused"
    play.look()
    play.look()
    play.status["network"] = "version 2"
    for _ in range(6):
        play.look()
    assert ([], []) == (play.open(), play.letters())


def test_without_mail_alerts_are_kept_and_told_later(play: Play) -> None:
    """No [mail], no letters; whoever adds it hears of what is still so."""
    settings = play.alerting.settings
    play.alerting.adopt(settings.model_copy(update={"mail": None}))
    play.status["network"] = "refused"
    play.look()
    play.look()
    assert ([Key(Rule.NETWORK, "")], []) == (play.open(), play.letters())
    play.alerting.adopt(settings)
    play.look()
    assert 2 == len(play.letters())


def test_a_controller_that_says_nothing_mends_nothing(play: Play) -> None:
    """What it was asked for stays open until it says otherwise."""
    play.status["network"] = "refused"
    play.look()
    play.look()
    play.silent = True
    for _ in range(9):
        play.look()
    assert [Key(Rule.NETWORK, "")] == play.open()


def test_a_database_that_was_away_is_told_when_it_is_back(play: Play) -> None:
    """The metric says so at once; the alert begins when it began, and ends a minute after."""
    play.look()
    away = NOW + timedelta(seconds=play.seconds)
    play.alerting._failed(OSError("the server closed the connection"), away)
    play.alerting._failed(OSError("connection refused"), away + timedelta(seconds=20))
    assert (1, 2) == (play.alerting.open[Rule.DATABASE], play.alerting.faults)
    play.look(30)
    with reading(play.database) as session:
        row = session.scalars(select(Alert)).one()
        assert (Rule.DATABASE, away, "the server closed the connection") == (row.rule, row.opened_at, row.details["fault"])
    assert 2 == len(play.letters())
    for _ in range(6):
        play.look()
    assert [] == play.open()


def test_a_look_that_fails_is_a_look_later(play: Play) -> None:
    """A moment's absence of the database is no alert, and the count is right again."""
    play.alerting._failed(OSError("locked"), NOW)
    play.look(10)
    assert ([], 0) == (play.open(), play.alerting.open[Rule.DATABASE])


def test_what_is_long_over_is_forgotten(play: Play) -> None:
    """Closed alerts go after their time."""
    with transaction(play.database) as session:
        session.add(Alert(rule=Rule.NETWORK, object="", opened_at=NOW - KEPT, seen_at=NOW - KEPT, closed_at=NOW - KEPT))
    play.look()
    with reading(play.database) as session:
        assert [] == session.scalars(select(Alert)).all()


def test_every_rule_is_counted_from_the_start(play: Play) -> None:
    """The metric has each rule before anything is wrong."""
    assert dict.fromkeys(map(str, RULES), 0) == play.alerting.open


def test_nobody_waits_for_the_controller_with_the_database_in_hand(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """A controller that hangs holds no state of the database: SQLite's log could not be emptied, PostgreSQL could not tidy up."""
    held: list[int] = []

    def ask(folder: Path, question: dict[str, Any]) -> dict[str, Any]:
        held.append(play.alerting._database.pool.checkedout() if play.alerting._database is not None else 0)
        return Play._ask(play, folder, question)

    monkeypatch.setattr(play.alerting, "_ask", ask)
    play.look()
    play.look()
    assert [0] * 4 == held


def test_a_controller_that_hangs_is_not_waited_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the question and never answers: the look goes on without it, so that what the database knows is told."""
    assert alerting.PATIENCE <= alerting.EVERY / 2
    monkeypatch.setattr(alerting, "PATIENCE", 0.05)
    with socket.socket(socket.AF_UNIX) as hangs:
        hangs.bind(str(tmp_path / control.NAME))
        hangs.listen()
        with pytest.raises(FaultyError, match="timed out"):
            alerting.ask(tmp_path, {"verb": "status"})
