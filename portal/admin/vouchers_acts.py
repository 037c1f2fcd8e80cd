"""What staff do with vouchers that are there: found by a code, taken back, closed; a batch that is not whole is cancelled.

A code is typed into a form and sent in its body: it is in no address and no log. Never tells who used one: their account's page may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Blueprint, abort, g, redirect, request
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.admin import vouchers
from portal.admin.desk import desk
from portal.admin.guard import actor, needs
from portal.admin.reveal import reason
from portal.cases import batches as cases
from portal.permissions import Permission
from store import batches
from store.models import Voucher

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("vouchers_acts", __name__)


@blueprint.post("/vouchers/find")
@needs(Permission.VOUCHERS)
def find() -> Any:
    """The voucher whose code somebody holds."""
    with desk().reading() as session:
        row = batches.of_code(session, desk().privacy, request.form.get("code", "")[:200])
    if row is None:
        return vouchers.listed(_("This is none of our codes. Compare each letter and number."))
    return redirect(f"/vouchers/{row.batch_id}/of/{row.id}", 303)


@blueprint.post("/vouchers/<name>/cancel")
@needs(Permission.VOUCHERS_BATCH)
def cancel(name: str) -> ResponseReturnValue:
    """It is not wanted any more."""
    with desk().reading() as session:
        vouchers.found(session, name)
    if not cases.cancel(desk().database, desk().privacy, name, actor(), g.now):
        return _back(f"/vouchers/{name}", _("It was whole already: take it back instead."))
    return _back("/vouchers", _("Cancelled: none of its vouchers was ever good."))


@blueprint.post("/vouchers/<name>/close")
@needs(Permission.VOUCHERS_BATCH)
def close(name: str) -> ResponseReturnValue:
    """Its codes are forgotten."""
    with desk().writing() as session:
        done = cases.close(session, desk().privacy, vouchers.found(session, name), actor(), g.now)
    return _back(f"/vouchers/{name}", _("Closed: its codes are good as before, and nobody can print them again.") if done else "")


@blueprint.post("/vouchers/<name>/revoke")
@needs(Permission.VOUCHERS_BATCH, fresh=True)
def revoke_all(name: str) -> Any:
    """The whole batch is taken back."""
    with desk().reading() as session:
        vouchers.found(session, name)
    if not (why := reason()):
        return vouchers.shown(name, _("Say why, in a few words: it goes into the audit log."))
    done = cases.revoke_all(desk().database, desk().privacy, name, why, actor(), g.now)
    return _back(f"/vouchers/{name}", _said(*done) if done is not None else "")


@blueprint.post("/vouchers/<name>/of/<voucher>/revoke")
@needs(Permission.VOUCHERS_ACT)
def revoke(name: str, voucher: str) -> Any:
    """One is taken back."""
    with desk().reading() as session:
        row = session.get(Voucher, voucher)
        if row is None or row.batch_id != name or vouchers.found(session, name).whole_at is None:
            abort(404)
    if not (why := reason()):
        return vouchers.shown_one(name, voucher, _("Say why, in a few words: it goes into the audit log."))
    done = cases.revoke(desk().database, desk().privacy, voucher, why, actor(), g.now)
    return _back(f"/vouchers/{name}/of/{voucher}", _said(*done) if done is not None else "")


def _said(taken: int, out: int) -> str:
    first = ngettext("%(num)s voucher taken back.", "%(num)s vouchers taken back.", taken)
    return f"{first} {ngettext('%(num)s device put out.', '%(num)s devices put out.', out)}" if out else first


def _back(where: str, said: str) -> ResponseReturnValue:
    return redirect(f"{where}?done={quote(said)}" if said else where, 303)
