"""“Undo”: the last change of somebody's own to a site, a home, a realm or a rule, while nobody else has changed it since.

Never what held a secret, which nobody kept; nor where a realm or a rule stood among others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, abort, request
from flask_babel import gettext as _

from portal.admin import entries, undo
from portal.admin.desk import Wrong, desk
from portal.admin.guard import actor, needs
from portal.permissions import Permission

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("undoing", __name__)
LISTS: Final = {
    "site": "/sites",
    "district": "/sites",
    "ssid": "/ssids",
    "home": "/homes",
    "realm": "/realms",
    "policy": "/policy",
}


@blueprint.post("/undo")
@needs(Permission.NETWORK_ACT)
def take_back() -> ResponseReturnValue:
    """What was before, again."""
    kind, _space, link = request.form.get("undo", "").partition(" ")
    if kind not in LISTS:
        abort(404)
    with desk().writing() as session:
        edits = undo.edits(session, link, kind)
        if edits is None:
            why = _("It cannot be undone: it was changed meanwhile, or it was not yours")
            return entries.refused(LISTS[kind], [Wrong(-1, "", why, _("Its history says by whom"))])
        outcome = desk().change(session, edits, actor())
    if isinstance(outcome, list):
        return entries.refused(LISTS[kind], outcome)
    return entries.done(LISTS[kind], _("It is as it was."))
