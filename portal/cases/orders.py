"""Orders of the pages: what a gateway is to be told, queued in the transaction that is its cause.

Never carried out here, and never a station's address outside the seal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius.nas import targets
from radius.nas.family import Calls, Change, Poll
from store import grants, outbox
from store.models import Order, Via

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.capabilities import Stay
    from radius.nas.family import Target, Way
    from store.models import Grant, OrderKind
    from store.privacy import Privacy

VIA: Final[Mapping[type, Via]] = {Change: Via.RADIUS, Calls: Via.HTTP, Poll: Via.POLL}  # what a family says -> who carries it out


def order(session: Session, privacy: Privacy, kind: OrderKind, via: Via, grant: Grant, client: str, target: Target, now: datetime) -> Order:
    """An order about a guest of whom no session is known yet."""
    queued = outbox.queue(session, kind, "", now, via=via, details={"plan": grant.plan})
    queued.grant_id, queued.client = grant.id, client
    queued.target = privacy.sealed(targets.pack(target), Order.__tablename__, str(queued.id), "target")
    session.flush()
    return queued


def tell(session: Session, privacy: Privacy, kind: OrderKind, way: Way, grant: Grant, stay: Stay, now: datetime) -> None:
    """Queue an order for each open session of this grant; where none is known, one about the guest that the stay names.

    Where the family knows no way, nothing: the grant itself has changed, and the gateway hears of it when it asks next.
    """
    via = VIA.get(type(way))
    if via is None:
        return
    known = grants.open_sessions(session, grant)
    for each in known:
        queued = outbox.queue(session, kind, each.id, now, via=via, details={"plan": grant.plan})
        queued.grant_id, queued.client = grant.id, each.client
    if not known:
        order(session, privacy, kind, via, grant, grant.client, targets.of(stay.visit.arrival), now)
