"""What waits to be done: orders, messages, deliveries, batches, backups; how deep each queue is, and one row done again or cancelled.

Queues are counted up to a bound, by their indexes. A message is opened for the masked form of its address alone, and only while
it has one: its words are nobody's here. Never a request in sight.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, func, literal_column, or_, select, update

from portal.cases.addresses import masked
from store import audit, events, messages, outbox
from store.faults import SealError
from store.models import (
    BackupRun,
    BackupState,
    Delivery,
    DeliveryState,
    Message,
    MessageState,
    Order,
    OrderKind,
    OrderState,
    Session,
    SessionStatus,
    VoucherBatch,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session as Database

    from portal.admin.desk import Actor, Desk
    from store.privacy import Privacy

CAP: Final = 10_000  # rows that are counted
HARD: Final = 3  # tries from which on a row that waits is worth a look
CANCELLED: Final = "cancelled by staff"
_ORDERS: Final = Order.state.in_((OrderState.QUEUED, OrderState.CLAIMED))
_MESSAGES: Final = Message.state.in_((MessageState.QUEUED, MessageState.CLAIMED))
_DELIVERIES: Final = Delivery.state.in_(events.OPEN)


class Queue(StrEnum):
    """One kind of work."""

    ORDERS = "orders"
    MESSAGES = "messages"
    DELIVERIES = "deliveries"
    BATCHES = "batches"
    BACKUPS = "backups"


class Depth(NamedTuple):
    """How a queue stands; counts up to `CAP`."""

    queue: Queue
    waiting: int
    oldest: datetime | None  # since when the oldest waits
    hard: int  # that wait and were tried `HARD` times or more
    done: int  # of those queued within an hour
    failed: int  # of those queued within a day


class _Rows(NamedTuple):
    open: Any
    at: Any
    state: Any  # a column
    done: Any
    failed: tuple[Any, ...]
    tries: Any = None  # a column, where rows are tried several times


_KINDS: Final[Mapping[Queue, _Rows]] = {
    Queue.ORDERS: _Rows(_ORDERS, Order.queued_at, Order.state, OrderState.DONE, (OrderState.FAILED,), Order.tries),
    Queue.MESSAGES: _Rows(
        _MESSAGES, Message.queued_at, Message.state, MessageState.SENT, (MessageState.FAILED, MessageState.EXPIRED), Message.tries
    ),
    Queue.DELIVERIES: _Rows(
        _DELIVERIES, Delivery.queued_at, Delivery.state, DeliveryState.DELIVERED, (DeliveryState.FAILED,), Delivery.tries
    ),
    Queue.BACKUPS: _Rows(
        BackupRun.state.in_((BackupState.QUEUED, BackupState.RUNNING)), BackupRun.at, BackupRun.state, BackupState.GOOD,
        (BackupState.FAILED,),
    ),
}  # fmt: skip


def depths(session: Database, now: datetime) -> list[Depth]:
    """Every queue: a few counts each."""
    made = [_depth(session, queue, rows, now) for queue, rows in _KINDS.items()]
    unmade = and_(VoucherBatch.whole_at.is_(None), VoucherBatch.wanted > 0)
    lately = VoucherBatch.created_at >= now - timedelta(hours=1)
    batches = Depth(
        Queue.BATCHES,
        _count(session, unmade),
        session.scalar(select(func.min(VoucherBatch.created_at)).where(unmade)),
        0,
        _count(session, and_(VoucherBatch.whole_at.is_not(None), lately)),
        0,  # what cannot be made now is made later
    )
    return [*made[:3], batches, *made[3:]]


def _depth(session: Database, queue: Queue, rows: _Rows, now: datetime) -> Depth:
    hour, day = (rows.at >= now - timedelta(hours=each) for each in (1, 24))
    waiting = _count(session, rows.open)
    hard = _count(session, and_(rows.open, rows.tries >= HARD)) if waiting and rows.tries is not None else 0
    done, failed = _count(session, and_(hour, rows.state == rows.done)), _count(session, and_(day, rows.state.in_(rows.failed)))
    return Depth(queue, waiting, session.scalar(select(func.min(rows.at)).where(rows.open)) if waiting else None, hard, done, failed)


def _count(session: Database, which: ColumnElement[bool]) -> int:
    some = select(func.count()).select_from(select(literal_column("1")).where(which).limit(CAP).subquery())
    return int(session.scalar(some) or 0)


# Messages


def address(marks: Privacy, row: Message) -> str:
    """To whom, masked; "" once that is forgotten, or where the key is not there."""
    try:
        said = marks.opened(row.to, "message", str(row.id), "to").decode() if row.to is not None else ""
    except SealError:
        return ""
    return masked(said) if said else ""


def open_message(row: Message) -> bool:
    """Whether it may still be sent."""
    return row.state in (MessageState.QUEUED, MessageState.CLAIMED)


def cancellable(row: Message) -> bool:
    """Whether staff may keep it from being sent."""
    return row.purpose != "alert"


class No(StrEnum):
    """Why a row is not done again."""

    FORGOTTEN = "forgotten"  # a message's words went when it was settled
    EXPIRED = "expired"  # it is worth nothing any more
    BUSY = "busy"  # it is under way just now
    OVER = "over"  # the session has ended
    NOT_A_SESSION = "not a session"  # the order was about a stay, whose next step makes another by itself
    UNTAKEN = "untaken"  # the gateway takes no such order
    ALERT = "alert"  # nobody keeps others from being told of what they did: the mail of an opening by one person is one


def again(session: Database, desk: Desk, row: Message, actor: Actor, now: datetime) -> No | None:
    """Try a message that waits now, and not when its pause is over."""
    if not open_message(row) or row.content is None:
        return No.FORGOTTEN
    if row.expires_at <= now:
        return No.EXPIRED
    if row.state is MessageState.CLAIMED and not row.outcome:
        return No.BUSY
    free = and_(Message.id == row.id, _MESSAGES, or_(Message.state == MessageState.QUEUED, Message.outcome != ""))
    session.execute(update(Message).where(free).values(leased_until=now - messages.FIRST).execution_options(synchronize_session=False))
    _audited(session, desk, actor, "again", "message", str(row.id), now)
    return None


def cancel_message(session: Database, desk: Desk, row: Message, actor: Actor, now: datetime) -> bool | No:
    """Do not send it; its words are forgotten. False where it was settled."""
    if not cancellable(row):
        return No.ALERT
    if not messages.settle(session, row.id, sent=False, outcome=CANCELLED, now=now):
        return False
    _audited(session, desk, actor, "cancel", "message", str(row.id), now)
    return True


# Orders


def repeat(session: Database, desk: Desk, row: Order, actor: Actor, now: datetime) -> int | No:
    """Another order of the same kind, where its session is still open; the order's number."""
    if row.state in (OrderState.QUEUED, OrderState.CLAIMED):
        return No.BUSY
    if not row.session_id or row.kind is OrderKind.GRANT:
        return No.NOT_A_SESSION
    accounting = session.get(Session, row.session_id)
    if accounting is None or accounting.status is not SessionStatus.OPEN:
        return No.OVER
    made = desk.tools["order"](session, row.kind, accounting, now)
    if made is None:
        return No.UNTAKEN
    _audited(session, desk, actor, "again", "order", str(row.id), now)
    return int(made.id)


def cancel_order(session: Database, desk: Desk, row: Order, actor: Actor, now: datetime) -> bool:
    """Nobody is to carry it out. False where it was settled; whoever carries it out just now may have done so."""
    if not outbox.settle(session, row.id, done=False, outcome=CANCELLED, now=now):
        return False
    _audited(session, desk, actor, "cancel", "order", str(row.id), now)
    return True


def _audited(session: Database, desk: Desk, actor: Actor, action: str, kind: str, name: str, now: datetime) -> None:
    session.flush()
    audit.record(session, desk.privacy, audit.Act(actor.name, action, kind, name, source=actor.source), now)
