"""Access points that spoke and that nobody has declared: listed, adopted into a site, or forgotten until they speak again.

As on the page. Never half of what was asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from marshmallow import Schema, fields, validate
from sqlalchemy import select

from portal.admin import access_points_unknown
from portal.admin.access_points import Around
from portal.admin.desk import desk
from portal.api import listing
from portal.api.answers import answer, empty
from portal.api.entries import Changes, judged
from portal.api.problems import Fault, Kind, RefusedError
from portal.api.resource import Resource
from portal.api.sections import DRY
from portal.permissions import Permission
from store import network
from store.models import UnknownAccessPoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Response
    from sqlalchemy.orm import Session

_UNKNOWN: Final = Resource("unknown-access-points", "Unknown access points", "Those that spoke, and that nobody has declared.")
RESOURCES: Final = (_UNKNOWN,)
_LIST: Final = access_points_unknown.listed(Around({}, {}, []))
_IDS: Final[Mapping[str, Any]] = {"required": True, "validate": validate.Length(1, access_points_unknown.MOST)}


class Unknown(Schema):
    """One of them, with the name that is proposed."""

    id = fields.Integer(required=True)
    mac = fields.String(required=True)
    nas_identifier = fields.String(required=True)
    gateway = fields.String(required=True)
    ssid = fields.String(required=True)
    first_seen = fields.DateTime(required=True)
    last_seen = fields.DateTime(required=True)
    sightings = fields.Integer(required=True)
    name = fields.String(required=True)


class Adoption(Schema):
    """Which, where, and under which names."""

    ids = fields.List(fields.Integer(strict=True, validate=validate.Range(1, 2**53 - 1)), **_IDS)
    site = fields.String(load_default="")
    names = fields.Dict(keys=fields.String(), values=fields.String(), load_default={}, metadata={"description": "Id -> another name"})
    blocks = fields.Boolean(
        load_default=False, truthy={True}, falsy={False}, metadata={"description": "One access point for each block of sixteen addresses"}
    )


class Forgetting(Schema):
    """Which."""

    ids = fields.List(fields.Integer(strict=True, validate=validate.Range(1, 2**53 - 1)), **_IDS)


def _rows(_session: Session, rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [{"id": row.point.id, **listing.columns(_LIST, row)} for row in rows]


@_UNKNOWN.on("GET", "/unknown-access-points", Permission.NETWORK, query=listing.query(_LIST), answer=listing.page_of(Unknown))
def every(asked: Mapping[str, Any]) -> Response:
    """The latest heard first."""
    return listing.listed(_LIST, asked, _rows)


@_UNKNOWN.on(
    "POST",
    "/unknown-access-points/adopt",
    Permission.NETWORK_ACT,
    query=DRY,
    body=Adoption,
    answer=Changes,
    status=200,
    example={"ids": [17]},
)
def adopt(asked: Mapping[str, Any], said: Mapping[str, Any]) -> Response:
    """They become access points, all or none."""
    names = {int(key): name for key, name in said["names"].items() if key.isascii() and key.isdigit() and len(key) < 17}
    with desk().reading() if asked["dry_run"] else desk().writing() as session:
        if not asked["dry_run"]:
            network.alone(session)
        points = _found(session, said["ids"])
        edits = access_points_unknown.adopting(session, points, names, said["site"], whole=said["blocks"])
        try:
            made = judged(session, edits, dry=asked["dry_run"])
        except RefusedError as refusal:
            refusal.faults = [each._replace(pointer="#/ids") for each in refusal.faults]
            raise
    return answer({"changes": list(made.changes), "version": made.version, "dry_run": asked["dry_run"]})


@_UNKNOWN.on("POST", "/unknown-access-points/forget", Permission.NETWORK_ACT, body=Forgetting, status=204)
def forget(_asked: Mapping[str, Any], said: Mapping[str, Any]) -> Response:
    """They are listed no more, until they speak again."""
    with desk().writing() as session:
        access_points_unknown.forget(session, _found(session, said["ids"]))
    return empty()


def _found(session: Session, ids: Sequence[int]) -> Sequence[UnknownAccessPoint]:
    """All of them, or which are not there."""
    points = session.scalars(select(UnknownAccessPoint).where(UnknownAccessPoint.id.in_(ids)).order_by(UnknownAccessPoint.id)).all()
    gone = set(ids) - {point.id for point in points}
    if gone:
        raise RefusedError(Kind.INVALID, faults=[Fault(f"{each} is not there any more", "#/ids") for each in sorted(gone)])
    return points
