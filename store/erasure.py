"""An account is erased: its owner's marks go now, and what the law wants kept stays sealed until its date.

Theory of operation. Account, contact, consents, usage, challenges and messages are deleted in the caller's transaction, and
so are the grants that are over, with their orders, and devices of which nothing else is known. A grant that lives is
ended and stripped of whatever names its guest; its row, its orders and its device's hash stay until everybody who follows
the grants has heard of the end and the gateways are told, and go with the next purge (store/retention.py, ERASED). Accounting
sessions and logins are no account's rows: they name a grant that is gone, and hold stations under keys and seals. So the
audit log's: it stays as it is, and the key of what it says of this person goes.

Vouchers stay used, and what was counted against guessing stays counted. Never erases what another account shares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import and_, delete, exists, func, or_, select, update

from store import audit, events, grants
from store.events import EventKind
from store.models import Account, AuthEvent, Challenge, Consent, Device, Grant, GuestUsage, Message, Order
from store.models import Session as Accounting
from store.slices import slices
from store.spent_grants import ERASURE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

# Whoever writes a grant twice in one transaction has PostgreSQL look whether its account and its device are there (KEY SHARE), and
# holds the grant that we wait for.
_MILD: Final = {"key_share": True}
_SESSIONS: Final = select(func.count(), func.max(Accounting.updated_at))
_LOGINS: Final = select(func.count(), func.max(AuthEvent.at))


class Left(NamedTuple):
    """What stays for a time, and the newest of it."""

    sessions: int
    session_at: datetime | None
    logins: int
    login_at: datetime | None


class Erased(NamedTuple):
    """What went, and what stays."""

    devices: int
    grants: int
    consents: int
    messages: int
    left: Left


def erase(session: Session, account: str, now: datetime) -> Erased | None:
    """Erase it, in the caller's transaction; None where there is no such account. Orders for live grants are queued before."""
    row = session.get(Account, account, with_for_update=_MILD, populate_existing=True)
    if row is None:
        return None
    _lock_devices(session, account)
    names = list(session.scalars(select(Grant.id).where(Grant.account_id == account)))
    live = grants.devices(session, account, now)
    over = sorted(set(names) - {grant.id for grant in live})
    left, messages = _left(session, names), _proofs(session, row, names)
    consents = session.execute(delete(Consent).where(Consent.account_id == account).returning(Consent.id)).all()
    session.execute(delete(GuestUsage).where(GuestUsage.subject == account))
    for grant in live:
        grant.revoked_at, grant.ends_at, grant.why, grant.account_id = now, now, ERASURE, None
        grant.terms = grant.language = ""
    session.flush()
    for some in slices(over):
        session.execute(delete(Order).where(Order.grant_id.in_(some)))
        session.execute(delete(Grant).where(Grant.id.in_(some)))
    devices = _devices(session, account)
    session.delete(row)
    session.flush()
    audit.forget(session, account)
    events.emit(session, EventKind.ACCOUNT_ERASED, account, {}, now)
    grants.touch(session, live)
    return Erased(devices, len(names), len(consents), messages, left)


def _lock_devices(session: Session, account: str) -> None:
    """Before their grants, as whoever signs in does: else one of the two is undone."""
    held = Device.hash.in_(select(Grant.device_hash).where(Grant.account_id == account))
    mine = select(Device.hash).where(or_(Device.account_id == account, held)).order_by(Device.hash)
    session.execute(mine.with_for_update(key_share=True))


def left(session: Session, account: str) -> Left:
    """What would stay of this account."""
    return _left(session, list(session.scalars(select(Grant.id).where(Grant.account_id == account))))


def _left(session: Session, names: Sequence[str]) -> Left:
    counts = [0, 0]
    moments: tuple[list[datetime], list[datetime]] = ([], [])
    for some in slices(names):
        for place, found in enumerate((_SESSIONS.where(Accounting.grant_id.in_(some)), _LOGINS.where(AuthEvent.grant_id.in_(some)))):
            count, last = session.execute(found).one()
            counts[place] += count
            moments[place].extend([last] if last is not None else [])
    return Left(counts[0], max(moments[0], default=None), counts[1], max(moments[1], default=None))


def _proofs(session: Session, account: Account, names: Sequence[str]) -> int:
    """Challenges and messages; how many messages."""
    own = and_(Challenge.way == account.way, Challenge.identity_hash == account.identity_hash)
    asked = list(session.scalars(select(Challenge.id).where(own)))
    for some in slices(names):
        asked += session.scalars(select(Challenge.id).where(Challenge.grant_id.in_(some)))
    gone = len(session.scalars(delete(Message).where(Message.to_hash == account.identity_hash).returning(Message.id)).all())
    for few in slices(sorted(set(asked))):
        gone += len(session.scalars(delete(Message).where(Message.challenge_id.in_(few)).returning(Message.id)).all())
        session.execute(delete(Challenge).where(Challenge.id.in_(few)))
    return gone


def _devices(session: Session, account: str) -> int:
    """No device is this account's any more; those of which nothing else is known go."""
    mine = list(map(bytes, session.scalars(select(Device.hash).where(Device.account_id == account))))
    session.execute(update(Device).where(Device.account_id == account).values(account_id=None, label=None, added_at=None))
    for some in slices(mine):
        alone = and_(Device.hash.in_(some), Device.account_id.is_(None), ~exists().where(Grant.device_hash == Device.hash))
        gone = session.scalars(delete(Device).where(alone).returning(Device.hash)).all()
        used = ["d" + bytes(each).hex() for each in gone]
        session.execute(delete(GuestUsage).where(GuestUsage.subject.in_(used)))
    return len(mine)
