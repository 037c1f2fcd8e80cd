"""Who uses a plan: stays that run, sessions that are open, guests who near what a day or a month has, and orders that told gateways.

Counts alone, each in a fixed number of statements. Never says who.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, case, func, literal, or_, select

from store.models import Grant, GuestUsage, Order, OrderKind, OrderState, Period, VoucherBatch
from store.models import Session as Accounting
from store.models.sessions import SessionStatus

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from store.models import Plan

NEAR: Final = 0.8  # of a day's or month's amount
AFTER: Final = timedelta(minutes=10)  # of a change: orders that were queued later have other causes
BATCHES: Final = 12  # of vouchers that are named


class Use(NamedTuple):
    """Of one plan, now."""

    stays: int = 0  # grants that run
    online: int = 0  # sessions that are open


class Near(NamedTuple):
    """Guests (accounts, else devices) whose stay runs."""

    near: int  # have used 80 % of a day's or month's amount or more, and not all of it
    over: int  # have used all of it


class Told(NamedTuple):
    """Orders to gateways since a change of the plan."""

    done: int
    failed: int
    waiting: int

    @property
    def all(self) -> int:
        return self.done + self.failed + self.waiting


def of_all(session: Session, now: datetime) -> dict[str, Use]:
    """Every plan that is in use."""
    running = select(Grant.plan, func.count()).where(*_running(now)).group_by(Grant.plan)
    stays = {name: int(count) for name, count in session.execute(running)}
    joined = (
        select(Grant.plan, func.count()).join(Accounting, Accounting.grant_id == Grant.id).where(Accounting.status == SessionStatus.OPEN)
    )
    online = {name: int(count) for name, count in session.execute(joined.group_by(Grant.plan))}
    return {name: Use(stays.get(name, 0), online.get(name, 0)) for name in {*stays, *online}}


def at_clients(session: Session, plan: str) -> dict[str, int]:
    """Open sessions under this plan, by gateway."""
    joined = select(Accounting.client, func.count()).join(Grant, Grant.id == Accounting.grant_id)
    mine = joined.where(Accounting.status == SessionStatus.OPEN, Grant.plan == plan)
    return {name: int(count) for name, count in session.execute(mine.group_by(Accounting.client))}


def stays(session: Session, plan: str, now: datetime) -> int:
    """Grants of it that run."""
    return session.scalar(select(func.count()).select_from(Grant).where(Grant.plan == plan, *_running(now))) or 0


def near(session: Session, plan: Plan, now: datetime) -> Near | None:
    """Who nears what the plan gives a day or month; None where it bounds neither."""
    bounds = [
        (Period.DAY, GuestUsage.octets, plan.day_data),
        (Period.DAY, GuestUsage.seconds, plan.day_time),
        (Period.MONTH, GuestUsage.octets, plan.month_data),
    ]
    set_ = [(period, column, most) for period, column, most in bounds if most is not None]
    if not set_:
        return None
    mine = select(_subject(session)).where(Grant.plan == plan.name, *_running(now)).distinct().scalar_subquery()
    running = (GuestUsage.subject.in_(mine), GuestUsage.begins_at <= now, GuestUsage.ends_at > now)
    over = or_(*(and_(GuestUsage.period == period, column >= most) for period, column, most in set_))
    close = or_(*(and_(GuestUsage.period == period, column >= round(most * NEAR)) for period, column, most in set_))
    of_guest = select(func.max(case((over, 1), else_=0)).label("over")).where(*running, close).group_by(GuestUsage.subject).subquery()
    row = session.execute(select(func.count(), func.coalesce(func.sum(of_guest.c.over), 0))).one()
    return Near(int(row[0]) - int(row[1]), int(row[1]))


def _subject(session: Session) -> ColumnElement[Any]:
    """`store.grants.subject` as SQL."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    digits = func.lower(func.hex(Grant.device_hash)) if sqlite else func.encode(Grant.device_hash, "hex")
    return func.coalesce(Grant.account_id, literal("d").concat(digits))


def _running(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Grant.revoked_at.is_(None), Grant.starts_at <= now, Grant.ends_at > now


def _caused(since: datetime) -> tuple[ColumnElement[bool], ...]:
    return Order.queued_at >= since, Order.queued_at < since + AFTER, Order.kind.in_((OrderKind.LIMIT, OrderKind.REVOKE))


def told(session: Session, plan: str, since: datetime) -> Told:
    """What became of the orders that a change at this moment caused."""
    joined = select(Order.state, func.count()).join(Grant, Grant.id == Order.grant_id).where(*_caused(since), Grant.plan == plan)
    by = {state: int(count) for state, count in session.execute(joined.group_by(Order.state))}
    done, failed = by.get(OrderState.DONE, 0), by.get(OrderState.FAILED, 0)
    return Told(done, failed, sum(by.values()) - done - failed)


def answers(session: Session, plan: str, since: datetime, most: int) -> list[tuple[Order, Accounting]]:
    """Some of those orders with their sessions, refused ones first."""
    joined = select(Order, Accounting).join(Grant, Grant.id == Order.grant_id).join(Accounting, Accounting.id == Order.session_id)
    first = case((Order.state == OrderState.FAILED, 0), (Order.state == OrderState.DONE, 2), else_=1)
    return [
        (row[0], row[1]) for row in session.execute(joined.where(*_caused(since), Grant.plan == plan).order_by(first, Order.id).limit(most))
    ]


def batches(session: Session, plan: str, now: datetime) -> list[VoucherBatch]:
    """Batches of vouchers for it that somebody can still begin with, the newest first; one more than are named."""
    mine = select(VoucherBatch).where(VoucherBatch.plan == plan, VoucherBatch.expires_at > now)
    return list(session.scalars(mine.order_by(VoucherBatch.created_at.desc(), VoucherBatch.id).limit(BATCHES + 1)))
