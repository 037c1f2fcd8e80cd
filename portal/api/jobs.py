"""Jobs and messages for programs: how deep each queue is, what gateways were told, what was mailed; done again, or cancelled.

What is done is portal/cases/jobs.py's. Never what a message says, and an address in part alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import g
from marshmallow import Schema, fields

from portal.admin import jobs as pages
from portal.admin import telling
from portal.admin.desk import desk
from portal.admin.guard import actor
from portal.api import listing
from portal.api.answers import answer
from portal.api.problems import Kind, RefusedError
from portal.api.resource import Resource
from portal.api.shapes import says
from portal.api.values import choice, found, many, moment, text, whole
from portal.cases import jobs as cases
from portal.cases.jobs import No, Queue
from portal.permissions import Permission
from store.models import Message, MessageKind, MessageState, Order, OrderKind, OrderState, Via

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response


class Depth(Schema):
    """How one queue stands; counts up to ten thousand."""

    queue = choice(Queue)
    waiting = whole()
    oldest = moment("Since when the oldest waits")
    hard = whole("That wait, and were tried three times or more")
    done = whole("Of those queued within an hour")
    failed = whole("Of those queued within a day")


class Depths(Schema):
    """Every queue."""

    items = many(Depth)


class OrderRow(Schema):
    """What a gateway was told, or is to be told."""

    number = whole()
    queued = moment()
    kind = choice(OrderKind)
    via = choice(Via)
    gateway = text()
    session = fields.String(required=True, allow_none=True, **says("Id of the session"))
    state = choice(OrderState)
    tries = whole()
    outcome = text("In the gateway's words")
    settled = moment()


class MessageRow(Schema):
    """A mail or an SMS, without its words."""

    number = whole()
    queued = moment()
    kind = choice(MessageKind)
    purpose = text()
    state = choice(MessageState)
    tries = whole()
    outcome = text("In the server's words")
    expires = moment("It is worth nothing afterwards")
    settled = moment()


class MessageSaid(MessageRow):
    """With its address."""

    to = text('In part; "" once it is forgotten')


RESOURCE: Final = Resource("jobs", "Jobs and messages", "What waits to be done, and what failed.")
_NUMBER: Final = f"<int(max={2**53 - 1}):number>"
_ORDER, _MESSAGE = f"/orders/{_NUMBER}", f"/messages/{_NUMBER}"


@RESOURCE.on("GET", "/jobs", Permission.JOBS, answer=Depths)
def depths(_asked: Mapping[str, Any]) -> Response:
    """Every queue."""
    with desk().reading() as session:
        return answer({"items": [each._asdict() for each in cases.depths(session, g.now)]})


@RESOURCE.on("GET", "/orders", Permission.JOBS, query=listing.query(pages.ORDERS), answer=listing.page_of(OrderRow))
def orders(asked: Mapping[str, Any]) -> Response:
    """What gateways were told, the newest first."""
    return listing.listed(pages.ORDERS, asked, lambda _session, rows: [_order(row) for row in rows])


def _order(row: Order) -> dict[str, Any]:
    return listing.columns(pages.ORDERS, row) | {"outcome": telling.unnamed(row.outcome)}


@RESOURCE.on("GET", _ORDER, Permission.JOBS, answer=OrderRow)
def order(_asked: Mapping[str, Any], number: int) -> Response:
    """One order."""
    with desk().reading() as session:
        return answer(_order(found(session, Order, number)))


@RESOURCE.on("POST", f"{_ORDER}/again", Permission.JOBS_ACT, answer=OrderRow, status=202)
def order_again(_asked: Mapping[str, Any], number: int) -> Response:
    """Another of the same kind, where its session is still open."""
    with desk().writing() as session:
        made = cases.repeat(session, desk(), found(session, Order, number), actor(), g.now)
        _stand(made)
        return answer(_order(found(session, Order, made)), 202, {"Location": f"/api/v1/orders/{made}"})


@RESOURCE.on("POST", f"{_ORDER}/cancel", Permission.JOBS_ACT, answer=OrderRow, status=200)
def order_cancel(_asked: Mapping[str, Any], number: int) -> Response:
    """It is not carried out. Of one that is settled nothing changes."""
    with desk().writing() as session:
        row: Order = found(session, Order, number)
        cases.cancel_order(session, desk(), row, actor(), g.now)
        session.refresh(row)
        return answer(_order(row))


@RESOURCE.on("GET", "/messages", Permission.JOBS, query=listing.query(pages.MESSAGES), answer=listing.page_of(MessageRow))
def messages(asked: Mapping[str, Any]) -> Response:
    """Mails and SMS, the newest first."""
    return listing.listed(pages.MESSAGES, asked)


@RESOURCE.on("GET", _MESSAGE, Permission.JOBS, answer=MessageSaid)
def message(_asked: Mapping[str, Any], number: int) -> Response:
    """One message."""
    with desk().reading() as session:
        return answer(_message(found(session, Message, number)))


def _message(row: Message) -> dict[str, Any]:
    return listing.columns(pages.MESSAGES, row) | {"to": cases.address(desk().privacy, row)}


@RESOURCE.on("POST", f"{_MESSAGE}/again", Permission.JOBS_ACT, answer=MessageSaid, status=202)
def message_again(_asked: Mapping[str, Any], number: int) -> Response:
    """Of one that waits: its next try is now."""
    with desk().writing() as session:
        row: Message = found(session, Message, number)
        _stand(cases.again(session, desk(), row, actor(), g.now))
        return answer(_message(row), 202, {"Location": f"/api/v1/messages/{number}"})


@RESOURCE.on("POST", f"{_MESSAGE}/cancel", Permission.JOBS_ACT, answer=MessageSaid, status=200)
def message_cancel(_asked: Mapping[str, Any], number: int) -> Response:
    """It is not sent. Of one that is settled nothing changes; an alert is sent."""
    with desk().writing() as session:
        row: Message = found(session, Message, number)
        _stand(cases.cancel_message(session, desk(), row, actor(), g.now))
        session.refresh(row)
        return answer(_message(row))


def _stand(outcome: object) -> None:
    if isinstance(outcome, No):
        raise RefusedError(Kind.NOT_NOW, str(pages.NOT[outcome]), reason=outcome.name.lower())
