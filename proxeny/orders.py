"""Orders are queued here: who carries one out is decided by the family of the NAS it is for, and nowhere else.

About a session that the NAS has told of, or, where it tells of none, about a guest whom its gateway was told to let in.
Never carried out here, and never a station outside the seal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from radius.nas import FAMILIES
from radius.nas.family import Family, Means
from store import outbox
from store.models import Order, OrderKind, Via

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session as Database

    from proxeny.network import Client, Network
    from store.models import Grant, Session
    from store.privacy import Privacy

ENDS: Final = frozenset({OrderKind.DISCONNECT, OrderKind.REVOKE})
_VIA: Final = {Means.RADIUS: Via.RADIUS, Means.HTTP: Via.HTTP, Means.POLL: Via.POLL}


def via(kind: OrderKind, family: Family) -> Via | None:
    """Who carries out an order of this kind; None where this family has no way for it."""
    means = family.ends if kind in ENDS else family.limits if kind is OrderKind.LIMIT else family.grants
    return _VIA.get(means)


def family(network: Network, client: str) -> Family | None:
    """The family of this client; None where the network does not know it any more."""
    row: Client | None = network.rows["client"].get(client)  # type: ignore[assignment]  # rows of one section are of one kind
    return FAMILIES.get(row.nas) if row is not None else None


def for_session(
    database: Database, kind: OrderKind, session: Session, network: Network, now: datetime, *, grant: str = "",
    details: Mapping[str, Any] | None = None,
) -> Order | None:  # fmt: skip
    """Queue an order about a session; None where its NAS takes none of this kind."""
    spoken = family(network, session.client)
    if spoken is None or (by := via(kind, spoken)) is None:
        return None
    order = outbox.queue(database, kind, session.id, now, via=by, details=details)
    order.grant_id, order.client = grant or session.grant_id or "", session.client
    database.flush()
    return order


def for_grant(
    database: Database, kind: OrderKind, grant: Grant, network: Network, marks: Privacy, now: datetime, *,
    details: Mapping[str, Any] | None = None,
) -> Order | None:  # fmt: skip
    """Queue an order about a guest of whom no session is known, for the gateway that was told to let it in; None without one."""
    let_in = outbox.latest(database, grant.id, OrderKind.GRANT)
    spoken = family(network, let_in.client) if let_in is not None else None
    if let_in is None or spoken is None or (by := via(kind, spoken)) is None:
        return None
    order = outbox.queue(database, kind, "", now, via=by, details=details)
    order.grant_id, order.client = grant.id, let_in.client
    target = marks.opened(let_in.target, Order.__tablename__, str(let_in.id), "target")
    order.target = marks.sealed(target, Order.__tablename__, str(order.id), "target")
    database.flush()
    return order
