"""Sessions that a batch of accounting began or ended, as events for whoever asked. Never a station, a name or an address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store import events
from store.events import EventKind, Happened
from store.models import SessionStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session as Database

    from store.tallies import Tallies
    from store.tally import Tally


def tell(database: Database, held: Tallies, made: Sequence[str], now: datetime) -> None:
    """In the transaction that counts the batch; `made` are the sessions that are new."""
    if not events.asked(database, EventKind.SESSION_STARTED, EventKind.SESSION_ENDED):
        return
    new = set(made)
    happened = [Happened(EventKind.SESSION_STARTED, tally.id, _begun(tally)) for tally in held if tally.id in new]
    happened += [Happened(EventKind.SESSION_ENDED, tally.id, _over(tally)) for tally in held if ended(tally, held.before(tally.id))]
    events.tell(database, happened, now)


def ended(tally: Tally, before: SessionStatus | None) -> bool:
    """Whether it ended by this batch. One that is heard of again and ends anew is told of again."""
    return tally.status is SessionStatus.ENDED and before is not SessionStatus.ENDED


def _begun(tally: Tally) -> dict[str, Any]:
    return {
        "site": tally.site,
        "access_point": tally.access_point,
        "ssid": tally.ssid,
        "gateway": tally.client,
        "realm": tally.realm,
        "started_at": tally.started_at.isoformat(),
    }


def _over(tally: Tally) -> dict[str, Any]:
    until = tally.ended_at or tally.updated_at
    counted = {"seconds": tally.seconds, "octets_up": tally.input_octets, "octets_down": tally.output_octets}
    return _begun(tally) | {"ended_at": until.isoformat(), "cause": tally.terminate_cause, **counted}
