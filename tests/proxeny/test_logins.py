"""Logins on their way to the database: bounded, by the batch, and none lost for another's sake."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager

import pytest
import structlog
from sqlalchemy import event

from proxeny import logins as module
from proxeny import logs
from proxeny.logins import Logins
from store.models import AuthEvent
from store.privacy import Privacy
from store.sealed import Seal, create_keys
from tests.proxeny.test_keeper import count, login, parts, quiet, rows

__all__ = ["parts", "quiet"]


@pytest.fixture
def marks(tmp_path) -> Privacy:
    create_keys(tmp_path / "test.key")
    return Privacy(Seal(tmp_path / "test.key"), b"t" * 32, b"d" * 32, b"a" * 32)


@contextmanager
def commits(database):
    """How many transactions are committed meanwhile."""
    seen: list[object] = []

    def committed(connection) -> None:
        seen.append(connection)

    event.listen(database, "commit", committed)
    yield seen
    event.remove(database, "commit", committed)


def test_thousands_are_one_transaction(parts, marks):
    """What waits is written together, whatever the size of the pieces it came in, and in the order it was told."""
    _, database = parts
    waiting = Logins(counts := Counter())
    for at in range(0, 3_000, 100):
        waiting.take([login(number) for number in range(at, at + 100)])
    assert (3_000, 3_000) == (len(waiting), waiting.untold)
    waiting.speak(marks, outage=False)
    with commits(database) as seen:
        waiting.write(database, marks)
    assert len(seen) == 1
    assert (0, 3_000) == (len(waiting), counts["logins"])
    written = sorted(rows(database, AuthEvent), key=lambda row: row.id)
    assert [f"S-{number}" for number in range(3_000)] == [row.acct_session_id for row in written]


def test_what_no_bound_holds_is_counted(parts, marks, monkeypatch):
    """The oldest give way, and each of them is counted; in an outage only a few are told ahead of the database."""
    _, database = parts
    monkeypatch.setattr(module, "MOST", 1_000)
    waiting = Logins(counts := Counter())
    waiting.take([login(number) for number in range(1_500)])
    assert (1_000, 500) == (len(waiting), counts["logins_lost"])
    for _ in range(3):
        waiting.speak(marks, outage=True)
    assert (1_000, 500) == (len(waiting), waiting.untold)
    waiting.take([login(number) for number in range(1_500, 2_500)])
    assert (1_500, 1_000) == (len(waiting), counts["logins_lost"])
    waiting.write(database, marks)
    assert (1_000, 500) == (len(waiting), counts["logins"])


def test_one_login_costs_no_other_its_row(parts, marks):
    """Records that cannot be told, or that the database refuses, are lost alone and counted."""
    _, database = parts
    waiting = Logins(counts := Counter())
    odd = [login(1, station=None), login(2, verdict="perhaps"), login(3, realm=b"octets".hex), login(4, rule=object())]
    told = [login(number) for number in range(100, 300)]
    waiting.take([*told[:50], *odd, *told[50:]])
    waiting.speak(marks, outage=False)
    waiting.write(database, marks)
    assert (0, 200, 4) == (len(waiting), counts["logins"], counts["logins_lost"])
    assert count(database, AuthEvent) == 200


def test_a_line_is_what_structlog_would_write(parts, marks, capsys):
    """The same keys in the same order; whatever a stranger's octets hold, one login is one line."""
    waiting = Logins(Counter())
    logs.to_standard_error("info")
    try:
        waiting.take([login(realm='a"b\\c\n\u2028é', ssid="\x00\x1b[31m"), login(milliseconds=0.4)])
        waiting.speak(marks, outage=False)
        structlog.get_logger(part="recorder").info(
            "login", login="", verdict="accept", reason="", realm="uni-a.example", station="", client="library-wlc",
            access_point="lib-1", ssid="eduroam", site="central-library", home="uni-a-1", attempts=2, round_trips=9, milliseconds=0,
        )  # fmt: skip
        first, second, theirs = (json.loads(line) for line in capsys.readouterr().err.splitlines())
        logs.to_standard_error("warning")
        waiting.take([login()])
        waiting.speak(marks, outage=False)
        assert capsys.readouterr().err == ""
    finally:
        structlog.reset_defaults()
    assert ('a"b\\c\n\u2028é', "\x00\x1b[31m", 412) == (first["realm"], first["ssid"], first["milliseconds"])
    assert list(theirs) == list(second)
    differ = dict.fromkeys(("login", "station", "timestamp"))
    assert theirs | differ == second | differ
    assert len(second["timestamp"]) == len(theirs["timestamp"])
