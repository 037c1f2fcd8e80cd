"""Batches in the making: ordered at once, made slice by slice by whoever has the lease, and good only when the last one is there.

Theory of operation. An order is the batch's row with how many are wanted. Each slice is one transaction that holds the row, counts
what is there, and adds no more than is missing: so a batch has exactly as many as were wanted, whoever was killed or was
thought to be dead, and the lease merely saves two from the same work. The slice with the last voucher makes the batch whole.
Until then none of its codes is known to anybody: not to guests (store/vouchers.py), not to lists, not to a printer.

A batch that is cancelled wants none any more; its vouchers go slice by slice, too, and then its row.

Never makes one more than was wanted, and never takes a batch that is whole away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, delete, func, or_, select

from store import crockford, events, grants
from store.events import EventKind
from store.ids import new_ids
from store.models import Voucher, VoucherBatch
from store.session import affected, transaction
from store.upsert import load
from store.vouchers import hashed, where

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import ColumnElement, Engine
    from sqlalchemy.orm import Session

    from store.privacy import Privacy

MOST: Final = 10_000  # in one batch: some 2 MB
DEVICES: Final = 100  # of one voucher
NAME: Final = 100  # characters
LASTS: Final = (timedelta(minutes=1), grants.LONGEST)  # from the first use on
VALID: Final = (timedelta(hours=1), timedelta(days=1_830))  # to begin within
SLICE: Final = 250  # of one transaction: 15 ms of SQLite's write lock, which guests who sign in wait for
LEASE: Final = timedelta(seconds=30)
DESK: Final = "the desk"  # VoucherBatch.made_by of those that are made one by one
_COLUMNS: Final = ("id", "batch_id", "code_hash", "code", "account_id")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody orders."""

    name: str
    plan: str
    count: int
    expires_at: datetime
    devices: int = 1
    lasts: timedelta | None = None
    made_by: str = ""


def order(session: Session, wanted: Wanted, now: datetime) -> VoucherBatch:
    """The batch's row, without any voucher yet."""
    if not 0 < wanted.count <= MOST or wanted.devices < 1:
        raise ValueError(f"no batch has {wanted.count} vouchers for {wanted.devices} devices each")
    seconds = int(wanted.lasts.total_seconds()) if wanted.lasts is not None else None
    batch = VoucherBatch(
        name=wanted.name, plan=wanted.plan, devices=wanted.devices, lasts=seconds, created_at=now, expires_at=wanted.expires_at,
        wanted=wanted.count, made_by=wanted.made_by,
    )  # fmt: skip
    session.add(batch)
    session.flush()
    return batch


def make(session: Session, privacy: Privacy, wanted: Wanted, now: datetime) -> tuple[VoucherBatch, list[str]]:
    """(a whole batch, its codes in their normal form), in the caller's transaction."""
    batch = order(session, wanted, now)
    codes = _add(session, privacy, batch, wanted.count)
    _finish(session, batch, now)
    return batch, list(codes.values())


def one(session: Session, privacy: Privacy, wanted: Wanted, now: datetime) -> tuple[Voucher, bool]:
    """(one voucher more of the desk's batch of this name, plan and kind; whether that was begun with it)."""
    seconds = int(wanted.lasts.total_seconds()) if wanted.lasts is not None else None
    mine = and_(
        VoucherBatch.name == wanted.name, VoucherBatch.plan == wanted.plan, VoucherBatch.devices == wanted.devices,
        VoucherBatch.lasts == seconds if seconds is not None else VoucherBatch.lasts.is_(None),
        VoucherBatch.made_by == DESK, VoucherBatch.closed_at.is_(None), VoucherBatch.whole_at.is_not(None), VoucherBatch.wanted < MOST,
        VoucherBatch.expires_at > now,
    )  # fmt: skip
    batch = session.scalars(select(VoucherBatch).where(mine).order_by(VoucherBatch.id).limit(1).with_for_update()).one_or_none()
    if begun := batch is None:
        batch = order(session, replace(wanted, count=1, made_by=DESK), now)
        batch.whole_at = now
    else:
        batch.wanted += 1
    (voucher,) = _add(session, privacy, batch, 1)
    return session.get_one(Voucher, voucher), begun


def made(session: Session, batch: VoucherBatch) -> int:
    """How many of a batch are there."""
    return int(session.scalar(select(func.count()).where(Voucher.batch_id == batch.id)) or 0)


def waiting(session: Session, now: datetime) -> bool:
    """Whether some batch is not whole, and nobody at it."""
    return session.scalar(select(VoucherBatch.id).where(_free(now)).limit(1)) is not None


def take(database: Engine, now: datetime) -> str:
    """The id of the batch that waits longest, ours until the lease ends; "" for none."""
    with transaction(database) as session:
        oldest = select(VoucherBatch).where(_free(now)).order_by(VoucherBatch.created_at, VoucherBatch.id).limit(1)
        batch = session.scalars(oldest.with_for_update(skip_locked=True)).one_or_none()
        if batch is None:
            return ""
        batch.leased_until = now + LEASE
        return batch.id


def step(database: Engine, privacy: Privacy, batch: str, now: datetime) -> bool:
    """One slice of this batch made, or of a cancelled one removed; whether more is to be done."""
    with transaction(database) as session:
        row = session.get(VoucherBatch, batch, with_for_update=True)
        if row is None or row.whole_at is not None:
            return False
        if row.wanted == 0:
            return _remove(session, row)
        missing = row.wanted - made(session, row)
        _add(session, privacy, row, min(SLICE, missing))
        row.leased_until = now + LEASE
        if missing > SLICE:
            return True
        _finish(session, row, now)
        return False


def carry(database: Engine, privacy: Privacy, now: Callable[[], datetime], until: datetime) -> tuple[str, bool] | None:
    """Work at the batch that waits longest, until a moment: (its id, whether it is done); None where none waits."""
    batch = take(database, now())
    if not batch:
        return None
    while step(database, privacy, batch, now()):
        if now() >= until:
            let_go(database, batch)
            return batch, False
    return batch, True


def let_go(database: Engine, batch: str) -> None:
    """Whoever comes next may go on at once."""
    with transaction(database) as session:
        row = session.get(VoucherBatch, batch, with_for_update=True)
        if row is not None:
            row.leased_until = None


def cancel(database: Engine, batch: str) -> bool:
    """Take a batch away that is not whole; False where it is, or is not there. Cut short, whoever makes batches goes on with it."""
    with transaction(database) as session:
        row = session.get(VoucherBatch, batch, with_for_update=True)
        if row is None or row.whole_at is not None:
            return False
        row.wanted, row.leased_until = 0, None
    more = True
    while more:
        with transaction(database) as session:
            row = session.get(VoucherBatch, batch, with_for_update=True)
            more = row is not None and _remove(session, row)
    return True


def _free(now: datetime) -> ColumnElement[bool]:
    """A lease longer than any is of a clock that was wrong."""
    until = VoucherBatch.leased_until
    return and_(VoucherBatch.whole_at.is_(None), or_(until.is_(None), until < now, until > now + LEASE))


def _add(session: Session, privacy: Privacy, batch: VoucherBatch, count: int) -> dict[str, str]:
    """So many more; id -> code, in the order in which they are listed."""
    codes = {own: crockford.fresh() for own in new_ids(count)}
    rows = [(own, batch.id, hashed(privacy, code), privacy.seal.close(code.encode(), where(own)), "") for own, code in codes.items()]
    load(session, Voucher, _COLUMNS, rows)
    return codes


def _finish(session: Session, batch: VoucherBatch, now: datetime) -> None:
    """Now its codes are good."""
    batch.whole_at, batch.leased_until = now, None
    session.flush()
    events.emit(session, EventKind.VOUCHER_BATCH_MADE, batch.id, {"name": batch.name, "plan": batch.plan, "vouchers": batch.wanted}, now)


def _remove(session: Session, batch: VoucherBatch) -> bool:
    """Some vouchers of a cancelled batch, or at last its row; whether there is more."""
    some = select(Voucher.id).where(Voucher.batch_id == batch.id).limit(4 * SLICE)
    if affected(session.execute(delete(Voucher).where(Voucher.id.in_(some)).execution_options(synchronize_session=False))):
        return True
    session.delete(batch)
    return False
