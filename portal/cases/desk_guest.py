"""One guest as the help desk sees them: how they stand, first of all; then stays, plan, codes, messages, and the last login.

Theory of operation. A page is about an account, about a grant of a device without one, about a code that was sent to somebody who
has neither, or about a voucher that nobody has used. Of all that is kept about it the present stay is the one that lives, else the
newest. How the guest stands follows from that stay; where there is none, from the code that is waited for.

A stay that has been over for more than a day leads to no account: whose it was takes two people (store/incidents.py).

Read from the store, never guessed; a bounded number of statements, and never a row of somebody else's but of the same device.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, or_, select

from portal.cases import codes, remainders
from portal.cases.standing import DENIED, FORGOTTEN, SIGNED_OUT, State, reached
from radius.nas.plan import Remaining, Spent, Usage
from store import challenges, grants, guesses, trace
from store.models import Account, Challenge, Grant, Order, Purpose, Voucher, VoucherBatch, Way
from store.sessions import RECENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from portal.cases.desk_world import Helping
    from portal.doors import Door
    from radius.nas.plan import Plan
    from store.models import AuthEvent
    from store.models import Session as Accounting

MOST: Final = 20  # stays, orders
COUNTED: Final = ("code device", "voucher device")  # what is counted against guessing by device
_REACHED: Final = {State.CONNECTING: "CONNECTING", State.FAILED: "FAILED", State.ONLINE: "ONLINE"}


class Stand(Enum):
    """How a guest stands; the value is its line of documentation."""

    ONLINE = "The guest may be online, until `until`."
    CONNECTING = "The gateway was asked to let the guest in, and has not answered yet."
    FAILED = "The gateway was asked to let the guest in, and did not."
    PROVISIONAL = "Online for some minutes, until `until`, in which to prove the address."
    SPENT = "What the plan allows is used up; there is more from `until` on."
    WAITS = "A code was sent and is good until `until`; nobody has typed it yet."
    SPONSOR = "A sponsor was asked, who has not answered."
    BLOCKED = "Wrong codes: the next is taken at `until`, or after another code was sent."
    ENDED = "The time is over, since `until`."
    SIGNED_OUT = "Signed out by the guest."
    DENIED = "Whoever reads mail at the address said that it was not them."
    STOPPED = "Ended by somebody else than the guest: `why`."
    UNUSED = "A voucher that nobody has used: good until `until`."
    TOO_LATE = "A voucher that it is too late to begin with."
    TAKEN_BACK = "A voucher that was taken back."
    NOTHING = "Nothing is under way: no stay, and no code that is waited for."


@dataclass(frozen=True, slots=True)
class Guest:
    """Everything of one guest, each where there is one."""

    name: str  # its id, as the page's address has it
    stand: Stand = Stand.NOTHING
    until: datetime | None = None
    why: str = ""
    account: Account | None = None
    grant: Grant | None = None  # the present stay
    stays: Sequence[Grant] = ()  # the newest first
    challenge: Challenge | None = None
    voucher: Voucher | None = None
    batch: VoucherBatch | None = None
    door: Door | None = None
    plan: Plan | None = None
    left: Remaining = field(default_factory=Remaining)
    used: Usage = field(default_factory=Usage)
    blocked: datetime | None = None  # the next try is taken then
    open: Sequence[Accounting] = ()  # sessions of the present stay
    order: Order | None = None  # the newest about it
    login: AuthEvent | None = None

    @property
    def alive(self) -> bool:
        """Whether there is a stay to make longer or to end."""
        return self.stand in ALIVE

    @property
    def dead(self) -> bool:
        """Whether so many wrong codes were typed that the one that was sent is dead."""
        return self.challenge is not None and self.challenge.tries >= challenges.TRIES

    @property
    def about(self) -> Account | Grant | Challenge | Voucher:
        """Whom an entry of the audit log is about."""
        found = self.account or self.grant or self.challenge or self.voucher
        assert found is not None  # noqa: S101  for the type checker: `guest` finds one of them
        return found


ALIVE: Final = frozenset({Stand.ONLINE, Stand.CONNECTING, Stand.FAILED, Stand.PROVISIONAL})


def guest(session: Session, world: Helping, name: str, now: datetime) -> Guest | None:
    """Of the account, grant, code or voucher of this id; None where there is none of these."""
    account, grant = session.get(Account, name), session.get(Grant, name)
    sent = session.get(Challenge, name) if account is None and grant is None else None
    if sent is not None and sent.grant_id:
        grant = session.get(Grant, sent.grant_id)
    if grant is not None and grant.account_id and (sent is not None or _lately(grant, now)):
        account = session.get(Account, grant.account_id)
    voucher = session.get(Voucher, name) if (account, grant, sent) == (None, None, None) else None
    if voucher is not None:
        return _of_voucher(name, voucher, session.get_one(VoucherBatch, voucher.batch_id), now)
    if (account, grant, sent) == (None, None, None):
        return None
    return _of(session, world, name, account, grant, sent, now)


def _lately(grant: Grant, now: datetime) -> bool:
    """Whether this stay is the desk's business: of one that is longer over nobody learns alone whose it was, as of its sessions."""
    return now - min(grant.ends_at, grant.revoked_at or grant.ends_at) < RECENT


def _of(
    session: Session, world: Helping, name: str, account: Account | None, meant: Grant | None, sent: Challenge | None, now: datetime
) -> Guest:
    mine = _stays(session, account, meant, sent)
    grant = next((each for each in mine if each.revoked_at is None and each.ends_at > now), mine[0] if mine else None)
    challenge = _challenge(session, account, sent, {bytes(each.device_hash) for each in mine[:1]})
    if account is None and sent is None and grant is not None and not _lately(grant, now):
        challenge = challenge if challenge is not None and challenges.is_open(challenge, now) else None
    devices = sorted({bytes(each.device_hash) for each in mine} | ({bytes(challenge.device_hash)} if challenge is not None else set()))
    door = world.door(grant) if grant is not None else None
    plan = world.plans.get(grant.plan) if grant is not None else None
    used = remainders.used(session, grants.subject(grant), now, world.zone) if grant is not None else Usage()
    alive = grant is not None and grant.revoked_at is None and grant.ends_at > now
    ends = grant.ends_at if grant is not None and alive else None  # of a stay that is over: what another one would have
    left = remainders.left(plan, used, ends, now) if plan is not None else Remaining()
    blocked = max(filter(None, (_waits(session, world, each, now) for each in devices[:MOST])), default=None)
    last = select(Order).where(Order.grant_id == grant.id).order_by(Order.id.desc()).limit(1) if grant is not None else None
    logins = trace.of_grants(session, [each.id for each in mine], 1) if mine else []
    batch = session.execute(_BATCH.where(Voucher.account_id == account.id)).first() if account and account.way is Way.VOUCHER else None
    stand, until, why = _stand(session, grant, plan, left, used, challenge, blocked, now)
    return Guest(
        name, stand, until, why, account, grant, mine, challenge, batch[0] if batch else None, batch[1] if batch else None, door, plan,
        left, used, blocked, grants.open_sessions(session, grant) if grant is not None else (),
        session.scalar(last) if last is not None else None, next(iter(logins), None),
    )  # fmt: skip


_BATCH: Final = select(Voucher, VoucherBatch).join(VoucherBatch, VoucherBatch.id == Voucher.batch_id).limit(1)


def _stays(session: Session, account: Account | None, meant: Grant | None, sent: Challenge | None) -> list[Grant]:
    """Of the account; of a device without one, its own. A code that was sent to a device leads to what that device has now."""
    if account is not None:
        mine = select(Grant).where(Grant.account_id == account.id)
        found = list(session.scalars(mine.order_by(Grant.starts_at.desc(), Grant.id).limit(MOST)))
        if meant is None or meant.revoked_at is not None:
            return found
        return sorted(found, key=lambda each: each.id != meant.id)  # the one that was asked for stands for the guest
    device = bytes(meant.device_hash) if meant is not None else bytes(sent.device_hash) if sent is not None else b""
    return [each for each in grants.of_device(session, device, MOST) if each.account_id is None or each is meant] if device else []


def _challenge(session: Session, account: Account | None, sent: Challenge | None, devices: set[bytes]) -> Challenge | None:
    """The newest code that was sent to this address, or for the device of the present stay."""
    whose: list[ColumnElement[bool]] = [Challenge.device_hash.in_(sorted(devices))] if devices else []
    known = account if account is not None else sent
    if known is not None:
        whose.append(and_(Challenge.way == known.way, Challenge.identity_hash == known.identity_hash))
    mine = select(Challenge).where(or_(*whose), Challenge.purpose == Purpose.SIGN_IN, Challenge.device_hash != b"")
    return session.scalar(mine.order_by(Challenge.created_at.desc(), Challenge.id.desc()).limit(1)) if whose else None


def _waits(session: Session, world: Helping, device: bytes, now: datetime) -> datetime | None:
    found = (guesses.waits(session, guesses.named(world.privacy, kind, device), now) for kind in COUNTED)
    return max((each for each in found if each is not None), default=None)


def _stand(
    session: Session, grant: Grant | None, plan: Plan | None, left: Remaining, used: Usage, challenge: Challenge | None,
    blocked: datetime | None, now: datetime,
) -> tuple[Stand, datetime | None, str]:  # fmt: skip
    """How they stand, until or since when, and why in the words of whoever ended it."""
    alive = grant is not None and grant.revoked_at is None and grant.ends_at > now
    over = left.spent if left.spent is not Spent.ENDED else None
    waits = challenge if challenge is not None and challenges.is_open(challenge, now) else None
    if waits is not None and waits.tries >= challenges.TRIES and not (alive and grant is not None and not grant.provisional):
        return Stand.BLOCKED, waits.expires_at, ""
    if grant is not None and alive and over is None and plan is not None:
        if grant.provisional:
            return Stand.PROVISIONAL, grant.ends_at, ""
        ends = min(grant.ends_at, datetime.fromtimestamp(now.timestamp() + left.seconds, UTC)) if left.seconds else grant.ends_at
        return Stand[_REACHED[reached(session, grant, now)]], ends, ""
    if over is not None:
        back = remainders.back_at(over, used)
        return Stand.SPENT, datetime.fromtimestamp(back, UTC) if back is not None else None, over.name
    if blocked is not None:
        return Stand.BLOCKED, blocked, ""
    if waits is not None:
        return Stand.WAITS if waits.way in codes.KINDS else Stand.SPONSOR, waits.expires_at, ""
    return _ended(grant, plan)


def _ended(grant: Grant | None, plan: Plan | None) -> tuple[Stand, datetime | None, str]:
    if grant is None:
        return Stand.NOTHING, None, ""
    if grant.revoked_at is None:
        return Stand.ENDED if plan is not None else Stand.STOPPED, grant.ends_at, "" if plan is not None else grant.plan
    known = {SIGNED_OUT: Stand.SIGNED_OUT, FORGOTTEN: Stand.SIGNED_OUT, DENIED: Stand.DENIED}
    return known.get(grant.why, Stand.STOPPED), grant.revoked_at, grant.why


def _of_voucher(name: str, voucher: Voucher, batch: VoucherBatch, now: datetime) -> Guest:
    """One that nobody has used, or whose account was erased."""
    stand, until = Stand.UNUSED, batch.expires_at
    if voucher.revoked_at is not None:
        stand, until = Stand.TAKEN_BACK, voucher.revoked_at
    elif voucher.used_at is not None:
        stand, until = Stand.ENDED, voucher.ends_at or voucher.used_at
    elif batch.expires_at <= now:
        stand = Stand.TOO_LATE
    return Guest(name, stand, until, voucher=voucher, batch=batch)
