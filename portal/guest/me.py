"""/me/<token>: a guest's own account, for a quarter of an hour after a fresh proof: devices, download, erase.

What a form names is looked up among the account's own, and nowhere else. Never shows a row that another account's grant made.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, make_response, request
from flask_babel import gettext as _

from portal.capabilities import Capability
from portal.cases import addresses, devices, kept
from portal.cases.devices import No, World
from portal.cases.dossier import contact, dossier
from portal.cases.erase import erase
from portal.cases.standing import SIGNED_OUT
from portal.guard import open_to
from portal.guest import cookie
from portal.guest.page import away, href, page
from portal.kit import kit
from portal.troubles import Trouble, TroubleError
from portal.words import date, moment
from portal.writing import writing
from store import belongings, erasure, requests
from store.models import Account, RequestKind, Way
from store.session import reading

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from store.belongings import Belonging

blueprint = Blueprint("me", __name__)
SHOWN = 50  # rows of a kind on the page of what is kept; the file has more


@blueprint.get("/me/<token>")
@open_to(Capability.ACCOUNT)
def front(token: str) -> Any:
    """Who I am, and my devices."""
    tools, now = kit(), _now()
    with reading(tools.database) as session:
        account = _account(session)
        mine = belongings.devices(session, tools.privacy, account.id, now)
        shared = devices.sharing(session, _world(), account.id, now)
        said = contact(tools.privacy, account)
        who = said if account.way is Way.VOUCHER else addresses.masked(said)
    return _page("me.html", token, who=who, way=account.way.value, devices=mine, may_add=not isinstance(shared, No))


@blueprint.get("/me/<token>/device/<name>")
@open_to(Capability.ACCOUNT)
def device(token: str, name: str) -> Any:
    """One of them."""
    with reading(kit().database) as session:
        found = _mine(session, name)
    return _page("device.html", token, device=found)


@blueprint.post("/me/<token>/device/<name>/name")
@open_to(Capability.ACCOUNT)
def rename(token: str, name: str) -> Any:
    """What I call it."""
    with writing() as session:
        devices.rename(session, kit().privacy, _mine(session, name), g.me.account, request.form.get("label", "")[:200])
    return _back(token)


@blueprint.post("/me/<token>/device/<name>/out")
@open_to(Capability.ACCOUNT)
def out(token: str, name: str) -> Any:
    """Sign it out, wherever it is."""
    with writing() as session:
        if (grant := _mine(session, name).grant) is not None:
            devices.put_out(session, _world(), grant, SIGNED_OUT, _now())
    return _back(token)


@blueprint.post("/me/<token>/device/<name>/forget")
@open_to(Capability.ACCOUNT)
def forget(token: str, name: str) -> Any:
    """It is mine no more."""
    with writing() as session:
        devices.forget(session, _world(), _mine(session, name), g.me.account, _now())
    return _back(token)


@blueprint.get("/me/<token>/add")
@open_to(Capability.ACCOUNT)
def adding(token: str) -> Any:
    """A device without a browser: what is its address?"""
    with reading(kit().database) as session:
        shared = devices.sharing(session, _world(), _account(session).id, _now())
    return _page("add.html", token, barred=_said(shared) if isinstance(shared, No) else "", until=_until(shared))


@blueprint.post("/me/<token>/add")
@open_to(Capability.ACCOUNT)
def add(token: str) -> Any:
    """Let it in by its address."""
    typed, label = request.form.get("address", "")[:64], request.form.get("label", "")[:200]
    with writing() as session:
        found = devices.add(session, _world(), _account(session).id, typed, label, _now())
    if isinstance(found, No):
        g.why = f"device {found.name}"
        return _page("add.html", token, 422, error=_said(found), value=typed, label=label, barred="", until=None)
    return _page("added.html", token, until=found.ends_at, changing=devices.private(devices.station_of(typed)))


@blueprint.get("/me/<token>/data")
@open_to(Capability.ACCOUNT)
def everything(token: str) -> Any:
    """What is kept about me, to read."""
    with reading(kit().database) as session:
        account = _account(session)
        lines = kept.of_account(session, account, kit().house.kept, _now())
        found = dossier(session, kit().privacy, account, lines, _now())
    return _page("data.html", token, found=found, lines=lines, shown=SHOWN)


@blueprint.get("/me/<token>/data.json")
@open_to(Capability.ACCOUNT)
def download(token: str) -> Response:  # noqa: ARG001  the guard has opened it
    """The same, to take along; that it was given is in the register of what people ask."""
    with writing() as session:
        account = _account(session)
        lines = kept.of_account(session, account, kit().house.kept, _now())
        found = dossier(session, kit().privacy, account, lines, _now())
        requests.fulfilled(session, kit().privacy, RequestKind.ACCESS, account.id, "", _now())
    answer = make_response(json.dumps(found, ensure_ascii=False, indent=1))
    answer.mimetype = "application/json"
    answer.headers["Content-Disposition"] = f'attachment; filename="wifi-{_now():%Y-%m-%d}.json"'
    return answer


@blueprint.get("/me/<token>/erase")
@open_to(Capability.ACCOUNT)
def really(token: str) -> Any:
    """What will go, what will stay, and the button."""
    with reading(kit().database) as session:
        left = erasure.left(session, _account(session).id)
    return _page("erase.html", token, left=left, stays=_stays(left))


@blueprint.post("/me/<token>/erase")
@open_to(Capability.ACCOUNT)
def gone(token: str) -> Any:
    """Erase it, and say what was done."""
    with writing() as session:
        done = erase(session, _world(), g.me.account, _now())
        if isinstance(done, erasure.Erased):
            left = requests.left_of(done.left, kit().house.kept)
            requests.fulfilled(session, kit().privacy, RequestKind.ERASE, g.me.account, "", _now(), left)
    if done is None:
        raise TroubleError(Trouble.TOO_OLD, "the account is gone")
    if isinstance(done, datetime):
        g.why = "erased often"
        with reading(kit().database) as session:
            stays = erasure.left(session, _account(session).id)
        again = moment(done, g.door.timezone if g.door is not None else g.doors.timezone, _now())
        said = _("This was done twice since yesterday. It can be done again at %(time)s.", time=again)
        return _page("erase.html", token, 429, left=stays, stays=_stays(stays), error=said)
    answer: Response = _page("erased.html", token, done=done, stays=_stays(done.left))
    cookie.drop(answer)
    return answer


def _page(template: str, token: str, status: int = 200, **values: Any) -> Any:
    own = kit().privacy.device(g.me.visit.arrival.station) if g.me.visit is not None else b""
    zone = g.door.timezone if g.door is not None else g.doors.timezone
    return page(template, status, me=f"/me/{token}", now=_now(), own=own, zone=zone, **values)


def _account(session: Session) -> Account:
    found = session.get(Account, g.me.account)
    if found is None:
        raise TroubleError(Trouble.TOO_OLD, "the account is gone")
    return found


def _mine(session: Session, name: str) -> Belonging:
    found = belongings.device(session, kit().privacy, _account(session).id, name, _now())
    if found is None:
        raise TroubleError(Trouble.NOT_FOUND, "no device of this account")
    return found


def _world() -> World:
    tools = kit()
    return World(tools.privacy, g.doors, tools.families, g.me.visit.arrival if g.me.visit is not None else None)


def _back(token: str) -> Response:
    return away(href(f"/me/{token}"))


def _now() -> datetime:
    return date(kit().now())


def _until(shared: Any) -> datetime | None:
    return None if isinstance(shared, No) else shared[0].ends_at


def _stays(left: erasure.Left) -> datetime | None:
    """Until when the last of it stays."""
    return kept.last_of(left, kit().house.kept)


def _said(why: No) -> str:
    """In the guest's language: what to do about it."""
    match why:
        case No.ADDRESS:
            return str(_("This is no device’s address. It has twelve letters and digits, as in A4:83:E7:10:2B:3C."))
        case No.OWN:
            return str(_("This is the address of the device in your hand: it is signed in already."))
        case No.OFFLINE:
            return str(_("Sign in on this device first. The other one shares its time."))
        case No.FAMILY:
            return str(_("The access points here cannot let a device in by its address."))
        case No.FULL:
            return str(_("You have as many devices as you may. Sign out one of them first."))
        case No.OFTEN:
            return str(_("You have added many devices today. Try again tomorrow."))
