"""store.outbox: each order is carried out by one at a time, taken over when its carrier dies, settled once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from store import outbox
from store.models import Order, OrderKind, OrderState, Via
from store.session import reading, transaction
from tests.store.rows import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

KICK = OrderKind.DISCONNECT


def queued(database: Engine, count: int = 1, via: Via = Via.RADIUS) -> list[int]:
    with transaction(database) as session:
        return [outbox.queue(session, KICK, f"session-{number}", NOW, via=via, details={"why": "kick"}).id for number in range(count)]


def claimed(database: Engine, now: datetime = NOW, most: int = 32) -> list[int]:
    with transaction(database) as session:
        return [order.id for order in outbox.claim(session, Via.RADIUS, now, most)]


def state(database: Engine, order: int) -> Order:
    with reading(database) as session:
        found = outbox.find(session, order)
        assert found is not None
        return found


def test_an_order_exists_once_its_cause_is_committed(database: Engine) -> None:
    """An order queued by a change that is undone was never there."""

    def undone() -> None:
        with transaction(database) as session:
            outbox.queue(session, KICK, "session-1", NOW)
            raise KeyError

    with pytest.raises(KeyError):
        undone()
    assert claimed(database) == []


def test_the_life_of_an_order(database: Engine) -> None:
    """Queued, claimed, settled with the NAS's answer; settled a second time nothing changes."""
    (order,) = queued(database)
    assert state(database, order).state is OrderState.QUEUED
    assert claimed(database) == [order]
    assert (state(database, order).state, state(database, order).leased_until) == (OrderState.CLAIMED, NOW + timedelta(seconds=15))
    with transaction(database) as session:
        assert outbox.settle(session, order, done=False, outcome="NAK 503 Session-Context-Not-Found", error_cause=503, now=NOW)
        assert not outbox.settle(session, order, done=True, outcome="ACK", now=NOW)
    settled = state(database, order)
    assert (settled.state, settled.outcome, settled.error_cause, settled.settled_at) == (
        OrderState.FAILED,
        "NAK 503 Session-Context-Not-Found",
        503,
        NOW,
    )
    assert settled.details == {"why": "kick"}


def test_a_claim_is_whole_ordered_and_bounded(database: Engine) -> None:
    """Oldest first, at most as many as asked for, only one's own kind, and nobody gets them twice."""
    orders = queued(database, 5)
    queued(database, 2, Via.HTTP)
    assert claimed(database, most=3) == orders[:3]
    assert claimed(database) == orders[3:]
    assert claimed(database) == []


def test_a_claim_is_bounded_whatever_the_plan(database: Engine) -> None:
    """PostgreSQL may join as it likes, and ask again for each row what is free: no more is taken than was asked for."""
    orders = queued(database, 5)
    with transaction(database) as session:
        if database.dialect.name == "postgresql":
            for means in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
                session.execute(text(f"SET LOCAL enable_{means} = off"))
        assert [order.id for order in outbox.claim(session, Via.RADIUS, NOW, 3)] == orders[:3]


def test_a_dead_carriers_orders_are_taken_over(database: Engine) -> None:
    """After the lease another may claim the order; before, nobody; after four claims it is given up."""
    (order,) = queued(database)
    now = NOW
    for _ in range(outbox.TRIES):
        assert claimed(database, now) == [order]
        assert claimed(database, now + timedelta(seconds=15)) == []
        now += timedelta(seconds=16)
    assert claimed(database, now) == []
    with transaction(database) as session:
        assert outbox.give_up(session, now) == [order]
    assert state(database, order).outcome == "nobody carried it out in time"


def test_a_stale_order_is_given_up(database: Engine) -> None:
    """An order nobody claimed for ten minutes is not carried out against another's session."""
    (order,) = queued(database)
    with transaction(database) as session:
        assert outbox.give_up(session, NOW + timedelta(minutes=9)) == []
        assert outbox.give_up(session, NOW + timedelta(minutes=11)) == [order]
    assert claimed(database, NOW + timedelta(minutes=11)) == []


def test_four_at_once_never_take_the_same(database: Engine) -> None:
    """Claims in parallel share the orders out: each goes to exactly one."""
    orders, taken = queued(database, 40), []

    def carry() -> None:
        while got := claimed(database, most=3):
            taken.extend(got)

    threads = [threading.Thread(target=carry) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(taken) == orders


def test_a_sessions_orders_are_found_oldest_first(database: Engine) -> None:
    """The trace tells what the NAS was told about a session, and nothing of other sessions."""
    first, other = queued(database, 2)
    with transaction(database) as session:
        second = outbox.queue(session, OrderKind.LIMIT, "session-0", NOW).id
    with reading(database) as session:
        assert [order.id for order in outbox.of_sessions(session, ["session-0"])] == [first, second]
        assert [order.id for order in outbox.of_sessions(session, ["session-0", "session-1"])] == [first, other, second]
        assert outbox.of_sessions(session, []) == []
