"""What is kept how long: rows past their class's time are deleted in small transactions, so that no writer waits long.

Never deletes a class whose time was not given.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Delete, Engine, and_, delete, exists, or_, select, tuple_

from store.ids import first_id
from store.models import (
    Account,
    AccountingKey,
    AuthEvent,
    Base,
    Challenge,
    Device,
    DropMinute,
    Grant,
    Guess,
    GuestUsage,
    HomeChange,
    Message,
    OddRecord,
    Order,
    OrderState,
    PlacementHour,
    RetentionRun,
    Session,
    SessionStatus,
    SessionTrail,
    SignInToken,
    UnknownAccessPoint,
    UsageHour,
    VoucherBatch,
)
from store.session import affected, transaction

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import InstrumentedAttribute

BATCH: Final = 1000  # rows a transaction: 70 ms of write lock where SQLite held 10^6 sessions and logins
ACCOUNTING_KEY: Final = timedelta(days=7)  # within it a record is counted once (decisions, 15)
SIGN_IN_TOKEN: Final = timedelta(hours=1)  # beyond its minutes: who comes late is told that it is too old
CHALLENGE: Final = timedelta(days=1)  # beyond its minutes, for the same reason; and with its address


class Kept(StrEnum):
    """A class of rows that share a time."""

    AUTH_EVENT = "auth_event"  # the trace: logins, changes of health
    SESSION = "session"  # with its hops and addresses, and records that fit no session
    DROPS = "drops"
    ORDERS = "orders"
    USAGE_HOUR = "usage_hour"
    UNKNOWN_ACCESS_POINT = "unknown_access_point"
    ACCOUNTING_KEY = "accounting_key"  # with the trails of sessions of which no more word can come
    SIGN_IN_TOKEN = "sign_in_token"
    GUEST_USAGE = "guest_usage"  # from the end of its day or month
    GRANT = "grant"  # from its end
    DEVICE = "device"  # from the end of its last grant, with whatever grants are left
    ACCOUNT = "account"  # from its last sign-in and the end of its last grant
    VOUCHER = "voucher"  # batches, from their last day
    CHALLENGE = "challenge"  # with what was counted against guessing
    MESSAGE = "message"
    ADVERT_FIGURES = "advert_figures"
    RETENTION_RUN = "retention_run"


_AGED: Final[Mapping[Kept, tuple[tuple[type[Base], InstrumentedAttribute[datetime]], ...]]] = {
    Kept.AUTH_EVENT: ((AuthEvent, AuthEvent.at), (HomeChange, HomeChange.at)),
    Kept.SESSION: ((Session, Session.started_at), (OddRecord, OddRecord.at)),
    Kept.DROPS: ((DropMinute, DropMinute.minute),),
    Kept.ORDERS: ((Order, Order.queued_at),),
    Kept.USAGE_HOUR: ((UsageHour, UsageHour.hour),),
    Kept.UNKNOWN_ACCESS_POINT: ((UnknownAccessPoint, UnknownAccessPoint.last_seen),),
    Kept.ACCOUNTING_KEY: ((AccountingKey, AccountingKey.at),),
    Kept.SIGN_IN_TOKEN: ((SignInToken, SignInToken.expires_at),),
    Kept.GUEST_USAGE: ((GuestUsage, GuestUsage.ends_at),),
    Kept.GRANT: ((Grant, Grant.ends_at),),
    Kept.DEVICE: ((Device, Device.last_seen),),
    Kept.ACCOUNT: ((Account, Account.last_seen),),
    Kept.VOUCHER: ((VoucherBatch, VoucherBatch.expires_at),),
    Kept.CHALLENGE: ((Challenge, Challenge.expires_at), (Guess, Guess.until)),
    Kept.MESSAGE: ((Message, Message.queued_at),),
    Kept.ADVERT_FIGURES: ((PlacementHour, PlacementHour.hour),),
    Kept.RETENTION_RUN: ((RetentionRun, RetentionRun.at),),
}
_ALIVE: Final[Mapping[type[Base], ColumnElement[bool]]] = {
    Session: Session.status == SessionStatus.OPEN,
    Order: or_(Order.state == OrderState.QUEUED, Order.state == OrderState.CLAIMED),
}
_AGED_BY: Final = {Session: Session.updated_at}  # found by the time above, and old by this one
_BOUND: Final[Mapping[type[Base], ColumnElement[bool]]] = {  # rows whose grants count as they do
    Device: Grant.device_hash == Device.hash,
    Account: Grant.account_id == Account.id,
}
_ALWAYS: Final = {Kept.ACCOUNTING_KEY: ACCOUNTING_KEY, Kept.SIGN_IN_TOKEN: SIGN_IN_TOKEN, Kept.CHALLENGE: CHALLENGE}


def purge(database: Engine, kept: Mapping[Kept, timedelta], now: datetime) -> dict[Kept, int]:
    """Delete what is older than its class allows; how many rows of each class went. Keys and tokens go in any case.

    What is still alive (an open session, an order under way, a device with a younger grant) is not aged: it stays.
    """
    ages = {**kept, **{kind: max(age, kept.get(kind, age)) for kind, age in _ALWAYS.items()}}
    gone = {kind: sum(_purge(database, table, column, now - age) for table, column in _AGED[kind]) for kind, age in ages.items()}
    gone[Kept.ACCOUNTING_KEY] += _purge_trails(database, now - ages[Kept.ACCOUNTING_KEY])
    return gone


def _purge_trails(database: Engine, before: datetime) -> int:
    """What the records of long-ended sessions said one by one; found by their ids, which tell when they were made."""
    over = and_(Session.updated_at < before, Session.status != SessionStatus.OPEN)
    old = (
        select(SessionTrail.session_id)
        .where(SessionTrail.session_id < first_id(before), exists().where(Session.id == SessionTrail.session_id, over))
        .limit(BATCH)
    )
    return _in_batches(database, delete(SessionTrail).where(SessionTrail.session_id.in_(old)))


def _purge(database: Engine, table: type[Base], column: InstrumentedAttribute[datetime], before: datetime) -> int:
    """Batch by batch, oldest first."""
    keys: list[Any] = list(table.__mapper__.primary_key)
    key = keys[0] if len(keys) == 1 else tuple_(*keys)
    old = and_(column < before, ~_ALIVE[table]) if table in _ALIVE else column < before
    if table in _AGED_BY:
        old = and_(old, _AGED_BY[table] < before)
    if table in _BOUND:
        old = and_(old, ~exists().where(_BOUND[table], Grant.ends_at >= before))
    return _in_batches(database, delete(table).where(key.in_(select(*keys).where(old).order_by(column).limit(BATCH))))


def _in_batches(database: Engine, some: Delete) -> int:
    """Delete some, and again, until fewer than a batch went."""
    gone, went = 0, BATCH
    while went >= BATCH:
        with transaction(database) as session:
            went = affected(session.execute(some.execution_options(synchronize_session=False)))
        gone += went
    return gone
