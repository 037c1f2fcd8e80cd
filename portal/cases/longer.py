"""A guest stays longer, as often as the plan allows. Never beyond what the day or the month has left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.cases import remainders
from portal.cases.orders import tell
from portal.cases.standing import may_extend
from radius.nas import targets
from store import grants
from store.models import OrderKind

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.capabilities import Stay
    from portal.doors import Door
    from radius.nas.family import Family
    from store.privacy import Privacy


def longer(session: Session, privacy: Privacy, stay: Stay, door: Door, family: Family, zone: str, now: datetime) -> bool:
    """Whether the guest got more time."""
    grant = grants.of(session, stay.grant)
    plan = door.plans.get(grant.plan) if grant is not None else None
    if grant is None or plan is None:
        return False
    used = remainders.used(session, grants.subject(grant), now, zone)
    if not may_extend(plan, grant, remainders.left(plan, used, grant.ends_at, now)):
        return False
    if not grants.extend(session, grant, plan.extend_times, plan.extend_by, now):
        return False
    left = remainders.left(plan, used, grant.ends_at, now)
    way = family.limit(targets.of(stay.visit.arrival), plan, left, door.gateway)
    tell(session, privacy, OrderKind.LIMIT, way, grant, stay, now)
    return True
