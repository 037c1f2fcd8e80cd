"""Batches of vouchers: what became of each, what can still be printed, and how one is closed or taken back.

Taking back is two steps, each of which can be done again: the vouchers are marked, so that nobody comes in by them; then
the grants of whoever did are ended one by one, each in a transaction of its own, for what follows the grants is to be
locked last and for a moment (store/grants.py). Gateways hear of it from whoever follows the grants.

Never makes a closed batch's codes known again, and never takes back less than was asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import and_, func, or_, select, update

from store import crockford, grants
from store.models import Grant, Voucher, VoucherBatch
from store.session import transaction
from store.slices import slices
from store.vouchers import hashed, where

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from store.privacy import Privacy

REVOKED: Final = "the voucher was taken back"


class Usage(NamedTuple):
    """How a batch stands, in vouchers; `online` in devices."""

    batch: VoucherBatch
    made: int
    used: int
    revoked: int
    online: int


def usage(session: Session, now: datetime) -> list[Usage]:
    """Of every batch, the newest first."""
    alive = and_(Grant.account_id == Voucher.account_id, Grant.revoked_at.is_(None), Grant.ends_at > now)
    online = select(Voucher.batch_id, func.count(Grant.id)).join(Grant, alive).group_by(Voucher.batch_id)
    devices = {row[0]: row[1] for row in session.execute(online)}
    counts = (func.count(Voucher.id), func.count(Voucher.used_at), func.count(Voucher.revoked_at))
    query = select(VoucherBatch, *counts).outerjoin(Voucher, Voucher.batch_id == VoucherBatch.id).group_by(VoucherBatch.id)
    rows = session.execute(query.order_by(VoucherBatch.created_at.desc(), VoucherBatch.id.desc()))
    return [Usage(batch, made, used, revoked, devices.get(batch.id, 0)) for batch, made, used, revoked in rows]


def good(session: Session, now: datetime) -> list[tuple[VoucherBatch, int]]:
    """Each batch by which guests may come in today or later, and by how many vouchers."""
    unused = and_(Voucher.ends_at.is_(None), VoucherBatch.expires_at > now)
    alive = and_(Voucher.revoked_at.is_(None), or_(unused, Voucher.ends_at > now))
    query = select(VoucherBatch, func.count(Voucher.id)).join(Voucher, Voucher.batch_id == VoucherBatch.id).where(alive)
    return [(batch, count) for batch, count in session.execute(query.group_by(VoucherBatch.id).order_by(VoucherBatch.id))]


def named(session: Session, name: str) -> list[VoucherBatch]:
    """The batch of this id; else those of this name."""
    if (own := session.get(VoucherBatch, name)) is not None:
        return [own]
    return list(session.scalars(select(VoucherBatch).where(VoucherBatch.name == name).order_by(VoucherBatch.id)))


def of_code(session: Session, privacy: Privacy, typed: str) -> Voucher | None:
    """The voucher whose code this is, however it was typed."""
    code = crockford.normal(typed)
    return session.scalar(select(Voucher).where(Voucher.code_hash == hashed(privacy, code))) if code else None


def vouchers(session: Session, batch: VoucherBatch) -> list[Voucher]:
    """Those of a batch, in the order in which they were made."""
    return list(session.scalars(select(Voucher).where(Voucher.batch_id == batch.id).order_by(Voucher.id)))


def code(privacy: Privacy, voucher: Voucher) -> str:
    """A voucher's code as it is printed; "" once its batch is closed."""
    return crockford.readable(privacy.seal.open(voucher.code, where(voucher.id)).decode()) if voucher.code else ""


def close(session: Session, batch: VoucherBatch, now: datetime) -> bool:
    """Wipe the sealed copies: its vouchers are good as before, and nobody can print them again. False where that was so."""
    session.refresh(batch, with_for_update=True)
    if batch.closed_at is not None:
        return False
    batch.closed_at = now
    session.execute(update(Voucher).where(Voucher.batch_id == batch.id).values(code=None))
    session.flush()
    return True


def revoke(database: Engine, ids: Sequence[str], now: datetime) -> tuple[int, int]:
    """Take these vouchers back: (how many were good until now, how many devices were put out)."""
    marked, accounts = 0, []
    for some in slices(sorted(ids)):
        with transaction(database) as session:
            rows = session.scalars(select(Voucher).where(Voucher.id.in_(some)).order_by(Voucher.id).with_for_update()).all()
            marked += sum(row.revoked_at is None and (row.ends_at is None or row.ends_at > now) for row in rows)
            accounts += [row.account_id for row in rows if row.account_id]
            for row in rows:
                row.revoked_at = row.revoked_at or now
    return marked, sum(_put_out(database, account, now) for account in accounts)


def _put_out(database: Engine, account: str, now: datetime) -> int:
    """End the live grants of an account."""
    with transaction(database) as session:
        found = [grant.id for grant in grants.devices(session, account, now)]
    ended = 0
    for name in found:
        with transaction(database) as session:
            grant = grants.of(session, name)
            ended += grant is not None and grants.revoke(session, grant, REVOKED, now)
    return ended
