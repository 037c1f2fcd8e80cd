"""Sessions as people ask for them: the list, one by name, those gone silent. Never changes a total."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, or_, select, update

from store.models import Session, SessionAddress, SessionStatus
from store.session import affected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session as Database

REPORTING: Final = timedelta(hours=2)  # silence after which a NAS that sent interims counts as gone
SILENT: Final = timedelta(hours=24)  # and one that never sent any
RECENT: Final = timedelta(
    hours=24
)  # after a session's last word one person may still open its seals; then it takes two (store/incidents.py)
HOLDS: Final = timedelta(days=31)  # no session that keeps its address for longer is found by it
_PAGE: Final = 1_000


def listed(database: Database, *, ended: bool = False) -> Iterator[Session]:
    """Open sessions, or all of them, oldest first; page by page, so that a million rows do not fill the memory."""
    last: tuple[datetime, str] | None = None
    while True:
        query = select(Session).order_by(Session.started_at, Session.id).limit(_PAGE)
        if not ended:
            query = query.where(Session.status == SessionStatus.OPEN)
        if last is not None:
            began, name = last
            query = query.where(or_(Session.started_at > began, and_(Session.started_at == began, Session.id > name)))
        page = list(database.scalars(query))
        yield from page
        database.expunge_all()
        if len(page) < _PAGE:
            return
        last = (page[-1].started_at, page[-1].id)


def recent(session: Session, now: datetime) -> bool:
    """Whether it goes on, or its last word is not older than `RECENT`."""
    return session.status is SessionStatus.OPEN or now - (session.ended_at or session.updated_at) < RECENT


def named(database: Database, name: str) -> list[Session]:
    """The session of this id; else those of this Acct-Session-Id, the open ones where there are any."""
    if (own := database.get(Session, name)) is not None:
        return [own]
    found = list(database.scalars(select(Session).where(Session.acct_session_id == name).order_by(Session.started_at.desc()).limit(_PAGE)))
    return [session for session in found if session.status is SessionStatus.OPEN] or found


def open_of(database: Database, client: str) -> list[Session]:
    """The open sessions of one client, the oldest first."""
    mine = select(Session).where(Session.status == SessionStatus.OPEN, Session.client == client)
    return list(database.scalars(mine.order_by(Session.started_at, Session.id)))


def was(database: Database, client: str, station_hash: bytes, name: str) -> bool:
    """Whether this station ever had a session at this client that was called so."""
    mine = select(Session.id).where(Session.acct_session_id == name, Session.client == client, Session.station_hash == station_hash)
    return database.scalar(mine.limit(1)) is not None


def open_at(database: Database, client: str, station_hash: bytes) -> Session | None:
    """The open session of this station at this client, the youngest where there are several."""
    mine = select(Session).where(Session.station_hash == station_hash, Session.client == client, Session.status == SessionStatus.OPEN)
    return database.scalar(mine.order_by(Session.started_at.desc()).limit(1))


def holding(database: Database, client: str, address: str, now: datetime) -> list[Session]:
    """The open sessions of one client that were given this address within HOLDS, three at most: who asks wants exactly one."""
    given = select(SessionAddress.session_id).where(SessionAddress.address == address, SessionAddress.first_at >= now - HOLDS)
    mine = select(Session).where(Session.id.in_(given), Session.client == client, Session.status == SessionStatus.OPEN)
    return list(database.scalars(mine.limit(3)))


def mark_stale(database: Database, now: datetime) -> int:
    """Sessions of which no word came for too long are no longer counted as open; a later word opens them again."""
    silent = or_(and_(Session.updates > 1, Session.updated_at < now - REPORTING), Session.updated_at < now - SILENT)
    gone = update(Session).where(Session.status == SessionStatus.OPEN, silent).values(status=SessionStatus.STALE)
    return affected(database.execute(gone.execution_options(synchronize_session=False)))
