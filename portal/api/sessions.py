"""Sessions for programs: who is online and who was, without a name; ended, given another plan or an hour more, each with a reason.

What is done is session_orders'. A program does not wait for the gateway: it reads the session again. Never a station in clear.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from marshmallow import Schema
from sqlalchemy import true

from portal.admin import session_orders, sessions, telling
from portal.admin.desk import desk
from portal.admin.lists import Filter
from portal.api import listing
from portal.api.answers import answer
from portal.api.problems import Kind, RefusedError
from portal.api.resource import Resource
from portal.api.values import Asked, Reason, asked, choice, flag, found, many, maybe, moment, one, reason, text, whole
from portal.cases import finding
from portal.permissions import Permission
from store.models import OrderKind, OrderState, Session, SessionStatus, Way

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response
    from sqlalchemy.orm import Session as Database

    from portal.cases.finding import Story


class SessionRow(Schema):
    """One accounting session."""

    id = text()
    status = choice(SessionStatus)
    started_at = moment()
    ended_at = moment()
    seconds = whole()
    octets_up = whole("From the station")
    octets_down = whole("To it")
    client = text("Its gateway")
    access_point = text()
    ssid = text()
    site = text()
    realm = text("Of the institution that let it in")
    institution = text()
    device = text("The first characters of a keyed hash of the station: equal ones are of one device")
    terminate_cause = text()
    login = maybe("Id of the login that opened it: /logins/{name}")


class GrantSaid(Schema):
    """What the portal allowed, under which this session is."""

    id = text()
    plan = text()
    way = choice(Way)
    starts_at = moment()
    ends_at = moment()
    revoked_at = moment()
    provisional = flag("Who it is has yet to be proven")
    support_number = text()


class OrderSaid(Schema):
    """What a gateway was asked."""

    id = whole()
    kind = choice(OrderKind)
    state = choice(OrderState)
    queued_at = moment()
    settled_at = moment("When it was answered, or given up")
    outcome = text("In the gateway's words")


class OneSession(SessionRow):
    """The same with what was asked of its gateway."""

    grant = one(GrantSaid, "null: no guest of the portal", none=True)
    orders = many(OrderSaid)


class Replan(Reason):
    """Another plan."""

    plan = text("Its name")


_STATUS: Final = Filter("status", "State", lambda _said: true(), {SessionStatus.OPEN.value: "open"})
_ONLINE: Final = replace(sessions.RUNNING, filters=(_STATUS, *sessions.FILTERS))
RESOURCE: Final = Resource("sessions", "Sessions", "Who is online, and who was. Stations are masked.")


@RESOURCE.on("GET", "/sessions", Permission.SESSIONS, query=listing.query(sessions.ALL), answer=listing.page_of(SessionRow))
def every(asked_: Mapping[str, Any]) -> Response:
    """Sessions, the newest first; with status=open those that are online."""
    return listing.listed(_ONLINE if asked_.get("status") == SessionStatus.OPEN.value else sessions.ALL, asked_)


@RESOURCE.on("GET", "/sessions/<name>", Permission.SESSIONS, answer=OneSession)
def show(_asked: Mapping[str, Any], name: str) -> Response:
    """One of them, with what was asked of its gateway."""
    with desk().reading() as session:
        accounting = found(session, Session, name)
        story = finding.of_session(session, accounting)
        (row,) = sessions.rows(session, [accounting])
        said = listing.columns(sessions.ALL, row)
        return answer({**said, "grant": _grant(story), "orders": [_order(each) for each in reversed(story.orders)]})


def _grant(story: Story) -> dict[str, Any] | None:
    grant = story.grant
    if grant is None:
        return None
    names = ("id", "plan", "way", "starts_at", "ends_at", "revoked_at", "provisional")
    return {name: getattr(grant, name) for name in names} | {"support_number": grant.support}


def _order(order: Any) -> dict[str, Any]:
    said = {name: getattr(order, name) for name in ("id", "kind", "state", "queued_at", "settled_at")}
    return {**said, "outcome": telling.unnamed(order.outcome)}


@RESOURCE.on("POST", "/sessions/<name>/disconnect", Permission.SESSIONS_ACT, body=Reason, answer=Asked, status=202)
def disconnect(_asked: Mapping[str, Any], said: Mapping[str, Any], name: str) -> Response:
    """Ask its gateway to end it; a guest's stay ends with it."""
    why = reason(said)
    with desk().writing() as session:
        return _told(name, [session_orders.ended(session, _found(session, name), why)])


@RESOURCE.on("POST", "/sessions/<name>/plan", Permission.SESSIONS_ACT, body=Replan, answer=Asked, status=202)
def replan(_asked: Mapping[str, Any], said: Mapping[str, Any], name: str) -> Response:
    """Another plan for the guest whose session it is."""
    why = reason(said)
    with desk().writing() as session:
        return _told(name, session_orders.replanned(session, _found(session, name), said["plan"], why))


@RESOURCE.on("POST", "/sessions/<name>/extend", Permission.SESSIONS_ACT, body=Reason, answer=Asked, status=202)
def extend(_asked: Mapping[str, Any], said: Mapping[str, Any], name: str) -> Response:
    """An hour more for the guest whose session it is."""
    why = reason(said)
    with desk().writing() as session:
        return _told(name, session_orders.prolonged(session, _found(session, name), why))


def _found(session: Database, name: str) -> Session:
    row: Session = found(session, Session, name)
    return row


def _told(name: str, queued: list[int | None] | None) -> Response:
    if queued is None:
        raise RefusedError(Kind.NOT_NOW, "No guest's stay under this session goes on, or there is no such plan.")
    return answer(asked(queued), 202, {"Location": f"/api/v1/sessions/{name}"})
