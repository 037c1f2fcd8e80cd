"""How a guest stands: connecting, online with so much left, used up, ended. Read from the store, never guessed.

Never changes a row, and never shows another device's grant: the stay's token names this one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final

from portal.cases import remainders
from radius.nas.plan import Remaining, Spent, Usage
from store import grants, outbox
from store.models import OrderKind, OrderState
from store.spent_grants import ERASURE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from portal.doors import Door
    from radius.nas.plan import Plan
    from store.models import Grant

AFTER: Final = timedelta(hours=24)  # a session token still tells how the session ended
ENDING: Final = 300  # seconds before the end from which a page warns
PATIENCE: Final = timedelta(seconds=40)  # an order of which nobody has heard by then is not coming
SIGNED_OUT: Final = "signed out"
DENIED: Final = "denied"  # by whoever reads mail at the address that was given
FORGOTTEN: Final = "forgotten"  # by its owner, on the account's pages
KICKED: Final = "ended by staff"  # as `proxeny kick` has it


class State(Enum):
    """What the status page shows."""

    CONNECTING = "connecting"
    FAILED = "failed"
    ONLINE = "online"
    SPENT = "spent"
    ENDED = "ended"
    SIGNED_OUT = "signed-out"
    DENIED = "denied"
    STOPPED = "stopped"  # by staff
    GONE = "gone"  # there is nothing to show any more


@dataclass(frozen=True, slots=True)
class Standing:
    """One grant as its guest sees it."""

    state: State
    plan: Plan | None = None
    left: Remaining = field(default_factory=Remaining)
    used: Usage = field(default_factory=Usage)
    ends_at: datetime | None = None  # of what is left, not of the grant alone
    support: str = ""
    may_extend: bool = False
    back_at: float | None = None  # seconds since 1970
    provisional: bool = False  # what proves who it is is still on its way
    owned: bool = False  # by an account: there are devices and data to show

    @property
    def ending(self) -> bool:
        """Whether a page should warn."""
        return self.state is State.ONLINE and self.left.seconds is not None and self.left.seconds <= ENDING


def standing(session: Session, name: str, door: Door | None, zone: str, now: datetime) -> Standing:
    """Of the grant of this id; GONE a day after its end."""
    grant = grants.of(session, name)
    if grant is None or gone(grant, now):
        return Standing(State.GONE)
    if grant.revoked_at is not None and grant.why in (SIGNED_OUT, FORGOTTEN, ERASURE):
        return Standing(State.SIGNED_OUT, support=grant.support)
    if grant.revoked_at is not None and grant.why == DENIED:
        return Standing(State.DENIED, support=grant.support)
    plan = door.plans.get(grant.plan) if door is not None else None
    if plan is None:
        return Standing(State.STOPPED, support=grant.support)
    used = remainders.used(session, grants.subject(grant), now, zone)
    left = remainders.left(plan, used, grant.ends_at, now)
    if left.spent is not None:
        return _over(left.spent, grant, plan, used)
    if grant.revoked_at is not None:
        return Standing(State.STOPPED, support=grant.support)
    state = reached(session, grant, now)
    ends_at = now + timedelta(seconds=left.seconds) if left.seconds is not None else None
    extend, owned = may_extend(plan, grant, left), grant.account_id is not None
    return Standing(state, plan, left, used, ends_at, grant.support, extend, provisional=grant.provisional, owned=owned)


def gone(grant: Grant, now: datetime) -> bool:
    """Whether its token tells and does nothing any more: a day after its end."""
    return now > min(grant.revoked_at or grant.ends_at, grant.ends_at) + AFTER


def _over(spent: Spent, grant: Grant, plan: Plan, used: Usage) -> Standing:
    state = State.ENDED if spent is Spent.ENDED else State.SPENT
    ended = datetime.fromtimestamp(grant.ends_at.timestamp(), UTC)
    back_at = remainders.back_at(spent, used)
    return Standing(state, plan, Remaining(spent=spent), used, ended, grant.support, back_at=back_at, provisional=grant.provisional)


def may_extend(plan: Plan, grant: Grant, left: Remaining) -> bool:
    """Whether more time is to be had: by the plan, and as far as nothing else ends first."""
    return not grant.provisional and grant.extensions < plan.extend_times and plan.extend_by > 0 and left.spent is None


def reached(session: Session, grant: Grant, now: datetime) -> State:
    """Whether the gateway has let the guest in, where it was told by an order."""
    last = outbox.latest(session, grant.id, OrderKind.GRANT)
    if last is None or last.state is OrderState.DONE or grants.open_sessions(session, grant):
        return State.ONLINE
    if last.state is OrderState.FAILED or now - last.queued_at > PATIENCE:
        return State.FAILED
    return State.CONNECTING
