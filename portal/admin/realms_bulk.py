"""Many realms changed at once: those chosen, or all that a filter leaves, in one transaction.

All of them or none. Never a realm that the network file declares, but to take it over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, abort, request
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from portal.admin import entries, undo
from portal.admin.desk import Wrong, desk
from portal.admin.entries import Written
from portal.admin.guard import needs
from portal.admin.realms import LIST
from portal.permissions import Permission
from store.models import ManagedBy, Realm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

blueprint = Blueprint("realms_bulk", __name__)
MOST: Final = 10_000
NAMED: Final = 5  # of those that stand in the way
_HERE: Final = "/realms"


@blueprint.post("/realms/bulk")
@needs(Permission.NETWORK_ACT)
def bulk() -> ResponseReturnValue:
    """Other homes, taken over, or removed."""
    do = request.form.get("do", "")
    if do not in ("homes", "take-over", "remove"):
        abort(400)
    homes = request.form.get("homes", "").replace(",", " ").split()
    fields: dict[str, Any] | None = {"take-over": {}, "remove": None}.get(do, {"action": "proxy", "homes": homes})
    with desk().writing() as session:
        kept = _chosen(session)
        if not kept:
            return entries.done(_HERE, _("None was chosen: tick some first."))
        if do != "take-over" and (wrong := _declared(kept)) is not None:
            return entries.refused(_HERE, [wrong])
        outcome, link = undo.change(session, "realm", dict.fromkeys(kept, fields), take_over=do == "take-over")
    if isinstance(outcome, list):
        return entries.refused(_HERE, outcome)
    words = {
        "take-over": ngettext("%(num)s realm is kept here now.", "%(num)s realms are kept here now.", len(outcome.changes)),
        "remove": ngettext("%(num)s realm was removed.", "%(num)s realms were removed.", len(outcome.changes)),
    }.get(do, ngettext("%(num)s realm was changed.", "%(num)s realms were changed.", len(outcome.changes)))
    return entries.done(_HERE, words, Written(*outcome, f"realm {link}" if link and do != "take-over" else ""))


def _chosen(session: Session) -> dict[str, ManagedBy]:
    """Those chosen that are there, or all that the filters of the page leave, and who keeps each."""
    every = LIST.chosen() if request.form.get("all") else select(Realm)
    asked = every.with_only_columns(Realm.match, Realm.managed_by).order_by(Realm.position, Realm.match).limit(MOST)
    kept = {each.match: each.managed_by for each in session.execute(asked)}
    return kept if request.form.get("all") else {match: kept[match] for match in request.form.getlist("row") if match in kept}


def _declared(kept: Mapping[str, ManagedBy]) -> Wrong | None:
    """Why not, where some of them are the network file's."""
    filed = [match or _("(no realm)") for match, by in kept.items() if by is ManagedBy.FILE]
    if not filed:
        return None
    shown = ", ".join(filed[:NAMED]) + (", …" if len(filed) > NAMED else "")
    words = ngettext(
        "%(num)s of them is declared in the network file: %(names)s",
        "%(num)s of them are declared in the network file: %(names)s",
        len(filed),
        names=shown,
    )
    return Wrong(-1, "", words, _("Take them over first, or leave them out"))
