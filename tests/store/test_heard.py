"""store.heard: what was heard of access points."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import event, select

from store import models as m
from store.heard import SILENCE, Heard, State, heard, is_state
from store.session import reading, transaction
from tests.store import rows

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

NOW = rows.NOW + timedelta(days=1)


def login(point: str, at: datetime) -> m.AuthEvent:
    return m.AuthEvent(began_at=at, at=at, client="library-wlc", access_point=point, verdict=m.LoginVerdict.ACCEPT)


def session(point: str, number: int, at: datetime, *, ended: bool, status: m.SessionStatus = m.SessionStatus.OPEN) -> m.Session:
    return m.Session(
        client="library-wlc",
        source="127.0.0.1",
        acct_session_id=f"{point}-{number}",
        access_point=point,
        started_at=at,
        updated_at=at,
        ended_at=at if ended else None,
        status=m.SessionStatus.ENDED if ended else status,
    )


def fill(database: Engine) -> None:
    """One that is well by each kind of word, one that is silent, one that never spoke."""
    lately, long_ago = NOW - SILENCE / 2, NOW - 3 * SILENCE
    with transaction(database) as writing:
        writing.add_all([m.AccessPoint(name=name) for name in ("login", "open", "ended", "silent", "stale", "never")])
        writing.add_all([login("login", long_ago), login("login", lately), login("silent", long_ago), login("", NOW)])
        writing.add_all([session("open", 1, lately, ended=False), session("open", 2, long_ago, ended=False)])
        writing.add_all([session("ended", 1, lately, ended=True), session("stale", 1, long_ago, ended=False, status=m.SessionStatus.STALE)])


def test_a_login_a_record_and_an_end_are_each_a_word(database: Engine) -> None:
    """The last word of any kind counts; open sessions are those that are open now."""
    fill(database)
    lately, long_ago = NOW - SILENCE / 2, NOW - 3 * SILENCE
    with reading(database) as read:
        found = heard(read)
    assert found == {
        "login": Heard(lately, 0),
        "open": Heard(lately, 2),
        "ended": Heard(lately, 0),
        "silent": Heard(long_ago, 0),
        "stale": Heard(long_ago, 0),
        "never": Heard(None, 0),
    }


def test_the_clause_and_the_figure_tell_the_same_state(database: Engine) -> None:
    """Who filters by a state finds exactly those that are shown in it."""
    fill(database)
    with reading(database) as read:
        shown = {state: {name for name, each in heard(read).items() if each.state(NOW) is state} for state in State}
        filtered = {state: set(read.scalars(select(m.AccessPoint.name).where(is_state(state, NOW)))) for state in State}
    assert shown == filtered
    assert shown == {State.OK: {"login", "open", "ended"}, State.SILENT: {"silent", "stale"}, State.NEVER: {"never"}}


def test_all_of_them_cost_one_statement(database: Engine) -> None:
    """Of six or of six hundred."""
    with transaction(database) as writing:
        writing.add_all([m.AccessPoint(name=f"ap-{number}") for number in range(600)])
    statements: list[str] = []
    with reading(database) as read:
        read.connection()
        event.listen(database, "before_cursor_execute", lambda *call: statements.append(call[2]))
        found = heard(read)
    assert (600, 1) == (len(found), len(statements))
    with reading(database) as read:
        assert {"ap-7": Heard(None, 0)} == heard(read, ["ap-7", "no such"])
