"""Webhooks for programs: which systems are told of what, how that goes, and what failed told once more.

What is done is portal/cases/webhooks.py's. A secret is told by the answer that made it, and kept for no second asking; of an
address whoever may not change it sees the host alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import g
from marshmallow import Schema, fields, validate

from portal import hook_words
from portal.admin import deliveries
from portal.admin.desk import desk
from portal.admin.guard import actor
from portal.api import listing
from portal.api.answers import answer, empty
from portal.api.problems import Fault, Kind, RefusedError
from portal.api.resource import Resource
from portal.api.shapes import says
from portal.api.values import choice, found, many, moment, text, whole
from portal.cases import webhooks as cases
from portal.permissions import Permission
from store.events import EventKind
from store.models import Delivery, Webhook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Response
    from sqlalchemy.orm import Session

    from portal.cases.webhooks import Wrong


class WebhookSaid(Schema):
    """One webhook."""

    id = text()
    name = text()
    url = text("Whole for a token that may change it, else its host")
    events = many(fields.String())
    created_at = moment()
    created_by = text()
    paused_at = moment()
    why = text("Why it was paused, where we did it")
    delivered_at = moment("When it was told last")
    waiting = whole("Deliveries that wait, or are under way")
    failed = whole("Within a week, and not told since")


class Webhooks(Schema):
    """All of them."""

    items = many(WebhookSaid)


class WebhookMade(WebhookSaid):
    """With its secret, this once."""

    secret = text("What its messages are signed with: told this once")


class WebhookWanted(Schema):
    """As somebody wants it."""

    name = fields.String(required=True, validate=validate.Length(1, cases.LONGEST))
    url = fields.String(required=True, validate=validate.Length(1, 2_048), **says("https, to a place outside this network"))
    events = fields.List(
        fields.String(validate=validate.OneOf([each.value for each in cases.OFFERED])), required=True, validate=validate.Length(1, 50)
    )


class WebhookChanges(Schema):
    """Other values over what is there."""

    name = fields.String(validate=validate.Length(1, cases.LONGEST))
    url = fields.String(validate=validate.Length(1, 2_048))
    events = fields.List(fields.String(validate=validate.OneOf([each.value for each in cases.OFFERED])), validate=validate.Length(1, 50))


class DeliveryRow(Schema):
    """One event on its way to one webhook."""

    number = whole()
    queued = moment()
    event = choice(EventKind)
    object = text()
    state = choice(deliveries.STATES)
    tries = whole()
    status = whole("HTTP's", none=True)
    milliseconds = whole(none=True)
    outcome = text()
    settled = moment()


class Queued(Schema):
    """What is told once more."""

    deliveries = whole("How many")
    number = whole("Of the new delivery; null where several are made", none=True)


RESOURCE: Final = Resource("webhooks", "Webhooks", "Systems that are told of events. Secrets are told once.")
ONE: Final = "/webhooks/<name>"


@RESOURCE.on("GET", "/webhooks", Permission.WEBHOOKS, answer=Webhooks)
def every(_asked: Mapping[str, Any]) -> Response:
    """All of them, by name."""
    with desk().reading() as session:
        return answer({"items": [_said(each) for each in cases.listed(session, g.now)]})


@RESOURCE.on("GET", ONE, Permission.WEBHOOKS, answer=WebhookSaid)
def show(_asked: Mapping[str, Any], name: str) -> Response:
    """One of them, and how it goes."""
    with desk().reading() as session:
        return answer(_told(session, _found(session, name)))


@RESOURCE.on("POST", "/webhooks", Permission.WEBHOOKS_ACT, body=WebhookWanted, answer=WebhookMade, fleeting=True)
def make(_asked: Mapping[str, Any], said: Mapping[str, Any]) -> Response:
    """One more; the answer has its secret, this once, so that it is kept for no second asking."""
    wanted = cases.wanted(said, said["events"])
    _stand(cases.wrongs(desk(), wanted))
    with desk().writing() as session:
        made = cases.make(session, desk(), wanted, actor(), g.now)
        if isinstance(made, list):
            raise _refused(made)
        hook, secret = made
        return answer(_told(session, hook) | {"secret": secret}, 201, {"Location": f"/api/v1/webhooks/{hook.id}"})


@RESOURCE.on("PATCH", ONE, Permission.WEBHOOKS_ACT, body=WebhookChanges, answer=WebhookSaid)
def change(_asked: Mapping[str, Any], said: Mapping[str, Any], name: str) -> Response:
    """Another name, address, or choice of events."""
    with desk().reading() as session:
        hook = _found(session, name)
    wanted = cases.wanted({"name": hook.name, "url": hook.url, **said}, said.get("events", hook.events))
    _stand(cases.wrongs(desk(), wanted))
    with desk().writing() as session:
        hook = _found(session, name)
        _stand(cases.change(session, desk(), hook, wanted, actor(), g.now))
        return answer(_told(session, hook))


@RESOURCE.on("DELETE", ONE, Permission.WEBHOOKS_ACT)
def remove(_asked: Mapping[str, Any], name: str) -> Response:
    """It goes, with all that is known of its deliveries."""
    with desk().writing() as session:
        cases.remove(session, desk(), _found(session, name), actor(), g.now)
    return empty()


@RESOURCE.on("POST", f"{ONE}/rotate", Permission.WEBHOOKS_ACT, answer=WebhookMade, status=200, fleeting=True)
def rotate(_asked: Mapping[str, Any], name: str) -> Response:
    """Another secret, told this once; for a day both sign."""
    with desk().writing() as session:
        hook = _found(session, name)
        secret = cases.rotate(session, desk(), hook, actor(), g.now)
        return answer(_told(session, hook) | {"secret": secret})


@RESOURCE.on("POST", f"{ONE}/pause", Permission.WEBHOOKS_ACT, answer=WebhookSaid, status=200)
def pause(_asked: Mapping[str, Any], name: str) -> Response:
    """Tell it nothing until it is resumed. Twice is once."""
    with desk().writing() as session:
        hook = _found(session, name)
        cases.pause(session, desk(), hook, actor(), g.now)
        return answer(_told(session, hook))


@RESOURCE.on("POST", f"{ONE}/resume", Permission.WEBHOOKS_ACT, answer=WebhookSaid, status=200)
def resume(_asked: Mapping[str, Any], name: str) -> Response:
    """Tell it again. Twice is once."""
    with desk().writing() as session:
        hook = _found(session, name)
        cases.resume(session, desk(), hook, actor(), g.now)
        return answer(_told(session, hook))


@RESOURCE.on("POST", f"{ONE}/test", Permission.WEBHOOKS_ACT, answer=Queued, status=202)
def test(_asked: Mapping[str, Any], name: str) -> Response:
    """Send it a ping."""
    with desk().writing() as session:
        made = cases.test(session, desk(), _found(session, name), actor(), g.now)
        if made is None:
            raise RefusedError(Kind.NOT_NOW, "It is paused: resume it first.")
        return _queued(name, made)


@RESOURCE.on("POST", f"{ONE}/replay", Permission.WEBHOOKS_ACT, answer=Queued, status=202)
def replay_failed(_asked: Mapping[str, Any], name: str) -> Response:
    """What failed within a week, and was not told since, once more."""
    with desk().writing() as session:
        count = cases.replay_failed(session, desk(), _found(session, name), actor(), g.now)
        return answer({"deliveries": count, "number": None}, 202, {"Location": f"/api/v1/webhooks/{name}/deliveries"})


_LOG: Final = deliveries.log("")


@RESOURCE.on("GET", f"{ONE}/deliveries", Permission.WEBHOOKS, query=listing.query(_LOG), answer=listing.page_of(DeliveryRow))
def log(asked: Mapping[str, Any], name: str) -> Response:
    """Its deliveries, the newest first."""
    with desk().reading() as session:
        _found(session, name)
    return listing.listed(deliveries.log(name), asked)


@RESOURCE.on("POST", f"{ONE}/deliveries/<int(max={2**53 - 1}):number>/replay", Permission.WEBHOOKS_ACT, answer=Queued, status=202)
def replay(_asked: Mapping[str, Any], name: str, number: int) -> Response:
    """One event once more."""
    with desk().writing() as session:
        row: Delivery = found(session, Delivery, number)
        if row.webhook_id != name:
            raise RefusedError(Kind.NOT_FOUND)
        made = cases.replay(session, desk(), row, actor(), g.now)
        if made is None:
            raise RefusedError(Kind.NOT_NOW, "It is still under way.")
        return _queued(name, made)


def _queued(name: str, number: int) -> Response:
    return answer({"deliveries": 1, "number": number}, 202, {"Location": f"/api/v1/webhooks/{name}/deliveries"})


def _found(session: Session, name: str) -> Webhook:
    row: Webhook = found(session, Webhook, name)
    return row


def _told(session: Session, hook: Webhook) -> dict[str, Any]:
    session.flush()
    return next(_said(each) for each in cases.listed(session, g.now) if each.hook.id == hook.id)


def _said(of: cases.Standing) -> dict[str, Any]:
    names = ("id", "name", "events", "created_at", "created_by", "paused_at", "why", "delivered_at")
    url = of.hook.url if Permission.WEBHOOKS_ACT in g.staff.may else cases.place(of.hook.url)
    return {name: getattr(of.hook, name) for name in names} | {"url": url, "waiting": of.waiting, "failed": of.failed}


def _stand(wrongs: Sequence[Wrong]) -> None:
    if wrongs:
        raise _refused(wrongs)


def _refused(wrongs: Sequence[Wrong]) -> RefusedError:
    faults = [Fault(str(hook_words.WRONG[each.why]), f"#/{each.key}" if each.key else "#") for each in wrongs]
    return RefusedError(Kind.INVALID, faults=faults)
