"""Many access points changed at once: those chosen, or all that a filter leaves; and a change taken back.

All of them or none, in one transaction. Never a part of what was asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, abort, redirect, request
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from portal.admin import entries, undo
from portal.admin.access_points import HERE, SECTION, around, listed
from portal.admin.desk import Wrong, desk
from portal.admin.guard import actor, needs
from portal.permissions import Permission
from store.models import AccessPoint, ManagedBy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

blueprint = Blueprint("access_points_bulk", __name__, url_prefix=HERE)
MOST: Final = 10_000
NAMED: Final = 5  # of those that stand in the way


@blueprint.post("/bulk")
@needs(Permission.NETWORK_ACT)
def bulk() -> ResponseReturnValue:
    """Set a site or a gateway, take over, or remove."""
    do = request.form.get("do", "")
    if do not in ("site", "client", "take-over", "remove"):
        abort(400)
    with desk().writing() as session:
        kept = _chosen(session)
        if not kept:
            return redirect(undo.told(HERE, _("None was chosen: tick some first."), ""), 303)
        if do != "take-over" and (wrong := _declared(kept)) is not None:
            return entries.refused(HERE, [wrong])
        fields: dict[str, Any] | None = {"take-over": {}, "remove": None}.get(do, {do: request.form.get(do) or None})
        outcome, link = undo.change(session, SECTION, dict.fromkeys(kept, fields), take_over=do == "take-over")
    if isinstance(outcome, list):
        return entries.refused(HERE, outcome)
    changed = len(outcome.changes)
    words = {
        "take-over": ngettext("%(num)s access point is kept here now.", "%(num)s access points are kept here now.", changed),
        "remove": ngettext("%(num)s access point was removed.", "%(num)s access points were removed.", changed),
    }.get(do, ngettext("%(num)s access point was changed.", "%(num)s access points were changed.", changed))
    return redirect(undo.told(HERE, words, link if do != "take-over" else ""), 303)


def _chosen(session: Session) -> dict[str, ManagedBy]:
    """Those chosen that are there, or all that the filters of the page leave, and who keeps each."""
    every = select(AccessPoint.name, AccessPoint.managed_by)
    if request.form.get("all"):
        places = around(session)
        every = listed(places).chosen().with_only_columns(AccessPoint.name, AccessPoint.managed_by)
    kept = {each.name: each.managed_by for each in session.execute(every.order_by(AccessPoint.name).limit(MOST))}
    return kept if request.form.get("all") else {name: kept[name] for name in request.form.getlist("row") if name in kept}


def _declared(kept: Mapping[str, ManagedBy]) -> Wrong | None:
    """Why not, where some of them are the network file's."""
    filed = [name for name, by in kept.items() if by is ManagedBy.FILE]
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


@blueprint.post("/undo")
@needs(Permission.NETWORK_ACT)
def take_back() -> ResponseReturnValue:
    """What was before, again: for whoever changed it, while nobody else has."""
    with desk().writing() as session:
        edits = undo.edits(session, request.form.get("undo", ""), SECTION)
        if edits is None:
            wrong = Wrong(
                -1, "", _("It cannot be taken back: it was changed meanwhile, or it was not yours"), _("Its history says by whom")
            )
            return entries.refused(HERE, [wrong])
        outcome = desk().change(session, edits, actor())
    if isinstance(outcome, list):
        return entries.refused(HERE, outcome)
    words = ngettext("%(num)s access point is as it was.", "%(num)s access points are as they were.", len(outcome.changes))
    return redirect(undo.told(HERE, words, ""), 303)
