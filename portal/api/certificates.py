"""Certificates of our own listeners for programs: when each ends, a request made, a certificate taken in and used.

So that a program that renews certificates can do so here. Never gives a private key out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from marshmallow import Schema, fields, validate

from portal.admin import certificate_deeds as deeds
from portal.admin import certificates as pages
from portal.admin.desk import desk
from portal.api.answers import answer
from portal.api.problems import Fault, Kind, RefusedError
from portal.api.resource import Resource
from portal.api.shapes import says
from portal.api.values import flag, many, moment, one, text, whole
from portal.cases import key_files, own_certificates
from portal.cases.certificates import LARGEST, Flaw
from portal.cases.own_certificates import FullError
from portal.permissions import Permission
from store import listener_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response
    from sqlalchemy.orm import Session

    from portal.cases.certificates import Leaf
    from portal.cases.own_certificates import Listener
    from store.models import ListenerKey


class CertificateSaid(Schema):
    """One certificate."""

    subject = text()
    names = many(fields.String())
    issuer = text()
    kind = text("Of its key")
    begins = moment()
    ends = moment()
    fingerprint = text("SHA-256")


class ListenerSaid(Schema):
    """One of our listeners, and what it serves."""

    name = text()
    origin = text()
    names = many(fields.String(), "That its certificate has to cover")
    kept_here = flag('certificate = "app": it is changed here')
    certificate = one(CertificateSaid, "null: none here", none=True)
    days_left = whole(none=True)


class Listeners(Schema):
    """All of them."""

    items = many(ListenerSaid)


class KeySaid(Schema):
    """A key of ours, without the key."""

    id = text()
    created_at = moment()
    request = text("PKCS#10, PEM: for the authority")
    ends_at = moment("Of its certificate; null: it has none yet")
    used_from = moment()
    retired_at = moment()


class Requested(Schema):
    """What is asked for."""

    names = fields.List(fields.String(validate=validate.Length(1, 253)), required=True, validate=validate.Length(1, own_certificates.NAMES))
    kind = fields.String(required=True, validate=validate.OneOf(list(key_files.KINDS)), **says("Of the key"))


class Uploaded(Schema):
    """A certificate, with its chain; with its key, where no request was made here."""

    pem = fields.String(required=True, validate=validate.Length(1, LARGEST))


RESOURCE: Final = Resource("certificates", "Certificates", "Of our own listeners.")
ONE: Final = "/certificates/<listener>"


@RESOURCE.on("GET", "/certificates", Permission.NETWORK, answer=Listeners)
def every(_asked: Mapping[str, Any]) -> Response:
    """Every listener, and what it serves."""
    with desk().reading() as session:
        serving = listener_keys.serving(session)
    return answer({"items": [_said(each, serving.get(each.name)) for each in pages.listeners()]})


def _said(of: Listener, kept: ListenerKey | None) -> dict[str, Any]:
    row = pages.row_of(of, kept)
    said = {"name": of.name, "origin": of.origin, "names": list(of.names), "kept_here": of.kept, "days_left": row.days}
    return said | {"certificate": _leaf(row.leaf) if row.leaf is not None else None}


def _leaf(leaf: Leaf) -> dict[str, Any]:
    return {name: getattr(leaf, name) for name in ("subject", "issuer", "kind", "begins", "ends", "fingerprint")} | {
        "names": list(leaf.names)
    }


@RESOURCE.on("POST", f"{ONE}/requests", Permission.SECRETS, body=Requested, answer=KeySaid)
def ask(_asked: Mapping[str, Any], said: Mapping[str, Any], listener: str) -> Response:
    """A key is made here, and the request for its certificate."""
    of, names = _listener(listener), own_certificates.named("\n".join(said["names"]))
    if (wrong := own_certificates.misnamed(names)) is not None:
        raise RefusedError(Kind.INVALID, faults=[Fault(f"{wrong[:100]!r} is no host name" if wrong else "Name the hosts", "#/names")])
    try:
        return answer(_key(deeds.asked(of, names, said["kind"])), 201)
    except FullError:
        raise _full() from None


@RESOURCE.on("POST", ONE, Permission.SECRETS, body=Uploaded, answer=KeySaid, fleeting=True)
def upload(_asked: Mapping[str, Any], said: Mapping[str, Any], listener: str) -> Response:
    """A certificate is judged and kept; it is not used before that is asked for."""
    of, octets = _listener(listener), said["pem"].encode()
    parcel = Flaw.LARGE if len(octets) > LARGEST else desk().tools["unwrap"](octets, b"")
    try:
        taken = parcel if isinstance(parcel, Flaw) else deeds.kept(of, parcel)
    except FullError:
        raise _full() from None
    if isinstance(taken, Flaw):
        raise _flawed(taken, "#/pem")
    return answer(_key(taken[0]), 201)


@RESOURCE.on("POST", f"{ONE}/keys/<name>/use", Permission.SECRETS, answer=KeySaid, status=200)
def use(_asked: Mapping[str, Any], listener: str, name: str) -> Response:
    """This one from now on; also the way back to a former one."""
    of = _listener(listener)
    with desk().writing() as session:
        row = _row(session, of, name)
        flaw = deeds.used(session, of, row)
        if flaw is not None:
            raise _flawed(flaw, "#")
        return answer(_key(row))


def _listener(name: str) -> Listener:
    found = next((each for each in pages.listeners() if each.name == name), None)
    if found is None:
        raise RefusedError(Kind.NOT_FOUND)
    return found


def _row(session: Session, of: Listener, name: str) -> ListenerKey:
    row = listener_keys.find(session, of.name, name)
    if row is None:
        raise RefusedError(Kind.NOT_FOUND)
    return row


def _flawed(flaw: Flaw, pointer: str) -> RefusedError:
    return RefusedError(Kind.INVALID, faults=[Fault(str(pages.FLAWS[flaw]), pointer)], reason=flaw.name.lower())


def _full() -> RefusedError:
    return RefusedError(Kind.NOT_NOW, "A dozen are kept for this listener: remove one on its page.", reason="full")


def _key(row: ListenerKey) -> dict[str, Any]:
    names = ("id", "created_at", "ends_at", "used_from", "retired_at")
    return {name: getattr(row, name) for name in names} | {"request": row.request or ""}
