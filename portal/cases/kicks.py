"""Whom an openNDS gateway's agent must put out: orders that it collects, and settles with its next report.

Never hands out a station that no order of this gateway's own names.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NamedTuple

from radius.nas import targets
from radius.nas.family import Poll, Target
from store import leases, outbox
from store.models import Order, OrderKind, Via
from store.models import Session as Accounting

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.doors import Door
    from radius.nas.family import Family
    from store.privacy import Privacy

MOST: Final = 64  # in one answer
_ENDS: Final = frozenset({OrderKind.REVOKE, OrderKind.DISCONNECT, OrderKind.LIMIT})


class Kick(NamedTuple):
    """One guest to put out: the station as `ndsctl` wants it."""

    order: int
    station: str


def kicks(session: Session, privacy: Privacy, door: Door, family: Family, now: datetime) -> list[Kick]:
    """Those that wait, taken under a lease until the agent says that it is done."""
    found: list[Kick] = []
    for each in leases.waiting(session, Via.POLL, now, only=door.gateway.name):
        order = outbox.find(session, each.order)
        if order is None or order.kind not in _ENDS or len(found) == MOST:
            continue
        way = family.disconnect(_target(session, privacy, order), door.gateway)
        if not isinstance(way, Poll):
            outbox.settle(session, order.id, done=False, outcome="whom it means is not known", now=now)
        elif leases.take(session, order.id, Via.POLL, now) is not None:
            found.append(Kick(order.id, way.record))
    return found


def settle(session: Session, door: Door, done: Collection[int], now: datetime) -> None:
    """The agent has put these out."""
    for order in outbox.unsettled(session, door.gateway.name, Via.POLL):
        if order.id in done and order.kind in _ENDS:
            outbox.settle(session, order.id, done=True, outcome="the gateway's agent did it", now=now)


def _target(session: Session, privacy: Privacy, order: Order) -> Target:
    """Whom it means: by its session, else by what it holds itself."""
    known = session.get(Accounting, order.session_id) if order.session_id else None
    if known is None:
        return targets.unpack(privacy.opened(order.target, Order.__tablename__, str(order.id), "target"))
    return Target(station=privacy.opened(known.station_sealed, "session", known.id, "station_sealed").decode("ascii", "replace"))


def report(body: bytes) -> tuple[int, tuple[int, ...], object] | None:
    """(seconds since 1970, orders that are done, `ndsctl json`) of an agent's report; None where it is none.

    The first line is "report SECONDS ORDER ORDER …", the rest is what `ndsctl json` printed.
    """
    first, _, rest = body.partition(b"\n")
    word, *numbers = first.decode("ascii", "replace").split()[: 2 + MOST]
    if word != "report" or not numbers or not all(number.isascii() and number.isdigit() and len(number) < 19 for number in numbers):
        return None
    try:
        told = json.loads(rest) if rest.strip() else {}
    except (ValueError, RecursionError):
        told = {}
    return int(numbers[0]), tuple(map(int, numbers[1:])), told
