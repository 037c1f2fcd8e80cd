"""The delivery log of a webhook: which event went when, how often it was tried, what was answered; one delivery, and its replay.

The body is made of the event again, octet for octet as it was sent. Never the secret, and never an answer's own words.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, abort, g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import select

from portal import hook_message, hook_words
from portal.admin import entries
from portal.admin.desk import desk
from portal.admin.guard import actor, needs
from portal.admin.lists import Column, Filter, List
from portal.admin.page import page
from portal.admin.tables import table
from portal.admin.webhooks import found
from portal.cases import webhooks as cases
from portal.permissions import Permission
from store import hooks
from store.events import OPEN, EventKind
from store.models import Delivery, DeliveryState, Event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

blueprint = Blueprint("deliveries", __name__, url_prefix="/webhooks")
TONES: Final = {DeliveryState.DELIVERED: "good", DeliveryState.FAILED: "bad", DeliveryState.QUEUED: "quiet", DeliveryState.CLAIMED: "warn"}


class Row(NamedTuple):
    """A delivery with its event."""

    delivery: Delivery
    event: Event

    @property
    def tone(self) -> str:
        return TONES[self.delivery.state]

    @property
    def state(self) -> str:
        """One that waits for its next try is not what one calls tried."""
        waits = self.delivery.state is DeliveryState.CLAIMED and self.delivery.outcome
        return "again" if waits else self.delivery.state.value


STATES: Final = {**hook_words.STATES, "again": later("is tried again")}


def dressed(session: Session, rows: Sequence[Delivery]) -> list[Row]:
    """With their events: one statement."""
    wanted = sorted({row.event_id for row in rows})
    known = {row.id: row for row in session.scalars(select(Event).where(Event.id.in_(wanted)))}
    return [Row(row, known[row.event_id]) for row in rows if row.event_id in known]


COLUMNS: Final = (
    Column("number", later("Number"), lambda row: row.delivery.id),
    Column("queued", later("Since"), lambda row: row.delivery.queued_at),
    Column("event", later("Event"), lambda row: row.event.kind),
    Column("object", later("Object"), lambda row: row.event.object),
    Column("state", later("State"), lambda row: row.state),
    Column("tries", later("Tries"), lambda row: row.delivery.tries),
    Column("status", later("Status"), lambda row: row.delivery.status),
    Column("milliseconds", later("Milliseconds"), lambda row: row.delivery.milliseconds),
    Column("outcome", later("Outcome"), lambda row: row.delivery.outcome),
    Column("settled", later("Settled"), lambda row: row.delivery.settled_at),
)


def log(name: str) -> List:
    """The deliveries to this webhook."""
    kinds = {kind.value: hook_words.TITLES[kind] for kind in EventKind}
    of_kind = lambda said: Delivery.event_id.in_(select(Event.id).where(Event.kind == said))  # noqa: E731  one use
    filters = (
        Filter("state", later("State"), lambda said: Delivery.state == DeliveryState(said), hook_words.STATES),
        Filter("event", later("Event"), of_kind, kinds),
    )
    return List(select(Delivery).where(Delivery.webhook_id == name), (Delivery.id,), COLUMNS, filters, descending=True, dress=dressed)


@blueprint.get("/<name>")
@needs(Permission.WEBHOOKS)
def show(name: str) -> Any:
    """One webhook: how it stands, and its log."""
    with desk().reading() as session:
        hook = found(session, name)
        (standing,) = (each for each in cases.listed(session, g.now) if each.hook.id == name)
    told = {"titles": hook_words.TITLES, "states": STATES, "paused": hook_words.PAUSED, "place": cases.place, "events": list(EventKind)}
    return table(log(name), "webhook.html", "deliveries", hook=hook, standing=standing, **told)


@blueprint.get("/<name>/deliveries/<int:number>")
@needs(Permission.WEBHOOKS)
def delivery(name: str, number: int) -> ResponseReturnValue:
    """One delivery: what was sent, how it went, what comes next."""
    with desk().reading() as session:
        hook = found(session, name)
        (row,) = dressed(session, [_found(session, name, number)]) or (abort(404),)
        again = session.scalars(select(Delivery.id).where(Delivery.event_id == row.event.id, Delivery.replay_of == number)).all()
    body = hook_message.body(row.event)
    headers = {}
    if row.delivery.sent_at is not None:
        headers = hook_message.headers(row.event, body, row.delivery.sent_at, hook_message.secrets(desk().privacy, hook, g.now))
    shown = json.dumps(hook_message.said(row.event), indent=2, ensure_ascii=False)
    values: dict[str, Any] = {"body": body.decode(), "shown": shown, "headers": headers, "open": row.delivery.state in OPEN, "again": again}
    return page("delivery.html", hook=hook, row=row, states=STATES, titles=hook_words.TITLES, tries=hooks.TRIES, **values)


@blueprint.post("/<name>/deliveries/<int:number>/replay")
@needs(Permission.WEBHOOKS_ACT)
def replay(name: str, number: int) -> ResponseReturnValue:
    """Once more; then the page of the new delivery."""
    with desk().writing() as session:
        found(session, name)
        made = cases.replay(session, desk(), _found(session, name, number), actor(), g.now)
    if made is None:
        return entries.done(f"/webhooks/{name}/deliveries/{number}", _("It is still under way."))
    return entries.done(f"/webhooks/{name}/deliveries/{made}", _("It is told once more."))


def _found(session: Session, name: str, number: int) -> Delivery:
    row = session.get(Delivery, number) if number < 2**63 else None
    if row is None or row.webhook_id != name:
        abort(404)
    return row
