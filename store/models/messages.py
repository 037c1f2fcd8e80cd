"""Messages to people, by mail or SMS: queued with the change that caused them, sent once, and forgotten once sent.

Address and words are sealed, and the words go when the message is sent or too old. Never a word of it in clear.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.models.base import Base, BigKey, Sealed, closed


class MessageKind(StrEnum):
    """How it travels."""

    MAIL = "mail"
    SMS = "sms"


class MessageState(StrEnum):
    """Where it stands."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"


class Message(Base):
    """One message to one address."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("key"),
        Index(None, "state", "id"),
        Index(None, "to_hash", "queued_at"),
        Index(None, "queued_at"),
        Index(None, "challenge_id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    kind: Mapped[MessageKind] = mapped_column(closed(MessageKind))
    purpose: Mapped[str]  # "code", "sponsor", "link": what staff see of it
    language: Mapped[str] = mapped_column(default="")
    to: Mapped[bytes | None] = mapped_column(Sealed)
    to_hash: Mapped[bytes]  # HMAC with the account key
    content: Mapped[bytes | None] = mapped_column(Sealed)  # JSON: subject and text, or text alone; gone once settled
    challenge_id: Mapped[str] = mapped_column(default="")
    key: Mapped[str | None]  # whoever queues the same key twice sends it once
    state: Mapped[MessageState] = mapped_column(closed(MessageState), default=MessageState.QUEUED)
    queued_at: Mapped[datetime]
    expires_at: Mapped[datetime]  # worthless afterwards, and not sent
    leased_until: Mapped[datetime | None]  # of whoever sends it, or until the next try
    tries: Mapped[int] = mapped_column(default=0)
    settled_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")  # the server's answer, without the address
