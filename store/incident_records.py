"""What an incident opening shows: sessions of its scope with their seals opened, a page of them at a time.

A session counts where it was online at some moment of the window. One that began long before is looked for only by an exact
mark: of a place, `BEFORE` bounds what is walked through. Never asks for one row at a time, and never decides who may look.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, func, literal_column, or_, select

from store import grants
from store.faults import SealError
from store.incidents import MOST
from store.models import AccessPoint, Account, Grant, SessionAddress, SessionHop, SessionStatus
from store.models import Session as Accounting
from store.slices import slices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from store.incidents import Scope
    from store.privacy import Privacy

BEFORE: Final = timedelta(days=7)  # that a session at a place may have begun before the window
AWAY: Final = "?"  # of a seal that cannot be opened: its key is away


class Record(NamedTuple):
    """One session, opened. "" for what is not kept, or not any more."""

    session: Accounting
    station: str
    user: str
    cui: str  # the home institution's own name for the person
    way: str  # in which the guest of an account was verified
    contact: str  # of that account, while there is one
    addresses: Sequence[SessionAddress]
    hops: Sequence[SessionHop]


def statement(scope: Scope, privacy: Privacy) -> Select[Any]:
    """The sessions of a scope."""
    begun = [] if scope.exact else [Accounting.started_at >= scope.since - BEFORE]
    ended = func.coalesce(Accounting.ended_at, Accounting.updated_at)
    alive = or_(Accounting.status == SessionStatus.OPEN, ended >= scope.since)
    return select(Accounting).where(Accounting.started_at <= scope.until, alive, *begun, *_marks(scope, privacy), *_places(scope))


def _marks(scope: Scope, privacy: Privacy) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if scope.session:
        found.append(Accounting.id == scope.session)
    if scope.station:
        found.append(Accounting.station_hash == privacy.station(scope.station))
    if scope.address:
        held = select(SessionAddress.session_id).where(SessionAddress.address == scope.address, SessionAddress.first_at <= scope.until)
        still = or_(SessionAddress.last_at >= scope.since, Accounting.ended_at >= scope.since, Accounting.ended_at.is_(None))
        found += [Accounting.id.in_(held.correlate(None)), _held(scope.address, still)]
    if scope.number:
        known = or_(Grant.id == scope.number, Grant.support == grants.spelled(scope.number))
        found.append(Accounting.grant_id.in_(select(Grant.id).where(known)))
    return found


def _held(address: str, still: ColumnElement[bool]) -> ColumnElement[bool]:
    own = SessionAddress.session_id == Accounting.id
    return select(SessionAddress.session_id).where(own, SessionAddress.address == address, still).exists()


def _places(scope: Scope) -> list[ColumnElement[bool]]:
    """Where it was at the window's end, or had come through by then: what moves afterwards, guest or access point, adds nobody."""
    found: list[ColumnElement[bool]] = []
    own = select(SessionHop.id).where(SessionHop.session_id == Accounting.id)
    through, stayed = own.where(SessionHop.at <= scope.until), ~own.where(SessionHop.at > scope.until).exists()
    if scope.access_point:
        hop = through.where(SessionHop.access_point == scope.access_point).exists()
        found.append(or_(and_(Accounting.access_point == scope.access_point, stayed), hop))
    if scope.site:
        there = _points(scope) if scope.points is None else scope.points
        unnamed = through.where(SessionHop.access_point == "").exists()  # its place is its gateway's, wherever it went
        here = and_(Accounting.site == scope.site, or_(stayed, unnamed))
        found.append(or_(here, through.where(SessionHop.access_point.in_(there)).exists()))
    if scope.client:
        found.append(Accounting.client == scope.client)
    return found


def _points(scope: Scope) -> Select[str]:
    return select(AccessPoint.name).where(AccessPoint.site == scope.site)


def fixed(session: Session, scope: Scope) -> Scope:
    """The same, with the site's access points as they are now: whoever moves others there afterwards opens nothing more."""
    points = tuple(session.scalars(_points(scope).order_by(AccessPoint.name).limit(MOST))) if scope.site else None
    return replace(scope, points=points)


def count(session: Session, scope: Scope, privacy: Privacy) -> int:
    """How many there are; `MOST` + 1 for more."""
    some = statement(scope, privacy).with_only_columns(literal_column("1"), maintain_column_froms=True).limit(MOST + 1).subquery()
    return int(session.scalar(select(func.count()).select_from(some)) or 0)


def records(session: Session, privacy: Privacy, sessions: Sequence[Accounting]) -> list[Record]:
    """These, opened: four statements for each thousand."""
    names = [each.id for each in sessions]
    addresses: defaultdict[str, list[SessionAddress]] = defaultdict(list)
    hops: defaultdict[str, list[SessionHop]] = defaultdict(list)
    for some in slices(names):
        for held in session.scalars(
            select(SessionAddress).where(SessionAddress.session_id.in_(some)).order_by(SessionAddress.first_at, SessionAddress.address)
        ):
            addresses[held.session_id].append(held)
        for hop in session.scalars(select(SessionHop).where(SessionHop.session_id.in_(some)).order_by(SessionHop.at, SessionHop.id)):
            hops[hop.session_id].append(hop)
    accounts = _accounts(session, sorted({each.grant_id for each in sessions if each.grant_id}))
    return [_opened(privacy, each, accounts.get(each.grant_id or ""), addresses[each.id], hops[each.id]) for each in sessions]


def _accounts(session: Session, names: Sequence[str]) -> dict[str, Account]:
    """By grant."""
    found: dict[str, Account] = {}
    for some in slices(names):
        rows = session.execute(select(Grant.id, Account).join(Account, Account.id == Grant.account_id).where(Grant.id.in_(some)))
        found.update((name, account) for name, account in rows)
    return found


def _opened(
    privacy: Privacy, row: Accounting, account: Account | None, addresses: Sequence[SessionAddress], hops: Sequence[SessionHop]
) -> Record:
    station, user, cui = (
        _plain(privacy, octets, "session", row.id, name)
        for name, octets in (("station_sealed", row.station_sealed), ("user_sealed", row.user_sealed), ("cui", row.cui))
    )
    contact = _plain(privacy, account.contact, "account", account.id, "contact") if account is not None else ""
    return Record(row, station, user, cui, account.way.value if account is not None else "", contact, addresses, hops)


def _plain(privacy: Privacy, octets: bytes | None, table: str, row: str, column: str) -> str:
    try:
        return privacy.opened(octets, table, row, column).decode("utf-8", "replace")
    except SealError:
        return AWAY
