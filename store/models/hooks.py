"""Webhooks: whom other systems want to be told of what, what happened, and how each telling went.

An event says what kind of thing happened to which object, never to whom. Never a secret in clear.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from store.ids import new_id
from store.models.base import Base, BigKey, Sealed, closed


class Webhook(Base):
    """One address that is told of some kinds of events."""

    __tablename__ = "webhook"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    url: Mapped[str]
    events: Mapped[list[str]] = mapped_column(default=list)
    secret: Mapped[bytes] = mapped_column(Sealed)  # signs what is sent
    previous_secret: Mapped[bytes | None] = mapped_column(Sealed)
    previous_until: Mapped[datetime | None]  # until then both sign
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(default="")
    paused_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(default="")  # why it was paused, where we did it
    delivered_at: Mapped[datetime | None]  # the last that went well
    failing_since: Mapped[datetime | None]  # the first try since then that did not


class Event(Base):
    """One thing that happened, and that somebody wants to be told of."""

    __tablename__ = "event"
    __table_args__ = (Index(None, "at"), Index(None, "kind", "id"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    kind: Mapped[str]  # "session.started", "voucher.redeemed", "alert.opened", ...
    object: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    content: Mapped[dict[str, Any]] = mapped_column(default=dict)


class DeliveryState(StrEnum):
    """Where it stands."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    DELIVERED = "delivered"
    FAILED = "failed"


class Delivery(Base):
    """One event on its way to one webhook."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index(None, "state", "webhook_id", "id"),
        Index(None, "state", "webhook_id", "leased_until"),
        Index(None, "webhook_id", "id"),
        Index(None, "event_id"),
        Index(None, "queued_at"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"))
    event_id: Mapped[int] = mapped_column(BigKey, ForeignKey("event.id", ondelete="CASCADE"))
    state: Mapped[DeliveryState] = mapped_column(closed(DeliveryState), default=DeliveryState.QUEUED)
    replay_of: Mapped[int | None] = mapped_column(BigKey)  # delivery.id
    queued_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]  # of whoever sends it, or until the next try
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]  # the last try, which its signature tells
    settled_at: Mapped[datetime | None]
    status: Mapped[int | None]  # HTTP's
    milliseconds: Mapped[int | None]
    outcome: Mapped[str] = mapped_column(default="")
