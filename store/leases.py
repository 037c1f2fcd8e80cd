"""Orders one by one: found, taken under a lease, put off for another try, handed to somebody else.

For those who carry out one order at a time, in many threads or processes at once: whoever takes it first has it. Never
speaks to anyone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, func, or_, outerjoin, select, update

from store.models import Order, OrderState, Session, Via
from store.outbox import LEASE, TURN, tries

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session as Database


class Waiting(NamedTuple):
    """An order that somebody should take, and whom it is for: "" where no row says it."""

    order: int
    client: str


def waiting(database: Database, via: Via, now: datetime, most: int = 256, *, only: str = "") -> list[Waiting]:
    """The orders that may be taken now, in turn; with `only` those for this client.

    Where more wait than are looked at, each client has its first ones among them: one that does not answer hides no other.
    """
    client = func.coalesce(func.nullif(Order.client, ""), Session.client, "").label("client")
    joined = outerjoin(Order, Session, Session.id == Order.session_id)
    found = select(Order.id, client).select_from(joined).where(_free(via, now)).limit(most)
    if only:
        return [Waiting(*row) for row in database.execute(found.where(client == only).order_by(*TURN))]
    if len(rows := database.execute(found.order_by(*TURN)).all()) == most:
        place = func.row_number().over(partition_by=client, order_by=TURN).label("place")
        ranked = select(Order.id, client, place).select_from(joined).where(_free(via, now)).subquery()
        rows = database.execute(select(ranked.c.id, ranked.c.client).order_by(ranked.c.place, ranked.c.id).limit(most)).all()
    return [Waiting(*row) for row in rows]


def take(database: Database, order: int, via: Via, now: datetime) -> Order | None:
    """The order, ours alone until its lease ends; None where another was faster. Commit before carrying it out."""
    taken = (
        update(Order)
        .where(Order.id == order, _free(via, now))
        .values(state=OrderState.CLAIMED, leased_until=now + LEASE, tries=Order.tries + 1)
        .returning(Order)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return database.scalars(taken).one_or_none()


def put_off(database: Database, order: int, why: str, until: datetime) -> None:
    """Let it wait for another try: nobody takes it before `until`."""
    held = and_(Order.id == order, Order.state == OrderState.CLAIMED)
    database.execute(update(Order).where(held).values(leased_until=until, outcome=why).execution_options(synchronize_session=False))


def hand_over(database: Database, order: int, via: Via) -> None:
    """Let others carry it out, as if it had just been queued."""
    held = and_(Order.id == order, Order.state == OrderState.CLAIMED)
    free = {"via": via, "state": OrderState.QUEUED, "leased_until": None, "tries": 0}
    database.execute(update(Order).where(held).values(free).execution_options(synchronize_session=False))


def pause(after: int, first: timedelta, longest: timedelta) -> timedelta:
    """How long to wait after so many tries: twice as long each time."""
    factor: int = 1 << min(max(after - 1, 0), 16)
    return min(first * factor, longest)


def _free(via: Via, now: datetime) -> ColumnElement[bool]:
    over = and_(Order.state == OrderState.CLAIMED, Order.leased_until < now)
    return and_(Order.via == via, or_(Order.state == OrderState.QUEUED, over), Order.tries < tries(via))
