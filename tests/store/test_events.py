"""Events: told with the change that caused them, to whoever asked, and at no cost where nobody did."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import hook_words
from portal.admin.desk import counted
from store import alerts, events
from store.alerts import Change, Finding, Key
from store.events import EventKind, Happened
from store.ids import new_id
from store.models import Delivery, Event, Webhook
from store.privacy import Privacy
from store.session import reading, transaction
from tests.store.rows import NOW
from tests.store.test_ledger import start, stop, told


@pytest.fixture
def privacy(seal) -> Privacy:
    return Privacy(seal, b"t" * 32, b"d" * 32, b"a" * 32)


def webhook(database, *kinds: str, **changes) -> str:
    """One that asks for these."""
    values = {"id": new_id(), "name": "Dashboard", "url": "https://city.example/hook", "secret": b"", "created_at": NOW} | changes
    with transaction(database) as session:
        session.add(Webhook(events=[str(kind) for kind in kinds], **values))
        session.flush()
        events.forget(session)
    return values["id"]


def kept(database) -> list[tuple[str, str, str]]:
    """(webhook, kind, object) of every delivery."""
    with reading(database) as session:
        found = select(Delivery.webhook_id, Event.kind, Event.object).join(Event, Event.id == Delivery.event_id)
        return [tuple(row) for row in session.execute(found.order_by(Delivery.id))]


def happened(database, kind: EventKind = EventKind.ALERT_OPENED, name: str = "one") -> None:
    with transaction(database) as session:
        events.emit(session, kind, name, {}, NOW)


def test_whoever_asked_for_a_kind_is_told_of_it_and_nobody_else(database):
    """Two of three asked; one event, two deliveries."""
    first = webhook(database, EventKind.ALERT_OPENED)
    second = webhook(database, EventKind.ALERT_OPENED, EventKind.ALERT_CLOSED)
    webhook(database, EventKind.VOUCHER_REDEEMED)
    happened(database)
    assert sorted(kept(database)) == sorted([(first, "alert.opened", "one"), (second, "alert.opened", "one")])
    with reading(database) as session:
        assert len(session.scalars(select(Event.id)).all()) == 1


def test_where_nobody_asks_nothing_is_written_and_after_one_look_nothing_is_read(database):
    """Ten events: one statement for all of them."""
    with transaction(database) as session, counted(database) as statements:
        for _ in range(10):
            events.emit(session, EventKind.SESSION_STARTED, "one", {}, NOW)
    assert len([each for each in statements if "webhook" in each]) == 1
    assert kept(database) == []


def test_an_event_of_a_change_that_is_undone_never_was(database):
    """It is in the same transaction."""
    webhook(database, EventKind.ALERT_OPENED)

    def undone() -> None:
        with transaction(database) as session:
            events.emit(session, EventKind.ALERT_OPENED, "one", {}, NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    assert kept(database) == []


def test_one_that_is_paused_is_not_told(database):
    """Nothing is kept for it meanwhile."""
    webhook(database, EventKind.ALERT_OPENED, paused_at=NOW)
    happened(database)
    assert kept(database) == []


def test_one_that_was_removed_a_moment_ago_costs_the_change_nothing(database):
    """What another process remembers of it does not matter."""
    name = webhook(database, EventKind.ALERT_OPENED)
    happened(database)
    with transaction(database) as session:
        session.delete(session.get_one(Webhook, name))
    happened(database)
    assert kept(database) == []


def test_a_webhook_for_which_too_much_waits_is_paused_and_says_so(database, monkeypatch):
    """The others go on."""
    monkeypatch.setattr(events, "MOST_WAITING", 3)
    full = webhook(database, EventKind.ALERT_OPENED)
    for name in "abc":
        happened(database, name=name)
    other = webhook(database, EventKind.ALERT_OPENED)  # which makes it look again
    happened(database, name="d")
    assert [(row[0], row[2]) for row in kept(database)] == [(full, "a"), (full, "b"), (full, "c"), (other, "d")]
    with reading(database) as session:
        row = session.get_one(Webhook, full)
        assert (row.paused_at, row.why) == (NOW, events.BACKLOG)


def test_many_at_once_are_a_few_statements(database):
    """As many as for one."""
    webhook(database, EventKind.SESSION_STARTED)
    many = [Happened(EventKind.SESSION_STARTED, str(number), {"number": number}) for number in range(1_500)]
    with transaction(database) as session:
        events.asked(session, EventKind.SESSION_STARTED)
        with counted(database) as statements:
            assert events.tell(session, many, NOW) == 1_500
    assert len(statements) <= 5
    assert len(kept(database)) == 1_500


def test_a_session_that_begins_and_ends_is_told_of_once_each(database, privacy):
    """However often its records come, and in however many batches."""
    name = webhook(database, EventKind.SESSION_STARTED, EventKind.SESSION_ENDED)
    rows = told(database, privacy, start(), stop(60, 60, down=5), stop(60, 60, down=5))
    assert kept(database) == [(name, "session.started", rows[0].id), (name, "session.ended", rows[0].id)]


def test_what_is_told_of_a_session_names_place_and_amount_and_nobody(database, privacy):
    """No station, no user's name, no address of a device."""
    webhook(database, EventKind.SESSION_ENDED)
    told(database, privacy, start(), stop(60, 60, down=5), one_by_one=False)
    with reading(database) as session:
        (event,) = session.scalars(select(Event))
    assert event.content == {
        "site": "central-library", "access_point": "lib-1", "ssid": "eduroam", "gateway": "library-wlc", "realm": "uni-a.example",
        "started_at": NOW.isoformat(), "ended_at": (NOW + timedelta(seconds=60)).isoformat(), "cause": "User-Request",
        "seconds": 60, "octets_up": 0, "octets_down": 5,
    }  # fmt: skip
    assert event.content.keys() == hook_words.EXAMPLES[EventKind.SESSION_ENDED].keys()


def test_an_alert_is_told_of_as_it_opens_is_taken_notice_of_and_closes(database):
    """Once each, though two looks find it."""
    webhook(database, EventKind.ALERT_OPENED, EventKind.ALERT_ACKNOWLEDGED, EventKind.ALERT_CLOSED)
    finding = Finding(Key("home-dead", "uni-a"), {"realms": "uni-a.example"})
    with transaction(database) as session:
        alerts.settle(session, Change(opens=[finding, finding]), NOW)
        (name,) = (row.id for row in alerts.opened(session).values())
        alerts.acknowledge(session, name, "ops", NOW)
        alerts.acknowledge(session, name, "ops", NOW)
        alerts.settle(session, Change(closes=[finding.key]), NOW)
        alerts.close(session, name, NOW)
    assert [row[1:] for row in kept(database)] == [(f"alert.{what}", name) for what in ("opened", "acknowledged", "closed")]
