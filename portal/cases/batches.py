"""What staff do with vouchers, for their pages and for programs: batches ordered, cancelled, closed, taken back; one made for a guest.

Each is written into the audit log in the transaction that does it; what takes several transactions is written down before them.
Never a request, and never a code: who may see one says portal/cards.py's callers.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from portal.cases.remainders import time_zone
from store import audit, batches, minting
from store.models import Plan, Portal, Voucher, VoucherBatch
from store.session import reading, transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from portal.cases.desk_world import Doer
    from store.minting import Wanted
    from store.privacy import Privacy

BATCH: Final = "voucher_batch"  # as the audit log calls them
VOUCHER: Final = "voucher"


class Bad(Enum):
    """Why a batch is not ordered: (the field, what it has to be)."""

    NAME = ("name", f"at most {minting.NAME} characters that can be printed")
    PLAN = ("plan", "a plan of the network")
    COUNT = ("count", f"from 1 to {minting.MOST:,}")
    DEVICES = ("devices", f"from 1 to {minting.DEVICES}")
    LASTS = ("lasts", "from a minute to a year")
    BEGIN_BY = ("begin_by", "from an hour to five years from now")


class Note(Enum):
    """What may be meant so, and surprises guests."""

    NO_PLAN = "The plan is not in the network any more: nobody is let in."
    NO_PORTAL = 'No portal has "voucher" among its ways: no guest is asked for a code.'
    TURNS = "The plan lets fewer of a guest's devices be online at a time than may use one voucher: they take turns."


def wrong(session: Session, wanted: Wanted, now: datetime) -> list[Bad]:
    """What cannot stand."""
    shortest, longest = minting.VALID
    checks = {
        Bad.NAME: len(wanted.name) <= minting.NAME and wanted.name.isprintable(),
        Bad.PLAN: session.get(Plan, wanted.plan) is not None,
        Bad.COUNT: 0 < wanted.count <= minting.MOST,
        Bad.DEVICES: 0 < wanted.devices <= minting.DEVICES,
        Bad.LASTS: wanted.lasts is None or minting.LASTS[0] <= wanted.lasts <= minting.LASTS[1],
        Bad.BEGIN_BY: shortest <= wanted.expires_at - now <= longest,
    }
    return [bad for bad, stands in checks.items() if not stands]


def order(session: Session, privacy: Privacy, wanted: Wanted, doer: Doer, now: datetime) -> VoucherBatch | list[Bad]:
    """A batch that the jobs process makes from now on; its name, where none is given, is the plan's with the day."""
    if bad := wrong(session, wanted, now):
        return bad
    batch = minting.order(session, replace(wanted, name=wanted.name or f"{wanted.plan} {now:%Y-%m-%d}", made_by=doer.name), now)
    said = {"name": batch.name, "plan": batch.plan, "count": batch.wanted, "devices": batch.devices, "lasts": batch.lasts}
    said["begin_by"] = batch.expires_at.isoformat(timespec="seconds")
    _told(session, privacy, doer, now, "add", BATCH, batch.id, fields={key: (None, value) for key, value in said.items()})
    return batch


def one(session: Session, privacy: Privacy, wanted: Wanted, zone: str, doer: Doer, now: datetime) -> Voucher | list[Bad]:
    """One voucher at once, for a guest who stands at the desk: of the desk's own batch of this day in the operator's zone and plan."""
    wanted = replace(wanted, name=f"Desk {now.astimezone(time_zone(zone)):%Y-%m-%d}", count=1)
    if bad := wrong(session, wanted, now):
        return bad
    voucher, begun = minting.one(session, privacy, wanted, now)
    if begun:
        _told(session, privacy, doer, now, "add", BATCH, voucher.batch_id, fields={"name": (None, wanted.name)})
    _told(session, privacy, doer, now, "add", VOUCHER, voucher.id, fields={"plan": (None, wanted.plan)})
    return voucher


def cancel(database: Engine, privacy: Privacy, batch: str, doer: Doer, now: datetime) -> bool:
    """A batch that is not whole goes; False where it is whole, or gone."""
    with transaction(database) as session:
        row = session.get(VoucherBatch, batch)
        if row is None or row.whole_at is not None:
            return False
        _told(session, privacy, doer, now, "cancel", BATCH, batch, fields={"name": (row.name, None), "count": (row.wanted, None)})
    return minting.cancel(database, batch)


def close(session: Session, privacy: Privacy, batch: VoucherBatch, doer: Doer, now: datetime) -> bool:
    """Forget the codes; False where they were, or where the batch is not whole."""
    done = batches.close(session, batch, now)
    if done:
        _told(session, privacy, doer, now, "close", BATCH, batch.id)
    return done


def revoke(database: Engine, privacy: Privacy, voucher: str, reason: str, doer: Doer, now: datetime) -> tuple[int, int] | None:
    """Take one voucher back: as `batches.revoke`; None for none."""
    with transaction(database) as session:
        if session.get(Voucher, voucher) is None:
            return None
        _told(session, privacy, doer, now, "revoke", VOUCHER, voucher, reason=reason)
    return batches.revoke(database, [voucher], now)


def revoke_all(database: Engine, privacy: Privacy, batch: str, reason: str, doer: Doer, now: datetime) -> tuple[int, int] | None:
    """The same of a whole batch; None where there is none, or it is not whole."""
    with reading(database) as session:
        row = session.get(VoucherBatch, batch)
        ids = list(session.scalars(select(Voucher.id).where(Voucher.batch_id == batch)))
    if row is None or row.whole_at is None:
        return None
    with transaction(database) as session:
        _told(session, privacy, doer, now, "revoke", BATCH, batch, reason=reason)
    return batches.revoke(database, ids, now, batch=batch)


def printed(session: Session, privacy: Privacy, kind: str, name: str, said: dict[str, Any], doer: Doer, now: datetime) -> None:
    """Somebody saw codes: of which batch or voucher, in which form, how many."""
    _told(session, privacy, doer, now, "print", kind, name, fields={key: (None, value) for key, value in said.items()})


def notes(session: Session, batch: VoucherBatch) -> list[Note]:
    """Of a batch that somebody is to use."""
    plan = session.get(Plan, batch.plan)
    found = []
    if plan is None:
        found.append(Note.NO_PLAN)
    if not any("voucher" in ways for ways in session.scalars(select(Portal.ways))):
        found.append(Note.NO_PORTAL)
    if plan is not None and plan.devices is not None and batch.devices > plan.devices:
        found.append(Note.TURNS)
    return found


def _told(session: Session, privacy: Privacy, doer: Doer, now: datetime, action: str, kind: str, name: str, **more: Any) -> None:
    audit.record(session, privacy, audit.Act(actor=doer.name, source=doer.source, action=action, kind=kind, object=name, **more), now)
