"""What is done with one account: its contact revealed, its devices signed out or forgotten, everything written out, or erased.

Writing out and erasing are for whoever answers for privacy, after a fresh proof of who they are; both settle what its owner asked
for. The page of an account that was erased tells from the audit log what went, and what stays until when and why. Never half of it.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, abort, g, redirect
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import select

from portal.admin import entries, helping, reveal
from portal.admin.desk import desk
from portal.admin.guard import actor, needs
from portal.admin.page import page
from portal.cases import desk_account
from portal.permissions import Permission
from store import belongings, requests
from store.models import Account, AuditEntry
from store.retention import Kept

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session as Database

    from store.belongings import Belonging

blueprint = Blueprint("account_acts", __name__, url_prefix="/accounts")
STAYS: Final = {
    Kept.SESSION: later("Records of connections: when, at which access points, how much; the device’s address is sealed"),
    Kept.AUTH_EVENT: later("Lines of the network’s log, without a name"),
}
BECAUSE: Final = {
    Kept.SESSION: later("The law asks to tell, for a time, who was connected when. No account leads to them any more."),
    Kept.AUTH_EVENT: later("So that faults can be found. No account leads to them any more."),
}


@blueprint.post("/<name>/reveal")
@needs(Permission.REVEAL)
def uncover(name: str) -> ResponseReturnValue:
    """The whole contact, for a quarter of an hour, for a reason that is on record."""
    here, said = entries.at("/accounts", name), reveal.reason()
    if not said:
        return helping.reasonless(here)
    with desk().writing() as session:
        helping.uncover(session, _find(session, name), said)
    return redirect(here, 303)


@blueprint.post("/<name>/devices/<ref>/sign-out")
@needs(Permission.GUESTS_ACT)
def sign_out(name: str, ref: str) -> ResponseReturnValue:
    """One of its devices may be online no more."""
    with desk().writing() as session:
        account = _find(session, name)
        done = desk_account.sign_out_device(session, helping.world(), account, _mine(session, account, ref), actor(), g.now)
    return entries.done(entries.at("/accounts", name), _("The device is signed out.") if done else _("The device was not signed in."))


@blueprint.post("/<name>/devices/<ref>/forget")
@needs(Permission.GUESTS_ACT)
def forget(name: str, ref: str) -> ResponseReturnValue:
    """One of its devices is the account's no more."""
    with desk().writing() as session:
        account = _find(session, name)
        desk_account.forget_device(session, helping.world(), account, _mine(session, account, ref), actor(), g.now)
    return entries.done(entries.at("/accounts", name), _("The device is forgotten, and signed out."))


@blueprint.post("/<name>/export")
@needs(Permission.PRIVACY_ACT, fresh=True)
def export(name: str) -> Response:
    """Everything, as its owner gets it; written as it is sent, and bounded by what the document holds of each kind."""
    with desk().writing() as session:
        found = desk_account.export(session, helping.world(), _find(session, name), actor(), g.now)
    answer = Response(json.JSONEncoder(ensure_ascii=False, indent=1).iterencode(found), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="account-{name}-{g.now:%Y-%m-%d}.json"'
    return answer


@blueprint.get("/<name>/erase")
@needs(Permission.PRIVACY_ACT)
def really(name: str) -> ResponseReturnValue:
    """What will go, what will stay, and the button."""
    return _asking(name)


@blueprint.post("/<name>/erase")
@needs(Permission.PRIVACY_ACT, fresh=True)
def erase(name: str) -> ResponseReturnValue:
    """Erase it; then the page that says what went and what stays."""
    if not (why := reveal.reason()):
        return _asking(name, 422)
    with desk().writing() as session:
        if desk_account.erase_account(session, helping.world(), _find(session, name), actor(), why, g.now) is None:
            abort(404)
    return redirect(entries.at("/accounts", name), 303)


def _asking(name: str, status: int = 200) -> ResponseReturnValue:
    with desk().reading() as session:
        account = _find(session, name)
        lines = desk_account.ledger(session, helping.world(), account, g.now)
        staying = desk_account.would_stay(session, helping.world(), account)
        contact = helping.contact(session, account)
        asked = requests.open_of(session, name)
    return page(
        "account_erase.html", status, account=account, contact=contact, lines=lines, staying=staying, asked=asked, stays=STAYS,
        because=BECAUSE, wrong=status != 200, there=entries.at("/accounts", name), under="/accounts",
    )  # fmt: skip


def erased(session: Database, name: str) -> ResponseReturnValue:
    """Of an account that staff erased: by whom, when, why, and what stays; of any other that is not there, that it is not."""
    mine = AuditEntry.kind == "account", AuditEntry.object == name, AuditEntry.action == "erase"
    entry = session.scalar(select(AuditEntry).where(*mine).order_by(AuditEntry.id.desc()).limit(1))
    if entry is None:
        abort(404)
    went = {key: before for key, (before, after) in entry.fields.items() if after == 0}
    staying = [
        (Kept(key.partition("kept: ")[2]), number, _moment(until))
        for key, (number, until) in entry.fields.items()
        if key.startswith("kept: ")
    ]
    return page("account_erased.html", entry=entry, went=went, staying=staying, stays=STAYS, because=BECAUSE, under="/accounts")


def _moment(said: Any) -> datetime:
    return datetime.fromisoformat(str(said))


def _find(session: Database, name: str) -> Account:
    found = session.get(Account, name)
    if found is None:
        abort(404)
    return found


def _mine(session: Database, account: Account, ref: str) -> Belonging:
    """A device of this very account; of another's a form tells nothing."""
    found = belongings.device(session, desk().privacy, account.id, ref, g.now)
    if found is None:
        abort(404)
    return found
