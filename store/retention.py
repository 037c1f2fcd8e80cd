"""What is kept how long: rows past their class's time are deleted in small transactions, so that no writer waits long.

Four classes have a time of their own, whatever is set: what visitors are counted with (store/visitors.py), pictures that nothing
uses (store/unused_pictures.py), grants that nobody used (a device with a new address each minute makes one with each press of the
button), and what an erased account leaves behind until the road has heard of its end (both store/spent_grants.py). What each
purge did is proven by store/deletions.py.

Never deletes a class whose time was not given.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Delete, Engine, and_, delete, exists, func, null, or_, select, tuple_

from store import placements, spent_grants, unused_pictures, visitors
from store.ids import first_id
from store.models import (
    Account,
    AccountingKey,
    ApiToken,
    AuthEvent,
    Base,
    Campaign,
    CampaignClock,
    CampaignDay,
    CampaignSpan,
    CampaignState,
    Challenge,
    CityHour,
    Delivery,
    Device,
    DropMinute,
    Dwell,
    DwellWeek,
    Event,
    Grant,
    Guess,
    GuestUsage,
    HomeChange,
    IdempotencyKey,
    IncidentOpening,
    ListenerKey,
    Message,
    OddRecord,
    Order,
    OrderState,
    PlacementHour,
    PrivacyRequest,
    RequestState,
    RetentionRun,
    Session,
    SessionStatus,
    SessionTrail,
    SignInToken,
    SiteDay,
    SiteHour,
    UnknownAccessPoint,
    UsageHour,
    Voucher,
    VoucherBatch,
)
from store.session import affected, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import InstrumentedAttribute
    from sqlalchemy.orm import Session as Database

BATCH: Final = 1000  # rows a transaction: 70 ms of write lock where SQLite held 10^6 sessions and logins
ACCOUNTING_KEY: Final = timedelta(days=7)  # within it a record is counted once (decisions, 15)
SIGN_IN_TOKEN: Final = timedelta(hours=1)  # beyond its minutes: who comes late is told that it is too old
LISTENER_KEY: Final = timedelta(days=90)  # a former certificate of ours is a way back; a request of three months ago is forgotten
API_ANSWER: Final = timedelta(days=1)  # how long a key of idempotency is remembered
CHALLENGE: Final = timedelta(days=1)  # beyond its minutes, for the same reason; and with its address
ERASED: Final = timedelta(minutes=10)  # whoever follows the grants has heard of the end by then, and the gateways of their orders
UNUSED: Final = timedelta(days=2)  # from its end: no accounting comes so late


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
    PRIVACY_REQUEST = "privacy_request"  # from when it was settled
    EVENT = "event"  # what webhooks were told, and their deliveries
    INCIDENT_OPENING = "incident_opening"  # what was asked for, by whom and why; never what it showed
    LISTENER_KEY = "listener_key"  # that no listener uses, from when it was retired, else made
    API_ANSWER = "api_answer"  # for whoever repeats a request under the same key
    API_TOKEN = "api_token"  # from its end
    RETENTION_RUN = "retention_run"
    ERASED = "erased"  # grants that an account's erasure ended, from then, with their orders and devices
    VISITORS = "visitors"  # the marks and keys that they are counted with, from the end of their period (store/visitors.py)
    PICTURE = "picture"  # that nothing uses, from when it was sent last (store/unused_pictures.py)
    UNUSED = "unused"  # grants of the terms alone of which no gateway ever told, from their end, with their devices


_AGED: Final[Mapping[Kept, tuple[tuple[type[Base], InstrumentedAttribute[datetime]], ...]]] = {
    Kept.AUTH_EVENT: ((AuthEvent, AuthEvent.at), (HomeChange, HomeChange.at)),
    Kept.SESSION: ((Session, Session.started_at), (OddRecord, OddRecord.at)),
    Kept.DROPS: ((DropMinute, DropMinute.minute),),
    Kept.ORDERS: ((Order, Order.queued_at),),
    Kept.USAGE_HOUR: (
        (UsageHour, UsageHour.hour),
        (SiteHour, SiteHour.hour),
        (CityHour, CityHour.hour),
        (SiteDay, SiteDay.day),
        (Dwell, Dwell.day),
        (DwellWeek, DwellWeek.week),
    ),
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
    # what is summed goes as soon as the first of it is too old, and days with the first of their four weeks
    Kept.ADVERT_FIGURES: (
        (PlacementHour, PlacementHour.hour),
        (CampaignDay, CampaignDay.day),
        (CampaignClock, CampaignClock.begins_at),
        (CampaignSpan, CampaignSpan.begins_at),
    ),
    Kept.PRIVACY_REQUEST: ((PrivacyRequest, PrivacyRequest.received_at),),
    Kept.EVENT: ((Delivery, Delivery.queued_at), (Event, Event.at)),
    Kept.INCIDENT_OPENING: ((IncidentOpening, IncidentOpening.asked_at),),
    Kept.LISTENER_KEY: ((ListenerKey, ListenerKey.created_at),),
    Kept.API_ANSWER: ((IdempotencyKey, IdempotencyKey.at),),
    Kept.API_TOKEN: ((ApiToken, ApiToken.expires_at),),
    Kept.RETENTION_RUN: ((RetentionRun, RetentionRun.at),),
}
_ALIVE: Final[Mapping[type[Base], ColumnElement[bool]]] = {
    Session: Session.status == SessionStatus.OPEN,
    Order: or_(Order.state == OrderState.QUEUED, Order.state == OrderState.CLAIMED),
    PrivacyRequest: PrivacyRequest.state == RequestState.OPEN,
    CampaignDay: exists().where(  # a cap on all views is kept by the sum of all of them
        Campaign.id == CampaignDay.campaign_id,
        Campaign.total_cap.is_not(None),
        Campaign.state.in_((CampaignState.LIVE, CampaignState.PAUSED)),
    ),
    ListenerKey: and_(ListenerKey.used_from.is_not(None), ListenerKey.retired_at.is_(None)),
}
# Found by the time above, and old by this one
_AGED_BY: Final[Mapping[type[Base], InstrumentedAttribute[Any] | ColumnElement[Any]]] = {
    Session: Session.updated_at,
    PrivacyRequest: PrivacyRequest.settled_at,
    ListenerKey: func.coalesce(ListenerKey.retired_at, ListenerKey.created_at),
}
# Rows that go by whole spans: of what is told exactly of a span, no day of it can be told by what went
_SPANS: Final[Mapping[type[Base], Callable[[datetime], datetime]]] = {CampaignDay: placements.whole}
# Rows whose grants count as they do
_BOUND: Final[Mapping[type[Base], Any]] = {Device: Grant.device_hash == Device.hash, Account: Grant.account_id == Account.id}
_ALWAYS: Final = {Kept.ACCOUNTING_KEY: ACCOUNTING_KEY, Kept.SIGN_IN_TOKEN: SIGN_IN_TOKEN, Kept.CHALLENGE: CHALLENGE}
_ALWAYS.update({Kept.LISTENER_KEY: LISTENER_KEY, Kept.API_ANSWER: API_ANSWER, Kept.API_TOKEN: timedelta(days=90)})
_OWN: Final = {Kept.ERASED: ERASED, Kept.UNUSED: UNUSED}
_ELSEWHERE: Final = {Kept.VISITORS: visitors.LATE, Kept.PICTURE: unused_pictures.AGE}  # those that the files named there delete


def ages(kept: Mapping[Kept, timedelta]) -> dict[Kept, timedelta]:
    """Every class with a time: those given, and those that have one in any case."""
    return {**kept, **{kind: max(age, kept.get(kind, age)) for kind, age in _ALWAYS.items()}, **_OWN, **_ELSEWHERE}


def purge(database: Engine, kept: Mapping[Kept, timedelta], now: datetime) -> dict[Kept, int]:
    """Delete what is older than its class allows; how many rows of each class went. Keys and tokens go in any case.

    What is still alive (an open session, an order under way, a device with a younger grant) is not aged: it stays.
    """
    before = {kind: now - age for kind, age in ages(kept).items()}
    if Kept.VOUCHER in before:
        _purge_vouchers(database, before[Kept.VOUCHER])
    gone = {kind: sum(_purge(database, table, column, before[kind]) for table, column in _AGED.get(kind, ())) for kind in before}
    gone[Kept.ACCOUNTING_KEY] += _purge_trails(database, before[Kept.ACCOUNTING_KEY])
    for kind in _OWN:
        gone[kind] = spent_grants.purge(database, before[kind], BATCH, erased=kind is Kept.ERASED)
    gone[Kept.VISITORS] = visitors.close(database, now)
    gone[Kept.PICTURE] = unused_pictures.purge(database, before[Kept.PICTURE], BATCH)
    return gone


def oldest(session: Database, kind: Kept) -> datetime | None:
    """From when the oldest row of a class ages; None where it has none."""
    if kind is Kept.VISITORS:
        return visitors.oldest(session)
    if kind is Kept.PICTURE:
        return unused_pictures.oldest(session)
    found: list[datetime] = []
    for table, column in _AGED.get(kind, ()):
        alive = (~_ALIVE[table],) if table in _ALIVE else ()
        held = select(func.max(Grant.ends_at)).where(_BOUND[table]).scalar_subquery() if table in _BOUND else null()
        row = session.execute(select(_AGED_BY.get(table, column), held).where(*alive).order_by(column).limit(1)).first()
        if row is not None:
            found.append(max(each for each in row if each is not None))
    return min(found, default=None)


def late(session: Database, before: Mapping[Kept, datetime]) -> dict[Kept, datetime]:
    """The time of a row that should have been gone by its class's moment, for each class that has one: in few statements."""
    asked = [(kind, some) for kind, moment in before.items() for some in too_old(kind, moment)]
    ends = {kind: spent_grants.ended(session, before[kind], erased=kind is Kept.ERASED) for kind in _OWN if kind in before}
    asked += [(kind, select(Grant.ends_at).where(over)) for kind, over in ends.items()]
    queries = [some.order_by(some.selected_columns[0]).limit(1).scalar_subquery() for _kind, some in asked]
    found: dict[Kept, datetime] = {}
    for (kind, _some), moment in zip(asked, session.execute(select(*queries)).one() if queries else (), strict=True):
        if moment is not None:
            found[kind] = min(moment, found.get(kind, moment))
    if Kept.VISITORS in before and (ended := visitors.late(session, before[Kept.VISITORS])) is not None:
        found[Kept.VISITORS] = ended
    if Kept.PICTURE in before and (sent := unused_pictures.late(session, before[Kept.PICTURE])) is not None:
        found[Kept.PICTURE] = sent
    return found


def too_old(kind: Kept, before: datetime) -> list[Select[Any]]:
    """The times of a class's rows that are over at this moment: a statement for each of its tables. The classes of grants have none."""
    return [select(column).where(*_old(table, column, before)) for table, column in _AGED.get(kind, ())]


def _purge_trails(database: Engine, before: datetime) -> int:
    """What the records of long-ended sessions said one by one; found by their ids, which tell when they were made."""
    over = and_(Session.updated_at < before, Session.status != SessionStatus.OPEN)
    ended = exists().where(Session.id == SessionTrail.session_id, over)
    old = select(SessionTrail.session_id).where(SessionTrail.session_id < first_id(before), ended).limit(BATCH)
    return _in_batches(database, delete(SessionTrail).where(SessionTrail.session_id.in_(old)))


def _purge_vouchers(database: Engine, before: datetime) -> None:
    """Those of batches that go next: with their batch they would go at once, ten thousand of each."""
    batches = select(VoucherBatch.id).where(VoucherBatch.expires_at < before)
    old = select(Voucher.id).where(Voucher.batch_id.in_(batches)).limit(BATCH)
    _in_batches(database, delete(Voucher).where(Voucher.id.in_(old)))


def _old(table: type[Base], column: InstrumentedAttribute[datetime], before: datetime) -> list[ColumnElement[bool]]:
    """It is older than this moment, and what keeps a row of this table from ageing is not so."""
    said = [column < (_SPANS[table](before) if table in _SPANS else before)]
    if table in _ALIVE:
        said.append(~_ALIVE[table])
    if table in _AGED_BY:
        said.append(_AGED_BY[table] < before)
    if table in _BOUND:
        said.append(~exists().where(_BOUND[table], Grant.ends_at >= before))
    return said


def _purge(database: Engine, table: type[Base], column: InstrumentedAttribute[datetime], before: datetime) -> int:
    """Batch by batch, oldest first."""
    keys: list[Any] = list(table.__mapper__.primary_key)
    key = keys[0] if len(keys) == 1 else tuple_(*keys)
    old = and_(*_old(table, column, before))
    return _in_batches(database, delete(table).where(key.in_(select(*keys).where(old).order_by(column).limit(BATCH))))


def _in_batches(database: Engine, some: Delete) -> int:
    """Delete some, and again, until fewer than a batch went."""
    gone, went = 0, BATCH
    while went >= BATCH:
        with transaction(database) as session:
            went = affected(session.execute(some.execution_options(synchronize_session=False)))
        gone += went
    return gone
