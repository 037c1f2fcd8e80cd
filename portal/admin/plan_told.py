"""What gateways answered to the last change of a plan: how many sessions were told, refused, or are still to be.

When a plan was changed is in the audit log; the orders that followed are in the outbox (proxeny/quota_watch.py queues them).
Never says that a gateway knows before it has said so.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import select

from portal.admin import telling
from portal.admin.answers import answer
from store import plan_use
from store.models import AuditEntry

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.plan_use import Told

HELD: Final = frozenset({"day_time", "day_data", "month_data", "up", "down", "idle"})  # of which gateways are told in mid-session
SHOWN: Final = 8  # sessions that are named
SOON: Final = timedelta(seconds=30)  # within which the first orders are there


class Row(NamedTuple):
    """One session that was told."""

    session: str
    named: str
    client: str
    answer: Any


class Change(NamedTuple):
    """The last one of the plan's limits."""

    at: datetime
    actor: str
    told: Told
    rows: tuple[Row, ...]
    live: bool  # more is to come


def last(session: Session, name: str, able: int, now: datetime) -> Change | None:
    """Of this plan, where one is kept; `able`: open sessions at gateways that can be told."""
    mine = select(AuditEntry).where(AuditEntry.kind == "plan", AuditEntry.object == name, AuditEntry.action == "change")
    entries = session.scalars(mine.order_by(AuditEntry.id.desc()).limit(SHOWN))
    found = next((each for each in entries if HELD & each.fields.keys()), None)
    if found is None:
        return None
    told = plan_use.told(session, name, found.at)
    answered = plan_use.answers(session, name, found.at, SHOWN)
    rows = tuple(Row(of.id, telling.unnamed(of.acct_session_id) or of.id, of.client, answer(order)) for order, of in answered)
    return Change(found.at, found.actor, told, rows, bool(told.waiting) or (told.all < able and now - found.at < SOON))
