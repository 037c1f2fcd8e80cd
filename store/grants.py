"""Grants: who may be online, given, found, extended, revoked, and followed by whoever keeps them in memory.

Theory of operation. A device has at most one live grant. `admit` locks the device's row first, so that two requests for
one device, in two processes, get one grant; `room` locks the account's, so that two devices do not share its last
place. Every change of a grant, and of what was used under it, gives it the next number of the feed. The feed's row is
locked from then until the commit, so numbers are committed in their order, and who has read up to one has missed none
below it. For that to hold up nobody, `touch` comes last in a transaction; where several grants are touched they are
locked in order of their ids before the feed is.

Never decides what remains of a plan, and never queues an order: who follows the feed does.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, case, func, or_, select

from store.models import Account, Device, Grant, GrantFeed, Way
from store.models import Session as Accounting
from store.models.sessions import SessionStatus
from store.session import insert, take
from store.sign_in import Bad, fresh, issued, redeem, token
from store.slices import slices

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

__all__ = [
    "Bad", "account", "admit", "begun_since", "changed_since", "devices", "ending", "extend", "followers", "fresh", "issued",
    "live", "named", "newest", "of", "of_device", "open_after", "open_of", "open_sessions", "redeem", "revoke", "room", "subject",
    "token", "told_of", "touch",
]  # fmt: skip

LONGEST: Final = timedelta(days=365)  # of a plan without `session`: it fits every gateway's 32 bits
SUPPORT: Final = timedelta(days=7)  # a support number is nobody else's for so long
REPLACED: Final = "replaced"
_OF_DEVICE: Final = 33  # characters of a device's subject
_READABLE: Final = "2345679ACDEFGHJKMNPQRTVWXY"  # without 0 O, 1 I L, 8 B, S, U, Z: nobody hears or reads one for another


def admit(
    session: Session, *, device: bytes, plan: str, seconds: int | None, portal: str, way: Way, terms: str, language: str, client: str,
    access_point: str, ssid: str, site: str, account: str | None, provisional: bool, now: datetime, support: str = "",
) -> Grant:  # fmt: skip
    """The grant of this device from now on, for `seconds` (None: the plan sets no end).

    The live one where it is of the same plan and guest, with its old end. One that was provisional, or nobody's before this
    account's, is confirmed in place. A new one has the number that its guest was shown, `support`, where that is nobody's.
    """
    _lock_device(session, device, account, now)
    held = live(session, device, now, lock=True)
    same_guest = held is not None and (account is None or held.account_id in (None, account))
    named = held is not None and account is not None and (held.account_id, held.plan) == (None, plan)  # it was the device's alone
    goes_on = held is not None and same_guest and held.plan == plan and (provisional or not (held.provisional or named))
    confirmed = held is not None and same_guest and (held.provisional or named) and not provisional
    grant = held if held is not None and (goes_on or confirmed) else Grant(device_hash=device, support=_support(session, support, now))
    grant.portal, grant.terms, grant.language = portal, terms, language
    grant.client, grant.access_point, grant.ssid, grant.site = client, access_point, ssid, site
    grant.account_id = account or grant.account_id
    if not goes_on:
        grant.plan, grant.way, grant.provisional = plan, way, provisional
        grant.starts_at, grant.ends_at = now, now + (timedelta(seconds=seconds) if seconds is not None else LONGEST)
    if held is not None and held is not grant:
        held.revoked_at, held.why = now, REPLACED
    session.add(grant)
    touch(session, [grant] if held is None or held is grant else [grant, held])
    return grant


def _lock_device(session: Session, device: bytes, account: str | None, now: datetime) -> None:
    """The device's row, made where there is none; ours until the transaction ends. What one account calls it is no other's to read."""
    row = insert(session, Device).values(hash=device, account_id=account, first_seen=now, last_seen=now)
    label = case((Device.account_id == account, Device.label), else_=None)
    changed = {"account_id": account, "label": label, "added_at": None} if account else {}
    session.execute(row.on_conflict_do_update(index_elements=["hash"], set_=changed | {"last_seen": now}))


def _support(session: Session, number: str, now: datetime) -> str:
    """K7Q-42M: this, or another; no other grant of the last days has it."""
    while not number or session.scalar(select(Grant.id).where(Grant.support == number, Grant.ends_at > now - SUPPORT)) is not None:
        letters = "".join(secrets.choice(_READABLE) for _ in range(6))
        number = f"{letters[:3]}-{letters[3:]}"
    return number


def account(session: Session, way: Way, identity_hash: bytes, now: datetime) -> Account:
    """The account of this verified identity, made where there is none; ours until the transaction ends."""
    row = insert(session, Account).values(way=way, identity_hash=identity_hash, created_at=now, last_seen=now)
    session.execute(row.on_conflict_do_update(index_elements=["way", "identity_hash"], set_={"last_seen": now}))
    found = select(Account).where(Account.way == way, Account.identity_hash == identity_hash)
    return session.scalars(found.execution_options(populate_existing=True)).one()


def live(session: Session, device: bytes, now: datetime, *, lock: bool = False) -> Grant | None:
    """The grant under which this device may be online now."""
    query = select(Grant).where(Grant.device_hash == device, *_alive(now)).order_by(Grant.ends_at.desc(), Grant.id).limit(1)
    return session.scalar((query.with_for_update() if lock else query).execution_options(populate_existing=lock))


def _alive(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Grant.revoked_at.is_(None), Grant.ends_at > now


def of(session: Session, name: str) -> Grant | None:
    """The grant of this id."""
    return session.get(Grant, name)


def named(session: Session, name: str, now: datetime) -> list[Grant]:
    """The grant of this id; else the live ones of this support number, however it was typed."""
    if (own := of(session, name)) is not None:
        return [own]
    return list(session.scalars(select(Grant).where(Grant.support == spelled(name), *_alive(now))))


def told_of(session: Session, name: str, most: int = 20) -> list[Grant]:
    """The grants of this id or support number, live or not, the newest first: for whoever asks what became of a guest."""
    mine = or_(Grant.id == name, Grant.support == spelled(name))
    return list(session.scalars(select(Grant).where(mine).order_by(Grant.starts_at.desc(), Grant.id).limit(most)))


def begun_since(session: Session, device: bytes, since: datetime) -> int:
    """How many grants a device was given after this."""
    query = select(func.count()).select_from(Grant).where(Grant.device_hash == device, Grant.starts_at > since)
    return session.scalar(query) or 0


def of_device(session: Session, device: bytes, most: int = 20) -> list[Grant]:
    """The grants that a device has or had, the newest first."""
    mine = select(Grant).where(Grant.device_hash == device)
    return list(session.scalars(mine.order_by(Grant.starts_at.desc(), Grant.id).limit(most)))


def spelled(typed: str) -> str:
    """A support number, however it was typed: "k7q 42m" is K7Q-42M."""
    letters = "".join(typed.upper().replace("-", " ").split())
    return f"{letters[:3]}-{letters[3:]}"


def subject(grant: Grant) -> str:
    """Whose usage a grant counts as: its account's, else its device's."""
    return grant.account_id or "d" + bytes(grant.device_hash).hex()


def _device(subject: str) -> bytes:
    """The device that is this subject; b"" for an account, whose ids have 16 characters."""
    return bytes.fromhex(subject[1:]) if len(subject) == _OF_DEVICE else b""


def extend(session: Session, grant: Grant, times: int, by: int, now: datetime) -> bool:
    """`by` seconds more, `times` in all; False where it has ended or was extended so often already."""
    take(session, grant)
    if grant.revoked_at is not None or grant.ends_at <= now or grant.extensions >= times:
        return False
    grant.ends_at += timedelta(seconds=by)
    grant.extensions += 1
    touch(session, [grant])
    return True


def revoke(session: Session, grant: Grant, why: str, now: datetime) -> bool:
    """The guest may be online no more; False where that was so already."""
    take(session, grant)
    if grant.revoked_at is not None:
        return False
    grant.revoked_at, grant.why = now, why
    touch(session, [grant])
    return True


def touch(session: Session, grants: Collection[Grant]) -> None:
    """Give each the next number of the feed; last in a transaction, because the feed is locked until it ends."""
    if not grants:
        return
    session.flush()
    for some in slices(sorted({grant.id for grant in grants})):
        session.execute(select(Grant.id).where(Grant.id.in_(some)).order_by(Grant.id).with_for_update())
    first = insert(session, GrantFeed).values(id=1, number=len(grants))
    counted = first.on_conflict_do_update(index_elements=["id"], set_={"number": GrantFeed.number + len(grants)})
    last = session.scalars(counted.returning(GrantFeed.number)).one()
    for number, grant in enumerate(grants, last - len(grants) + 1):
        grant.changed = number
    session.flush()


def newest(session: Session) -> int:
    """The feed's number now; 0 before the first change."""
    return session.scalar(select(GrantFeed.number)) or 0


def changed_since(session: Session, number: int, most: int, *, alive_at: datetime | None = None) -> list[Grant]:
    """Up to `most` grants whose last change came after this one, in order; with `alive_at` only those live then.

    Go on from the last one's `changed`. A grant that changes meanwhile comes again later, never not at all.
    """
    query = select(Grant).where(Grant.changed > number).order_by(Grant.changed).limit(most)
    return list(session.scalars(query.where(*_alive(alive_at)) if alive_at else query))


def followers(session: Session, subjects: Collection[str], now: datetime) -> list[Grant]:
    """The live grants of these subjects: whoever follows them must hear of what was used."""
    by_device = {each: device for each in set(subjects) if (device := _device(each))}
    found: list[Grant] = []
    for accounts in slices(sorted(set(subjects) - by_device.keys())):
        found += session.scalars(select(Grant).where(Grant.account_id.in_(accounts), *_alive(now)))
    for hashes in slices(sorted(by_device.values())):
        found += session.scalars(select(Grant).where(Grant.device_hash.in_(hashes), Grant.account_id.is_(None), *_alive(now)))
    return found


def devices(session: Session, account: str, now: datetime) -> list[Grant]:
    """The live grants of an account, one a device, the oldest first."""
    query = select(Grant).where(Grant.account_id == account, *_alive(now)).order_by(Grant.starts_at, Grant.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def room(session: Session, account: str, device: bytes, most: int | None, now: datetime) -> bool:
    """Whether this device may join its account's others; nobody else joins until the transaction ends.

    Before `admit`, in the same transaction.
    """
    # Without KEY SHARE in the way: `admit` of another device refers to the account's row and must not wait for us.
    session.execute(select(Account.id).where(Account.id == account).with_for_update(key_share=True))
    return most is None or len({bytes(grant.device_hash) for grant in devices(session, account, now)} - {device}) < most


def open_of(session: Session, subjects: Collection[str]) -> list[tuple[Accounting, Grant]]:
    """The open accounting sessions of many subjects, each with its grant, whether that lives or not."""
    by_device = {each: device for each in set(subjects) if (device := _device(each))}
    query = select(Accounting, Grant).join(Grant, Grant.id == Accounting.grant_id).where(Accounting.status == SessionStatus.OPEN)
    found: list[tuple[Accounting, Grant]] = []
    for accounts in slices(sorted(set(subjects) - by_device.keys())):
        found += [(row[0], row[1]) for row in session.execute(query.where(Grant.account_id.in_(accounts)))]
    for hashes in slices(sorted(by_device.values())):
        mine = query.where(Grant.device_hash.in_(hashes), Grant.account_id.is_(None))
        found += [(row[0], row[1]) for row in session.execute(mine)]
    return sorted(found, key=lambda pair: (pair[0].started_at, pair[0].id))


def open_after(
    session: Session, after: tuple[datetime, str] | None, most: int, plans: Collection[str] = ()
) -> list[tuple[Accounting, Grant]]:
    """A page of the open sessions that have a grant, by start and id; of these plans only, where some are named."""
    query = select(Accounting, Grant).join(Grant, Grant.id == Accounting.grant_id).where(Accounting.status == SessionStatus.OPEN)
    if after is not None:
        began, name = after
        query = query.where(or_(Accounting.started_at > began, and_(Accounting.started_at == began, Accounting.id > name)))
    if plans:
        query = query.where(Grant.plan.in_(plans))
    return [(row[0], row[1]) for row in session.execute(query.order_by(Accounting.started_at, Accounting.id).limit(most))]


def ending(session: Session, after: datetime, until: datetime) -> list[Grant]:
    """The grants that nobody revoked and that ended in (after, until]."""
    query = select(Grant).where(Grant.ends_at > after, Grant.ends_at <= until, Grant.revoked_at.is_(None))
    return list(session.scalars(query.order_by(Grant.ends_at)))


def open_sessions(session: Session, whose: str | Grant, except_device: bytes = b"") -> list[Accounting]:
    """The open accounting sessions of a subject, or of one grant, but those of this device."""
    mine: ColumnElement[bool]
    if isinstance(whose, Grant):
        mine = Grant.id == whose.id
    elif device := _device(whose):
        mine = and_(Grant.device_hash == device, Grant.account_id.is_(None))
    else:
        mine = Grant.account_id == whose
    query = select(Accounting).join(Grant, Grant.id == Accounting.grant_id).where(mine, Accounting.status == SessionStatus.OPEN)
    if except_device:
        query = query.where(Grant.device_hash != except_device)
    return list(session.scalars(query.order_by(Accounting.started_at, Accounting.id)))
