"""Jobs and messages: how deep each queue is, and one row of it with its tries in words; done again, or cancelled.

What a button does stands in portal/cases/jobs.py, which the API calls, too. An address is shown masked and only while it is
kept; a message's words never.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, abort, g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import select

from portal import hook_words
from portal.admin import answers, deliveries, entries
from portal.admin.desk import desk
from portal.admin.guard import actor, needs
from portal.admin.lists import Column, Filter, List
from portal.admin.page import page
from portal.admin.tables import table
from portal.cases import jobs as cases
from portal.cases.jobs import No, Queue
from portal.permissions import Permission
from store import messages, outbox
from store.models import Delivery, DeliveryState, Message, MessageKind, MessageState, Order, OrderKind, OrderState, Session, Via, Webhook

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session as Database

blueprint = Blueprint("jobs", __name__, url_prefix="/jobs")
QUEUES: Final = {
    Queue.ORDERS: (later("Orders to gateways"), "/jobs/orders"),
    Queue.MESSAGES: (later("Mails and SMS"), "/jobs/messages"),
    Queue.DELIVERIES: (later("Deliveries of webhooks"), "/jobs/deliveries"),
    Queue.BATCHES: (later("Batches of vouchers"), "/vouchers"),
    Queue.BACKUPS: (later("Backups"), "/backups"),
}
PAGES: Final = {Queue.BATCHES: Permission.VOUCHERS, Queue.BACKUPS: Permission.HEALTH}  # the others are of this page's own
ORDER_STATES: Final = {
    OrderState.QUEUED.value: later("waits"),
    OrderState.CLAIMED.value: later("is tried"),
    OrderState.DONE.value: later("done"),
    OrderState.FAILED.value: later("failed"),
}
MESSAGE_STATES: Final = {
    MessageState.QUEUED.value: later("waits"),
    MessageState.CLAIMED.value: later("is tried"),
    MessageState.SENT.value: later("sent"),
    MessageState.FAILED.value: later("failed"),
    MessageState.EXPIRED.value: later("too late, not sent"),
}
AGAIN: Final = {"again": later("is tried again")}  # claimed, and put off
TONES: Final = {"done": "good", "sent": "good", "failed": "bad", "expired": "bad", "claimed": "warn"}
PURPOSES: Final = {
    "code": later("a code"),
    "sponsor": later("a question to a sponsor"),
    "link": later("a link"),
    "alert": later("an alert"),
    "shop": later("news for a shop, or of one"),
}
WAYS: Final = {MessageKind.MAIL.value: later("e-mail"), MessageKind.SMS.value: later("SMS")}
VIA: Final = {Via.RADIUS.value: later("by RADIUS"), Via.HTTP.value: later("by its API"), Via.POLL.value: later("when it asks")}
NOT: Final = {
    No.FORGOTTEN: later("Its words were forgotten when it was settled: nobody can send it again. Whoever needs it asks for another."),
    No.EXPIRED: later("It is worth nothing any more: its time is over."),
    No.BUSY: later("It is under way just now."),
    No.OVER: later("Its session is over: there is nothing left to tell the gateway."),
    No.NOT_A_SESSION: later("It was not about a running session. Its guest, or the next step of the stay, makes another by itself."),
    No.UNTAKEN: later("The gateway takes no such order any more."),
    No.ALERT: later("An alert is sent: nobody keeps others from being told. Silence it on the page of alerts."),
}


@blueprint.get("")
@needs(Permission.JOBS)
def index() -> ResponseReturnValue:
    """Every queue."""
    with desk().reading() as session:
        rows = cases.depths(session, g.now)
    answers_now = desk().status()
    return page("jobs.html", rows=rows, queues=QUEUES, pages=PAGES, cap=cases.CAP, jobs=answers_now.get("jobs", ""), hard=cases.HARD)


# Orders

ORDERS: Final = List(
    select(Order),
    (Order.id,),
    (
        Column("number", later("Number"), lambda row: row.id),
        Column("queued", later("Since"), lambda row: row.queued_at),
        Column("kind", later("What"), lambda row: row.kind.value),
        Column("via", later("How"), lambda row: row.via.value),
        Column("gateway", later("Gateway"), lambda row: row.client),
        Column("session", later("Session"), lambda row: row.session_id),
        Column("state", later("State"), lambda row: row.state.value),
        Column("tries", later("Tries"), lambda row: row.tries),
        Column("outcome", later("Outcome"), lambda row: row.outcome),
        Column("settled", later("Settled"), lambda row: row.settled_at),
    ),
    (
        Filter("state", later("State"), lambda said: Order.state == OrderState(said), ORDER_STATES),
        Filter(
            "kind", later("What"), lambda said: Order.kind == OrderKind(said), {kind.value: words for kind, words in answers.KINDS.items()}
        ),
        Filter("via", later("How"), lambda said: Order.via == Via(said), VIA),
    ),
    descending=True,
)


@blueprint.get("/orders")
@needs(Permission.JOBS)
def orders() -> Any:
    """What gateways were told, or are to be told."""
    return table(ORDERS, "jobs_orders.html", "orders", states=ORDER_STATES | AGAIN, tones=TONES, kinds=answers.KINDS, via=VIA)


@blueprint.get("/orders/<int:number>")
@needs(Permission.JOBS)
def order(number: int) -> ResponseReturnValue:
    """One order."""
    with desk().reading() as session:
        row = _order(session, number)
        accounting = session.get(Session, row.session_id) if row.session_id else None
    client = row.client or (accounting.client if accounting is not None else "")
    words: dict[str, Any] = {
        "states": ORDER_STATES | AGAIN,
        "tones": TONES,
        "kinds": answers.KINDS,
        "via": VIA,
        "answer": answers.answer(row),
    }
    return page("jobs_order.html", row=row, client=client, most=outbox.tries(row.via), open=row.settled_at is None, **words)


@blueprint.post("/orders/<int:number>/again")
@needs(Permission.JOBS_ACT)
def order_again(number: int) -> ResponseReturnValue:
    """Another of the same kind."""
    with desk().writing() as session:
        made = cases.repeat(session, desk(), _order(session, number), actor(), g.now)
    if isinstance(made, No):
        return entries.done(f"/jobs/orders/{number}", NOT[made])
    return entries.done(f"/jobs/orders/{made}", _("Another order of the same kind is on its way."))


@blueprint.post("/orders/<int:number>/cancel")
@needs(Permission.JOBS_ACT)
def order_cancel(number: int) -> ResponseReturnValue:
    """It is not carried out."""
    with desk().writing() as session:
        done = cases.cancel_order(session, desk(), _order(session, number), actor(), g.now)
    return entries.done(f"/jobs/orders/{number}", _("Cancelled.") if done else _("It was settled before."))


def _order(session: Database, number: int) -> Order:
    found: Order = _found(session, Order, number)
    return found


def _found(session: Database, model: Any, number: int) -> Any:
    row = session.get(model, number) if number < 2**63 else None
    return row if row is not None else abort(404)


# Messages

MESSAGES: Final = List(
    select(Message),
    (Message.id,),
    (
        Column("number", later("Number"), lambda row: row.id),
        Column("queued", later("Since"), lambda row: row.queued_at),
        Column("kind", later("How"), lambda row: row.kind.value),
        Column("purpose", later("What"), lambda row: row.purpose),
        Column("state", later("State"), lambda row: row.state.value),
        Column("tries", later("Tries"), lambda row: row.tries),
        Column("outcome", later("Outcome"), lambda row: row.outcome),
        Column("expires", later("Good until"), lambda row: row.expires_at),
        Column("settled", later("Settled"), lambda row: row.settled_at),
    ),
    (
        Filter("state", later("State"), lambda said: Message.state == MessageState(said), MESSAGE_STATES),
        Filter("kind", later("How"), lambda said: Message.kind == MessageKind(said), WAYS),
        Filter("purpose", later("What"), lambda said: Message.purpose == said, PURPOSES),
    ),
    descending=True,
)


@blueprint.get("/messages")
@needs(Permission.JOBS)
def message_list() -> Any:
    """Mails and SMS: never what they say."""
    return table(MESSAGES, "jobs_messages.html", "messages", states=MESSAGE_STATES | AGAIN, tones=TONES, purposes=PURPOSES, ways=WAYS)


@blueprint.get("/messages/<int:number>")
@needs(Permission.JOBS)
def message(number: int) -> ResponseReturnValue:
    """One message."""
    with desk().reading() as session:
        row = _found(session, Message, number)
    words: dict[str, Any] = {"states": MESSAGE_STATES | AGAIN, "tones": TONES, "purposes": PURPOSES, "ways": WAYS, "most": messages.TRIES}
    words["cancellable"] = cases.cancellable(row)
    return page("jobs_message.html", row=row, to=cases.address(desk().privacy, row), open=cases.open_message(row), **words)


@blueprint.post("/messages/<int:number>/again")
@needs(Permission.JOBS_ACT)
def message_again(number: int) -> ResponseReturnValue:
    """Its next try is now."""
    with desk().writing() as session:
        why = cases.again(session, desk(), _found(session, Message, number), actor(), g.now)
    return entries.done(f"/jobs/messages/{number}", NOT[why] if why is not None else _("Its next try is now."))


@blueprint.post("/messages/<int:number>/cancel")
@needs(Permission.JOBS_ACT)
def message_cancel(number: int) -> ResponseReturnValue:
    """It is not sent."""
    with desk().writing() as session:
        done = cases.cancel_message(session, desk(), _found(session, Message, number), actor(), g.now)
    if isinstance(done, cases.No):
        return entries.done(f"/jobs/messages/{number}", NOT[done])
    return entries.done(f"/jobs/messages/{number}", _("Cancelled; its words are forgotten.") if done else _("It was settled before."))


# Deliveries


@blueprint.get("/deliveries")
@needs(Permission.JOBS)
def delivery_list() -> Any:
    """Of every webhook; one delivery's page is the webhook's."""
    with desk().reading() as session:
        names = {row.id: row.name for row in session.execute(select(Webhook.id, Webhook.name).order_by(Webhook.name))}
    filters = (
        Filter("state", later("State"), lambda said: Delivery.state == DeliveryState(said), hook_words.STATES),
        Filter("webhook", later("Webhook"), lambda said: Delivery.webhook_id == said, names),
    )
    of = List(select(Delivery), (Delivery.id,), deliveries.COLUMNS, filters, descending=True, dress=deliveries.dressed)
    return table(of, "jobs_deliveries.html", "deliveries", names=names, titles=hook_words.TITLES, states=deliveries.STATES)
