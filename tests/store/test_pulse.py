"""store.pulse: sums by rule and verdict, by the minute, and who is online, the same in both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from store import pulse
from store.models import AuthEvent, LoginVerdict, Session, SessionStatus
from store.pulse import Sum
from store.session import reading, transaction
from tests.store.rows import NOW

if TYPE_CHECKING:
    from sqlalchemy import Engine

ACCEPT, REJECT = LoginVerdict.ACCEPT, LoginVerdict.REJECT


def login(seconds: float, verdict: LoginVerdict = ACCEPT, milliseconds: float = 100.0, rule: str = "uni-a.example") -> AuthEvent:
    at = NOW - timedelta(seconds=seconds)
    return AuthEvent(began_at=at, at=at, client="library-wlc", rule=rule, verdict=verdict, milliseconds=milliseconds)


def keep(database: Engine, *rows: Any) -> None:
    with transaction(database) as session:
        session.add_all(rows)


def test_sums_are_of_their_window_alone(database: Engine) -> None:
    """From its begin on, before its end; two seconds are slow."""
    keep(database, login(60), login(30, milliseconds=2_000), login(30, REJECT), login(61), login(0), login(20, rule="b.example"))
    with reading(database) as session:
        found = sorted(pulse.sums(session, NOW - timedelta(seconds=60), NOW))
    expected = [
        Sum("b.example", ACCEPT, 1, 100.0, 0),
        Sum("uni-a.example", ACCEPT, 2, 2_100.0, 1),
        Sum("uni-a.example", REJECT, 1, 100.0, 0),
    ]
    assert expected == found


def test_windows_are_added_up() -> None:
    """What two of them say of one rule and verdict is one sum."""
    one, other = Sum("a", ACCEPT, 1, 10.0, 0), Sum("a", REJECT, 5, 1.0, 1)
    assert [Sum("a", ACCEPT, 2, 20.0, 0), other] == pulse.together([one, other, one])


def test_logins_are_counted_by_the_minute_of_utc(database: Engine) -> None:
    """06:59:59 is another minute than the one that follows."""
    keep(database, login(0), login(58), login(60), login(119), login(200))
    with reading(database) as session:
        assert {"2026-03-08 06:59": 2, "2026-03-08 06:58": 2} == pulse.by_minute(session, NOW - timedelta(seconds=120))


def test_only_open_sessions_are_online(database: Engine) -> None:
    """By site; of no site under ""."""

    def stay(name: str, site: str, status: SessionStatus = SessionStatus.OPEN) -> Session:
        return Session(client="c", source="127.0.0.1", acct_session_id=name, site=site, started_at=NOW, updated_at=NOW, status=status)

    keep(
        database,
        stay("1", "pool"),
        stay("2", "pool"),
        stay("3", ""),
        stay("4", "pool", SessionStatus.ENDED),
        stay("5", "hall", SessionStatus.STALE),
    )
    with reading(database) as session:
        assert {"pool": 2, "": 1} == pulse.online(session)
