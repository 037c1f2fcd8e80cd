"""Orders of the pages: what a gateway is to be told, queued in the transaction that is its cause.

Never carried out here, and never a station's address outside the seal.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from portal.cases.standing import PATIENCE
from radius.nas import targets
from radius.nas.family import Calls, Change, Poll
from store import grants, outbox
from store.models import Order, OrderKind, OrderState, Via

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.capabilities import Stay
    from radius.nas.family import Target, Way
    from store.models import Grant
    from store.privacy import Privacy

JUST_DONE: Final = timedelta(seconds=10)
VIA: Final[Mapping[type, Via]] = {Change: Via.RADIUS, Calls: Via.HTTP, Poll: Via.POLL}  # what a family says -> who carries it out


def order(session: Session, privacy: Privacy, kind: OrderKind, via: Via, grant: Grant, client: str, target: Target, now: datetime) -> Order:
    """An order about a guest of whom no session is known yet."""
    queued = outbox.queue(session, kind, "", now, via=via, details={"plan": grant.plan})
    queued.grant_id, queued.client = grant.id, client
    queued.target = privacy.sealed(targets.pack(target), Order.__tablename__, str(queued.id), "target")
    session.flush()
    return queued


def given(session: Session, privacy: Privacy, grant: Grant, client: str, target: Target, now: datetime) -> Order | None:
    """The order to let this very guest in that is not yet given up, or just done: a second press of the button needs no other."""
    last = outbox.latest(session, grant.id, OrderKind.GRANT)
    if last is None or last.client != client or last.target is None or last.state is OrderState.FAILED:
        return None
    if now - (last.settled_at or last.queued_at) > (JUST_DONE if last.state is OrderState.DONE else PATIENCE):
        return None
    same = targets.unpack(privacy.opened(last.target, Order.__tablename__, str(last.id), "target")) == target
    return last if same else None


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
