"""What an openNDS gateway collects by polling: guests to let in, and later its word that they are in.

An order is handed out under a lease: a gateway that dies before it acknowledges is told again. Never hands one
gateway's orders to another: both its client and the gatewayhash of the guest's arrival must fit.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from portal.cases import remainders
from radius.nas import targets
from radius.nas.authmon import MOST
from radius.nas.family import Login, Poll
from store import grants, leases, outbox
from store.entries import Entry, Kind
from store.models import Order, OrderKind, OrderState, Via

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.doors import Door
    from radius.nas.family import Family, Target
    from store.privacy import Privacy

FRESH: Final = timedelta(seconds=30)
NAMED: Final = 16  # characters of an rhid that name its session


class Gate(NamedTuple):
    """One gateway that polls."""

    door: Door
    family: Family
    privacy: Privacy
    gatewayhash: str
    zone: str  # the operator's


def collect(session: Session, gate: Gate, now: datetime) -> list[str]:
    """The records of the guests to let in, as many as one answer holds."""
    records: list[str] = []
    for order, target in _waiting(session, gate, now):
        if len(records) == MOST:
            break
        record = _record(session, gate, order, target, now)
        if record is None:
            outbox.settle(session, order.id, done=False, outcome="the grant has ended", now=now)
        elif leases.take(session, order.id, Via.POLL, now) is not None:
            records.append(record)
    return records


def acknowledged(session: Session, gate: Gate, rhids: Collection[str], now: datetime) -> list[Entry]:
    """The gateway has let these in: their orders are done; the Starts of their sessions, for the ledger."""
    entries = []
    for order, target in _unsettled(session, gate):
        if target.session in rhids and outbox.settle(session, order.id, done=True, outcome="collected", now=now):
            entries.append(_start(gate, target, order.grant_id, now))
    return entries


def forget(session: Session, gate: Gate, now: datetime) -> None:
    """The gateway began anew: whoever it had been told to let in before has another session by now.

    It says so some seconds after it began, and may have sent us guests meanwhile: theirs stay.
    """
    for order, _ in list(_unsettled(session, gate)):
        if now - order.queued_at < FRESH:
            continue
        outbox.settle(session, order.id, done=False, outcome="the gateway was restarted", now=now)


def _waiting(session: Session, gate: Gate, now: datetime) -> Iterator[tuple[Order, Target]]:
    for each in leases.waiting(session, Via.POLL, now, only=gate.door.gateway.name):
        order = outbox.find(session, each.order)
        if order is not None and (target := _meant(gate, order)) is not None:
            yield order, target


def _unsettled(session: Session, gate: Gate) -> Iterator[tuple[Order, Target]]:
    for order in outbox.unsettled(session, gate.door.gateway.name, Via.POLL):
        if (target := _meant(gate, order)) is not None:
            yield order, target


def _meant(gate: Gate, order: Order) -> Target | None:
    """The guest of an order to let somebody in at this very gateway."""
    if order.kind is not OrderKind.GRANT or order.state not in {OrderState.QUEUED, OrderState.CLAIMED}:
        return None
    target = targets.unpack(gate.privacy.opened(order.target, Order.__tablename__, str(order.id), "target"))
    return target if dict(target.words).get("gatewayhash") == gate.gatewayhash else None


def _record(session: Session, gate: Gate, order: Order, target: Target, now: datetime) -> str | None:
    grant = grants.of(session, order.grant_id)
    plan = gate.door.plans.get(grant.plan) if grant is not None else None
    if grant is None or plan is None or grant.revoked_at is not None:
        return None
    left = remainders.left(plan, remainders.used(session, grants.subject(grant), now, gate.zone), grant.ends_at, now)
    if left.spent is not None:
        return None
    way = gate.family.let_in(targets.arrival(target), gate.door.gateway, Login("", ""), plan, left)
    return way.record if isinstance(way, Poll) else None


def _start(gate: Gate, target: Target, grant: str, now: datetime) -> Entry:
    name = target.session[:NAMED]
    return Entry(
        key=hashlib.sha256(f"openNDS start {gate.door.gateway.name} {target.session}".encode()).digest(),
        client=gate.door.gateway.name,
        source="",
        local="",
        received_at=now,
        kind=Kind.START,
        at=now,
        told=True,
        acct_session_id=name,
        station=target.station,
        bssid=target.access_point,
        site=gate.door.site,
        addresses=(target.address,) if target.address else (),
        class_=f"g.{grant}".encode(),
    )
