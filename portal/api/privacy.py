"""Requests about data, and what is kept for how long, for programs: received, answered; each class with the proof that it goes.

What an answer does to an account is done under /accounts, and settles the request. Never where to answer: that is
people's alone to see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from marshmallow import Schema, fields, validate

from portal.admin import privacy as pages
from portal.admin import privacy_requests as register
from portal.admin.desk import desk
from portal.api import listing
from portal.api.answers import answer
from portal.api.problems import Fault, Kind, RefusedError
from portal.api.resource import Resource
from portal.api.shapes import says
from portal.api.values import choice, found, many, moment, text, whole
from portal.cases import keeping
from portal.permissions import Permission
from store import requests
from store.models import PrivacyRequest, RequestKind, RequestState
from store.retention import Kept

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response

    from portal.cases.keeping import Line


class RequestRow(Schema):
    """What somebody asked."""

    id = text()
    kind = choice(RequestKind)
    state = choice(RequestState)
    received_at = moment()
    due_at = moment("It is to be answered by then")
    received_by = text('"": the person themselves, on the guests\' pages')
    settled_at = moment()
    settled_by = text()
    outcome = text("What was done, or why not")


class RequestSaid(RequestRow):
    """With the account, and what stays."""

    account = text('Its id; "" where none is known')
    left = fields.Dict(
        keys=fields.String(), values=fields.Raw(allow_none=True), required=True, **says("Class -> how many rows stay, and until when")
    )


class Received(Schema):
    """What somebody asked by mail, by telephone or at a desk."""

    kind = fields.String(required=True, validate=validate.OneOf([each.value for each in RequestKind]))
    account = fields.String(load_default="", validate=validate.Length(max=64))
    contact = fields.String(load_default="", validate=validate.Length(max=requests.LONGEST), **says("Where the answer goes: sealed"))
    received = fields.Date(**says(f"A day of the last {register.BACK.days}; left out: now"))


class Settled(Schema):
    """Its answer."""

    outcome = fields.String(required=True, validate=validate.Length(register.LEAST, register.LONGEST), **says("Without a person in it"))
    refused = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class Class(Schema):
    """One class of rows."""

    kept = choice(Kept)
    days = fields.Float(required=True, **says("How long"))
    setting = fields.String(required=True, allow_none=True, **says("Its key in [retention]; null: it has none"))
    last_run = moment("When it was last looked at")
    oldest_left = moment()
    deleted = whole("Within thirty days")
    overdue_since = moment("null: nothing is")


class Classes(Schema):
    """All of them."""

    preset = text()
    items = many(Class)


class Run(Schema):
    """One purge of one class: the proof."""

    number = whole()
    at = moment()
    of = fields.String(required=True, data_key="class")
    cutoff = moment()
    deleted = whole()
    oldest_left = moment()


RESOURCE: Final = Resource("privacy", "Privacy and retention", "What people ask of their data, and what is kept how long.")


@RESOURCE.on("GET", "/privacy/requests", Permission.PRIVACY, query=listing.query(register.ALL), answer=listing.page_of(RequestRow))
def every(asked: Mapping[str, Any]) -> Response:
    """Open and answered ones, the newest first."""
    return listing.listed(register.ALL, asked)


@RESOURCE.on("GET", "/privacy/requests/<name>", Permission.PRIVACY, answer=RequestSaid)
def show(_asked: Mapping[str, Any], name: str) -> Response:
    """One of them."""
    with desk().reading() as session:
        return answer(_said(found(session, PrivacyRequest, name)))


@RESOURCE.on("POST", "/privacy/requests", Permission.GUESTS_ACT, body=Received, answer=RequestSaid)
def receive(_asked: Mapping[str, Any], said: Mapping[str, Any]) -> Response:
    """Write down what somebody asked."""
    day = said["received"].isoformat() if "received" in said else ""
    typed = {"kind": said["kind"], "account": said["account"].strip(), "contact": said["contact"].strip(), "received": day}
    wrongs: dict[str, Any] = {}
    with desk().writing() as session:
        name = register.received(session, typed, wrongs)
        if name is None:
            raise RefusedError(Kind.INVALID, faults=[Fault(str(words), f"#/{key}") for key, words in wrongs.items()])
        return answer(_said(found(session, PrivacyRequest, name)), 201, {"Location": f"/api/v1/privacy/requests/{name}"})


@RESOURCE.on("POST", "/privacy/requests/<name>/settle", Permission.PRIVACY_ACT, body=Settled, answer=RequestSaid, status=200)
def settle(_asked: Mapping[str, Any], said: Mapping[str, Any], name: str) -> Response:
    """Answered, or refused; where to answer is wiped."""
    words = " ".join(said["outcome"].split())
    if not (register.LEAST <= len(words) <= register.LONGEST and words.isprintable()):
        raise RefusedError(Kind.INVALID, faults=[Fault("Say what was done, or why not, in printable characters", "#/outcome")])
    with desk().writing() as session:
        row: PrivacyRequest = found(session, PrivacyRequest, name)
        if not register.settled(session, row, words, refused=said["refused"]):
            raise RefusedError(Kind.CONFLICT, "Somebody settled it before.")
        return answer(_said(row))


def _said(row: PrivacyRequest) -> dict[str, Any]:
    return listing.columns(register.ALL, register.row(row)) | {"account": row.account_id, "left": row.left}


@RESOURCE.on("GET", "/retention", Permission.PRIVACY, answer=Classes)
def retention(_asked: Mapping[str, Any]) -> Response:
    """Every class: how long, and whether anything is overdue. The settings file says it; nothing here writes it."""
    said = pages.kept()
    with desk().reading() as session:
        lines = keeping.lines(session, said, desk().now())
        return answer({"preset": said.preset, "items": [_line(each) for each in lines]})


def _line(each: Line) -> dict[str, Any]:
    run, setting, late = each.run, each.setting, each.overdue
    return {
        "kept": each.kept,
        "days": each.age.total_seconds() / 86_400,
        "setting": setting.name if setting is not None else None,
        "last_run": run.at if run is not None else None,
        "oldest_left": run.oldest if run is not None else None,
        "deleted": each.gone,
        "overdue_since": late.oldest if late is not None else None,
    }


@RESOURCE.on("GET", "/retention/runs", Permission.PRIVACY, query=listing.query(pages.RUNS), answer=listing.page_of(Run))
def runs(asked: Mapping[str, Any]) -> Response:
    """The proof: what each purge deleted, the newest first."""
    return listing.listed(pages.RUNS, asked)
