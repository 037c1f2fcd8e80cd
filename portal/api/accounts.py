"""Accounts for programs: who was verified, what is kept of each until when; devices put out, everything written out, or erased.

What is done is portal/cases/desk_account.py's. A contact is told in part, unless it is written out for its owner. Never a station.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import g
from marshmallow import Schema, fields

from portal.admin import accounts
from portal.admin.desk import desk
from portal.admin.guard import actor
from portal.api import listing
from portal.api.answers import answer, empty
from portal.api.guests import world
from portal.api.problems import Kind, RefusedError
from portal.api.resource import Resource
from portal.api.shapes import says
from portal.api.values import Reason, choice, flag, found, many, moment, reason, text, whole
from portal.cases import desk_account
from portal.permissions import Permission
from store import belongings
from store.models import Account, Way
from store.retention import Kept

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response
    from sqlalchemy.orm import Session


class AccountSaid(Schema):
    """Somebody whose address, card or code was verified."""

    id = text()
    way = choice(Way)
    contact = text("In part")
    language = text()
    verified_at = moment()
    last_seen = moment()
    devices = whole()
    online_until = moment()


class Held(Schema):
    """One kind of what is kept."""

    kind = text()
    rows = whole()
    until = moment("When the last of them goes; null: with the account")


class Device(Schema):
    """One device of an account, without its address."""

    ref = text()
    name = text()
    added = flag("By its address, on the owner's pages")
    since = moment()
    last_seen = moment()
    online_until = moment()


class OneAccount(AccountSaid):
    """With its devices, and what is kept of it."""

    device_list = many(Device)
    kept = many(Held)


class Left(Schema):
    """What an erasure leaves, and until when."""

    kind = choice([each.value for each in Kept])
    rows = whole()
    until = moment()


class Erased(Schema):
    """What went, and what stays."""

    devices = whole()
    grants = whole()
    consents = whole()
    messages = whole()
    stays = many(Left)


def _things(words: str) -> fields.List[Any]:
    return many(fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True)), words)


class Dossier(Schema):
    """All that is kept of an account, as its owner gets it."""

    written_at = moment()
    about = text()
    account = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), required=True, **says("Way, contact, language, times"))
    devices = _things("Without their addresses")
    grants = _things("Stays")
    sessions = _things("Where, when, and how much")
    usage = _things("Of days and months")
    consents = _things("To which words")
    messages = _things("Mails and SMS, without their words")
    kept_until = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), required=True)
    most_rows_of_a_kind = whole()


RESOURCE: Final = Resource("accounts", "Accounts", "Verified identities; contacts are told in part.")


@RESOURCE.on("GET", "/accounts", Permission.GUESTS, query=listing.query(accounts.EVERYBODY), answer=listing.page_of(AccountSaid))
def every(asked: Mapping[str, Any]) -> Response:
    """Everybody, who was seen last first."""
    return listing.listed(accounts.EVERYBODY, asked, lambda _session, rows: [_account(row) for row in rows])


def _account(row: accounts.Row) -> dict[str, Any]:
    return listing.columns(accounts.EVERYBODY, row) | {"contact": row.contact}


@RESOURCE.on("GET", "/accounts/<name>", Permission.GUESTS, answer=OneAccount)
def account(_asked: Mapping[str, Any], name: str) -> Response:
    """One of them, with its devices, and what is kept of it until when."""
    with desk().reading() as session:
        row: Account = found(session, Account, name)
        devices = desk_account.owned(session, world(), row, g.now)
        lines = desk_account.ledger(session, world(), row, g.now)
        said = _account(accounts.rows(session, [row])[0])
    held = [{"kind": each.held.value, "rows": each.number, "until": each.until} for each in lines]
    return answer(said | {"device_list": [_device(each) for each in devices], "kept": held})


def _device(each: belongings.Belonging) -> dict[str, Any]:
    until = each.grant.ends_at if each.grant is not None else None
    said = {"ref": each.ref, "name": each.label, "added": each.added, "since": each.since}
    return said | {"last_seen": each.seen, "online_until": until}


@RESOURCE.on("POST", "/accounts/<name>/devices/<ref>/sign-out", Permission.GUESTS_ACT, status=204)
def put_out(_asked: Mapping[str, Any], name: str, ref: str) -> Response:
    """One of its devices may be online no more."""
    with desk().writing() as session:
        row: Account = found(session, Account, name)
        if not desk_account.sign_out_device(session, world(), row, _mine(session, row, ref), actor(), g.now):
            raise RefusedError(Kind.NOT_NOW, "The device was not signed in.")
    return empty()


@RESOURCE.on("DELETE", "/accounts/<name>/devices/<ref>", Permission.GUESTS_ACT)
def forget(_asked: Mapping[str, Any], name: str, ref: str) -> Response:
    """One of its devices is the account's no more."""
    with desk().writing() as session:
        row: Account = found(session, Account, name)
        desk_account.forget_device(session, world(), row, _mine(session, row, ref), actor(), g.now)
    return empty()


@RESOURCE.on("POST", "/accounts/<name>/export", Permission.PRIVACY_ACT, answer=Dossier, status=200, fleeting=True)
def export(_asked: Mapping[str, Any], name: str) -> Response:
    """All that is kept of it, as its owner gets it; it is on record, and settles what its owner asked for."""
    with desk().writing() as session:
        return answer(desk_account.export(session, world(), found(session, Account, name), actor(), g.now))


@RESOURCE.on("POST", "/accounts/<name>/erase", Permission.PRIVACY_ACT, body=Reason, answer=Erased, status=200)
def erase(_asked: Mapping[str, Any], said: Mapping[str, Any], name: str) -> Response:
    """Erase it now; what the law wants kept stays sealed, and leads to nobody."""
    why = reason(said)
    with desk().writing() as session:
        done = desk_account.erase_account(session, world(), found(session, Account, name), actor(), why, g.now)
        if done is None:
            raise RefusedError(Kind.NOT_FOUND)
        left = desk_account.stays(world(), done.left)
    stays = [{"kind": each.kept.value, "rows": each.number, "until": each.until} for each in left]
    return answer({name: getattr(done, name) for name in ("devices", "grants", "consents", "messages")} | {"stays": stays})


def _mine(session: Session, row: Account, ref: str) -> belongings.Belonging:
    device = belongings.device(session, desk().privacy, row.id, ref, g.now)
    if device is None:
        raise RefusedError(Kind.NOT_FOUND)
    return device
