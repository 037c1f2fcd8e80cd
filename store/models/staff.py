"""Staff: who may work here, what proves them, and where they are signed in.

A password is kept as its Argon2id digest, a second factor sealed, whatever travels in a cookie or a link as a digest alone.
Never a secret that a copy of the database would let anyone use.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.ids import new_id
from store.models.base import Base, Sealed, closed


class Role(StrEnum):
    """What somebody works as; portal/permissions.py says what that allows."""

    CITY_ADMIN = "city-admin"
    NETWORK_OPS = "network-ops"
    AUDITOR = "auditor"
    HELP_DESK = "help-desk"
    BUSINESS_OWNER = "business-owner"
    VENUE_STAFF = "venue-staff"


class Source(StrEnum):
    """Who vouches for them."""

    LOCAL = "local"  # a password of ours
    DIRECTORY = "directory"  # [staff.directory]
    OIDC = "oidc"  # [staff.oidc]


class Staff(Base):
    """One person who works here."""

    __tablename__ = "staff"
    __table_args__ = (UniqueConstraint("name"), UniqueConstraint("source", "subject"))

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]  # what they sign in with: lower case
    shown: Mapped[str] = mapped_column(default="")  # how others see them; "": the name
    email: Mapped[str] = mapped_column(default="")  # where alerts go
    role: Mapped[Role] = mapped_column(closed(Role))
    source: Mapped[Source] = mapped_column(closed(Source), default=Source.LOCAL)
    subject: Mapped[str | None]  # as the directory or the provider knows them; None for ours
    language: Mapped[str] = mapped_column(default="")
    password: Mapped[str] = mapped_column(default="")  # Argon2id, encoded; "" for none
    totp: Mapped[bytes | None] = mapped_column(Sealed)
    totp_step: Mapped[int] = mapped_column(BigInteger, default=0)  # the last that was used: none counts twice
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]


class LinkPurpose(StrEnum):
    """What a link lets its owner do, once."""

    SETUP = "setup"  # choose a password and a second factor, anew
    SIGN_IN = "sign-in"  # the business pages' alone: be signed in as with the password


class StaffLink(Base):
    """A link that is somebody's, and good once."""

    __tablename__ = "staff_link"
    __table_args__ = (Index(None, "staff_id"),)

    digest: Mapped[bytes] = mapped_column(primary_key=True)  # SHA-256 of what the link holds
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    purpose: Mapped[LinkPurpose] = mapped_column(closed(LinkPurpose), default=LinkPurpose.SETUP)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """One WebAuthn credential."""

    __tablename__ = "passkey"
    __table_args__ = (Index(None, "staff_id"),)

    id: Mapped[bytes] = mapped_column(primary_key=True)  # the credential's
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    public_key: Mapped[bytes]
    signatures: Mapped[int] = mapped_column(BigInteger, default=0)  # its counter, where it has one
    label: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """One of the codes for whoever lost their second factor."""

    __tablename__ = "recovery_code"
    __table_args__ = (Index(None, "staff_id"),)

    digest: Mapped[bytes] = mapped_column(primary_key=True)  # HMAC with the staff key
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    used_at: Mapped[datetime | None]


class Step(StrEnum):
    """How far a session has come."""

    SETUP = "setup"  # by a link: may choose password and second factor
    SECOND = "second"  # the password was right
    WHOLE = "whole"


class StaffSession(Base):
    """One browser where somebody is signed in, or about to be."""

    __tablename__ = "staff_session"
    __table_args__ = (Index(None, "staff_id"), Index(None, "ends_at"))

    digest: Mapped[bytes] = mapped_column(primary_key=True)  # SHA-256 of the cookie
    id: Mapped[str] = mapped_column(unique=True, default=new_id)  # what pages and the audit log call it
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    step: Mapped[Step] = mapped_column(closed(Step))
    agent: Mapped[str] = mapped_column(default="")  # "Firefox on Linux": for its owner to know it again
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    proven_at: Mapped[datetime]  # when they last proved who they are
    ends_at: Mapped[datetime]  # whatever they do


class SavedFilter(Base):
    """A list as somebody likes to see it."""

    __tablename__ = "saved_filter"
    __table_args__ = (UniqueConstraint("staff_id", "page", "name"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    page: Mapped[str]  # the list's path
    name: Mapped[str]
    query: Mapped[str]
