"""Batches of vouchers that are whole: what became of each, what can still be printed, and how one is closed or taken back.

Taking back is two steps, each of which can be done again: the vouchers are marked, so that nobody comes in by them; then
the grants of whoever did are ended one by one, each in a transaction of its own, for what follows the grants is to be
locked last and for a moment (store/grants.py). Gateways hear of it from whoever follows the grants.

Never makes a closed batch's codes known again, and never takes back less than was asked.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import and_, func, or_, select, true, update

from store import crockford, events, grants
from store.events import EventKind, Happened
from store.models import Grant, Voucher, VoucherBatch
from store.session import take, transaction
from store.slices import slices
from store.vouchers import hashed, where

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime, tzinfo

    from sqlalchemy import ColumnElement, Engine
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


class Standing(StrEnum):
    """How a voucher stands."""

    UNUSED = "unused"
    IN_USE = "in use"  # begun, and its time runs
    OVER = "over"
    EXPIRED = "expired"  # nobody began with it in time
    REVOKED = "taken back"


def standing(voucher: Voucher, batch: VoucherBatch, now: datetime) -> Standing:
    """Of one voucher, now."""
    if voucher.revoked_at is not None:
        return Standing.REVOKED
    if voucher.ends_at is not None:
        return Standing.IN_USE if voucher.ends_at > now else Standing.OVER
    return Standing.UNUSED if batch.expires_at > now else Standing.EXPIRED


def those(of: Standing, batch: VoucherBatch, now: datetime) -> ColumnElement[bool]:
    """The vouchers of a batch that stand so."""
    if of is Standing.REVOKED:
        return Voucher.revoked_at.is_not(None)
    if of in (Standing.UNUSED, Standing.EXPIRED):
        begun = Voucher.ends_at.is_(None) if (batch.expires_at > now) is (of is Standing.UNUSED) else ~true()
        return and_(Voucher.revoked_at.is_(None), begun)
    return and_(Voucher.revoked_at.is_(None), Voucher.ends_at > now if of is Standing.IN_USE else Voucher.ends_at <= now)


def usage(session: Session, now: datetime) -> list[Usage]:
    """Of every batch, the newest first."""
    return counted(
        session, list(session.scalars(select(VoucherBatch).order_by(VoucherBatch.created_at.desc(), VoucherBatch.id.desc()))), now
    )


def counted(session: Session, rows: Sequence[VoucherBatch], now: datetime) -> list[Usage]:
    """Of these batches, in two statements."""
    mine = Voucher.batch_id.in_([row.id for row in rows])
    alive = and_(Grant.account_id == Voucher.account_id, Grant.revoked_at.is_(None), Grant.ends_at > now)
    online = select(Voucher.batch_id, func.count(Grant.id)).join(Grant, alive).where(mine, Voucher.account_id != "")
    devices = {row[0]: row[1] for row in session.execute(online.group_by(Voucher.batch_id))}
    counts = (func.count(), func.count(Voucher.used_at), func.count(Voucher.revoked_at))
    found = session.execute(select(Voucher.batch_id, *counts).where(mine).group_by(Voucher.batch_id)).all()
    vouchers = {batch: (made, used, revoked) for batch, made, used, revoked in found}
    return [Usage(row, *vouchers.get(row.id, (0, 0, 0)), devices.get(row.id, 0)) for row in rows]


def by_day(session: Session, batch: VoucherBatch, zone: tzinfo) -> list[tuple[date, int]]:
    """How many were used first on each day on which any was, the earliest first; a batch has ten thousand at most."""
    used = session.scalars(select(Voucher.used_at).where(Voucher.batch_id == batch.id, Voucher.used_at.is_not(None)))
    return sorted(Counter(at.astimezone(zone).date() for at in used if at is not None).items())


def good(session: Session, now: datetime) -> list[tuple[VoucherBatch, int]]:
    """Each batch by which guests may come in today or later, and by how many vouchers."""
    unused = and_(Voucher.ends_at.is_(None), VoucherBatch.expires_at > now)
    alive = and_(Voucher.revoked_at.is_(None), or_(unused, Voucher.ends_at > now))
    query = select(VoucherBatch, func.count(Voucher.id)).join(Voucher, Voucher.batch_id == VoucherBatch.id)
    query = query.where(alive, VoucherBatch.whole_at.is_not(None))
    return [(batch, count) for batch, count in session.execute(query.group_by(VoucherBatch.id).order_by(VoucherBatch.id))]


def named(session: Session, name: str) -> list[VoucherBatch]:
    """The batch of this id; else those of this name."""
    if (own := session.get(VoucherBatch, name)) is not None:
        return [own]
    return list(session.scalars(select(VoucherBatch).where(VoucherBatch.name == name).order_by(VoucherBatch.id)))


def of_code(session: Session, privacy: Privacy, typed: str) -> Voucher | None:
    """The voucher whose code this is, however it was typed; of a batch that is not whole, none."""
    if not (code := crockford.normal(typed)):
        return None
    whole = and_(VoucherBatch.id == Voucher.batch_id, VoucherBatch.whole_at.is_not(None))
    return session.scalar(select(Voucher).join(VoucherBatch, whole).where(Voucher.code_hash == hashed(privacy, code)))


def vouchers(session: Session, batch: VoucherBatch) -> list[Voucher]:
    """Those of a batch, in the order in which they were made; none of one that is not whole."""
    return part(session, batch, 0, -1)


def part(session: Session, batch: VoucherBatch, first: int, many: int) -> list[Voucher]:
    """So many of them from the `first` on; -1: all that follow."""
    if batch.whole_at is None:
        return []
    mine = select(Voucher).where(Voucher.batch_id == batch.id).order_by(Voucher.id).offset(first)
    return list(session.scalars(mine.limit(many) if many >= 0 else mine))


def code(privacy: Privacy, voucher: Voucher) -> str:
    """A voucher's code as it is printed; "" once its batch is closed."""
    return crockford.readable(privacy.seal.open(voucher.code, where(voucher.id)).decode()) if voucher.code else ""


def masked(privacy: Privacy, voucher: Voucher) -> str:
    """The end of its code, by which a holder's can be told from others; "" once its batch is closed."""
    return f"…{code(privacy, voucher)[-4:]}" if voucher.code else ""


def close(session: Session, batch: VoucherBatch, now: datetime) -> bool:
    """Wipe the sealed copies: its vouchers are good as before, and nobody can print them again.

    False where that was so, and where the batch is not whole.
    """
    take(session, batch, key_share=True)  # whoever redeems one of its vouchers asks whether it is there
    if batch.closed_at is not None or batch.whole_at is None:
        return False
    batch.closed_at = now
    mine = select(Voucher.id).where(Voucher.batch_id == batch.id)
    session.execute(mine.order_by(Voucher.id).with_for_update())  # in the order in which they are taken back
    session.execute(update(Voucher).where(Voucher.batch_id == batch.id).values(code=None))
    session.flush()
    return True


def revoke(database: Engine, ids: Sequence[str], now: datetime, *, batch: str = "") -> tuple[int, int]:
    """Take these vouchers back: (how many were good until now, how many devices were put out). `batch`: they are all of this one."""
    marked, accounts = 0, []
    for some in slices(sorted(ids)):
        with transaction(database) as session:
            rows = session.scalars(select(Voucher).where(Voucher.id.in_(some)).order_by(Voucher.id).with_for_update()).all()
            good = [row for row in rows if row.revoked_at is None and (row.ends_at is None or row.ends_at > now)]
            marked += len(good)
            accounts += [row.account_id for row in rows if row.account_id]
            for row in rows:
                row.revoked_at = row.revoked_at or now
            events.tell(session, [] if batch else [_told(session, row.id, row.batch_id, 1) for row in good], now)
    if batch:
        with transaction(database) as session:
            events.tell(session, [_told(session, batch, batch, marked)], now)
    return marked, sum(_put_out(database, account, now) for account in accounts)


def _told(session: Session, name: str, batch: str, vouchers: int) -> Happened:
    row = session.get_one(VoucherBatch, batch)  # read once a session
    return Happened(EventKind.VOUCHER_REVOKED, name, {"batch": row.id, "batch_name": row.name, "plan": row.plan, "vouchers": vouchers})


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
