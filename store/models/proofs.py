"""How guests prove who they are: vouchers, challenges that were sent out, what they agreed to, and how often they guessed.

A code is kept as a keyed hash alone; a voucher's also sealed, until its batch is closed, so that it can be printed. What is
counted against guessing is counted here, by device, account and target, never by address. Never a code in clear.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.ids import new_id
from store.models.base import Base, Sealed, closed
from store.models.guests import Way


class VoucherBatch(Base):
    """Vouchers made together: for one plan, until one day."""

    __tablename__ = "voucher_batch"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    plan: Mapped[str]
    devices: Mapped[int] = mapped_column(default=1)  # that one voucher lets in
    lasts: Mapped[int | None]  # seconds from its first use that a voucher is good for; None: as long as one grant of the plan
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]  # nobody begins with one afterwards
    closed_at: Mapped[datetime | None]  # its codes can be printed no more
    wanted: Mapped[int] = mapped_column(default=0)  # how many it was ordered with
    whole_at: Mapped[datetime | None]  # when the last was made: before that none of them lets anybody in
    made_by: Mapped[str] = mapped_column(default="")
    leased_until: Mapped[datetime | None]  # of whoever makes them


class Voucher(Base):
    """One voucher; `account_id` is whoever used it first."""

    __tablename__ = "voucher"
    __table_args__ = (UniqueConstraint("code_hash"), Index(None, "batch_id"), Index(None, "account_id"))

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    batch_id: Mapped[str] = mapped_column(ForeignKey("voucher_batch.id", ondelete="CASCADE"))
    code_hash: Mapped[bytes]  # 16 octets, HMAC with the account key
    code: Mapped[bytes | None] = mapped_column(Sealed)
    account_id: Mapped[str] = mapped_column(default="")  # no reference: erasing an account does not make a voucher new
    used_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]  # where it was used
    revoked_at: Mapped[datetime | None]


class Purpose(StrEnum):
    """What a challenge is for."""

    SIGN_IN = "sign-in"  # of the device that asked
    ACCOUNT = "account"  # its pages: devices, download, erase


class Settled(StrEnum):
    """How a challenge ended."""

    CONFIRMED = "confirmed"
    DENIED = "denied"  # by a sponsor, or "that was not me"
    REPLACED = "replaced"  # by a newer one


class Challenge(Base):
    """A code and a link that were sent to prove an address; or a question to a sponsor. Good for minutes, once."""

    __tablename__ = "challenge"
    __table_args__ = (Index(None, "device_hash"), Index(None, "identity_hash"), Index(None, "expires_at"), Index(None, "grant_id"))

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    way: Mapped[Way] = mapped_column(closed(Way))
    purpose: Mapped[Purpose] = mapped_column(closed(Purpose), default=Purpose.SIGN_IN)
    identity_hash: Mapped[bytes]  # as Account.identity_hash
    contact: Mapped[bytes] = mapped_column(Sealed)  # the address that is to be proven
    code_hash: Mapped[bytes]  # HMAC of this row's id and the code; b"" where there is no code
    device_hash: Mapped[bytes]  # of the device that asked; b"" for none
    grant_id: Mapped[str] = mapped_column(default="")  # the provisional one
    target: Mapped[bytes | None] = mapped_column(Sealed)  # whom an order about it means: the link is opened elsewhere
    client: Mapped[str] = mapped_column(default="")
    portal: Mapped[str] = mapped_column(default="")
    plan: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="")
    asked: Mapped[bytes | None] = mapped_column(Sealed)  # who the guest says to be, for the sponsor
    sponsor: Mapped[bytes | None] = mapped_column(Sealed)
    tries: Mapped[int] = mapped_column(default=0)
    sent: Mapped[int] = mapped_column(default=1)
    sent_at: Mapped[datetime | None]  # last
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    outcome: Mapped[Settled | None] = mapped_column(closed(Settled))


class Guess(Base):
    """How often something was tried by or against one device, account or target within a window."""

    __tablename__ = "guess"
    __table_args__ = (Index(None, "until"),)

    name: Mapped[str] = mapped_column(primary_key=True)  # "voucher device 1f…": what is counted, and a keyed hash of whose it is
    count: Mapped[int] = mapped_column(default=0)
    begins_at: Mapped[datetime]
    until: Mapped[datetime]  # the row is worth nothing afterwards
    not_before: Mapped[datetime | None]  # the next try is taken then


class Consent(Base):
    """One account's yes to one purpose, to words whose digest is kept."""

    __tablename__ = "consent"
    __table_args__ = (Index(None, "account_id"), Index(None, "digest"))

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    purpose: Mapped[str]  # "terms", "news"
    digest: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="")
    portal: Mapped[str] = mapped_column(default="")
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
