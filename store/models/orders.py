"""The outbox: what a NAS is to be told, committed together with the change that caused it.

An order is queued, claimed under a lease by whoever carries it out, and settled with the NAS's answer. Never a
secret in it: who carries it out looks the client up.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from store.models.base import Base, BigKey, Sealed, closed


class OrderKind(StrEnum):
    """What is to happen to a session."""

    GRANT = "grant"
    LIMIT = "limit"
    REVOKE = "revoke"
    DISCONNECT = "disconnect"


class Via(StrEnum):
    """Who carries it out: the recorder, a job, or the gateway that polls."""

    RADIUS = "radius"
    HTTP = "http"
    POLL = "poll"


class OrderState(StrEnum):
    """The life of an order."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"


class Order(Base):
    """One order."""

    __tablename__ = "outbox"
    __table_args__ = (Index(None, "state", "via", "id"), Index(None, "session_id"), Index(None, "grant_id"), Index(None, "queued_at"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    kind: Mapped[OrderKind] = mapped_column(closed(OrderKind))
    via: Mapped[Via] = mapped_column(closed(Via), default=Via.RADIUS)
    state: Mapped[OrderState] = mapped_column(closed(OrderState), default=OrderState.QUEUED)
    session_id: Mapped[str] = mapped_column(default="")  # "" where the NAS has told of no session yet
    grant_id: Mapped[str] = mapped_column(default="")
    client: Mapped[str] = mapped_column(default="")  # whom to tell, where no session says it
    target: Mapped[bytes | None] = mapped_column(Sealed)  # radius.nas.family.Target as JSON, where no session says it
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    queued_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)  # claims so far
    settled_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")  # "ACK", "NAK 503 Session-Context-Not-Found", "no answer"
    error_cause: Mapped[int | None]  # RFC 5176, 3.5
