"""The audit log for programs: its entries, and whether its chain holds. Never a person's values, and never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from marshmallow import Schema, fields, validate

from portal.admin import audit as pages
from portal.admin.desk import desk
from portal.api import listing
from portal.api.answers import answer
from portal.api.resource import Resource
from portal.api.shapes import says
from portal.api.values import found, maybe, moment, text, whole
from portal.permissions import Permission
from store.models import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Response
    from sqlalchemy.orm import Session


class Entry(Schema):
    """One deed."""

    number = whole()
    at = moment()
    actor = text()
    source = text("Id of the session or the token")
    action = text()
    kind = text()
    object = text()
    reason = text()
    fields_changed = fields.Dict(
        keys=fields.String(), values=fields.Raw(allow_none=True), required=True, **says("Name -> [before, after], or what else is said")
    )


class Checkpoints(Schema):
    """The log's last rows of earlier times."""

    checkpoints = fields.String(
        load_default="", validate=validate.Length(max=pages.LONGEST), **says("Text that holds some: proxeny-audit/1/…")
    )


class Verdict(Schema):
    """What was found."""

    rows = whole("That hold")
    since = whole("The first row that was looked at")
    last = whole("The last that holds")
    digest = text("Its")
    flaw = maybe("What is wrong with `number`; null: nothing")
    number = whole()
    checkpoints = whole("That were found in what was sent")


RESOURCE: Final = Resource("audit", "Audit log", "What was done, by whom and why.")


@RESOURCE.on("GET", "/audit", Permission.AUDIT, query=listing.query(pages.ENTRIES), answer=listing.page_of(Entry))
def every(asked: Mapping[str, Any]) -> Response:
    """Everything, the newest first."""
    return listing.listed(pages.ENTRIES, asked, _items)


@RESOURCE.on("GET", f"/audit/<int(max={2**53 - 1}):number>", Permission.AUDIT, answer=Entry)
def show(_asked: Mapping[str, Any], number: int) -> Response:
    """One entry."""
    with desk().reading() as session:
        return answer(_said(found(session, AuditEntry, number)))


@RESOURCE.on("POST", "/audit/verify", Permission.AUDIT, body=Checkpoints, answer=Verdict, status=200, fleeting=True)
def verify(_asked: Mapping[str, Any], said: Mapping[str, Any]) -> Response:
    """Does the chain of the newest entries hold, and agree with these checkpoints?"""
    verdict, since, wanted = pages.verified(said["checkpoints"])
    content = {"rows": verdict.rows, "since": since, "last": verdict.last, "digest": verdict.digest.hex(), "number": verdict.number}
    return answer(content | {"flaw": verdict.flaw.value if verdict.flaw is not None else None, "checkpoints": len(wanted)})


def _items(_session: Session, rows: Sequence[AuditEntry]) -> list[dict[str, Any]]:
    return [_said(row) for row in rows]


def _said(row: AuditEntry) -> dict[str, Any]:
    names = ("at", "actor", "source", "action", "kind", "object", "reason")
    return {"number": row.id} | {name: getattr(row, name) for name in names} | {"fields_changed": row.fields}
