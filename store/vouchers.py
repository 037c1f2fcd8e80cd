"""Vouchers: found by a keyed hash of their code, and redeemed. How they are made says store/minting.py.

Theory of operation. The first use of a voucher is one UPDATE of the row as nobody has used it: of two devices at once, in
two processes, one changes a row. From then on it has an account, a beginning and an end, and whoever uses it shares them:
the same device again, as often as it likes; other devices, as many as the batch says, counted by the account's grants.
So `redeem` belongs into the transaction that makes the grant (portal/cases/connect.py), and holds the voucher's row from
its first statement, as taking it back does (store/batches.py): so it is taken back from whoever comes in at that moment, too.

A code of a batch that is not whole yet is none: the batch may still be cancelled.

Never tells what is no voucher from what might be one; never makes a voucher new again.
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, select, update

from store import accounts, events, grants
from store.events import EventKind
from store.models import Account, Grant, Voucher, VoucherBatch, Way
from store.sealed import Where
from store.session import affected

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.privacy import Privacy

_KNOWN: Final = (
    select(Voucher.id)
    .join(VoucherBatch, VoucherBatch.id == Voucher.batch_id)
    .where(Voucher.code_hash == bindparam("code"), VoucherBatch.whole_at.is_not(None))
)
_LOCKED: Final = select(Voucher).with_for_update().execution_options(populate_existing=True)


class Bad(Enum):
    """Why a code is not taken; the value is its line of documentation."""

    UNKNOWN = "There is no such voucher."
    USED = "Other devices have used it, as many as may, or its account was erased."
    EXPIRED = "It is too late to begin with it, or its time is over."
    REVOKED = "It was taken back, or its plan is not offered any more."


class Refused(NamedTuple):
    """The voucher lets nobody in."""

    why: Bad
    at: datetime | None = None  # when it was used, ended, or was taken back


class Redeemed(NamedTuple):
    """The voucher lets this device in."""

    account: str  # its id
    plan: str
    ends_at: datetime
    first: bool  # nobody had used it before


def redeem(
    session: Session, privacy: Privacy, code: str, device: bytes, plans: Mapping[str, int | None], now: datetime
) -> Redeemed | Refused:
    """Let this device in by a code in its normal form, in the transaction that makes the grant.

    `plans`: seconds of a grant, by the name of each plan that is offered; None: it sets no end.
    """
    known = session.connection().execute(_KNOWN, {"code": hashed(privacy, code)}).scalar()  # what nearly every guess comes to
    voucher = session.scalar(_LOCKED.where(Voucher.id == known)) if known is not None else None
    if voucher is None:
        return Refused(Bad.UNKNOWN)
    batch = session.get_one(VoucherBatch, voucher.batch_id)
    if voucher.revoked_at is not None or batch.plan not in plans:
        return Refused(Bad.REVOKED, voucher.revoked_at)
    if voucher.used_at is not None:
        return _again(session, voucher, batch, device, now)
    if batch.expires_at <= now:
        return Refused(Bad.EXPIRED, batch.expires_at)
    seconds = batch.lasts if batch.lasts is not None else plans[batch.plan]
    ends_at = now + (timedelta(seconds=seconds) if seconds is not None else grants.LONGEST)
    if not _begin(session, voucher, ends_at, now):  # whoever holds the row has it alone: this is the proof, not the way
        session.refresh(voucher)
        return Refused(Bad.USED, voucher.used_at)
    account = accounts.known(session, privacy, Way.VOUCHER, voucher.id, now, contact=f"…{code[-4:]}")
    voucher.account_id = account.id
    session.flush()
    told = {"batch": batch.id, "batch_name": batch.name, "plan": batch.plan, "ends_at": ends_at.isoformat()}
    events.emit(session, EventKind.VOUCHER_REDEEMED, voucher.id, told, now)
    return Redeemed(account.id, batch.plan, ends_at, first=True)


def _begin(session: Session, voucher: Voucher, ends_at: datetime, now: datetime) -> bool:
    """The first use, by whoever changes the row."""
    unused = update(Voucher).where(Voucher.id == voucher.id, Voucher.used_at.is_(None), Voucher.revoked_at.is_(None))
    return affected(session.execute(unused.values(used_at=now, ends_at=ends_at))) == 1


def _again(session: Session, voucher: Voucher, batch: VoucherBatch, device: bytes, now: datetime) -> Redeemed | Refused:
    """A voucher that was used before: by its own devices, and by as many others as there is room for."""
    account = session.get(Account, voucher.account_id)
    if account is None or not _room(session, voucher, batch, device):
        return Refused(Bad.USED, voucher.used_at)
    if voucher.ends_at is None or voucher.ends_at <= now:
        return Refused(Bad.EXPIRED, voucher.ends_at)
    account.last_seen = now
    return Redeemed(account.id, batch.plan, voucher.ends_at, first=False)


def room(session: Session, account: str, device: bytes) -> bool:
    """Whether this device may join its account: not where that is a voucher's, and as many devices have used it as may."""
    voucher = session.scalar(select(Voucher).where(Voucher.account_id == account).with_for_update())
    return voucher is None or _room(session, voucher, session.get_one(VoucherBatch, voucher.batch_id), device)


def _room(session: Session, voucher: Voucher, batch: VoucherBatch, device: bytes) -> bool:
    """A device that is forgotten, weeks after its last grant (store/retention.py), leaves its place to another."""
    used = select(Grant.device_hash).where(Grant.account_id == voucher.account_id).distinct()
    known = {bytes(each) for each in session.scalars(used)}
    return device in known or len(known) < batch.devices


def hashed(privacy: Privacy, code: str) -> bytes:
    """What a code is found by. Not `keyed_hash`, which remembers what it hashed."""
    return hmac.digest(privacy.account_key, b"voucher code\0" + code.encode(), "sha256")[:16]


def where(voucher: str) -> Where:
    """The place of a sealed copy."""
    return Where(Voucher.__tablename__, voucher, "code")
