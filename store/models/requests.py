"""What people ask of their data, and what of sealed records was opened for an incident: by whom, why, with whose consent.

A request outlives the account that it is about, so it names it without referring to it. Never a word of what was opened.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from store.ids import new_id
from store.models.base import Base, Sealed, closed


class RequestKind(StrEnum):
    """What somebody wants."""

    ACCESS = "access"  # a copy of all that is known
    ERASE = "erase"
    CORRECT = "correct"
    OBJECT = "object"


class RequestState(StrEnum):
    """Where it stands."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"


class PrivacyRequest(Base):
    """One request of one person, with the day until which it is to be answered."""

    __tablename__ = "privacy_request"
    __table_args__ = (Index(None, "state", "due_at"), Index(None, "received_at"), Index(None, "account_id"))

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[RequestKind] = mapped_column(closed(RequestKind))
    state: Mapped[RequestState] = mapped_column(closed(RequestState), default=RequestState.OPEN)
    account_id: Mapped[str] = mapped_column(default="")  # account.id; "" where none is known
    contact: Mapped[bytes | None] = mapped_column(Sealed)  # where the answer goes; gone once it is settled
    received_at: Mapped[datetime]
    due_at: Mapped[datetime]
    received_by: Mapped[str] = mapped_column(default="")  # Staff.name; "": the person themselves, on the guest pages
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str] = mapped_column(default="")
    outcome: Mapped[str] = mapped_column(default="")  # why it was refused; what was done, without a person in it
    left: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what stays: kind of record -> how many, until when, why


class IncidentOpening(Base):
    """Sealed records of one time and place that somebody asks to see; a second person says yes or no."""

    __tablename__ = "incident_opening"
    __table_args__ = (Index(None, "asked_at"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    asked_by: Mapped[str]  # Staff.name
    asked_at: Mapped[datetime]
    reason: Mapped[str]
    reference: Mapped[str] = mapped_column(default="")  # of the authority that asks: a file number
    scope: Mapped[bytes] = mapped_column(Sealed)  # JSON: from, until, and an address or a site: what is looked for may name a person
    decided_by: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    granted: Mapped[bool | None]  # None: nobody has decided
    alone: Mapped[bool] = mapped_column(default=False)  # opened by whoever asked: the settings allow it, and an alert told of it
    ends_at: Mapped[datetime | None]  # it can be looked at until then
    seen_at: Mapped[datetime | None]  # when it was looked at last
    records: Mapped[int | None]  # how many it covers: when it was asked, and at the last look
