"""What quotas mean for the sessions that are open: one that has nothing left is ended, one whose limits moved is told.

Theory of operation. A NAS was told at its Accept what remained then. While one session alone uses a plan, that stays
true by itself: time and octets run down at the NAS as they do here. It stops being true when several sessions share an
account, when a day or month turns, when the grant is extended or its plan changed. Then an order tells the NAS anew
where its family can be told; the order's details keep what was told, as the moment and the total at which the session
would end, so that the next one follows only when that has moved by more than a step. What is spent is ended by an order
whoever would have noticed. A grant's own end is the NAS's to keep where it can hold time, and ours where it cannot, or
did not.

Never more than one order to limit a session under way, never a second end within minutes of the first.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from proxeny import orders, ways
from radius.nas.family import Bound
from radius.nas.plan import Remaining, Spent, Usage, remaining
from store import grants, outbox, usage
from store.models import OrderKind, OrderState
from store.slices import slices

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session as Database

    from proxeny.network import Network
    from radius.nas.family import Family
    from radius.nas.plan import Plan
    from store.models import Grant, Order, Session

STEP: Final = (60.0, 10_000_000)  # seconds, octets: what has moved by less is not worth an order
SHARE: Final = 10  # nor is less than this part of what remains
AGAIN: Final = timedelta(minutes=10)  # a session that goes on after an order to end it is ended again
JUST_NOW: Final = timedelta(minutes=1)  # a page told the NAS of the very change that we hear of
GRACE: Final = timedelta(minutes=2)  # for a NAS that holds time by itself
_UNDER_WAY: Final = frozenset({OrderState.QUEUED, OrderState.CLAIMED})


@dataclass(frozen=True, slots=True)
class Case:
    """One open session, and all that its limits depend on."""

    session: Session
    grant: Grant  # under which the device may be online now, else the session's own
    plan: Plan | None
    used: Usage
    turned: tuple[datetime, datetime]  # when the running day and month began
    history: Sequence[Order]  # about this session, the oldest first
    several: bool = False  # more sessions of the same account or device are open
    moved: bool = False  # the grant was extended or the plan changed: what the NAS was told may be wrong


class Told(NamedTuple):
    """What an order to limit says, for the next to be compared with."""

    plan: str
    rates: list[int | None]  # up, down, idle
    until: float | None  # seconds since 1970
    octets: int | None  # the session's total


def consider(database: Database, subjects: Collection[str], network: Network, now: datetime, *, moved: bool = False) -> list[Order]:
    """Queue what the open sessions of these subjects need."""
    queued = []
    for case in _cases(database, subjects, network, now, moved=moved):
        verdict = judge(case, orders.family(network, case.session.client), now)
        if verdict is not None:
            kind, details = verdict
            queued.append(orders.for_session(database, kind, case.session, network, now, grant=case.grant.id, details=details))
    return [order for order in queued if order is not None]


def _cases(database: Database, subjects: Collection[str], network: Network, now: datetime, *, moved: bool) -> list[Case]:
    found = grants.open_of(database, subjects)
    zone = ways.zone(network)
    used = usage.many(database, {grants.subject(grant) for _, grant in found}, now, zone)
    both = usage.periods(now, zone)
    history: defaultdict[str, list[Order]] = defaultdict(list)
    for some in slices([session.id for session, _ in found]):
        for order in outbox.of_sessions(database, some):
            history[order.session_id].append(order)
    count: defaultdict[str, int] = defaultdict(int)
    for _, grant in found:
        count[grants.subject(grant)] += 1
    cases = []
    for session, own in found:
        subject = grants.subject(own)
        grant = _current(database, own, now)
        spent = used[subject] if grants.subject(grant) == subject else usage.of(database, grants.subject(grant), now, zone)
        turned = both.day[0], both.month[0]
        cases.append(Case(session, grant, ways.plan(grant, network), Usage(*spent), turned, history[session.id], count[subject] > 1, moved))
    return cases


def _current(database: Database, grant: Grant, now: datetime) -> Grant:
    """The session's grant; where that is over, the one that its device has instead."""
    if grant.revoked_at is None and grant.ends_at > now:
        return grant
    return grants.live(database, grant.device_hash, now) or grant


def judge(case: Case, family: Family | None, now: datetime) -> tuple[OrderKind, dict[str, Any]] | None:
    """What this session needs: an end, new limits, or nothing."""
    if family is None:
        return None
    left = _left(case, now)
    why = _over(case, left, family, now)
    if why:
        return (OrderKind.REVOKE, {"why": why}) if _may_end(case.history, now) else None
    if left.spent or case.plan is None or orders.via(OrderKind.LIMIT, family) is None:
        return None
    wanted = _wanted(case, case.plan, left, now)
    return (OrderKind.LIMIT, wanted._asdict()) if _worth(case, case.plan, wanted, left, now) else None


def _left(case: Case, now: datetime) -> Remaining:
    if case.plan is None:
        return Remaining(spent=Spent.ENDED)
    return remaining(case.plan, case.used, case.grant.ends_at.timestamp(), now.timestamp())


def _over(case: Case, left: Remaining, family: Family, now: datetime) -> str:
    """Why this session must end now; "" where it may go on, or its NAS will end it."""
    if case.plan is None:
        return f"the plan {case.grant.plan} is not offered any more"
    if case.grant.revoked_at is not None:
        return f"the grant was revoked: {case.grant.why}" if case.grant.why else "the grant was revoked"
    if left.spent is Spent.ENDED and Bound.TIME in family.holds and now < case.grant.ends_at + GRACE:
        return ""
    return left.spent.value if left.spent else ""


def _may_end(history: Sequence[Order], now: datetime) -> bool:
    ends = [order for order in history if order.kind in orders.ENDS]
    return not any(order.state in _UNDER_WAY or order.queued_at > now - AGAIN for order in ends)


def _wanted(case: Case, plan: Plan, left: Remaining, now: datetime) -> Told:
    total = case.session.input_octets + case.session.output_octets
    return Told(
        plan=plan.name,
        rates=[plan.up, plan.down, plan.idle],
        until=None if left.seconds is None else round(now.timestamp() + left.seconds),
        octets=None if left.octets is None else total + left.octets,
    )


def _worth(case: Case, plan: Plan, wanted: Told, left: Remaining, now: datetime) -> bool:
    """Whether the NAS should hear of it."""
    limits = [order for order in case.history if order.kind is OrderKind.LIMIT]
    told = [order for order in limits if "rates" in order.details]  # a page's own order says what is true when it is carried out
    if any(order.state in _UNDER_WAY or (order not in told and order.queued_at > now - JUST_NOW) for order in limits):
        return False
    if not told:
        return case.moved or _turned(case, plan) or (case.several and _shared(plan))
    last = told[-1].details
    if last.get("rates") != wanted.rates:
        return True
    apart = _apart(last.get("until"), wanted.until, left.seconds, STEP[0])
    return apart or _apart(last.get("octets"), wanted.octets, left.octets, STEP[1])


def _apart(told: float | None, wanted: float | None, left: int | None, step: float) -> bool:
    """Whether what was told and what is right are more than a step and a share of the remainder apart."""
    if told is None or wanted is None:
        return told is not wanted
    return abs(told - wanted) > max(step, (left or 0) / SHARE)


def _shared(plan: Plan) -> bool:
    """Whether what one session uses another has less."""
    return plan.day_time is not None or plan.day_data is not None or plan.month_data is not None


def _turned(case: Case, plan: Plan) -> bool:
    """Whether a day or month that the plan counts by has begun since the NAS was told."""
    day, month = case.turned
    daily = plan.day_time is not None or plan.day_data is not None
    return (daily and case.session.started_at < day) or (plan.month_data is not None and case.session.started_at < month)
