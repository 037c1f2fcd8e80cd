"""Guests: accounts, devices, grants, what was used, and the one-time tokens that a gateway repeats to us.

A Grant says who may be online, under which plan, until when; each is for one device, and belongs to an account where the
guest has one. A device is a keyed hash. `changed` counts up with every change of a grant or of its usage, so that who
follows the grants reads only what is new. Never a station's address in clear, never a token's secret unsealed.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.ids import new_id
from store.models.base import Base, Sealed, closed


class Way(StrEnum):
    """How a guest got in (decisions-portal 9)."""

    TERMS = "terms"
    VOUCHER = "voucher"
    EMAIL = "email"
    SMS = "sms"
    CARD = "card"
    SPONSOR = "sponsor"
    OIDC = "oidc"


class Account(Base):
    """A verified identity, known by the way it was verified and a keyed hash of its name."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("way", "identity_hash"), Index(None, "last_seen", "id"))

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    way: Mapped[Way] = mapped_column(closed(Way))
    identity_hash: Mapped[bytes]
    contact: Mapped[bytes | None] = mapped_column(Sealed)  # the verified address, card or name, to write to and to show its owner
    language: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    last_seen: Mapped[datetime]


class Device(Base):
    """A station as a keyed hash; deleted 30 days after its last grant."""

    __tablename__ = "device"
    __table_args__ = (Index(None, "last_seen"), Index(None, "account_id"))

    hash: Mapped[bytes] = mapped_column(primary_key=True)  # 16 octets, HMAC with the device key
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    label: Mapped[bytes | None] = mapped_column(Sealed)  # what its owner calls it
    added_at: Mapped[datetime | None]  # where its owner added it by its address
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]


class Grant(Base):
    """Who may be online, under which plan, from when until when."""

    __tablename__ = "grant"
    __table_args__ = (
        Index(None, "device_hash", "ends_at"),
        Index(None, "account_id"),
        Index(None, "ends_at"),
        Index(None, "changed"),
        Index(None, "support"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    device_hash: Mapped[bytes] = mapped_column(ForeignKey("device.hash", ondelete="CASCADE"))
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    plan: Mapped[str]  # its name; a plan that is gone allows nothing
    portal: Mapped[str] = mapped_column(default="")
    way: Mapped[Way] = mapped_column(closed(Way))
    provisional: Mapped[bool] = mapped_column(default=False)
    terms: Mapped[str] = mapped_column(default="")  # digest of the terms that were accepted
    language: Mapped[str] = mapped_column(default="")
    client: Mapped[str] = mapped_column(default="")
    access_point: Mapped[str] = mapped_column(default="")
    ssid: Mapped[str] = mapped_column(default="")
    site: Mapped[str] = mapped_column(default="")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    extensions: Mapped[int] = mapped_column(default=0)
    revoked_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(default="")  # why it was revoked
    support: Mapped[str] = mapped_column(default="")  # six characters a guest can read aloud
    changed: Mapped[int] = mapped_column(BigInteger, default=0)


class GrantFeed(Base):
    """How often grants have changed: one row, id 1; taken last in a transaction, so that numbers commit in order."""

    __tablename__ = "grant_feed"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    number: Mapped[int] = mapped_column(BigInteger, default=0)


class Period(StrEnum):
    """What usage is counted by; both turn at midnight of the operator's time zone."""

    DAY = "day"
    MONTH = "month"


class GuestUsage(Base):
    """What one account, else one device, used in one day or month."""

    __tablename__ = "guest_usage"
    __table_args__ = (Index(None, "ends_at"),)

    subject: Mapped[str] = mapped_column(primary_key=True)  # account.id, else "d" and the device's hash in hexadecimal
    period: Mapped[Period] = mapped_column(closed(Period), primary_key=True)
    begins_at: Mapped[datetime] = mapped_column(primary_key=True)
    ends_at: Mapped[datetime]
    seconds: Mapped[int] = mapped_column(BigInteger, default=0)
    octets: Mapped[int] = mapped_column(BigInteger, default=0)


class SignInToken(Base):
    """One-time credentials that a gateway repeats to us by RADIUS: for one grant, device and client, for minutes."""

    __tablename__ = "sign_in_token"
    __table_args__ = (Index(None, "expires_at"), Index(None, "grant_id"))

    name: Mapped[str] = mapped_column(primary_key=True)  # the User-Name
    secret: Mapped[bytes] = mapped_column(Sealed)  # CHAP needs it in clear
    grant_id: Mapped[str] = mapped_column(ForeignKey("grant.id", ondelete="CASCADE"))
    client: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
