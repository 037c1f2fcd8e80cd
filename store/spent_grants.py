"""Grants that go before their class's time: those that nobody used, and those that an erased account left behind.

Both are found by their end, a batch at a time, with the orders that name them and the devices of which nothing else is known.
Never a grant of which a gateway told anything, but an erased one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, delete, exists, literal, or_, select, true, tuple_

from store.models import AuthEvent, Device, Grant, GuestUsage, Order, Way
from store.models import Session as AccountedSession
from store.session import reading, transaction
from store.slices import slices

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Engine
    from sqlalchemy.orm import Session

LOOKED_AT: Final = timedelta(days=7)  # unused grants that ended longer ago were looked at before
ERASED_AT: Final = timedelta(days=31)  # the same of erased ones
ERASURE: Final = "erased"  # Grant.why
_USED: Final = or_(exists().where(AccountedSession.grant_id == Grant.id), exists().where(AuthEvent.grant_id == Grant.id))


def ended(session: Session, before: datetime, *, erased: bool) -> ColumnElement[bool]:
    """The grants that go before the others of their class."""
    if erased:
        return and_(Grant.ends_at < before, Grant.ends_at >= before - ERASED_AT, Grant.why == ERASURE)
    over = and_(Grant.ends_at < before, Grant.ends_at >= before - LOOKED_AT, Grant.way == Way.TERMS, Grant.account_id.is_(None))
    recent = AccountedSession.started_at > before - LOOKED_AT
    heard = [  # the others tell of nobody's session: there a grant is all that is known
        client
        for client in session.scalars(select(Grant.client).where(over).distinct())
        if session.scalar(select(AccountedSession.id).where(AccountedSession.client == client, recent).limit(1)) is not None
    ]
    return and_(over, Grant.client.in_(heard), ~_USED)


def purge(database: Engine, before: datetime, most: int, *, erased: bool) -> int:
    """With the orders that name them, and devices of which nothing else is known. Found without a lock, and looked at again under it."""
    gone, last = 0, None
    with reading(database) as session:
        over = ended(session, before, erased=erased)
    while True:
        with reading(database) as session:
            onward = () if last is None else (tuple_(Grant.ends_at, Grant.id) > last,)
            page = select(Grant.ends_at, Grant.id, Grant.device_hash).where(over, *onward).order_by(Grant.ends_at, Grant.id)
            rows = session.execute(page.limit(most)).all()
        if not rows:
            return gone
        last = tuple_(*(literal(value, column.type) for value, column in zip(rows[-1], (Grant.ends_at, Grant.id), strict=False)))
        with transaction(database) as session:
            gone += _delete_grants(session, [row[1] for row in rows], true() if erased else ~_USED)
            _forget_devices(session, sorted({bytes(row[2]) for row in rows}))


def _delete_grants(session: Session, names: list[str], still: ColumnElement[bool]) -> int:
    gone: list[str] = []
    for some in slices(names):
        gone += session.scalars(delete(Grant).where(Grant.id.in_(some), still).returning(Grant.id)).all()
    for some in slices(gone):
        session.execute(delete(Order).where(Order.grant_id.in_(some)))
    return len(gone)


def _forget_devices(session: Session, devices: list[bytes]) -> None:
    """Those that are nobody's, and have no other grant."""
    for some in slices(devices):
        session.execute(select(Device.hash).where(Device.hash.in_(some)).order_by(Device.hash).with_for_update())
        alone = and_(Device.account_id.is_(None), ~exists().where(Grant.device_hash == Device.hash))
        left = session.scalars(delete(Device).where(Device.hash.in_(some), alone).returning(Device.hash)).all()
        session.execute(delete(GuestUsage).where(GuestUsage.subject.in_(["d" + bytes(each).hex() for each in left])))
