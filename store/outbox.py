"""The outbox: orders queued with the change that caused them, claimed under a lease, settled with the answer.

A lease lets another take over from one who died on the way; an order may therefore be carried out twice, never lost.
Never speaks to anyone: who claims an order carries it out.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, case, func, or_, select, update

from store.models import Order, OrderKind, OrderState, Via
from store.models import Session as Accounting

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

LEASE: Final = timedelta(seconds=15)
STALE: Final = timedelta(minutes=10)  # by then the session it meant is another
TRIES: Final = 4  # claims; each sends its packet up to three times
# A plan that changes makes thousands of limits at once; whoever is let in or put out does not wait behind them.
TURN: Final = (case((Order.kind == OrderKind.LIMIT, 1), else_=0), Order.id)
TRIES_BY_JOB: Final = 8  # with growing pauses, two minutes: a controller that restarts is back by then


def queue(
    session: Session, kind: OrderKind, session_id: str, now: datetime, *, via: Via = Via.RADIUS, details: Mapping[str, Any] | None = None
) -> Order:
    """Put an order into the outbox; it exists once the caller's transaction is committed."""
    order = Order(kind=kind, via=via, session_id=session_id, details=dict(details or {}), queued_at=now)
    session.add(order)
    session.flush()
    return order


def tries(via: Via) -> int:
    """How often an order may be claimed."""
    return TRIES_BY_JOB if via is Via.HTTP else TRIES


def claim(session: Session, via: Via, now: datetime, most: int = 32) -> list[Order]:
    """Take up to `most` orders, in turn: ours alone until the lease ends. Commit before carrying them out."""
    abandoned = and_(Order.state == OrderState.CLAIMED, Order.leased_until < now)
    free = (
        select(Order.id)
        .where(Order.via == via, or_(Order.state == OrderState.QUEUED, abandoned), Order.tries < TRIES)
        .order_by(*TURN)
        .limit(most)
        .with_for_update(skip_locked=True)  # PostgreSQL; SQLite has one writer at a time and leaves the clause out
        # Once for all: in a plan that asks it again for each row, it would skip what this very statement took, and take more.
        .cte("free")
        .prefix_with("MATERIALIZED")
    )
    taken = (
        update(Order)
        .where(Order.id.in_(select(free.c.id)))
        .values(state=OrderState.CLAIMED, leased_until=now + LEASE, tries=Order.tries + 1)
        .returning(Order)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return sorted(session.scalars(taken), key=lambda order: order.id)


def settle(session: Session, order: int, *, done: bool, outcome: str, now: datetime, error_cause: int | None = None) -> bool:
    """Write the answer down, once: False where somebody settled it before."""
    settled = (
        update(Order)
        .where(Order.id == order, Order.state.in_((OrderState.QUEUED, OrderState.CLAIMED)))
        .values(state=OrderState.DONE if done else OrderState.FAILED, outcome=outcome, error_cause=error_cause, settled_at=now)
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    )
    return session.scalar(settled) is not None


def give_up(session: Session, now: datetime) -> list[int]:
    """Fail the orders that nobody could carry out in time; their ids."""
    most = case((Order.via == Via.HTTP, TRIES_BY_JOB), else_=TRIES)
    spent = and_(Order.state == OrderState.CLAIMED, Order.leased_until < now, Order.tries >= most)
    stale = and_(Order.state.in_((OrderState.QUEUED, OrderState.CLAIMED)), Order.queued_at < now - STALE)
    failed = (
        update(Order)
        .where(or_(spent, stale))
        .values(state=OrderState.FAILED, outcome="nobody carried it out in time", settled_at=now)
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    )
    return sorted(session.scalars(failed))


def find(session: Session, order: int) -> Order | None:
    """An order as it stands now."""
    return session.get(Order, order, populate_existing=True)


def latest(session: Session, grant: str, kind: OrderKind) -> Order | None:
    """The newest order of this kind about a grant, as it stands now."""
    mine = select(Order).where(Order.grant_id == grant, Order.kind == kind).order_by(Order.id.desc()).limit(1)
    return session.scalar(mine.execution_options(populate_existing=True))


def unsettled(session: Session, client: str, via: Via) -> list[Order]:
    """The orders for this client that are queued or under way, the oldest first."""
    name = func.coalesce(func.nullif(Order.client, ""), Accounting.client)
    open_ = Order.state.in_((OrderState.QUEUED, OrderState.CLAIMED))
    found = select(Order).outerjoin(Accounting, Accounting.id == Order.session_id).where(Order.via == via, open_, name == client)
    return list(session.scalars(found.order_by(Order.id).execution_options(populate_existing=True)))


def of_sessions(session: Session, sessions: Collection[str]) -> list[Order]:
    """Every order about these sessions, the oldest first."""
    return list(session.scalars(select(Order).where(Order.session_id.in_(sessions)).order_by(Order.id)))
