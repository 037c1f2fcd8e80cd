"""The network as a whole: its version, who runs it, the list of junk realms, and many edits at once, all or nothing.

Every entry is judged as its own resource would. Never half of what was asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from marshmallow import Schema, ValidationError, fields, validate
from sqlalchemy import select

from portal.admin import entries as pages
from portal.admin.desk import Edit, desk
from portal.api import shapes
from portal.api.answers import answer, unchanged
from portal.api.entries import CHANGES, Changes, judged, secrets, told
from portal.api.problems import Fault, Kind, RefusedError
from portal.api.resource import Resource, faults
from portal.api.sections import DRY, SECTIONS, TAKE
from portal.permissions import Permission
from store import models
from store import network as store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flask import Response
    from sqlalchemy.orm import Session

MOST: Final = 1_000  # edits of one request
_NETWORK, _OPERATOR, _HYGIENE = (
    Resource("network", "The network", "Its version, and many edits at once."),
    Resource("operator", "Operator", "Who runs this controller."),
    Resource("hygiene", "Hygiene", "Realms that no institution has: what the built-in list lacks, or has too much."),
)
RESOURCES: Final = (_NETWORK, _OPERATOR, _HYGIENE)


class Built(Schema):
    """One realm of the built-in list."""

    realm = fields.String(required=True)
    why = fields.String(required=True)


class Hygiene(Schema):
    """What the built-in list lacks, or has too much."""

    allow = fields.List(fields.String())
    refuse = fields.List(fields.String())
    built_in = fields.List(fields.Nested(Built), dump_only=True)
    managed_by = fields.String(dump_only=True)


class Version(Schema):
    """How often the network was changed."""

    version = fields.Integer(required=True)


class OneEdit(Schema):
    """One entry to be added (without `name`), changed (`fields` over what is there), or removed (`fields` null)."""

    section = fields.String(required=True, validate=validate.OneOf([each.name for each in SECTIONS] + ["operator", "hygiene"]))
    name = fields.String(load_default="")
    fields_ = fields.Dict(keys=fields.String(), data_key="fields", required=True, allow_none=True)
    take_over = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class Edits(Schema):
    """Edits that are carried out together, or not at all."""

    edits = fields.List(fields.Nested(OneEdit), required=True, validate=validate.Length(1, MOST))
    version = fields.Integer(strict=True, metadata={"description": "Only if this is still the network's version: else 412"})


_SHAPES: Final = {each.name: (each.schema, shapes.changes(each.schema, each.key), each.key) for each in SECTIONS} | {
    "operator": (shapes.Operator, shapes.changes(shapes.Operator, ""), ""),
    "hygiene": (Hygiene, shapes.changes(Hygiene, ""), ""),
}
_EXAMPLE: Final = {
    "edits": [
        {"section": "site", "fields": {"id": "east-library", "name": "East Library"}},
        {"section": "access_point", "name": "lib-1", "fields": {"site": "east-library"}},
        {"section": "access_point", "name": "lib-9", "fields": None},
    ]
}


@_NETWORK.on("GET", "/network", Permission.NETWORK, answer=Version)
def version(_asked: Mapping[str, Any]) -> Response:
    """How often it was changed: the road serves this version within two seconds."""
    with desk().reading() as session:
        return answer({"version": store.version(session)})


@_NETWORK.on("POST", "/network/edits", Permission.NETWORK_ACT, query=DRY, body=Edits, answer=Changes, status=200, example=_EXAMPLE)
def edit(asked: Mapping[str, Any], said: Mapping[str, Any]) -> Response:
    """Up to 1,000 edits, all or nothing."""
    edits = list(_edits(said["edits"]))
    with desk().reading() as session:
        _still(session, said)
        made = judged(session, edits, "edits", dry=True)
    if not asked["dry_run"]:
        with desk().writing() as session:
            store.alone(session)
            _still(session, said)
            made = judged(session, edits, "edits")
    return answer({"changes": list(made.changes), "version": made.version, "dry_run": asked["dry_run"]})


def _still(session: Session, said: Mapping[str, Any]) -> None:
    if "version" in said and said["version"] != store.version(session):
        raise RefusedError(Kind.CHANGED)


def _edits(said: list[dict[str, Any]]) -> Iterator[Edit]:
    """As `Desk.change` takes them, their keys looked at as their own resource would."""
    wrongs: list[Fault] = []
    for at, each in enumerate(said):
        whole, changed, key = _SHAPES[each["section"]]
        keys = each["fields_"]
        if keys is not None:
            try:
                keys = (whole if key and not each["name"] and key in keys else changed)().load(keys)
            except ValidationError as fault:
                wrongs += faults("json", fault.messages, f"#/edits/{at}/fields")
                continue
            secrets(keys)
            if key and not each["name"] and (astray := pages.astray(each["section"], keys)) is not None:
                wrongs.append(Fault(astray.what, f"#/edits/{at}/fields/{astray.key}", remedy=astray.remedy))
        yield Edit(each["section"], each["name"], keys, each["take_over"])
    if wrongs:
        raise RefusedError(Kind.INVALID, faults=wrongs[:100])


def _operator(session: Session) -> dict[str, Any]:
    row = session.get(models.Operator, 1)
    return {**(desk().entry(session, "operator", "") or {}), **({"managed_by": row.managed_by.value} if row is not None else {})}


def _hygiene(session: Session) -> dict[str, Any]:
    rows = session.scalars(select(models.Hygiene).order_by(models.Hygiene.realm)).all()
    lists = {verdict.value: [row.realm for row in rows if row.verdict is verdict] for verdict in models.Verdict}
    kept = "file" if any(row.managed_by is models.ManagedBy.FILE for row in rows) else "app"
    return {**lists, "managed_by": kept, "built_in": [{"realm": realm, "why": why} for realm, why in desk().tools["hygiene"]()]}


def _one(of: Resource, name: str, schema: type[Schema], read: Any) -> None:
    """The views of what there is once."""

    @of.on("GET", f"/{name}", Permission.NETWORK, answer=schema)
    def show(_asked: Mapping[str, Any]) -> Response:
        """What is set; nothing where nobody has said anything."""
        with desk().reading() as session:
            return answer(read(session))

    @of.on(
        "PATCH",
        f"/{name}",
        Permission.NETWORK_ACT,
        query={**DRY, **TAKE},
        body=shapes.changes(schema, ""),
        answer=schema,
        match=True,
        dry=(CHANGES, Changes),
    )
    def change(asked: Mapping[str, Any], said: Mapping[str, Any]) -> Response:
        """Other keys over what is there; null takes one out."""
        edits = [Edit(name, "", said, asked["take_over"])]
        with desk().reading() as session:
            unchanged(read(session))
            made = judged(session, edits, dry=True)
        if asked["dry_run"]:
            return told(made, dry=True)
        with desk().writing() as session:
            store.alone(session)
            unchanged(read(session))
            judged(session, edits)
            session.expire_all()
            return answer(read(session))


_one(_OPERATOR, "operator", shapes.Operator, _operator)
_one(_HYGIENE, "hygiene", Hygiene, _hygiene)
