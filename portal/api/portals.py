"""Versions of portals for programs: a draft kept, compared with what guests see, published, thrown away, an earlier one brought back.

What is done is portal/cases/portal_versions.py's. A change is asked of the newest version that the program saw: `seen`. Never a
picture: logos are uploaded on the pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from marshmallow import Schema, fields, validate

from portal.admin.desk import desk
from portal.admin.guard import actor
from portal.api import shapes
from portal.api.answers import answer, empty
from portal.api.problems import Kind, RefusedError, wrong
from portal.api.resource import Resource
from portal.api.shapes import says
from portal.api.values import found, many, moment, text, whole
from portal.cases import portal_versions as cases
from portal.cases.portal_versions import Stale
from portal.permissions import Permission
from store import portal_versions as rows
from store.models import Portal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response

    from portal.cases.portal_versions import Published
    from store.models import PortalVersion


class VersionRow(Schema):
    """One version."""

    id = text("For `seen`")
    number = whole()
    note = text("What was changed, in its editor's words")
    made_at = moment()
    made_by = text()
    published_at = moment("null: a draft")
    published_by = text()


class VersionSaid(VersionRow):
    """With the portal's keys as it has them."""

    fields_ = fields.Dict(
        keys=fields.String(), values=fields.Raw(allow_none=True), required=True, data_key="fields", **says("As the network file has them")
    )


class Versions(Schema):
    """All that are kept, the newest first: 200 at most."""

    items = many(VersionRow)
    seen = text('The newest, for a change; "": there is none')


class Seen(Schema):
    """Which version was the newest that the program saw."""

    seen = fields.String(required=True, validate=validate.Length(max=64), **says('Its id; "" where there was none'))
    note = fields.String(load_default="", validate=validate.Length(max=rows.LONGEST_NOTE))


class Draft(Seen):
    """Keys of a portal to be kept as a draft."""

    fields_ = fields.Nested(
        shapes.changes(shapes.Portal, "name"),
        required=True,
        data_key="fields",
        **says("All of them: what is left out is taken out"),
    )


class PublishedSaid(Schema):
    """What guests see from now on."""

    number = whole("Of its version")
    changes = many(fields.String(), "Empty: they saw just that before")
    version = whole("Of the network")


RESOURCE: Final = Resource("portal-versions", "Versions of portals", "Drafts, what was published, and the way back.")
_ALL: Final = "/portals/<name>/versions"
_ONE: Final = f"{_ALL}/<int(max={2**31 - 1}):number>"


@RESOURCE.on("GET", _ALL, Permission.NETWORK, answer=Versions)
def history(_asked: Mapping[str, Any], name: str) -> Response:
    """All there were."""
    with desk().reading() as session:
        found(session, Portal, name)
        return answer({"items": [_row(each) for each in rows.history(session, name)], "seen": cases.basis(session, name)})


@RESOURCE.on("GET", _ONE, Permission.NETWORK, answer=VersionSaid)
def show(_asked: Mapping[str, Any], name: str, number: int) -> Response:
    """One of them, whole."""
    with desk().reading() as session:
        row = rows.find(session, name, number)
        if row is None:
            raise RefusedError(Kind.NOT_FOUND)
        return answer(_said(row))


@RESOURCE.on("POST", "/portals/<name>/draft", Permission.NETWORK_ACT, body=Draft, answer=VersionSaid)
def save(_asked: Mapping[str, Any], said: Mapping[str, Any], name: str) -> Response:
    """Keep a draft: guests see nothing of it."""
    _there(name)
    made = cases.save(desk(), name, _fields(name, said["fields_"]), said["seen"], _note(said), actor())
    if isinstance(made, list):
        raise wrong(made)
    if isinstance(made, Stale):
        raise _stale(made)
    return answer(_said(made), 201, {"Location": f"/api/v1/portals/{quote(name, safe='')}/versions/{made.number}"})


def _fields(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Over the draft's or the portal's own logo, which no program writes."""
    with desk().reading() as session:
        draft = rows.draft(session, name)
        kept = draft.fields if draft is not None else desk().entry(session, "portal", name) or {}
    return {**said, **({"logo": kept["logo"]} if kept.get("logo") else {})}


@RESOURCE.on("DELETE", "/portals/<name>/draft", Permission.NETWORK_ACT, query={"seen": fields.String(required=True)})
def discard(asked: Mapping[str, Any], name: str) -> Response:
    """The draft goes."""
    _there(name)
    stale = cases.discard(desk(), name, asked["seen"])
    if stale is not None:
        raise _stale(stale)
    return empty()


@RESOURCE.on("POST", "/portals/<name>/publish", Permission.NETWORK_ACT, body=Seen, answer=PublishedSaid, status=200)
def publish(_asked: Mapping[str, Any], said: Mapping[str, Any], name: str) -> Response:
    """Guests see the draft from now on."""
    _there(name)
    return _published(cases.publish(desk(), name, said["seen"], _note(said), actor()))


@RESOURCE.on("POST", f"{_ONE}/back", Permission.NETWORK_ACT, body=Seen, answer=PublishedSaid, status=200)
def back(_asked: Mapping[str, Any], said: Mapping[str, Any], name: str, number: int) -> Response:
    """Guests see that version again, under a number of its own."""
    _there(name)
    with desk().reading() as session:
        if rows.find(session, name, number) is None:
            raise RefusedError(Kind.NOT_FOUND)
    return _published(cases.roll_back(desk(), name, number, said["seen"], _note(said) or f"Back to version {number}", actor()))


def _published(outcome: Published | Stale | list[Any]) -> Response:
    if isinstance(outcome, list):
        raise wrong(outcome)
    if isinstance(outcome, Stale):
        raise _stale(outcome)
    return answer({"number": outcome.number, "changes": list(outcome.made.changes), "version": outcome.made.version})


def _stale(outcome: Stale) -> RefusedError:
    newest = outcome.newest.id if outcome.newest is not None else ""
    return RefusedError(Kind.CONFLICT, "It is not the newest version any more, or there is no draft.", seen=newest)


def _there(name: str) -> None:
    with desk().reading() as session:
        found(session, Portal, name)


def _note(said: Mapping[str, Any]) -> str:
    return "".join(each for each in said["note"] if each.isprintable()).strip()


def _row(row: PortalVersion) -> dict[str, Any]:
    names = ("id", "number", "note", "made_at", "made_by", "published_at", "published_by")
    return {name: getattr(row, name) for name in names}


def _said(row: PortalVersion) -> dict[str, Any]:
    return _row(row) | {"fields": row.fields}
