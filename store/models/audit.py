"""The audit log: who changed what, chained so that nothing can be altered, taken out or put in unseen.

The database refuses to change or delete a row of it. Personal values are under a key of their subject's, which erasing
destroys: the chain still holds. Never a secret, not even sealed: that one was set is all it says.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from store.models.base import Base, BigKey, Sealed


class AuditEntry(Base):
    """One thing that somebody did."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index(None, "kind", "object", "id"),
        Index(None, "kind", "id"),
        Index(None, "object", "id"),
        Index(None, "actor", "id"),
        Index(None, "action", "id"),
        Index(None, "at"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)  # without gaps: 1, 2, 3, ...
    at: Mapped[datetime]
    actor: Mapped[str]  # Staff.name; "command line", "controller"
    source: Mapped[str] = mapped_column(default="")  # StaffSession.id
    action: Mapped[str]  # "change", "add", "remove", "disconnect", "sign-in", "reveal", ...
    kind: Mapped[str] = mapped_column(default="")  # "client", "access_point", "session", "staff", ...
    object: Mapped[str] = mapped_column(default="")  # its name
    reason: Mapped[str] = mapped_column(default="")  # where one was asked for
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)  # name -> [before, after]; a secret: [None, "set"]
    subject: Mapped[str] = mapped_column(default="")  # audit_key.subject
    personal: Mapped[bytes | None]  # more fields, under the subject's key
    previous: Mapped[bytes]  # the digest before
    digest: Mapped[bytes]  # HMAC of all of the above


class AuditKey(Base):
    """The key of one person's values in the audit log."""

    __tablename__ = "audit_key"

    subject: Mapped[str] = mapped_column(primary_key=True)  # account.id
    octets: Mapped[bytes] = mapped_column(Sealed)
