"""Webhooks and their deliveries, orders and messages for the staff pages: of every state, in a city of examples."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from store.events import EventKind
from store.models import Delivery, DeliveryState, Event, Message, MessageKind, MessageState, Order, OrderKind, OrderState, Via, Webhook
from tests.screens.guest import SESSION

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.portal.staffroom import Room

HOOK: Final = "06h0webhook00001"
STOPPED: Final = "06h0webhook00002"
DELIVERED, AGAIN, FAILED, REPLAYED = (2**40 + each for each in range(4))
ORDER, ASKED = 2**40, 2**40 + 1
MESSAGE, SENT = 2**40, 2**40 + 1
_CONTENT: Final = {
    "rule": "home-dead",
    "object": "home-01",
    "opened_at": "2026-03-09T13:20:00+00:00",
    "details": {"realms": "uni-0001.example"},
}


def hooks(session: Session, room: Room, more: int) -> None:
    """A webhook that works, one that was stopped, one that somebody paused; what each was told, and so many older deliveries."""
    now = room.time
    for name, called, url, state_of in (
        (HOOK, "City dashboard", "https://hooks.city.example/in/3f9a", {"delivered_at": now - timedelta(minutes=3)}),
        (
            STOPPED,
            "Ticket system",
            "https://tickets.city.example/",
            {"paused_at": now, "why": "failing", "failing_since": now - timedelta(days=1)},
        ),
        ("06h0webhook00003", "Chat of the network team", "https://chat.example/hooks/1", {"paused_at": now - timedelta(days=2)}),
    ):
        secret = room.privacy.sealed(b"s" * 32, "webhook", name, "secret")
        kinds = [EventKind.ALERT_OPENED.value, EventKind.ALERT_CLOSED.value, EventKind.VOUCHER_REDEEMED.value]
        session.add(
            Webhook(
                id=name,
                name=called,
                url=url,
                events=kinds,
                secret=secret,
                created_at=now - timedelta(days=40),
                created_by="ops@city.example",
                **state_of,
            )
        )
    session.flush()
    for number, kind in enumerate((EventKind.ALERT_OPENED, EventKind.VOUCHER_REDEEMED, EventKind.ALERT_CLOSED)):
        session.add(Event(id=2**40 + number, kind=kind.value, object="06h0c5v1e7k2m9q0", at=now - timedelta(hours=3), content=_CONTENT))
    session.flush()
    for number, of, hook, state, tries, status, outcome in (
        (DELIVERED, 0, HOOK, DeliveryState.DELIVERED, 1, 204, ""),
        (AGAIN, 1, HOOK, DeliveryState.CLAIMED, 3, 503, "503"),
        (FAILED, 2, HOOK, DeliveryState.FAILED, 8, None, "its certificate is not trusted: certificate has expired"),
        (REPLAYED, 2, HOOK, DeliveryState.DELIVERED, 1, 200, ""),
        (2**40 + 4, 0, STOPPED, DeliveryState.FAILED, 8, None, "no connection in time"),
    ):
        over = state is not DeliveryState.CLAIMED
        session.add(
            Delivery(
                id=number,
                webhook_id=hook,
                event_id=2**40 + of,
                state=state,
                tries=tries,
                status=status,
                outcome=outcome,
                milliseconds=3_000 if status is None else 84,
                queued_at=now - timedelta(hours=2, minutes=-(number % 8)),
                sent_at=now - timedelta(minutes=9),
                settled_at=now - timedelta(minutes=9) if over else None,
                leased_until=None if over else now + timedelta(minutes=1),
                replay_of=FAILED if number == REPLAYED else None,
            )
        )
    past = {"state": DeliveryState.DELIVERED, "tries": 1, "status": 204, "milliseconds": 61}
    session.add_all(Delivery(webhook_id=HOOK, event_id=2**40, queued_at=now - timedelta(days=1), **past) for _ in range(more))


def queues(session: Session, room: Room, more: int) -> None:
    """An order that a gateway refused, one that waits; a message that waits for its server, one that was sent; so many older ones."""
    now = room.time
    session.add(
        Order(
            id=ORDER,
            kind=OrderKind.DISCONNECT,
            via=Via.RADIUS,
            state=OrderState.FAILED,
            session_id=SESSION,
            queued_at=now - timedelta(minutes=20),
            tries=1,
            settled_at=now - timedelta(minutes=20),
            outcome="NAK 503 Session-Context-Not-Found",
            error_cause=503,
        )
    )
    session.add(
        Order(
            id=ASKED,
            kind=OrderKind.LIMIT,
            via=Via.HTTP,
            state=OrderState.CLAIMED,
            client="gateway-02",
            queued_at=now - timedelta(minutes=1),
            tries=3,
            leased_until=now + timedelta(seconds=4),
            outcome="no connection in time",
        )
    )
    for number, state, tries, outcome in (
        (MESSAGE, MessageState.CLAIMED, 4, "451 4.3.0 try again later"),
        (SENT, MessageState.SENT, 1, "250 2.0.0 queued"),
    ):
        waits = state is MessageState.CLAIMED
        row = Message(
            id=number, kind=MessageKind.MAIL, purpose="code", language="fr", to_hash=b"t" * 16, state=state,
            queued_at=now - timedelta(minutes=6), expires_at=now + timedelta(minutes=9), tries=tries, outcome=outcome,
            leased_until=now + timedelta(seconds=12) if waits else None, settled_at=None if waits else now - timedelta(minutes=5),
        )  # fmt: skip
        if waits:
            row.to = room.privacy.sealed(b"guest-017@example.org", "message", str(number), "to")
            row.content = room.privacy.sealed(b'{"text": "-"}', "message", str(number), "content")
        session.add(row)
    old = room.time - timedelta(days=1)
    for number in range(more):
        session.add(Order(kind=OrderKind.DISCONNECT, state=OrderState.DONE, queued_at=old, settled_at=old, tries=1, outcome="ACK"))
        session.add(
            Message(kind=MessageKind.SMS, purpose="code", to_hash=b"%d" % number, state=MessageState.SENT, queued_at=old, expires_at=old)
        )
