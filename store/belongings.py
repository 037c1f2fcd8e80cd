"""What is an account's own: its devices, and what is kept of what they did; for its owner to see, and nobody else.

A device that was added by its address may be anybody's: of such a one it is told what the owner did, never when or where the
device was. Never reads a row of another account's grant.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import case, func, or_, select

from store import grants
from store.models import Account, Consent, Device, Grant, GuestUsage, Message, SessionAddress, SessionStatus
from store.models import Session as Accounting
from store.slices import slices

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.privacy import Privacy

MOST_DEVICES: Final = 100  # of one account, on its page
MOST_ROWS: Final = 2_000  # of one kind that a download holds, the newest


class Belonging(NamedTuple):
    """One device of an account's."""

    ref: str  # what a form calls it: another word for each account
    hash: bytes
    label: str
    added: bool  # by its address
    since: datetime
    seen: datetime | None  # None where it is not told
    online: bool
    grant: Grant | None  # under which it may be online now


def ref(privacy: Privacy, account: str, device: bytes) -> str:
    """A device's name in an account's forms."""
    return hmac.digest(privacy.device_key, b"device of " + account.encode() + device, "sha256")[:9].hex()


def devices(session: Session, privacy: Privacy, account: str, now: datetime) -> list[Belonging]:
    """The devices of an account, those that may be online first."""
    live = {bytes(grant.device_hash): grant for grant in grants.devices(session, account, now)}
    mine = select(Device).where(or_(Device.account_id == account, Device.hash.in_(sorted(live)[:MOST_DEVICES])))
    rows = session.scalars(mine.order_by(Device.last_seen.desc()).limit(MOST_DEVICES)).all()
    begun = {bytes(row[0]): (row[1], row[2]) for row in session.execute(_SPANS.where(Grant.account_id == account))}
    heard = {bytes(row[0]): (row[1], row[2]) for row in session.execute(_HEARD.where(Grant.account_id == account))}
    found = []
    for row in rows:
        device, grant = bytes(row.hash), live.get(bytes(row.hash))
        first, last = begun.get(device, (row.first_seen, row.last_seen))
        seen, open_ = heard.get(device, (None, 0))
        own, added = row.account_id == account, row.added_at is not None
        label = privacy.opened(row.label, "device", device.hex(), "label").decode() if own else ""
        shown = None if added else max(last, seen or last)
        found.append(
            Belonging(ref(privacy, account, device), device, label, added, first, shown, bool(open_) and bool(grant) and not added, grant)
        )
    return sorted(found, key=lambda each: each.grant is None)


_SPANS: Final = select(Grant.device_hash, func.min(Grant.starts_at), func.max(Grant.starts_at)).group_by(Grant.device_hash)
_HEARD: Final = (
    select(Grant.device_hash, func.max(Accounting.updated_at), func.max(case((Accounting.status == SessionStatus.OPEN, 1), else_=0)))
    .join(Accounting, Accounting.grant_id == Grant.id)
    .group_by(Grant.device_hash)
)


def device(session: Session, privacy: Privacy, account: str, name: str, now: datetime) -> Belonging | None:
    """The device of this account that a form means; None for any other."""
    said = name.encode("utf-8", "replace")
    return next((each for each in devices(session, privacy, account, now) if hmac.compare_digest(each.ref.encode(), said)), None)


def granted(session: Session, account: str) -> Sequence[Grant]:
    """The grants that an account has or had, the newest first."""
    mine = select(Grant).where(Grant.account_id == account).order_by(Grant.starts_at.desc(), Grant.id)
    return session.scalars(mine.limit(MOST_ROWS)).all()


def sessions(session: Session, names: Sequence[str]) -> list[Accounting]:
    """The sessions under these grants, the newest first."""
    found: list[Accounting] = []
    for some in slices(names):
        newest = select(Accounting).where(Accounting.grant_id.in_(some)).order_by(Accounting.started_at.desc(), Accounting.id)
        found += session.scalars(newest.limit(MOST_ROWS))
    return sorted(found, key=lambda each: (each.started_at, each.id), reverse=True)[:MOST_ROWS]


def addresses(session: Session, names: Sequence[str]) -> dict[str, list[str]]:
    """The addresses that these sessions held."""
    found: dict[str, list[str]] = {}
    for some in slices(names):
        held = select(SessionAddress).where(SessionAddress.session_id.in_(some)).order_by(SessionAddress.first_at)
        for row in session.scalars(held):
            found.setdefault(row.session_id, []).append(row.address)
    return found


def consents(session: Session, account: str) -> Sequence[Consent]:
    """What an account agreed to."""
    return session.scalars(select(Consent).where(Consent.account_id == account).order_by(Consent.given_at).limit(MOST_ROWS)).all()


def used(session: Session, subject: str) -> Sequence[GuestUsage]:
    """What was used by days and months, the newest first."""
    mine = select(GuestUsage).where(GuestUsage.subject == subject).order_by(GuestUsage.begins_at.desc())
    return session.scalars(mine.limit(MOST_ROWS)).all()


def messages(session: Session, account: Account) -> Sequence[Message]:
    """The messages to an account's address: that they were sent, for their words are gone."""
    mine = select(Message).where(Message.to_hash == account.identity_hash).order_by(Message.queued_at.desc())
    return session.scalars(mine.limit(MOST_ROWS)).all()
