"""Vouchers as the pages show them: a batch in use, one in the making, one that is closed, one that is over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from store import crockford, vouchers
from store.ids import new_ids
from store.models import Voucher, VoucherBatch
from store.upsert import load

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from tests.portal.staffroom import Room

BATCH, MAKING, SHUT, OVER = "0123456789batch0", "0123456789batch1", "0123456789batch2", "0123456789batch3"
VOUCHER, USED = "0123456789card00", "0123456789card01"
OF_BATCHES = f"/vouchers/{BATCH}"
CODE = "M3QW0XD7TRAK"


def batches_of(session: Session, room: Room, many: int) -> None:
    """As many vouchers of one batch, and a tenth as many further batches."""
    now = room.time
    _batch(session, room, BATCH, "Book fair", many, now - timedelta(days=12))
    _batch(session, room, MAKING, "Summer festival", many // 2 + 1, now - timedelta(seconds=4), whole=False)
    _batch(session, room, SHUT, "Conference", 4, now - timedelta(days=3))
    _batch(session, room, OVER, "Winter market", 4, now - timedelta(days=70))
    for number in range(many // 10):
        _batch(session, room, f"0123456789bat{number:03}", f"Desk {number}", 1, now - timedelta(days=20, minutes=number))
    session.get_one(VoucherBatch, SHUT).closed_at = now - timedelta(days=2)
    session.execute(update(Voucher).where(Voucher.batch_id == SHUT).values(code=None))
    for name, code in ((VOUCHER, CODE), (USED, CODE[::-1])):
        sealed = room.privacy.seal.close(code.encode(), vouchers.where(name))
        session.add(Voucher(id=name, batch_id=BATCH, code_hash=vouchers.hashed(room.privacy, code), code=sealed))
    session.get_one(VoucherBatch, BATCH).wanted += 2
    session.flush()
    _used(session, now)


def _batch(session: Session, room: Room, name: str, called: str, count: int, at: datetime, *, whole: bool = True) -> None:
    batch = VoucherBatch(id=name, name=called, plan="visitor", devices=2, created_at=at, expires_at=at + timedelta(days=60))
    batch.wanted, batch.whole_at, batch.made_by = (count if whole else 2 * count), (at if whole else None), "ops@city.example"
    session.add(batch)
    session.flush()
    codes = {own: crockford.fresh() for own in new_ids(count)}
    rows = [
        (own, name, vouchers.hashed(room.privacy, code), room.privacy.seal.close(code.encode(), vouchers.where(own)), "")
        for own, code in codes.items()
    ]
    load(session, Voucher, ("id", "batch_id", "code_hash", "code", "account_id"), rows)


def _used(session: Session, now: datetime) -> None:
    """A third of the batch, over some days; one taken back."""
    ids = session.scalars(select(Voucher.id).where(Voucher.batch_id == BATCH).order_by(Voucher.id)).all()
    for number, name in enumerate(ids[2 : len(ids) // 3 + 3]):
        at = now - timedelta(days=number * number % 11, hours=number % 7)
        session.execute(update(Voucher).where(Voucher.id == name).values(used_at=at, ends_at=at + timedelta(days=3)))
    session.execute(update(Voucher).where(Voucher.id == USED).values(used_at=now, ends_at=now + timedelta(hours=2), account_id="0nobody"))
    session.execute(update(Voucher).where(Voucher.id == ids[-1]).values(revoked_at=now - timedelta(days=1)))
