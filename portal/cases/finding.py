"""What staff ask the trace for: a device, an identity, a code, a session, a support number, an address; and what is found of it.

A full mark finds, a fragment never: what is kept are keyed hashes. Each answer takes a bounded number of statements, on
named indexes. Never opens a seal, and never changes a row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from sqlalchemy import or_, select

from radius.nas import mac
from store import crockford, grants, trace, vouchers
from store.models import (
    AuthEvent,
    Challenge,
    Grant,
    HomeChange,
    Message,
    Order,
    Realm,
    Session,
    SessionAddress,
    SessionHop,
    Voucher,
    VoucherBatch,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import tzinfo

    from sqlalchemy.orm import Session as Database

    from store.privacy import Privacy

MOST: Final = 50  # logins of one answer
RECENT: Final = timedelta(hours=1)  # of dropped packets
AROUND: Final = timedelta(minutes=30)  # before a login, in which a home's changes are told with it


class How(Enum):
    """What was asked for."""

    STATION = "station"
    USER = "user"
    VOUCHER = "voucher"
    NUMBER = "number"  # a support number or a grant
    SESSION = "session"
    ADDRESS = "address"
    UNKNOWN = "unknown"  # it finds nothing


@dataclass(frozen=True, slots=True)
class Found:
    """What there is: logins, and grants and sessions of which no login is known; each newest first."""

    how: How = How.UNKNOWN
    logins: Sequence[AuthEvent] = ()
    grants: Sequence[Grant] = ()
    sessions: Sequence[Session] = ()
    voucher: Voucher | None = None
    batch: VoucherBatch | None = None

    def __bool__(self) -> bool:
        return bool(self.logins or self.grants or self.sessions or self.voucher)


@dataclass(frozen=True, slots=True)
class Story:
    """All that is kept of one login, one grant or one session."""

    login: AuthEvent | None = None
    grant: Grant | None = None
    session: Session | None = None
    challenges: Sequence[Challenge] = ()
    messages: Sequence[Message] = ()
    hops: Sequence[SessionHop] = ()
    addresses: Sequence[SessionAddress] = ()
    orders: Sequence[Order] = ()
    changes: Sequence[HomeChange] = ()  # of the homes that were asked
    institutions: dict[str, str] = field(default_factory=dict)


def find(session: Database, privacy: Privacy, what: str, at: datetime | None, now: datetime) -> Found:
    """What was asked for, whatever it is."""
    what = " ".join(what.split())
    if (address := _address(what)) is not None:
        held = trace.holders(session, address, at or now)
        return _of_sessions(session, How.ADDRESS, held) if held else Found(How.ADDRESS)
    if station := mac.read(what):
        mine = grants.of_device(session, privacy.device(station), MOST)
        found = _joined(session, How.STATION, trace.by_station(session, station, privacy, MOST), mine)
        if found:
            return found
    if "@" in what:
        return Found(How.USER, trace.by_user(session, what, privacy, MOST))
    if (code := crockford.normal(what)) and (found := _of_voucher(session, privacy, code)):
        return found
    if mine := grants.told_of(session, what, MOST):
        return _joined(session, How.NUMBER, (), mine)
    sessions = list(session.scalars(select(Session).where(or_(Session.id == what, Session.acct_session_id == what)).limit(MOST)))
    if sessions:
        return _of_sessions(session, How.SESSION, sessions, what)
    logins = trace.by_session(session, what, MOST) or trace.by_user(session, what, privacy, MOST)
    return Found(How.SESSION if logins else How.STATION if station else How.UNKNOWN, logins)


def parted(what: str, at: str) -> tuple[str, str]:
    """An address and the time that stands behind it, where somebody typed both into one box."""
    first, _, rest = what.partition(" ")
    return (first, at or rest.strip().removeprefix("at ").strip()) if rest and _address(first) is not None else (what, at)


def _address(what: str) -> str | None:
    try:
        return str(ip_address(what))
    except ValueError:
        return None


def _joined(session: Database, how: How, logins: Sequence[AuthEvent], mine: Sequence[Grant]) -> Found:
    """Logins, with those that these grants let in or did not; and the grants that none of them names."""
    every = {event.id: event for event in (*logins, *(trace.of_grants(session, [each.id for each in mine], MOST) if mine else ()))}
    ordered = sorted(every.values(), key=lambda event: (event.at, event.id), reverse=True)[:MOST]
    named = {event.grant_id for event in every.values()}
    return Found(how, ordered, [each for each in mine if each.id not in named])


def _of_sessions(session: Database, how: How, sessions: Sequence[Session], name: str = "") -> Found:
    logins = trace.of_sessions(session, sessions, name, MOST)
    known = {event.session_id for event in logins} | {event.id for event in logins}
    return Found(how, logins, sessions=[each for each in sessions if each.id not in known and each.login not in known])


def _of_voucher(session: Database, privacy: Privacy, code: str) -> Found:
    row = session.execute(
        select(Voucher, VoucherBatch)
        .join(VoucherBatch, VoucherBatch.id == Voucher.batch_id)
        .where(Voucher.code_hash == vouchers.hashed(privacy, code), VoucherBatch.whole_at.is_not(None))
    ).first()
    if row is None:
        return Found()
    voucher, batch = row
    mine: list[Grant] = []
    if voucher.account_id:
        query = select(Grant).where(Grant.account_id == voucher.account_id).order_by(Grant.starts_at.desc()).limit(MOST)
        mine = list(session.scalars(query))
    found = _joined(session, How.VOUCHER, (), mine)
    return Found(How.VOUCHER, found.logins, found.grants, voucher=voucher, batch=batch)


def story(session: Database, name: str) -> Story | None:
    """The login of this id, else the grant, else the session; None where there is none."""
    login = session.get(AuthEvent, name)
    grant = session.get(Grant, name) if login is None else None
    accounting = session.get(Session, name) if login is None and grant is None else None
    if login is not None:
        accounting = session.get(Session, login.session_id) if login.session_id else None
        theirs = login.grant_id or (accounting.grant_id if accounting is not None else None)
        grant = session.get(Grant, theirs) if theirs else None
    elif accounting is not None:
        return of_session(session, accounting)
    elif grant is not None:
        mine = select(Session).where(Session.grant_id == grant.id).order_by(Session.started_at.desc()).limit(1)
        accounting = session.scalar(mine)
    else:
        return None
    return _told(session, login, grant, accounting)


def of_session(session: Database, accounting: Session) -> Story:
    """All that is kept of one session."""
    login = session.get(AuthEvent, accounting.login) if accounting.login else None
    grant = session.get(Grant, accounting.grant_id) if accounting.grant_id else None
    return _told(session, login, grant, accounting)


def _told(session: Database, login: AuthEvent | None, grant: Grant | None, accounting: Session | None) -> Story:
    """With everything that refers to it."""
    challenges: list[Challenge] = []
    if grant is not None:
        challenges = list(session.scalars(select(Challenge).where(Challenge.grant_id == grant.id).order_by(Challenge.created_at)))
    ids = [each.id for each in challenges]
    sent = select(Message).where(Message.challenge_id.in_(ids)).order_by(Message.id)
    hops: Sequence[SessionHop] = ()
    addresses: Sequence[SessionAddress] = ()
    orders: Sequence[Order] = ()
    about = []
    if accounting is not None:
        hops = session.scalars(select(SessionHop).where(SessionHop.session_id == accounting.id).order_by(SessionHop.at)).all()
        held = select(SessionAddress).where(SessionAddress.session_id == accounting.id).order_by(SessionAddress.first_at)
        addresses = session.scalars(held).all()
        about.append(Order.session_id == accounting.id)
    if grant is not None:
        about.append(Order.grant_id == grant.id)
    if about:
        orders = session.scalars(select(Order).where(or_(*about)).order_by(Order.id).limit(MOST)).all()
    return Story(
        login, grant, accounting, challenges, session.scalars(sent).all() if ids else (), hops, addresses, orders,
        _changes(session, login), institutions(session, [login] if login is not None else []),
    )  # fmt: skip


def _changes(session: Database, login: AuthEvent | None) -> Sequence[HomeChange]:
    """What became known of the homes that a login asked, or could not ask, shortly before it ended."""
    homes = set(login.attempts or ()) if login is not None else set()
    if login is None or login.rule == "":
        return ()
    homes |= set(session.scalar(select(Realm.homes).where(Realm.match == login.rule)) or ())
    if not homes:
        return ()
    when = HomeChange.at.between(login.began_at - AROUND, login.at)
    query = select(HomeChange).where(HomeChange.home.in_(sorted(homes)), when).order_by(HomeChange.at.desc()).limit(MOST)
    newest = {change.home: change for change in reversed(session.scalars(query).all())}  # several workers tell the same
    return sorted(newest.values(), key=lambda change: change.at)


def institutions(session: Database, logins: Collection[AuthEvent]) -> dict[str, str]:
    """Names of institutions by the rule that leads to them, for these logins."""
    rules = sorted({login.rule for login in logins})
    named = session.execute(select(Realm.match, Realm.institution).where(Realm.match.in_(rules)))
    return {match: name for match, name in named if name}


def moment(typed: str, zone: tzinfo) -> datetime | None:
    """A time as somebody typed it, in this zone unless it says its own; None where it is none."""
    try:
        read = datetime.fromisoformat(typed.strip())
        return (read if read.tzinfo is not None else read.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):  # the latter: at the calendar's ends
        return None
