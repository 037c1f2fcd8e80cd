"""Ties a login to the accounting session it opened, whichever of the two is written first.

By Acct-Session-Id where the NAS put it into the login too, else by the station's last Accept at that client. The realm
and the home of a session come from its login. Never ties a refused login to a session.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, func, or_, select, union

from store.models import AuthEvent, LoginVerdict, Session, SessionStatus
from store.slices import slices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session as Database

    from store.privacy import Privacy

BEFORE: Final = timedelta(hours=12)  # a login that old did not open this session
AFTER: Final = timedelta(seconds=60)  # clocks differ, and a Start may tell a time before its Accept


def link_sessions(database: Database, made: Sequence[str], privacy: Privacy) -> None:
    """Find the logins of sessions (their ids) that were just made."""
    for ids in slices(made, 200):
        began = select(func.min(Session.started_at), func.max(Session.started_at)).where(Session.id.in_(ids))
        first, last = database.execute(began).one()
        found: defaultdict[str, set[str]] = defaultdict(set)
        for row in database.execute(_OPENING, {"first": first - BEFORE, "last": last + AFTER, "sessions": list(ids)}):
            found[row[0]].add(row[1])
        if not found:
            continue
        sessions = database.scalars(select(Session).where(Session.id.in_(found)).order_by(Session.id)).all()
        wanted = sorted(set().union(*found.values()))
        query = select(AuthEvent).order_by(AuthEvent.at.desc())
        events = [each for some in slices(wanted) for each in database.scalars(query.where(AuthEvent.id.in_(some)))]
        for session in sessions:
            mine = sorted((each for each in events if each.id in found[session.id]), key=lambda each: each.at, reverse=True)
            if (event := _login_of(session, mine)) is not None:
                _tie(event, session, privacy)


def _logins(*fits: ColumnElement[bool]) -> Select[str, str]:
    """(session, login) where one may belong to the other; each row by an index, as a day's logins are too many to look through."""
    batch = Session.id.in_(bindparam("sessions", expanding=True)), AuthEvent.at.between(bindparam("first"), bindparam("last"))
    return select(Session.id, AuthEvent.id).where(
        *batch, AuthEvent.verdict == LoginVerdict.ACCEPT, AuthEvent.client == Session.client, *fits
    )


_OPENING: Final = union(
    _logins(AuthEvent.acct_session_id == Session.acct_session_id),
    _logins(AuthEvent.station_hash == Session.station_hash, Session.station_hash != b""),
)


def _login_of(session: Session, events: Sequence[AuthEvent]) -> AuthEvent | None:
    """The newest login of this very session id, else of its station."""
    fitting = [each for each in events if each.client == session.client and -AFTER <= session.started_at - each.at <= BEFORE]
    for event in fitting:
        if event.acct_session_id == session.acct_session_id:
            return event
    return next((each for each in fitting if session.station_hash and each.station_hash == session.station_hash), None)


def link_logins(database: Database, accepted: Sequence[str], privacy: Privacy) -> None:
    """Find the sessions of logins (their ids) that were just written: opened already, or authenticated again while open."""
    if not accepted:
        return
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in database.execute(_OPENED, {"first": min(accepted), "last": max(accepted)}):
        found[row[0]].add(row[1])
    for some in slices(sorted(found.keys() & set(accepted)), 200):
        events = database.scalars(select(AuthEvent).where(AuthEvent.id.in_(some)).order_by(AuthEvent.at)).all()
        wanted = sorted(set().union(*(found[event.id] for event in events)))
        query = select(Session).order_by(Session.started_at.desc())
        sessions = [each for ids in slices(wanted) for each in database.scalars(query.where(Session.id.in_(ids)))]
        for event in events:
            if (session := _session_of(event, [each for each in sessions if each.id in found[event.id]])) is not None:
                _tie(event, session, privacy)


def _candidates(*fits: ColumnElement[bool]) -> Select[str, str]:
    """(login, session) where one may belong to the other; ids made together lie together, so a batch is a range of them."""
    batch = AuthEvent.id.between(bindparam("first"), bindparam("last")), AuthEvent.verdict == LoginVerdict.ACCEPT
    goes_on = or_(Session.ended_at.is_(None), Session.ended_at >= AuthEvent.at)
    return select(AuthEvent.id, Session.id).where(*batch, goes_on, Session.client == AuthEvent.client, *fits)


_OPENED: Final = union(
    _candidates(AuthEvent.acct_session_id != "", Session.acct_session_id == AuthEvent.acct_session_id),
    _candidates(AuthEvent.station_hash != b"", Session.station_hash == AuthEvent.station_hash, Session.login.is_(None)),
)


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
