"""What staff, and programs by the API, do with webhooks: made, changed, a secret rotated, paused, resumed, tried, replayed, removed.

Where an address leads is asked before a transaction begins (`wrongs`), as the resolver may take its time; the delivery asks again.
A secret is told once, by the call that made it. Never a request in sight, never a secret in an audit entry.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, func, select

from portal import hook_message
from store import audit, events, hooks
from store.events import EventKind
from store.models import Delivery, DeliveryState, Webhook
from store.sealed import Where

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.admin.desk import Actor, Desk
    from portal.outward import Refused

MOST: Final = 20
LONGEST: Final = 80  # characters of a name
OVERLAP: Final = timedelta(hours=24)  # that the secret before signs, too
OFFERED: Final = tuple(kind for kind in EventKind if kind is not EventKind.PING)
SINCE: Final = timedelta(days=7)  # how far back what failed is replayed


class Wanted(NamedTuple):
    """A webhook as somebody wants it."""

    name: str
    url: str
    events: tuple[str, ...]


class Why(StrEnum):
    """Why not, beside what portal/outward.py says of an address."""

    NAME = "unnamed"  # none, too long, or not printable
    TAKEN = "taken"  # another has this name
    EVENTS = "events"  # none, or one that is none of ours
    MANY = "many"


class Wrong(NamedTuple):
    """What cannot stand: of which value ("" for the whole), why (`Why`, or a `Bad` of an address), and what was said."""

    key: str
    why: str
    about: str = ""


class Standing(NamedTuple):
    """A webhook, and what waits for it; `failed`: within a week, and not replayed."""

    hook: Webhook
    waiting: int
    failed: int


def place(url: str) -> str:
    """Of an address what everybody may read: its path is often a password by another name."""
    scheme, _, rest = url.partition("://")
    host = rest.partition("/")[0].partition("?")[0]
    return f"{scheme}://{host}{'/…' if len(host) + 1 < len(rest) else ''}"


def wanted(values: Mapping[str, Any], kinds: Sequence[str]) -> Wanted:
    """What was typed, or sent."""
    named = set(map(str, kinds))
    order = [kind.value for kind in OFFERED if kind.value in named]
    unknown = sorted(named - set(order))[:1]
    return Wanted(" ".join(str(values.get("name") or "").split()), str(values.get("url") or "").strip(), (*order, *unknown))


def wrongs(desk: Desk, said: Wanted) -> list[Wrong]:
    """All that is wrong with it, but what only the database knows. It may ask the resolver: no transaction is to wait for it."""
    found: list[Wrong] = []
    if not said.name or len(said.name) > LONGEST or not said.name.isprintable():
        found.append(Wrong("name", Why.NAME))
    refused: Refused | None = desk.tools["webhook_look"](said.url)
    if refused is not None:
        found.append(Wrong("url", refused.why, refused.about))
    if not said.events or not {*said.events} <= {kind.value for kind in OFFERED}:
        found.append(Wrong("events", Why.EVENTS))
    return found


def taken(session: Session, said: Wanted, but: str = "") -> list[Wrong]:
    """What the database knows to be wrong with it; `but`: the webhook's own id."""
    others = session.execute(select(Webhook.id, Webhook.name)).all()
    if any(row.name.casefold() == said.name.casefold() and row.id != but for row in others):
        return [Wrong("name", Why.TAKEN)]
    return [Wrong("", Why.MANY)] if not but and len(others) >= MOST else []


def listed(session: Session, now: datetime) -> list[Standing]:
    """All of them, by name."""
    rows = session.scalars(select(Webhook).order_by(Webhook.name, Webhook.id)).all()
    waits = select(Delivery.webhook_id, func.count()).where(Delivery.state.in_(events.OPEN)).group_by(Delivery.webhook_id)
    bad = and_(Delivery.state == DeliveryState.FAILED, Delivery.queued_at >= now - SINCE, Delivery.replay_of.is_(None))
    failed = select(Delivery.webhook_id, func.count()).where(bad).group_by(Delivery.webhook_id)
    waiting, lost = ({row[0]: int(row[1]) for row in session.execute(query)} for query in (waits, failed))
    return [Standing(row, waiting.get(row.id, 0), lost.get(row.id, 0)) for row in rows]


def make(session: Session, desk: Desk, said: Wanted, actor: Actor, now: datetime) -> tuple[Webhook, str] | list[Wrong]:
    """(one more, its secret, which is told this once). `wrongs` was asked before."""
    if wrong := taken(session, said):
        return wrong
    hook = Webhook(name=said.name, url=said.url, events=list(said.events), secret=b"", created_at=now, created_by=actor.name)
    session.add(hook)
    session.flush()
    secret = _sealed(desk, hook)
    fields = {"url": (None, place(said.url)), "events": (None, ", ".join(said.events)), "secret": audit.SET}
    _changed(session, desk, "add", hook, actor, now, fields)
    return hook, secret


def _sealed(desk: Desk, hook: Webhook) -> str:
    fresh = hook_message.fresh(desk.entropy)
    hook.secret = desk.privacy.seal.close(fresh, Where("webhook", hook.id, "secret"))
    return hook_message.shown(fresh)


def change(session: Session, desk: Desk, hook: Webhook, said: Wanted, actor: Actor, now: datetime) -> list[Wrong]:
    """Another name, address or choice of events; what is wrong with it."""
    if wrong := taken(session, said, hook.id):
        return wrong
    before = Wanted(hook.name, hook.url, tuple(hook.events))
    hook.name, hook.url, hook.events = said.name, said.url, list(said.events)
    told = {"name": (before.name, said.name), "events": (", ".join(before.events), ", ".join(said.events))}
    fields: dict[str, Any] = {key: pair for key, pair in told.items() if pair[0] != pair[1]}
    if before.url != said.url:
        fields["url"] = (place(before.url), place(said.url))
    if fields:
        _changed(session, desk, "change", hook, actor, now, fields)
    return []


def rotate(session: Session, desk: Desk, hook: Webhook, actor: Actor, now: datetime) -> str:
    """Another secret, told this once; for a day both sign."""
    before = desk.privacy.opened(hook.secret, "webhook", hook.id, "secret")
    hook.previous_secret = desk.privacy.sealed(before, "webhook", hook.id, "previous_secret")
    hook.previous_until = now + OVERLAP
    secret = _sealed(desk, hook)
    _changed(session, desk, "rotate", hook, actor, now, {"secret": audit.SET})
    return secret


def pause(session: Session, desk: Desk, hook: Webhook, actor: Actor, now: datetime) -> bool:
    """Tell it nothing until it is resumed; False where that was so."""
    if hook.paused_at is not None:
        return False
    hook.paused_at, hook.why = now, ""
    _changed(session, desk, "pause", hook, actor, now)
    return True


def resume(session: Session, desk: Desk, hook: Webhook, actor: Actor, now: datetime) -> int | None:
    """Tell it again; how many of the oldest were given up because too many waited. None where it was not paused."""
    if hook.paused_at is None:
        return None
    given_up = hooks.resume(session, hook, now)
    _changed(session, desk, "resume", hook, actor, now)
    return given_up


def test(session: Session, desk: Desk, hook: Webhook, actor: Actor, now: datetime) -> int | None:
    """Send it a ping; the delivery's number. None where it is paused, and would not be told."""
    if hook.paused_at is not None:
        return None
    made = events.tell_one(session, hook.id, EventKind.PING, {"webhook": hook.name}, now)
    _changed(session, desk, "test", hook, actor, now)
    return made


def replay(session: Session, desk: Desk, delivery: Delivery, actor: Actor, now: datetime) -> int | None:
    """Tell an event once more; the new delivery's number. None while the first is under way."""
    if delivery.state in events.OPEN:
        return None
    hook = session.get_one(Webhook, delivery.webhook_id)
    again = hooks.replay(session, delivery, now)
    _changed(session, desk, "replay", hook, actor, now, {"delivery": (None, str(delivery.id))})
    return again


def replay_failed(session: Session, desk: Desk, hook: Webhook, actor: Actor, now: datetime) -> int:
    """Every event of the last week that it was not told, once more; how many."""
    count = hooks.replay_failed(session, hook.id, now - SINCE, now)
    if count:
        _changed(session, desk, "replay", hook, actor, now, {"deliveries": (None, str(count))})
    return count


def remove(session: Session, desk: Desk, hook: Webhook, actor: Actor, now: datetime) -> None:
    """It goes, with its deliveries."""
    session.delete(hook)
    _changed(session, desk, "remove", hook, actor, now, {"url": (place(hook.url), None)})


def _changed(
    session: Session, desk: Desk, action: str, hook: Webhook, actor: Actor, now: datetime, fields: Mapping[str, Any] | None = None
) -> None:
    session.flush()
    events.forget(session)
    audit.record(session, desk.privacy, audit.Act(actor.name, action, "webhook", hook.id, dict(fields or {}), source=actor.source), now)
