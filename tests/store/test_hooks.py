"""Deliveries as rows, in both databases: taken once, put off, settled, given up, resumed, replayed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from store import events, hooks
from store.events import EventKind, Happened
from store.models import Delivery, DeliveryState, Webhook
from store.session import reading, transaction
from tests.store.rows import NOW
from tests.store.test_events import webhook

HOUR = timedelta(hours=1)


@pytest.fixture
def numbers(database) -> list[int]:
    """Five deliveries to one webhook."""
    webhook(database, EventKind.ALERT_OPENED)
    with transaction(database) as session:
        events.tell(session, [Happened(EventKind.ALERT_OPENED, each, {}) for each in "abcde"], NOW)
        return list(session.scalars(select(Delivery.id).order_by(Delivery.id)))


def due(database, now=NOW) -> list[int]:
    with reading(database) as session:
        return [each.delivery for each in hooks.waiting(session, now)]


def fail(database, number: int, now=NOW, *, last: bool = False) -> bool:
    """A try that no one answered; whether there is another."""
    with transaction(database) as session:
        taken = hooks.take(session, number, now)
        assert taken is not None
        if last:
            taken.delivery.tries = hooks.TRIES
            session.flush()
        return hooks.failed(session, taken, None, 3, "no connection", now, 0.0)


def test_a_delivery_is_one_takers_until_its_lease_ends(database, numbers):
    """Then another's, who alone settles it."""
    with transaction(database) as session:
        first = hooks.take(session, numbers[0], NOW)
        assert hooks.take(session, numbers[0], NOW) is None
    later = NOW + hooks.LEASE + timedelta(seconds=1)
    assert numbers[0] in due(database, later)
    with transaction(database) as session:
        second = hooks.take(session, numbers[0], later)
        assert [False, True] == [hooks.delivered(session, each, 204, 5, later) for each in (first, second)]
    with reading(database) as session:
        assert session.scalars(select(Webhook.delivered_at)).one() == later


def test_one_that_failed_waits_for_its_pause_and_at_last_has_failed(database, numbers):
    """The webhook remembers since when; nobody looks at it before its time."""
    assert fail(database, numbers[0])
    assert due(database) == numbers[1:]
    assert due(database, NOW + hooks.PAUSES[0] + timedelta(seconds=1)) == numbers
    assert not fail(database, numbers[1], last=True)
    with reading(database) as session:
        row = session.get_one(Delivery, numbers[1])
        assert (row.state, row.outcome, row.settled_at) == (DeliveryState.FAILED, "no connection", NOW)
        assert session.scalars(select(Webhook.failing_since)).one() == NOW


def test_a_last_try_that_never_ended_is_given_up(database, numbers):
    """And no other."""
    with transaction(database) as session:
        for number in numbers[:2]:
            hooks.take(session, number, NOW)
        session.get_one(Delivery, numbers[0]).tries = hooks.TRIES
    with transaction(database) as session:
        assert not hooks.spent(session, NOW)
        assert hooks.spent(session, NOW + HOUR)
        assert hooks.give_up(session, NOW + HOUR) == 1
    with reading(database) as session:
        assert session.get_one(Delivery, numbers[0]).state is DeliveryState.FAILED


def test_what_failed_is_replayed_as_far_as_there_is_room(database, numbers, monkeypatch):
    """Not what was told since, not what was replayed and waits, not what is older than was asked."""
    for number in numbers[:4]:
        fail(database, number, last=True)
    with transaction(database) as session:
        (name,) = session.scalars(select(Webhook.id))
        hooks.replay(session, session.get_one(Delivery, numbers[0]), NOW)
        assert hooks.waits(session, name) == 2
        monkeypatch.setattr(hooks, "MOST_WAITING", 4)
        assert hooks.replay_failed(session, name, NOW - HOUR, NOW) == 2
        monkeypatch.setattr(hooks, "MOST_WAITING", 10)
        assert [hooks.replay_failed(session, name, since, NOW) for since in (NOW + HOUR, NOW - HOUR, NOW - HOUR)] == [0, 1, 0]
        found = session.scalars(select(Delivery.replay_of).where(Delivery.replay_of.is_not(None)).order_by(Delivery.id))
        assert list(found) == numbers[:4]


def test_a_paused_webhook_is_told_nothing_and_resumed_goes_on(database, numbers, monkeypatch):
    """With the newest; the oldest were too many."""
    monkeypatch.setattr(hooks, "LEFT", 3)
    with transaction(database) as session:
        hook = session.scalars(select(Webhook)).one()
        hook.paused_at, hook.why = NOW, events.BACKLOG
    assert due(database) == []
    with transaction(database) as session:
        assert hooks.take(session, numbers[0], NOW) is None
        assert hooks.resume(session, session.scalars(select(Webhook)).one(), NOW) == 2
    assert due(database) == numbers[2:]
