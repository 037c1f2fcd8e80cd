"""The trace: logins as they ended, packets dropped, homes that changed their health; and the search for one login.

A login is found by exact station, exact outer identity or session, never by a fragment: what is stored are keyed
hashes. Never stores a station, a user name or a packet in clear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import func, or_, select, tuple_

from store.links import link_logins
from store.models import AuthEvent, DropMinute, HomeChange, LoginVerdict, Session, SessionAddress
from store.slices import slices
from store.sums import Sums
from store.upsert import load, upsert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session as Database

    from store.privacy import Privacy

MOST: Final = 100  # rows of one answer
PREVIOUS: Final = "PREVIOUS_SECRET"  # a Reason counted beside the drops, and none: the packet was taken


class Login(NamedTuple):
    """One finished conversation, in the calendar's time and in text; the person's marks still in clear."""

    id: str
    began_at: datetime
    at: datetime
    client: str
    verdict: str
    source: str = ""
    nas_identifier: str = ""
    access_point: str = ""
    bssid: str = ""
    ssid: str = ""
    site: str = ""
    user_name: bytes = b""
    realm: str = ""
    rule: str = ""
    station: str = ""  # AA-BB-CC-DD-EE-FF
    acct_session_id: str = ""
    home: str = ""
    attempts: tuple[str, ...] = ()
    reason: str = ""
    round_trips: int = 0
    milliseconds: float = 0.0
    own_milliseconds: float = 0.0
    cui: bytes = b""
    eap: bool = False
    grant: str = ""  # which let it in, or allowed nothing; "" for every other login


class Drops(NamedTuple):
    """Packets of one address dropped for one reason within one minute."""

    minute: datetime
    source: str
    client: str
    reason: str


class Change(NamedTuple):
    """A home changed its health."""

    at: datetime
    home: str
    state: str
    why: str


def record_logins(database: Database, logins: Sequence[Login], privacy: Privacy) -> None:
    """Write them, and tie each Accept to its session where that is known already."""
    sums = Sums()
    for login in logins:
        if login.bssid and not login.access_point:
            sums.see_unknown((login.client, login.bssid, login.nas_identifier), login.ssid, login.at)
    load(database, AuthEvent, _COLUMNS, [_row(login, privacy) for login in logins])
    link_logins(database, [login.id for login in logins if login.verdict == LoginVerdict.ACCEPT], privacy)
    sums.write(database)


_COLUMNS: Final = (
    "id", "began_at", "at", "client", "source", "nas_identifier", "access_point", "bssid", "ssid", "site", "user_hash", "realm", "rule",
    "station_hash", "acct_session_id", "home", "attempts", "verdict", "reason", "round_trips", "milliseconds", "own_milliseconds", "cui",
    "eap", "grant_id",
)  # fmt: skip


def _row(login: Login, privacy: Privacy) -> tuple[Any, ...]:
    """One login, as _COLUMNS names them."""
    sealed = privacy.sealed(login.cui, "auth_event", login.id, "cui") if login.cui else None
    return (
        login.id, login.began_at, login.at, login.client, login.source, login.nas_identifier, login.access_point, login.bssid, login.ssid,
        login.site, privacy.user(login.user_name), login.realm, login.rule, privacy.station(login.station), login.acct_session_id,
        login.home, login.attempts, login.verdict, login.reason, login.round_trips, round(login.milliseconds, 3),
        round(login.own_milliseconds, 3), sealed, login.eap, login.grant or None,
    )  # fmt: skip


def record_drops(database: Database, drops: Mapping[Drops, int]) -> None:
    """Add to the counts of their minutes."""
    rows = [key._asdict() | {"count": count} for key, count in sorted(drops.items())]
    upsert(database, DropMinute, rows, Drops._fields, lambda new: {"count": DropMinute.count + new["count"]})


def record_changes(database: Database, changes: Iterable[Change]) -> None:
    """Write each change of a home's health."""
    database.add_all(HomeChange(**change._asdict()) for change in changes)


# Searching -----------------------------------------------------------------------------------------------------------


def by_station(database: Database, station: str, privacy: Privacy, most: int = MOST) -> list[AuthEvent]:
    """The logins of a station, newest first."""
    query = select(AuthEvent).where(AuthEvent.station_hash == privacy.station(station))
    return list(database.scalars(query.order_by(AuthEvent.at.desc(), AuthEvent.id.desc()).limit(most)))


def by_user(database: Database, user_name: str, privacy: Privacy, most: int = MOST) -> list[AuthEvent]:
    """The logins of an outer identity, newest first."""
    query = select(AuthEvent).where(AuthEvent.user_hash == privacy.user(user_name.encode()))
    return list(database.scalars(query.order_by(AuthEvent.at.desc(), AuthEvent.id.desc()).limit(most)))


def by_session(database: Database, name: str, most: int = MOST) -> list[AuthEvent]:
    """The logins of a session: by its id, by its Acct-Session-Id, or by the login's own id."""
    sessions = list(database.scalars(select(Session).where(or_(Session.id == name, Session.acct_session_id == name)).limit(most)))
    return of_sessions(database, sessions, name, most)


def of_sessions(database: Database, sessions: Sequence[Session], name: str = "", most: int = MOST) -> list[AuthEvent]:
    """The logins that opened or renewed these sessions, newest first."""
    ids = [session.id for session in sessions]
    logins = [session.login for session in sessions if session.login]
    ways: list[ColumnElement[bool]] = [AuthEvent.session_id.in_(ids), AuthEvent.id.in_([*logins, name])]
    if name:
        ways.append(AuthEvent.acct_session_id == name)
    query = select(AuthEvent).where(or_(*ways))
    return list(database.scalars(query.order_by(AuthEvent.at.desc(), AuthEvent.id.desc()).limit(most)))


def of_grants(database: Database, grants: Sequence[str], most: int = MOST) -> list[AuthEvent]:
    """The logins that these grants let in, or did not, newest first."""
    query = select(AuthEvent).where(AuthEvent.grant_id.in_(grants))
    return list(database.scalars(query.order_by(AuthEvent.at.desc(), AuthEvent.id.desc()).limit(most)))


def holders(database: Database, address: str, at: datetime) -> list[Session]:
    """The sessions that held this IP address at this time, as far as their records tell."""
    query = (
        select(Session)
        .join(SessionAddress, SessionAddress.session_id == Session.id)
        .where(SessionAddress.address == address, SessionAddress.first_at <= at)
        .where(or_(SessionAddress.last_at >= at, Session.ended_at >= at, Session.ended_at.is_(None)))
        .order_by(SessionAddress.first_at.desc())
        .limit(MOST)
    )
    return list(database.scalars(query))


def newer(database: Database, last: tuple[datetime, str], most: int = MOST) -> list[AuthEvent]:
    """The logins written since (at, id), oldest first: for whoever follows."""
    query = select(AuthEvent).where(tuple_(AuthEvent.at, AuthEvent.id) > tuple_(*last))
    return list(database.scalars(query.order_by(AuthEvent.at, AuthEvent.id).limit(most)))


def sessions_of(database: Database, events: Iterable[AuthEvent]) -> dict[str, Session]:
    """The sessions that these logins opened, by id."""
    ids = sorted({event.session_id for event in events if event.session_id})
    return {row.id: row for some in slices(ids) for row in database.scalars(select(Session).where(Session.id.in_(some)))}


def dropped(database: Database, since: datetime, *, source: str = "", client: str = "") -> list[tuple[str, str, str, int]]:
    """(source, client, reason, packets) dropped since then, most first."""
    total = func.sum(DropMinute.count)
    query = select(DropMinute.source, DropMinute.client, DropMinute.reason, total)
    query = query.where(DropMinute.minute >= since, DropMinute.reason != PREVIOUS)
    if source:
        query = query.where(DropMinute.source == source)
    if client:
        query = query.where(DropMinute.client == client)
    grouped = query.group_by(DropMinute.source, DropMinute.client, DropMinute.reason).order_by(total.desc()).limit(MOST)
    return [(who, name, reason, int(count)) for who, name, reason, count in database.execute(grouped)]
