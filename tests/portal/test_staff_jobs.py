"""Jobs and messages: how deep each queue is, what became of one row, and what can be done about it; never what a message says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from portal.cases.jobs import depths
from store import messages, outbox
from store.events import EventKind
from store.messages import Content
from store.models import AuditEntry, Message, MessageKind, MessageState, Order, OrderKind, OrderState, Role, Session, SessionStatus, Via
from store.session import reading, transaction
from tests.portal.test_staff_webhooks import happened, made
from tests.store import rows

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

GUEST = "guest-017@example.org"
CODE = "482 913"


def mail(room: Room, **changes) -> int:
    """One that waits; its number."""
    with transaction(room.database) as session:
        row = messages.queue(
            session, room.privacy, MessageKind.MAIL, GUEST, Content(f"Your code is {CODE}", "Your code"), purpose="code", language="en",
            expires_at=room.time + timedelta(minutes=15), now=room.time,
        )  # fmt: skip
        for name, value in changes.items():
            setattr(row, name, value)
        return row.id


def order(room: Room, status: SessionStatus = SessionStatus.OPEN, **changes) -> int:
    """One about a session of this state, that a gateway refused; its number."""
    with transaction(room.database) as session:
        mine = rows.session(room.privacy.seal, "06h0session00001", status=status)
        if session.get(Session, mine.id) is None:
            session.add(mine)
        row = outbox.queue(session, OrderKind.DISCONNECT, mine.id, room.time)
        row.state, row.outcome, row.settled_at, row.tries = OrderState.FAILED, "no answer", room.time, 4
        for name, value in changes.items():
            setattr(row, name, value)
        return row.id


def told(room: Room, model, number: int):
    with reading(room.database) as session:
        return session.get_one(model, number)


def test_each_queue_says_how_much_waits_since_when_and_what_failed(staffroom: Room) -> None:
    """A row that was tried often and still waits stands out; what is done is not what waits."""
    mail(staffroom, queued_at=staffroom.time - timedelta(minutes=9), state=MessageState.CLAIMED, tries=12, outcome="451 later")
    mail(staffroom)
    mail(staffroom, state=MessageState.SENT)
    order(staffroom)
    made(staffroom)
    happened(staffroom, "a", "b", kind=EventKind.ALERT_OPENED)
    with staffroom.desk.reading() as session:
        found = {each.queue.value: each for each in depths(session, staffroom.time)}
    assert (2, staffroom.time - timedelta(minutes=9), 1, 1, 0) == found["messages"][1:]
    assert (0, None, 0, 0, 1) == found["orders"][1:]
    assert (2, staffroom.time, 0, 0, 0) == found["deliveries"][1:]
    assert (0, None, 0, 0, 0) == found["backups"][1:] == found["batches"][1:]
    assert "Mails and SMS" in staffroom.page("/jobs")


def test_a_message_shows_its_tries_and_a_masked_address_and_never_its_words(staffroom: Room) -> None:
    """In the list, on its page, and to whoever may do most."""
    number = mail(
        staffroom, state=MessageState.CLAIMED, tries=3, outcome="451 4.3.0 later", leased_until=staffroom.time + timedelta(seconds=8)
    )
    shown = staffroom.page(f"/jobs/messages/{number}") + staffroom.page("/jobs/messages")
    assert "gu…@example.org" in shown
    assert "Tried 3 of 200 times" in shown
    assert "451 4.3.0 later" in shown
    assert [] == [each for each in (GUEST, CODE, "guest-017") if each in shown]


def test_a_message_that_waits_is_tried_now_and_one_that_was_settled_is_not(staffroom: Room) -> None:
    """It says why: its words are gone, its time is over, or it is under way."""
    waits = mail(staffroom, state=MessageState.CLAIMED, tries=3, outcome="451 later", leased_until=staffroom.time + timedelta(seconds=50))
    staffroom.post(f"/jobs/messages/{waits}/again")
    with transaction(staffroom.database) as session:
        letter = messages.take(session, staffroom.privacy, waits, staffroom.time)
        assert letter is not None
        assert CODE in letter.content.text
    for number, words in (
        (mail(staffroom, state=MessageState.SENT, to=None, content=None), "words were forgotten"),
        (mail(staffroom, expires_at=staffroom.time - timedelta(seconds=1)), "time is over"),
        (mail(staffroom, state=MessageState.CLAIMED, leased_until=staffroom.time + timedelta(seconds=50)), "under way"),
    ):
        answer = staffroom.post(f"/jobs/messages/{number}/again")
        assert words in staffroom.page(answer.location), number


def test_a_cancelled_message_is_forgotten_and_never_sent(staffroom: Room) -> None:
    """Once; and the audit log has who did it."""
    number = mail(staffroom)
    staffroom.post(f"/jobs/messages/{number}/cancel")
    row = told(staffroom, Message, number)
    assert (MessageState.FAILED, None, None, "cancelled by staff") == (row.state, row.to, row.content, row.outcome)
    assert "settled before" in staffroom.page(staffroom.post(f"/jobs/messages/{number}/cancel").location)
    with reading(staffroom.database) as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.kind == "message"))
    assert ("cancel", str(number)) == (entry.action, entry.object)


def test_an_order_is_done_again_while_its_session_runs(staffroom: Room) -> None:
    """As a new one of the same kind; the old one stays as it was."""
    number = order(staffroom)
    answer = staffroom.post(f"/jobs/orders/{number}/again")
    assert "on its way" in staffroom.page(answer.location)
    again = told(staffroom, Order, int(answer.location.partition("?")[0].rpartition("/")[2]))
    assert (OrderKind.DISCONNECT, "06h0session00001", OrderState.QUEUED) == (again.kind, again.session_id, again.state)
    assert OrderState.FAILED is told(staffroom, Order, number).state
    assert "under way" in staffroom.page(staffroom.post(f"/jobs/orders/{again.id}/again").location)


@pytest.mark.parametrize(
    ("status", "changes", "words"),
    [
        (SessionStatus.ENDED, {}, "session is over"),
        (SessionStatus.OPEN, {"session_id": ""}, "not about a running session"),
        (SessionStatus.OPEN, {"kind": OrderKind.GRANT}, "not about a running session"),
        (SessionStatus.OPEN, {"session_id": "06h0session00009"}, "session is over"),
    ],
)
def test_an_order_that_means_nothing_any_more_is_not_done_again(staffroom: Room, status, changes, words: str) -> None:
    """And says why."""
    number = order(staffroom, status, **changes)
    assert words in staffroom.page(staffroom.post(f"/jobs/orders/{number}/again").location)
    with reading(staffroom.database) as session:
        assert 1 == len(session.scalars(select(Order.id)).all())


def test_an_order_that_waits_is_cancelled(staffroom: Room) -> None:
    """And nobody takes it."""
    number = order(staffroom, state=OrderState.QUEUED, outcome="", settled_at=None, tries=0)
    staffroom.post(f"/jobs/orders/{number}/cancel")
    with transaction(staffroom.database) as session:
        assert [] == outbox.claim(session, Via.RADIUS, staffroom.time)
    assert (OrderState.FAILED, "cancelled by staff") == ((row := told(staffroom, Order, number)).state, row.outcome)


def test_deliveries_of_every_webhook_are_listed_and_lead_on_where_one_may(staffroom: Room) -> None:
    """Network ops see that there are some; their pages are those of whoever may see webhooks."""
    hook = made(staffroom)
    (number,) = happened(staffroom, "a")
    link = f"/webhooks/{hook.id}/deliveries/{number}"
    assert link in staffroom.page("/jobs/deliveries")
    shown = staffroom.page("/jobs/deliveries?state=queued", Role.NETWORK_OPS)
    assert (True, False) == ("City dashboard" in shown, link in shown)


@pytest.mark.parametrize("path", ["/jobs/orders/{}", "/jobs/messages/{}"])
@pytest.mark.parametrize("number", [0, 999_999, 2**63, 2**70])
def test_a_number_that_nobody_has_is_not_found(staffroom: Room, path: str, number: int) -> None:
    """Nor one that no database holds."""
    assert 404 == staffroom.get(path.format(number)).status_code
    assert 404 == staffroom.post(path.format(number) + "/again").status_code
