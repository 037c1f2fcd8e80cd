"""A guest signs out: the grant ends, and the gateway is told. Never ends a session of another grant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.cases.orders import tell
from portal.cases.standing import SIGNED_OUT
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


def leave(session: Session, privacy: Privacy, stay: Stay, door: Door, family: Family, now: datetime) -> bool:
    """Whether there was something to end."""
    grant = grants.of(session, stay.grant)
    if grant is None or not grants.revoke(session, grant, SIGNED_OUT, now):
        return False
    way = family.disconnect(targets.of(stay.visit.arrival), door.gateway)
    tell(session, privacy, OrderKind.REVOKE, way, grant, stay, now)
    return True
