"""What was heard of access points: when last, how many sessions are open on them, and what that makes of them.

A login, a session's record or its end is a word of the access point that it names. Each is looked up at the end of an index,
so a page of them costs one statement, and so does all of them. Never a query for a row.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, func, or_, select

from store.models import AccessPoint, AuthEvent, Session, SessionStatus

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session as Database

SILENCE: Final = timedelta(hours=1)  # after which an access point that once spoke is silent (decisions-portal 27)
_SLICE: Final = 500  # names in one statement


class State(StrEnum):
    """What an access point is, by what was heard of it."""

    OK = "ok"
    SILENT = "silent"
    NEVER = "never"


class Heard(NamedTuple):
    """Of one access point. `at`: its last word, None where none is kept; `open`: sessions that are open on it now."""

    at: datetime | None
    open: int

    def state(self, now: datetime) -> State:
        if self.at is None:
            return State.NEVER
        return State.OK if self.at >= now - SILENCE else State.SILENT


def heard(database: Database, names: Collection[str] | None = None) -> dict[str, Heard]:
    """Of these declared access points, or of all of them."""
    if names is None:
        return _rows(database, _statement())
    found: dict[str, Heard] = {}
    for at in range(0, len(wanted := list(names)), _SLICE):
        found |= _rows(database, _statement().where(AccessPoint.name.in_(wanted[at : at + _SLICE])))
    return found


def _rows(database: Database, statement: Select[Any]) -> dict[str, Heard]:
    return {
        name: Heard(max((at for at in (login, ended, record) if at is not None), default=None), count)
        for name, login, ended, record, count in database.execute(statement)
    }


def _statement() -> Select[Any]:
    login = select(func.max(AuthEvent.at)).where(AuthEvent.access_point == AccessPoint.name)
    ended = select(func.max(Session.ended_at)).where(Session.access_point == AccessPoint.name)
    going = and_(Session.access_point == AccessPoint.name, Session.ended_at.is_(None))
    record = select(func.max(Session.updated_at)).where(going)
    count = select(func.count()).where(going, Session.status == SessionStatus.OPEN)
    return select(
        AccessPoint.name, login.scalar_subquery(), ended.scalar_subquery(), record.scalar_subquery(), count.scalar_subquery()
    )  # each goes to the end of its access point in an index, however long the trace is


def is_state(state: State, now: datetime) -> ColumnElement[bool]:
    """The clause for those that are in this state."""
    since = now - SILENCE
    lately = or_(
        select(AuthEvent.id).where(AuthEvent.access_point == AccessPoint.name, AuthEvent.at >= since).exists(),
        select(Session.id).where(Session.access_point == AccessPoint.name, Session.ended_at >= since).exists(),
        select(Session.id)
        .where(Session.access_point == AccessPoint.name, Session.ended_at.is_(None), Session.updated_at >= since)
        .exists(),
    )
    ever = or_(
        select(AuthEvent.id).where(AuthEvent.access_point == AccessPoint.name).exists(),
        select(Session.id).where(Session.access_point == AccessPoint.name).exists(),
    )
    return {State.OK: lately, State.SILENT: and_(~lately, ever), State.NEVER: ~ever}[state]
