"""Alerts for programs: what is broken, who took notice, what is silenced.

Never decided here what is worth an alert.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from flask import g
from marshmallow import Schema, fields, validate

from portal.admin import alerts as pages
from portal.admin.desk import desk
from portal.alert_rules import Rule
from portal.api import listing
from portal.api.answers import answer, empty
from portal.api.problems import Kind, RefusedError
from portal.api.resource import Resource
from portal.api.shapes import says
from portal.api.values import flag, found, many, moment, text
from portal.permissions import Permission
from store import alerts
from store.alerts import Key
from store.models import Alert

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Response
    from sqlalchemy.orm import Session


class AlertSaid(Schema):
    """One alert."""

    id = text()
    rule = text()
    object = text('What it is about; "" where that is the controller')
    hurries = flag("People are kept offline by it, or soon will be")
    title = text()
    why = text()
    todo = text()
    opened_at = moment()
    seen_at = moment("When it was so last")
    acknowledged_at = moment()
    acknowledged_by = text()
    closed_at = moment()
    silenced_until = moment()


class SilenceSaid(Schema):
    """Nobody is told of these."""

    rule = text()
    object = text('"": every one of the rule')
    until = moment()
    by = text()
    why = text()


class Silences(Schema):
    """Those that last."""

    items = many(SilenceSaid)


class Silence(Schema):
    """For how long, of what, and why."""

    hours = fields.Integer(strict=True, required=True, validate=validate.Range(1, 720), **says("From now on"))
    whole_rule = fields.Boolean(load_default=False, truthy={True}, falsy={False}, **says("Every object of the rule"))
    why = fields.String(load_default="", validate=validate.Length(max=pages.REASON))


_OPEN, _EVERY = pages.listed(every=False), pages.listed(every=True)
RESOURCE: Final = Resource("alerts", "Alerts", "What is broken now, and was.")


@RESOURCE.on("GET", "/alerts", Permission.ALERTS, query=listing.query(_OPEN), answer=listing.page_of(AlertSaid))
def every(asked: Mapping[str, Any]) -> Response:
    """The open ones, the newest first; with `state` others."""
    return listing.listed(_EVERY if asked.get("state") else _OPEN, asked, _items)


@RESOURCE.on("GET", "/alerts/<name>", Permission.ALERTS, answer=AlertSaid)
def show(_asked: Mapping[str, Any], name: str) -> Response:
    """One alert, with what to do."""
    with desk().reading() as session:
        return answer(_told(session, found(session, Alert, name)))


@RESOURCE.on("POST", "/alerts/<name>/acknowledge", Permission.ALERTS_ACT, answer=AlertSaid, status=200)
def acknowledge(_asked: Mapping[str, Any], name: str) -> Response:
    """Somebody looks after it: nobody else needs to be told. Twice is once."""
    with desk().writing() as session:
        pages.noticed(session, [name])
        return answer(_told(session, found(session, Alert, name)))


@RESOURCE.on("POST", "/alerts/<name>/close", Permission.ALERTS_ACT, answer=AlertSaid, status=200)
def close(_asked: Mapping[str, Any], name: str) -> Response:
    """Done with; where it is still so, another is opened. That somebody opened sealed records alone is closed by people."""
    with desk().writing() as session:
        _for_programs(found(session, Alert, name))
        pages.closed(session, name)
        return answer(_told(session, found(session, Alert, name)))


@RESOURCE.on("POST", "/alerts/<name>/silence", Permission.ALERTS_ACT, body=Silence, answer=AlertSaid, status=200)
def silence(_asked: Mapping[str, Any], said: Mapping[str, Any], name: str) -> Response:
    """Tell nobody for a while: of this object, or of the whole rule."""
    with desk().writing() as session:
        row = found(session, Alert, name)
        _for_programs(row)
        pages.silenced(session, row, timedelta(hours=said["hours"]), " ".join(said["why"].split()), whole=said["whole_rule"])
        return answer(_told(session, row))


@RESOURCE.on("GET", "/silences", Permission.ALERTS, answer=Silences)
def silences(_asked: Mapping[str, Any]) -> Response:
    """What nobody is told of, and until when."""
    with desk().reading() as session:
        rows = alerts.silent(session, g.now)
        return answer({"items": [{name: getattr(row, name) for name in ("rule", "object", "until", "by", "why")} for row in rows]})


_KEY: Final = {
    "rule": fields.String(required=True, validate=validate.Length(1, 60)),
    "object": fields.String(load_default="", validate=validate.Length(max=200)),
}


@RESOURCE.on("DELETE", "/silences", Permission.ALERTS_ACT, query=_KEY)
def speak(asked: Mapping[str, Any]) -> Response:
    """A silence is over; what is still so is told now."""
    with desk().writing() as session:
        if not pages.spoken(session, Key(asked["rule"], asked["object"])):
            raise RefusedError(Kind.NOT_FOUND)
    return empty()


def _for_programs(row: Alert) -> None:
    """Refuse what is there to be seen by people: else one of them has a program put it away."""
    if row.rule == Rule.OPENED_ALONE:
        raise RefusedError(Kind.NOT_NOW, "It is closed and silenced by people, on its page.", reason="people")


def _items(_session: Session, rows: Sequence[pages.Row]) -> list[dict[str, Any]]:
    return [_row(row) for row in rows]


def _told(session: Session, row: Alert) -> dict[str, Any]:
    return _row(pages.shown([row], alerts.silent(session, g.now))[0])


def _row(row: pages.Row) -> dict[str, Any]:
    names = ("id", "rule", "object", "opened_at", "seen_at", "acknowledged_at", "acknowledged_by", "closed_at")
    said = {"hurries": row.now, "title": row.said.title, "why": row.said.why, "todo": row.said.remedy}
    until = row.silence.until if row.silence is not None else None
    return {name: getattr(row.alert, name) for name in names} | said | {"silenced_until": until}
