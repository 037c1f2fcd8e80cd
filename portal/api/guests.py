"""Guests for programs: found by a whole mark, another code, an hour more, signed out, unblocked.

What is done is portal/cases/desk_acts.py's. A contact is told in part. Never a station.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import g
from marshmallow import Schema, fields, validate

from portal.admin import helping
from portal.admin.desk import desk
from portal.admin.guard import actor
from portal.api.answers import answer
from portal.api.problems import Kind, RefusedError
from portal.api.resource import Resource
from portal.api.shapes import says
from portal.api.values import choice, flag, many, maybe, moment, text, whole
from portal.cases import desk_acts, desk_find, desk_guest
from portal.cases.desk_acts import Bar, Barred
from portal.cases.desk_guest import Stand
from portal.permissions import Permission
from store.models import Way

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from flask import Response
    from sqlalchemy.orm import Session

    from portal.cases.desk_acts import Done
    from portal.cases.desk_guest import Guest
    from portal.cases.desk_world import Doer, Helping
    from store.models import Grant

    Deed = Callable[[Session, Helping, Guest, Doer, datetime], Done | Barred]


class Mark(Schema):
    """Whom the guest says to be."""

    what = fields.String(
        required=True,
        validate=validate.Length(1, desk_find.LONGEST),
        **says("A whole e-mail address, mobile number, voucher, support number, or address of a device"),
    )


class Stay(Schema):
    """One stay."""

    id = text()
    support_number = text()
    way = choice(Way)
    plan = text()
    site = text()
    starts_at = moment()
    ends_at = moment()
    revoked_at = moment()
    provisional = flag()


class GuestSaid(Schema):
    """How a guest stands."""

    id = text("Of the account, the stay, the code that was sent, or the voucher")
    stand = choice([each.name.lower() for each in Stand])
    title = text("The same in words")
    said = text()
    todo = text("What to do")
    until = moment()
    contact = maybe("In part; null: nobody is known")
    account = maybe("Id of the account")
    stays = many(Stay, "The newest first, twenty at most")
    seconds_left = whole("Of the plan; null: no limit, or no stay", none=True)
    octets_left = whole("Of the plan; null: no limit, or no stay", none=True)


class DoneSaid(Schema):
    """It was done."""

    orders = fields.List(fields.Integer(), required=True, **says("What gateways were asked: their numbers"))
    until = moment("Until when it counts")
    lifted = whole("Counts that were lifted")


RESOURCE: Final = Resource("guests", "Guests at the desk", "Found by a whole mark, which stands in the body; helped.")
_FULL: Final = (Bar.WAIT, Bar.ENOUGH)


@RESOURCE.on("POST", "/guests/find", Permission.GUESTS, body=Mark, answer=GuestSaid, status=200, fleeting=True, example={"what": "K7Q-42M"})
def find(_asked: Mapping[str, Any], said: Mapping[str, Any]) -> Response:
    """Whom these words mean."""
    with desk().reading() as session:
        name = desk_find.find(session, world(), said["what"], g.now)
        return answer(_told(_found(session, name)))


@RESOURCE.on("GET", "/guests/<name>", Permission.GUESTS, answer=GuestSaid)
def show(_asked: Mapping[str, Any], name: str) -> Response:
    """How one stands."""
    with desk().reading() as session:
        return answer(_told(_found(session, name)))


def _told(guest: Guest) -> dict[str, Any]:
    shown = helping.shown(guest)
    about = guest.account or guest.challenge
    running = guest.plan is not None and (guest.alive or guest.stand is Stand.SPENT)
    return {
        "id": guest.name,
        "stand": guest.stand.name.lower(),
        "title": str(shown.title),
        "said": str(shown.said),
        "todo": str(shown.todo),
        "until": guest.until,
        "contact": helping.masked(about) if about is not None else None,
        "account": guest.account.id if guest.account is not None else None,
        "stays": [_stay(each) for each in guest.stays],
        "seconds_left": guest.left.seconds if running else None,
        "octets_left": guest.left.octets if running else None,
    }


def _stay(grant: Grant) -> dict[str, Any]:
    names = ("id", "way", "plan", "site", "starts_at", "ends_at", "revoked_at", "provisional")
    return {name: getattr(grant, name) for name in names} | {"support_number": grant.support}


def _help(path: str, deed: Deed, name: str, words: str) -> None:
    def done(_asked: Mapping[str, Any], name: str) -> Response:
        return _do(name, deed)

    done.__name__, done.__doc__ = name, words
    RESOURCE.on("POST", path, Permission.GUESTS_ACT, answer=DoneSaid, status=200)(done)


_help("/guests/<name>/resend", desk_acts.resend, "resend", "Another code to where the last one went.")
_help("/guests/<name>/extend", desk_acts.extend, "extend", "The stay ends an hour later.")
_help("/guests/<name>/sign-out", desk_acts.sign_out, "sign_out", "The stay ends.")
_help("/guests/<name>/unblock", desk_acts.unblock, "unblock", "Wrong tries are forgotten.")


def _do(name: str, deed: Deed) -> Response:
    with desk().writing() as session:
        done = deed(session, world(), _found(session, name), actor(), g.now)
    if not isinstance(done, Barred):
        return answer({"orders": done.orders, "until": done.at, "lifted": done.number})
    kind = Kind.TOO_MANY if done.why in _FULL else Kind.NOT_NOW
    wait = {"Retry-After": str(max(1, round((done.at - g.now).total_seconds())))} if done.at is not None and done.why in _FULL else {}
    raise RefusedError(kind, helping.barred(done), headers=wait, reason=done.why.name.lower())


def world() -> Helping:
    """Whoever helps needs the network; 503 before it is read."""
    known: Helping | None = desk().tools["guests"]()
    if known is None:
        raise RefusedError(Kind.AWAY)
    return known


def _found(session: Session, name: str) -> Guest:
    guest = desk_guest.guest(session, world(), name, g.now) if name else None
    if guest is None:
        raise RefusedError(Kind.NOT_FOUND)
    return guest
