"""The trace for programs: found by a whole mark, told as one story; the latest failures; what a home institution is given.

What is looked for stands in the body, so that it is in no log. Never a station or a name in clear, and never a fragment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import g
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from portal.admin import trace as pages
from portal.admin.desk import desk
from portal.api import listing
from portal.api.answers import answer
from portal.api.problems import Fault, Kind, RefusedError
from portal.api.resource import Resource
from portal.api.shapes import says
from portal.api.values import choice, found, many, maybe, moment, text, whole
from portal.cases import finding, handout
from portal.cases.finding import How
from portal.cases.remainders import time_zone
from portal.permissions import Permission
from portal.reasons import Fixer
from store.models import AuthEvent, LoginVerdict, Operator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response

LONGEST: Final = 200


class Wanted(Schema):
    """What is looked for."""

    what = fields.String(
        required=True,
        validate=validate.Length(1, LONGEST),
        **says("A whole MAC address, outer identity, voucher, session, support number, or an address of a device"),
    )
    at = fields.String(validate=validate.Length(1, 40), **says("For an address: when, in ISO 8601; without a zone the operator's"))


class LoginRow(Schema):
    """One login."""

    id = text("Its story: /trace/{name}")
    at = moment()
    verdict = choice(LoginVerdict)
    reason = text("As docs/reasons.md has it")
    institution = text()
    realm = text()
    client = text("Its gateway")
    access_point = text()
    ssid = text()
    site = text()
    device = text("The first characters of a keyed hash of the station")
    home = text()
    round_trips = whole()
    milliseconds = whole()
    session = maybe("Id of the session it opened")


class FoundStay(Schema):
    """A guest's stay, or a session, of which no login is known."""

    id = text("Its story: /trace/{name}")
    at = moment("When it began")


class FoundVoucher(Schema):
    """A voucher, without its code."""

    id = text()
    batch = text()
    used_at = moment()
    ends_at = moment()
    revoked_at = moment()


class Findings(Schema):
    """What there is, each newest first; fifty at most."""

    how = choice([each.value for each in How], "What it was taken for")
    logins = many(LoginRow)
    grants = many(FoundStay)
    sessions = many(FoundStay)
    voucher = fields.Nested(FoundVoucher, required=True, allow_none=True)


class Step(Schema):
    """One line of the story."""

    at = moment()
    part = text("Portal, RADIUS, home, session, order")
    title = text()
    more = many(fields.String())


class Told(Schema):
    """One story."""

    id = text()
    headline = text()
    cause = text("What it was")
    who = many(fields.String(), "Who can mend it, in words")
    fixers = many(fields.String(validate=validate.OneOf([each.value for each in Fixer])), "The same for a program")
    todo = text("What to do")
    place = text()
    device = text()
    session = maybe("Id of the session")
    support_number = maybe()
    steps = many(Step)


class Handout(Schema):
    """What a home institution needs to find it in its own log."""

    correlation = text()
    operator_name = text()
    institution = text()
    realm = text()
    began_at = moment()
    ended_at = moment()
    home = text()
    homes_asked = many(fields.String())
    verdict = choice(LoginVerdict)
    reason = text()
    eap = fields.Boolean(required=True)
    round_trips = whole()
    milliseconds = whole()
    outer_identity_hash = text()
    cui_hash = text()
    hashes = text()


RESOURCE: Final = Resource("trace", "Trace", "Why somebody could not connect. Found by a whole mark; stations and names are masked.")


@RESOURCE.on(
    "POST", "/trace", Permission.TRACE, body=Wanted, answer=Findings, status=200, fleeting=True, example={"what": "K7Q-42M"},
)  # fmt: skip
def search(_asked: Mapping[str, Any], said: Mapping[str, Any]) -> Response:
    """Find a device, an identity, a voucher, a session, a support number, or who had an address."""
    what, typed = finding.parted(said["what"].strip(), said.get("at", ""))
    at = finding.moment(typed, time_zone(desk().zone())) if typed else None
    if typed and at is None:
        raise RefusedError(Kind.INVALID, faults=[Fault("It is no time in ISO 8601", "#/at")])
    with desk().reading() as session:
        there = finding.find(session, desk().privacy, what, at, g.now)
        rows = [listing.columns(pages.FAILURES, row) for row in pages.rows(session, there.logins)]
        content = {
            "how": there.how,
            "logins": rows,
            "grants": [{"id": each.id, "at": each.starts_at} for each in there.grants],
            "sessions": [{"id": each.id, "at": each.started_at} for each in there.sessions],
            "voucher": _voucher(there),
        }
    return answer(content)


def _voucher(there: finding.Found) -> dict[str, Any] | None:
    row = there.voucher
    if row is None or there.batch is None:
        return None
    return {"id": row.id, "batch": there.batch.id, "used_at": row.used_at, "ends_at": row.ends_at, "revoked_at": row.revoked_at}


@RESOURCE.on("GET", "/trace/failures", Permission.TRACE, query=listing.query(pages.FAILURES), answer=listing.page_of(LoginRow))
def failures(asked: Mapping[str, Any]) -> Response:
    """Logins that failed, the newest first."""
    return listing.listed(pages.FAILURES, asked)


@RESOURCE.on("GET", "/trace/<name>", Permission.TRACE, answer=Told)
def show(_asked: Mapping[str, Any], name: str) -> Response:
    """The story of one login, stay or session."""
    with desk().reading() as session:
        values = pages.told(session, name)
    if not values:
        raise RefusedError(Kind.NOT_FOUND)
    head, story = values["head"], values["story"]
    said = head.told if head is not None else None
    content = {
        "id": name,
        "headline": head.title if head is not None else "",
        "cause": said.cause if said is not None else "",
        "who": said.who if said is not None else (),
        "fixers": said.fixers if said is not None else (),
        "todo": said.todo if said is not None else "",
        "place": values["place"],
        "device": values["device"],
        "session": story.session.id if story.session is not None else None,
        "support_number": story.grant.support if story.grant is not None else None,
        "steps": [{"at": each.at, "part": each.part, "title": each.title, "more": each.more} for each in values["steps"]],
    }
    return answer(content)


@RESOURCE.on("GET", "/trace/<name>/handout", Permission.TRACE, answer=Handout)
def give(_asked: Mapping[str, Any], name: str) -> Response:
    """Of one login, for its home institution: without a person in it."""
    with desk().reading() as session:
        event = found(session, AuthEvent, name)
        operator = session.scalar(select(Operator.operator_name)) or ""
        return answer(handout.handout(event, operator, finding.institutions(session, [event]), desk().privacy))
