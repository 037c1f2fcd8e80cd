"""Events: what happened that other systems asked to be told of, with one delivery for each webhook that asked.

Theory of operation. Whoever changes something calls `emit` in the same transaction: both are committed, or neither. Nearly
always nobody asked; so what is asked for at all is looked up once in a while and remembered, and where a kind is not among it
nothing more is done. Where it is, the webhooks are read again, under a lock that only their removal waits for. A webhook that
was made a moment ago may therefore miss the events of its first seconds, where another process tells of them.

What waits for one webhook is bounded: one that has too much waiting is paused, and says why.

Never holds a person: no station, no address, no name.
"""

from __future__ import annotations

import time
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import func, insert, select, update

from store.models import Delivery, DeliveryState, Event, Webhook
from store.upsert import load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session as Database

SOON: Final = 2.0  # seconds until another look at what is asked for
MOST_WAITING: Final = 10_000  # deliveries of one webhook
BACKLOG: Final = "backlog"  # Webhook.why
OPEN: Final = (DeliveryState.QUEUED, DeliveryState.CLAIMED)


class EventKind(StrEnum):
    """What can happen; portal/hook_words.py has the words and an example of each."""

    SESSION_STARTED = "session.started"  # accounting told of a session that was not known
    SESSION_ENDED = "session.ended"  # it ended, by its own word or as far as anyone can tell
    VOUCHER_BATCH_MADE = "voucher.batch_made"  # every voucher of a batch is there
    VOUCHER_REDEEMED = "voucher.redeemed"  # used for the first time
    VOUCHER_REVOKED = "voucher.revoked"  # taken back: one, or all that were left of a batch
    ADVERT_SUBMITTED = "advert.submitted"  # a shop asks the city to look at it
    ADVERT_APPROVED = "advert.approved"
    ADVERT_REJECTED = "advert.rejected"
    ADVERT_LIVE = "advert.live"  # its first day has begun
    ADVERT_ENDED = "advert.ended"  # its last day or its last view is over, or somebody ended it
    ALERT_OPENED = "alert.opened"  # a rule of portal/alert_rules.py is broken
    ALERT_ACKNOWLEDGED = "alert.acknowledged"  # somebody looks after it
    ALERT_CLOSED = "alert.closed"  # it is so no more, or somebody closed it
    ACCOUNT_ERASED = "account.erased"  # its id alone, so that copies elsewhere can go, too
    PORTAL_PUBLISHED = "portal.published"  # guests see another version of a page
    PING = "ping"  # a test, to one webhook


class Happened(NamedTuple):
    """One event. `at` where that was not now."""

    kind: EventKind
    object: str  # the id of what it happened to
    content: Mapping[str, Any]
    at: datetime | None = None


class _Look(NamedTuple):
    """What is asked for, as it was known when `until` was set."""

    until: float
    kinds: frozenset[str] = frozenset()
    full: frozenset[str] = frozenset()  # webhooks that have too much waiting


_NEVER: Final = _Look(0.0)
_looks: Final[WeakKeyDictionary[Engine, _Look]] = WeakKeyDictionary()


def emit(session: Database, kind: EventKind, object: str, content: Mapping[str, Any], now: datetime) -> None:  # noqa: A002  as the row calls it
    """Something happened: told to whoever asked for it once the caller's transaction is committed."""
    tell(session, [Happened(kind, object, content)], now)


def asked(session: Database, *kinds: EventKind) -> bool:
    """Whether any of these may be asked for: no statement, but every few seconds one."""
    return not _look(session).kinds.isdisjoint(kinds)


def tell(session: Database, happened: Sequence[Happened], now: datetime) -> int:
    """The same for many events at once, in a few statements; how many deliveries it made."""
    look = _look(session)
    events = [each for each in happened if each.kind in look.kinds]
    if not events:
        return 0
    kinds = {each.kind for each in events}
    hooks = [(name, kinds.intersection(wanted)) for name, wanted in _webhooks(session, look.full, now)]
    return _queue(session, [each for each in events if any(each.kind in wanted for _, wanted in hooks)], hooks, now)


def tell_one(session: Database, webhook: str, kind: EventKind, content: Mapping[str, Any], now: datetime) -> int:
    """An event that is for one webhook alone, whatever it asked for; the delivery's number."""
    _queue(session, [Happened(kind, webhook, content)], [(webhook, {kind})], now)
    return session.scalars(select(func.max(Delivery.id)).where(Delivery.webhook_id == webhook)).one()


def forget(session: Database) -> None:
    """A webhook was changed in this process: look again."""
    _looks.pop(session.get_bind().engine, None)


def _look(session: Database) -> _Look:
    engine = session.get_bind().engine
    found = _looks.get(engine, _NEVER)
    if (clock := time.monotonic()) >= found.until:
        rows = session.execute(select(Webhook.id, Webhook.events).where(Webhook.paused_at.is_(None))).all()
        kinds = frozenset(kind for _, events in rows for kind in events)
        found = _looks[engine] = _Look(clock + SOON, kinds, _full(session) if rows else frozenset())
    return found


def _full(session: Database) -> frozenset[str]:
    waiting = select(Delivery.webhook_id).where(Delivery.state.in_(OPEN)).group_by(Delivery.webhook_id)
    return frozenset(session.scalars(waiting.having(func.count() >= MOST_WAITING)))


def _webhooks(session: Database, full: frozenset[str], now: datetime) -> list[tuple[str, list[str]]]:
    """(webhook, what it asked for): those that are told now. Held, so that none is removed before its deliveries are there."""
    query = select(Webhook.id, Webhook.events).where(Webhook.paused_at.is_(None)).order_by(Webhook.id)
    rows = session.execute(query.with_for_update(read=True, key_share=True)).all()
    if over := sorted(full.intersection(row.id for row in rows)):
        paused = update(Webhook).where(Webhook.id.in_(over)).values(paused_at=now, why=BACKLOG)
        session.execute(paused.execution_options(synchronize_session=False))
        forget(session)
    return [(row.id, row.events) for row in rows if row.id not in full]


def _queue(session: Database, events: Sequence[Happened], hooks: Sequence[tuple[str, set[EventKind]]], now: datetime) -> int:
    if not events:
        return 0
    values = [{"kind": each.kind.value, "object": each.object, "at": each.at or now, "content": dict(each.content)} for each in events]
    made = session.execute(insert(Event).returning(Event.id, Event.kind), values).all()
    rows = [
        (name, event, DeliveryState.QUEUED, now, 0, "")
        for event, kind in sorted(map(tuple, made))
        for name, wanted in hooks
        if kind in wanted
    ]
    load(session, Delivery, ("webhook_id", "event_id", "state", "queued_at", "tries", "outcome"), rows)
    return len(rows)
