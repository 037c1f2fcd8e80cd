"""Deliveries of events to webhooks: found, taken under a lease, put off with growing pauses, settled; webhooks paused and resumed.

A webhook that is gone (410), that fails for a day, or for which too much waits (store/events.py), is paused, and says why. A
lease lets another take over from one who died on the way, so that an event may be told twice and is never lost; in which order
is not promised. Never speaks to anyone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import and_, func, insert, literal, select, update
from sqlalchemy.orm import aliased

from store import events
from store.events import MOST_WAITING, OPEN
from store.models import Delivery, DeliveryState, Event, Webhook
from store.session import affected

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session as Database

LEASE: Final = timedelta(seconds=30)  # more than a name, a connection and an answer may take
AT_ONCE: Final = 32  # of one webhook that are looked at together
PAUSES: Final = tuple(timedelta(seconds=each) for each in (5, 60, 600, 3_600, 4 * 3_600, 6 * 3_600, 12 * 3_600))  # a day, in all
TRIES: Final = len(PAUSES) + 1
PATIENCE: Final = timedelta(days=1)  # that a webhook may fail before it is paused
GONE, FAILING = "gone", "failing"  # Webhook.why, beside events.BACKLOG
LEFT: Final = MOST_WAITING // 2  # that still wait when a webhook is resumed: it was paused because there were too many
LONGEST: Final = (
    max(PAUSES) * 1.2 + LEASE
)  # that a delivery waits for its next try; what waits longer was put off by a clock that was wrong
DISCARDED: Final = "discarded: too many waited"
_BARE: Final = {"synchronize_session": False}


class Waiting(NamedTuple):
    """A delivery that somebody should carry out, and to which webhook."""

    delivery: int
    webhook: str


class Taken(NamedTuple):
    """One that was taken: ours alone until its lease ends."""

    delivery: Delivery
    event: Event
    webhook: Webhook


def waiting(session: Database, now: datetime) -> list[Waiting]:
    """What may be carried out now: of each webhook the oldest new ones, and those whose next try is due."""
    found: list[Waiting] = []
    for name in session.scalars(select(Webhook.id).where(Webhook.paused_at.is_(None)).order_by(Webhook.id)):
        mine = select(Delivery.id).where(Delivery.webhook_id == name).limit(AT_ONCE)
        due = mine.where(Delivery.state == DeliveryState.CLAIMED, Delivery.leased_until < now, Delivery.tries < TRIES)
        due = due.order_by(Delivery.leased_until)
        new = mine.where(Delivery.state == DeliveryState.QUEUED).order_by(Delivery.id)
        both = {*session.scalars(due), *session.scalars(new)}
        found += [Waiting(each, name) for each in sorted(both)]
    return found


def take(session: Database, delivery: int, now: datetime) -> Taken | None:
    """The delivery with its event and webhook; None where another was faster, or the webhook is paused. Commit before sending it."""
    awake = select(Webhook.id).where(Webhook.paused_at.is_(None))
    taken = (
        update(Delivery)
        .where(Delivery.id == delivery, _free(now), Delivery.webhook_id.in_(awake))
        .values(state=DeliveryState.CLAIMED, leased_until=now + LEASE, sent_at=now, tries=Delivery.tries + 1)
        .returning(Delivery)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    row = session.scalars(taken).one_or_none()
    if row is None:
        return None
    return Taken(row, session.get_one(Event, row.event_id), session.get_one(Webhook, row.webhook_id))


def _free(now: datetime) -> ColumnElement[bool]:
    over = and_(Delivery.state == DeliveryState.CLAIMED, Delivery.leased_until < now)
    return and_((Delivery.state == DeliveryState.QUEUED) | over, Delivery.tries < TRIES)


def delivered(session: Database, taken: Taken, status: int, milliseconds: int, now: datetime) -> bool:
    """It was taken by the other side; False where somebody else settled it."""
    _lock(session, taken.webhook.id)
    if not _settle(session, taken, DeliveryState.DELIVERED, status, milliseconds, "", now):
        return False
    well = update(Webhook).where(Webhook.id == taken.webhook.id).values(delivered_at=now, failing_since=None)
    session.execute(well.execution_options(**_BARE))
    return True


def failed(session: Database, taken: Taken, status: int | None, milliseconds: int, why: str, now: datetime, jitter: float) -> bool:
    """It was not. `jitter` of 0 to 1: how much of a fifth is added to the pause. False where there is no other try."""
    gone, spent = status == 410, taken.delivery.tries >= TRIES
    hook = _lock(session, taken.webhook.id)
    if hook is not None and hook.paused_at is None:
        hook.failing_since = hook.failing_since or now
        if gone or hook.failing_since <= now - PATIENCE:
            hook.paused_at, hook.why = now, GONE if gone else FAILING
            events.forget(session)
        session.flush()
    if gone or spent:
        _settle(session, taken, DeliveryState.FAILED, status, milliseconds, why, now)
        return False
    until = now + PAUSES[taken.delivery.tries - 1] * (1 + jitter / 5)
    waits = update(Delivery).where(_held(taken)).values(leased_until=until, status=status, milliseconds=milliseconds, outcome=why)
    session.execute(waits.execution_options(**_BARE))
    return True


def _lock(session: Database, webhook: str) -> Webhook | None:
    """Before its deliveries, as whoever removes or resumes it does."""
    return session.get(Webhook, webhook, populate_existing=True, with_for_update={"key_share": True})


def _settle(session: Database, taken: Taken, state: DeliveryState, status: int | None, milliseconds: int, why: str, now: datetime) -> bool:
    values = {"state": state, "status": status, "milliseconds": milliseconds, "outcome": why, "settled_at": now, "leased_until": None}
    ended = update(Delivery).where(_held(taken)).values(values)
    return affected(session.execute(ended.execution_options(**_BARE))) == 1


def _held(taken: Taken) -> ColumnElement[bool]:
    """Still ours: nobody took it after us."""
    mine = taken.delivery
    return and_(Delivery.id == mine.id, Delivery.state == DeliveryState.CLAIMED, Delivery.tries == mine.tries)


def spent(session: Database, now: datetime) -> bool:
    """Whether there is anything to give up, or a secret to forget."""
    found = session.scalar(select(Delivery.id).where(_spent(now) | _astray(now)).limit(1)) is not None
    return found or session.scalar(select(Webhook.id).where(Webhook.previous_until <= now).limit(1)) is not None


def _spent(now: datetime) -> ColumnElement[bool]:
    return and_(Delivery.state == DeliveryState.CLAIMED, Delivery.leased_until < now, Delivery.tries >= TRIES)


def _astray(now: datetime) -> ColumnElement[bool]:
    return and_(Delivery.state == DeliveryState.CLAIMED, Delivery.leased_until > now + LONGEST)


def give_up(session: Database, now: datetime) -> int:
    """Those whose last try was begun and never ended; how many. Secrets that sign no more are forgotten."""
    session.execute(update(Delivery).where(_astray(now)).values(leased_until=now).execution_options(**_BARE))
    over = update(Webhook).where(Webhook.previous_until <= now).values(previous_secret=None, previous_until=None)
    session.execute(over.execution_options(**_BARE))
    values = {"state": DeliveryState.FAILED, "settled_at": now, "leased_until": None, "outcome": "the last try did not end"}
    return affected(session.execute(update(Delivery).where(_spent(now)).values(values).execution_options(**_BARE)))


def resume(session: Database, hook: Webhook, now: datetime) -> int:
    """Tell it again. Where too much waits, the oldest are given up, to be replayed by whoever wants; how many."""
    hook.paused_at = hook.failing_since = None
    hook.why = ""
    mine = and_(Delivery.webhook_id == hook.id, Delivery.state.in_(OPEN))
    edge = session.scalar(select(Delivery.id).where(mine).order_by(Delivery.id.desc()).offset(LEFT).limit(1))
    values = {"state": DeliveryState.FAILED, "settled_at": now, "leased_until": None, "outcome": DISCARDED}
    old = update(Delivery).where(mine, Delivery.id <= (edge or 0)).values(values)
    given_up = affected(session.execute(old.execution_options(**_BARE))) if edge is not None else 0
    soon = update(Delivery).where(mine, Delivery.leased_until > now + LEASE).values(leased_until=now)  # whoever resumes it has mended it
    session.execute(soon.execution_options(**_BARE))
    session.flush()
    events.forget(session)
    return given_up


def replay(session: Database, delivery: Delivery, now: datetime) -> int:
    """Tell it once more, as a delivery of its own with the same event; its number."""
    again = Delivery(webhook_id=delivery.webhook_id, event_id=delivery.event_id, queued_at=now, replay_of=delivery.id)
    session.add(again)
    session.flush()
    return again.id


def replay_failed(session: Database, webhook: str, since: datetime, now: datetime) -> int:
    """Every one that failed since then, was no replay, and was not told since by one; how many."""
    room = MOST_WAITING - waits(session, webhook)
    one, other = Delivery, aliased(Delivery)
    again = select(other.id).where(other.event_id == one.event_id, other.webhook_id == webhook, other.state != DeliveryState.FAILED)
    wanted = and_(one.webhook_id == webhook, one.state == DeliveryState.FAILED, one.replay_of.is_(None), one.queued_at >= since)
    values = select(
        one.webhook_id, one.event_id, literal(DeliveryState.QUEUED, one.state.type), one.id, literal(now, one.queued_at.type),
        literal(0), literal(""),
    ).where(wanted, ~again.exists()).order_by(one.id).limit(max(room, 0))  # fmt: skip
    names = ["webhook_id", "event_id", "state", "replay_of", "queued_at", "tries", "outcome"]
    made = insert(Delivery).from_select(names, values).returning(Delivery.id)  # psycopg counts no rows of such an insert
    return len(session.scalars(made).all())


def waits(session: Database, webhook: str) -> int:
    """How many wait for one webhook, or are under way."""
    return session.scalars(select(func.count()).where(Delivery.webhook_id == webhook, Delivery.state.in_(OPEN))).one()
