"""Ties a login to the accounting session it opened, whichever of the two is written first.

By Acct-Session-Id where the NAS put it into the login too, else by the station's last Accept at that client. The realm
and the home of a session come from its login. Never ties a refused login to a session.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import or_, select

from store.models import AuthEvent, LoginVerdict, Session, SessionStatus
from store.slices import slices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session as Database

    from store.privacy import Privacy

BEFORE: Final = timedelta(hours=12)  # a login that old did not open this session
AFTER: Final = timedelta(seconds=60)  # clocks differ, and a Start may tell a time before its Accept


def link_sessions(database: Database, sessions: Sequence[Session], privacy: Privacy) -> None:
    """Find the logins of sessions that were just made."""
    for some in slices(sessions, 200):
        ids = {session.acct_session_id for session in some}
        stations = {session.station_hash for session in some if session.station_hash}
        earliest, latest = min(session.started_at for session in some) - BEFORE, max(session.started_at for session in some) + AFTER
        query = select(AuthEvent).where(
            AuthEvent.verdict == LoginVerdict.ACCEPT,
            AuthEvent.at.between(earliest, latest),
            or_(AuthEvent.acct_session_id.in_(ids), AuthEvent.station_hash.in_(stations)),
        )
        events = list(database.scalars(query.order_by(AuthEvent.at.desc())))
        for session in some:
            if (event := _login_of(session, events)) is not None:
                _tie(event, session, privacy)


def _login_of(session: Session, events: Sequence[AuthEvent]) -> AuthEvent | None:
    """The newest login of this very session id, else of its station."""
    fitting = [each for each in events if each.client == session.client and -AFTER <= session.started_at - each.at <= BEFORE]
    for event in fitting:
        if event.acct_session_id == session.acct_session_id:
            return event
    return next((each for each in fitting if session.station_hash and each.station_hash == session.station_hash), None)


def link_logins(database: Database, events: Sequence[AuthEvent], privacy: Privacy) -> None:
    """Find the sessions of logins that were just written: opened already, or authenticated again while open."""
    accepted = [event for event in events if event.verdict is LoginVerdict.ACCEPT]
    for some in slices(accepted, 200):
        ids = {event.acct_session_id for event in some if event.acct_session_id}
        stations = {event.station_hash for event in some if event.station_hash}
        query = select(Session).where(
            or_(Session.ended_at.is_(None), Session.ended_at >= min(event.at for event in some)),
            or_(Session.acct_session_id.in_(ids), Session.station_hash.in_(stations)),
        )
        sessions = list(database.scalars(query.order_by(Session.started_at.desc())))
        for event in some:
            if (session := _session_of(event, sessions)) is not None:
                _tie(event, session, privacy)


def _session_of(event: AuthEvent, sessions: Sequence[Session]) -> Session | None:
    fitting = [each for each in sessions if each.client == event.client and (each.ended_at is None or each.ended_at >= event.at)]
    for session in fitting:
        if event.acct_session_id and session.acct_session_id == event.acct_session_id:
            return session
    for session in fitting:
        began = abs(session.started_at - event.at) <= AFTER
        if session.login is None and began and event.station_hash and session.station_hash == event.station_hash:
            return session
    return None


def _tie(event: AuthEvent, session: Session, privacy: Privacy) -> None:
    if event.session_id is None or event.acct_session_id == session.acct_session_id:
        event.session_id = session.id  # a session resumed without a login (a cached key) takes none away from another
    if session.login is None or session.status is SessionStatus.OPEN:
        session.login, session.realm, session.home = event.id, event.realm, event.home
        if session.cui is None and event.cui:
            plain = privacy.opened(event.cui, "auth_event", event.id, "cui")
            session.cui = privacy.sealed(plain, "session", session.id, "cui")
