"""Programs that use the API: what each may do, until when; and the answers that a repeated request gets again.

A token is kept as its digest alone. Never a secret that a copy of the database would let anyone use.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.ids import new_id
from store.models.base import Base, Sealed, closed
from store.models.staff import Role


class ApiToken(Base):
    """One program's token."""

    __tablename__ = "api_token"
    __table_args__ = (UniqueConstraint("digest"), Index(None, "staff_id"), Index(None, "expires_at"))

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]  # what it is for: "city dashboard"
    digest: Mapped[bytes]  # SHA-256 of the token
    tail: Mapped[str] = mapped_column(default="")  # its last four characters, to know it again
    role: Mapped[Role] = mapped_column(closed(Role))
    scopes: Mapped[list[str]] = mapped_column(default=list)  # names of permissions: never more than the role's
    networks: Mapped[list[str]] = mapped_column(default=list)  # prefixes that it may be used from; none: from anywhere
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))  # whoever made it
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]  # to the minute
    revoked_at: Mapped[datetime | None]


class IdempotencyKey(Base):
    """What a request with this key was answered: whoever repeats it gets the same, and nothing is done twice."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("token_id", "key"), Index(None, "at"))

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    token_id: Mapped[str] = mapped_column(ForeignKey("api_token.id", ondelete="CASCADE"))
    key: Mapped[str]
    request: Mapped[bytes]  # SHA-256 of method, path and body
    at: Mapped[datetime]
    status: Mapped[int] = mapped_column(default=0)  # 0: under way
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    body: Mapped[bytes | None] = mapped_column(Sealed)
