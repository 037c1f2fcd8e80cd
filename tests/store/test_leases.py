"""Orders one by one: who takes one has it, a lease ends, a pause grows."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from store import leases, outbox
from store.models import Order, OrderKind, OrderState, Via
from store.session import reading, transaction
from tests.store import rows

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.sealed import Seal

NOW = datetime(2026, 3, 8, 6, 59, 59, tzinfo=UTC)


def queued(database: Engine, *, via: Via = Via.HTTP, client: str = "gate", session: str = "") -> int:
    with transaction(database) as session_:
        row = outbox.queue(session_, OrderKind.DISCONNECT, session, NOW, via=via)
        row.client = client
        session_.flush()
        return row.id


def found(database: Engine, now: datetime = NOW) -> list[leases.Waiting]:
    with reading(database) as session:
        return leases.waiting(session, Via.HTTP, now)


def test_what_waits_is_named_with_its_gateway(database: Engine, seal: Seal) -> None:
    """By the order's own client, else its session's; others' orders are not seen; the oldest come first."""
    with transaction(database) as session:
        session.add(rows.session(seal, "0123456789abcdef", client="library-wlc"))
    first, second, third = queued(database), queued(database, client="", session="0123456789abcdef"), queued(database, client="")
    queued(database, via=Via.RADIUS)
    assert [(first, "gate"), (second, "library-wlc"), (third, "")] == found(database)
    with reading(database) as session:
        assert [first, second] == [each.order for each in leases.waiting(session, Via.HTTP, NOW, most=2)]


def test_one_of_many_has_it(database: Engine) -> None:
    """Eight threads at one order: one gets it, and it counts as one try."""
    order = queued(database)
    got: list[Order] = []
    line = threading.Barrier(8)

    def take() -> None:
        line.wait()
        with transaction(database) as session:
            if (row := leases.take(session, order, Via.HTTP, NOW)) is not None:
                got.append(row)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [(order, 1, OrderState.CLAIMED)] == [(row.id, row.tries, row.state) for row in got]
    assert [] == found(database)


def test_a_lease_ends_and_a_try_is_put_off(database: Engine) -> None:
    """Nobody takes it before its time; then it is the next try; after the last one nobody takes it at all."""
    order, now = queued(database), NOW
    for turn in range(1, outbox.TRIES_BY_JOB + 1):
        with transaction(database) as session:
            row = leases.take(session, order, Via.HTTP, now)
            assert row is not None
            assert turn == row.tries
            until = now + leases.pause(turn, timedelta(seconds=1), timedelta(seconds=60))
            leases.put_off(session, order, f"try {turn}", until)
        assert [] == found(database, until)
        now = until + timedelta(seconds=1)
    assert [] == found(database, now)
    with transaction(database) as session:
        assert [order] == outbox.give_up(session, now)
        assert OrderState.FAILED is session.get_one(Order, order, populate_existing=True).state


def test_radius_is_given_up_after_fewer_tries(database: Engine) -> None:
    """Each who carries out has a bound of its own."""
    order = queued(database, via=Via.RADIUS)
    now = NOW
    for _ in range(outbox.TRIES):
        with transaction(database) as session:
            assert leases.take(session, order, Via.RADIUS, now) is not None
        now += outbox.LEASE + timedelta(seconds=1)
    with transaction(database) as session:
        assert leases.take(session, order, Via.RADIUS, now) is None
        assert [order] == outbox.give_up(session, now)


def test_an_order_changes_hands(database: Engine) -> None:
    """Handed over it is as new for the others, and a settled one stays settled."""
    order = queued(database)
    with transaction(database) as session:
        leases.take(session, order, Via.HTTP, NOW)
        leases.hand_over(session, order, Via.RADIUS)
    assert [] == found(database)
    with transaction(database) as session:
        (row,) = outbox.claim(session, Via.RADIUS, NOW)
        assert (order, 1) == (row.id, row.tries)
        outbox.settle(session, order, done=True, outcome="ACK", now=NOW)
        leases.hand_over(session, order, Via.HTTP)
        leases.put_off(session, order, "late", NOW)
        row = session.get_one(Order, order, populate_existing=True)
        assert (Via.RADIUS, OrderState.DONE, "ACK") == (row.via, row.state, row.outcome)


def test_pauses() -> None:
    """Twice as long each time, to a bound, whatever the count."""
    first, longest = timedelta(seconds=1), timedelta(seconds=60)
    assert [1, 1, 2, 4, 60, 60] == [leases.pause(count, first, longest).total_seconds() for count in (0, 1, 2, 3, 7, 10**9)]
