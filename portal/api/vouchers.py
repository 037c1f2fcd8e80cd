"""Vouchers for programs: batches ordered, closed, taken back; one for a guest who stands there; codes, asked for and on record.

What is done is portal/cases/batches.py's. Never a code where it was not asked for, and never one that is kept to be answered again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from flask import g
from marshmallow import Schema, fields, validate

from portal import cards
from portal.admin import vouchers as pages
from portal.admin.desk import desk
from portal.admin.guard import actor
from portal.api import listing
from portal.api.answers import answer, empty
from portal.api.guard import require
from portal.api.problems import Fault, Kind, RefusedError
from portal.api.resource import Resource
from portal.api.shapes import says
from portal.api.values import Reason, choice, found, many, moment, reason, text, whole
from portal.cases import batches as cases
from portal.cases.batches import Note
from portal.permissions import Permission
from store import batches, minting
from store.batches import Standing
from store.minting import Wanted
from store.models import Voucher, VoucherBatch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response
    from sqlalchemy.orm import Session

AT_THE_DESK: Final = timedelta(days=7)  # in which one that is made by itself can be begun with


class BatchRow(Schema):
    """One batch, and what became of it."""

    id = text()
    name = text()
    state = choice(pages.STATES)
    plan = text()
    devices = whole("That one voucher lets in")
    lasts = whole("Seconds from its first use; null: as long as a stay of the plan", none=True)
    wanted = whole("How many were ordered")
    made = whole("How many are there: how far it is")
    used = whole()
    revoked = whole()
    online = whole("Devices")
    begin_by = moment()
    made_by = text()
    created_at = moment()
    closed_at = moment("Its codes are forgotten since then")


class Batch(BatchRow):
    """The same, with what surprises guests."""

    notes = many(fields.String(validate=validate.OneOf([each.name.lower() for each in Note])))


def _number(most: int, **more: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(1, most), **more)


class Order(Schema):
    """What is wanted."""

    plan = fields.String(required=True, validate=validate.Length(1, 100))
    count = _number(minting.MOST, required=True)
    begin_by = fields.AwareDateTime(format="iso", required=True, **says("Nobody begins with one afterwards; five years at most"))
    name = fields.String(load_default="", validate=validate.Length(max=minting.NAME))
    devices = _number(minting.DEVICES, load_default=1, **says("That one voucher lets in"))
    lasts = _number(366 * 86_400, **says("Seconds from its first use; left out: as long as a stay of the plan"))


class VoucherRow(Schema):
    """One voucher, without its code."""

    voucher = text("Its id")
    ends_with = text('The end of its code; "" once its batch is closed')
    state = choice(Standing)
    used_at = moment()
    ends_at = moment()
    revoked_at = moment()


class VoucherSaid(VoucherRow):
    """With its batch."""

    batch = text()


class Taken(Schema):
    """What taking back did."""

    vouchers = whole("That were good until now")
    devices = whole("That were put out")


class Part(Schema):
    """Which codes of a batch."""

    first = _number(minting.MOST, load_default=1, **says("From this one on, in the order in which they were made"))
    most = _number(cards.PART, load_default=cards.PART)


class Code(Schema):
    """A code that is good."""

    voucher = text("Its id")
    code = text()


class Codes(Schema):
    """Those that are neither taken back nor closed."""

    items = many(Code)


class One(Schema):
    """For a guest who stands there."""

    plan = fields.String(required=True, validate=validate.Length(1, 100))
    devices = _number(minting.DEVICES, load_default=1)


class Typed(Schema):
    """A code that somebody holds."""

    code = fields.String(required=True, validate=validate.Length(1, 200))


_BATCHES, _ANY = pages.of_batches(), pages.of_vouchers(VoucherBatch())
RESOURCE: Final = Resource(
    "vouchers", "Vouchers", "Codes that let guests in, in batches. A code is in no answer but where it is asked for."
)
BATCH, VOUCHER = "/voucher-batches/<name>", "/vouchers/<name>"


@RESOURCE.on("GET", "/voucher-batches", Permission.VOUCHERS, query=listing.query(_BATCHES), answer=listing.page_of(BatchRow))
def every(asked: Mapping[str, Any]) -> Response:
    """The batches, the newest first."""
    return listing.listed(_BATCHES, asked)


@RESOURCE.on("POST", "/voucher-batches", Permission.VOUCHERS_BATCH, body=Order, answer=Batch, status=202)
def order(_asked: Mapping[str, Any], said: Mapping[str, Any]) -> Response:
    """One more: it is made from now on. Read it again until `made` is `wanted`."""
    lasts = timedelta(seconds=said["lasts"]) if "lasts" in said else None
    wanted = Wanted(" ".join(said["name"].split()), said["plan"], said["count"], said["begin_by"], said["devices"], lasts)
    with desk().writing() as session:
        done = cases.order(session, desk().privacy, wanted, actor(), g.now)
        if isinstance(done, list):
            raise RefusedError(Kind.INVALID, faults=[Fault(f"It is {bad.value[1]}", f"#/{bad.value[0]}") for bad in done])
        return answer(_batch(session, done), 202, {"Location": f"/api/v1/voucher-batches/{done.id}"})


@RESOURCE.on("GET", BATCH, Permission.VOUCHERS, answer=Batch)
def show(_asked: Mapping[str, Any], name: str) -> Response:
    """One batch: how far it is, and what became of it."""
    with desk().reading() as session:
        return answer(_batch(session, found(session, VoucherBatch, name)))


def _batch(session: Session, batch: VoucherBatch) -> dict[str, Any]:
    (use,) = batches.counted(session, [batch], g.now)
    notes = cases.notes(session, batch) if batch.expires_at > g.now else []
    return listing.columns(_BATCHES, use) | {"notes": [note.name.lower() for note in notes]}


@RESOURCE.on("DELETE", BATCH, Permission.VOUCHERS_BATCH)
def cancel(_asked: Mapping[str, Any], name: str) -> Response:
    """Of one that is still in the making: it is not wanted any more."""
    with desk().reading() as session:
        found(session, VoucherBatch, name)
    if not cases.cancel(desk().database, desk().privacy, name, actor(), g.now):
        raise RefusedError(Kind.NOT_NOW, "It is whole: take it back instead.")
    return empty()


@RESOURCE.on("POST", f"{BATCH}/close", Permission.VOUCHERS_BATCH, answer=Batch, status=200)
def close(_asked: Mapping[str, Any], name: str) -> Response:
    """Its codes are forgotten, and good as before. Twice is once."""
    with desk().writing() as session:
        batch: VoucherBatch = found(session, VoucherBatch, name)
        if not cases.close(session, desk().privacy, batch, actor(), g.now) and batch.closed_at is None:
            raise RefusedError(Kind.NOT_NOW, "It is not whole yet.")
        return answer(_batch(session, batch))


@RESOURCE.on("POST", f"{BATCH}/revoke", Permission.VOUCHERS_BATCH, body=Reason, answer=Taken, status=200)
def revoke_all(_asked: Mapping[str, Any], said: Mapping[str, Any], name: str) -> Response:
    """The whole batch is taken back; whoever is online by it is put out."""
    why = reason(said)
    with desk().reading() as session:
        found(session, VoucherBatch, name)
    done = cases.revoke_all(desk().database, desk().privacy, name, why, actor(), g.now)
    if done is None:
        raise RefusedError(Kind.NOT_NOW, "It is not whole yet: cancel it instead.")
    return answer({"vouchers": done[0], "devices": done[1]})


@RESOURCE.on(
    "GET", f"{BATCH}/vouchers", Permission.VOUCHERS, query=listing.query(_ANY), answer=listing.page_of(VoucherRow)
)  # fmt: skip
def of_batch(asked: Mapping[str, Any], name: str) -> Response:
    """Its vouchers, without their codes."""
    with desk().reading() as session:
        batch: VoucherBatch = found(session, VoucherBatch, name)
    return listing.listed(pages.of_vouchers(batch), asked)


@RESOURCE.on("POST", f"{BATCH}/codes", Permission.VOUCHERS_BATCH, body=Part, answer=Codes, status=200, fleeting=True)
def codes(_asked: Mapping[str, Any], said: Mapping[str, Any], name: str) -> Response:
    """Codes, to be printed elsewhere: it is on record who saw how many."""
    with desk().writing() as session:
        batch: VoucherBatch = found(session, VoucherBatch, name)
        rows = batches.part(session, batch, said["first"] - 1, said["most"])
        items = [
            {"voucher": row.id, "code": code} for row in rows if row.revoked_at is None and (code := batches.code(desk().privacy, row))
        ]
        seen = {"form": "API", "first": said["first"], "cards": len(items)}
        cases.printed(session, desk().privacy, cases.BATCH, name, seen, actor(), g.now)
        return answer({"items": items})


@RESOURCE.on("POST", "/vouchers", Permission.VOUCHERS_ACT, body=One, answer=VoucherSaid)
def make(_asked: Mapping[str, Any], said: Mapping[str, Any]) -> Response:
    """One voucher at once, for a guest who stands there; its code is asked for on its own."""
    wanted = Wanted("", said["plan"], 1, g.now + AT_THE_DESK, said["devices"])
    with desk().writing() as session:
        done = cases.one(session, desk().privacy, wanted, desk().zone(), actor(), g.now)
        if isinstance(done, list):
            raise RefusedError(Kind.INVALID, faults=[Fault(f"It is {bad.value[1]}", f"#/{bad.value[0]}") for bad in done])
        return answer(_said(session, done), 201, {"Location": f"/api/v1/vouchers/{done.id}"})


@RESOURCE.on("POST", "/vouchers/find", Permission.VOUCHERS, body=Typed, answer=VoucherSaid, status=200, fleeting=True)
def find(_asked: Mapping[str, Any], said: Mapping[str, Any]) -> Response:
    """The voucher whose code this is."""
    with desk().reading() as session:
        row = batches.of_code(session, desk().privacy, said["code"])
        if row is None:
            raise RefusedError(Kind.NOT_FOUND)
        return answer(_said(session, row))


@RESOURCE.on("GET", VOUCHER, Permission.VOUCHERS, answer=VoucherSaid)
def one(_asked: Mapping[str, Any], name: str) -> Response:
    """One voucher, without its code."""
    with desk().reading() as session:
        return answer(_said(session, _whole(session, name)))


@RESOURCE.on(
    "POST", f"{VOUCHER}/code", Permission.VOUCHERS_ACT, answer=Code, status=200, fleeting=True,
    also={"one that was used": Permission.VOUCHERS_BATCH},
)  # fmt: skip
def code(_asked: Mapping[str, Any], name: str) -> Response:
    """Its code: it is on record who saw it. Once it was used it opens somebody's account, and needs VOUCHERS_BATCH."""
    with desk().writing() as session:
        row = _whole(session, name)
        if row.used_at is not None:
            require(Permission.VOUCHERS_BATCH)
        plain = batches.code(desk().privacy, row) if row.revoked_at is None else ""
        if not plain:
            raise RefusedError(Kind.NOT_NOW, "It was taken back, or its batch is closed.")
        cases.printed(session, desk().privacy, cases.VOUCHER, name, {"form": "API", "cards": 1}, actor(), g.now)
        return answer({"voucher": row.id, "code": plain})


@RESOURCE.on("POST", f"{VOUCHER}/revoke", Permission.VOUCHERS_ACT, body=Reason, answer=Taken, status=200)
def revoke(_asked: Mapping[str, Any], said: Mapping[str, Any], name: str) -> Response:
    """It is taken back; whoever is online by it is put out."""
    why = reason(said)
    with desk().reading() as session:
        _whole(session, name)
    done = cases.revoke(desk().database, desk().privacy, name, why, actor(), g.now)
    return answer({"vouchers": done[0], "devices": done[1]} if done is not None else {"vouchers": 0, "devices": 0})


def _whole(session: Session, name: str) -> Voucher:
    """A voucher of a batch that is whole: of another nobody knows any."""
    row: Voucher = found(session, Voucher, name)
    if session.get_one(VoucherBatch, row.batch_id).whole_at is None:
        raise RefusedError(Kind.NOT_FOUND)
    return row


def _said(session: Session, row: Voucher) -> dict[str, Any]:
    batch = session.get_one(VoucherBatch, row.batch_id)
    return listing.columns(pages.of_vouchers(batch), pages.kept(row, batch)) | {"batch": batch.id}
