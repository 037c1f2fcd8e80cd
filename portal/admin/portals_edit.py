"""The editor of one portal: what guests see now, the draft that waits, the form, and what becomes of what was typed.

Saving keeps a draft and shows guests nothing. Of two who edit at once the second is told, with everything they typed still in
the form. Never publishes: that is another page, which says what will be different.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, abort, g, redirect, request
from flask_babel import gettext as _
from sqlalchemy import select

from portal.admin import entries, portal_fields, portals
from portal.admin.bodies import PICTURED, takes
from portal.admin.desk import Wrong, desk
from portal.admin.guard import actor, needs
from portal.admin.page import page
from portal.cases import portal_versions as cases
from portal.cases.portal_versions import Stale
from portal.permissions import Permission
from store import pictures
from store import portal_versions as rows
from store.models import Media, Plan, Portal, Site

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from portal.admin.entries import Entry

blueprint = Blueprint("portals_edit", __name__)
SITES: Final = 200  # that a preview offers
SIGHTS: Final = ("welcome", "voucher", "online", "terms", "privacy", "help")


@blueprint.get("/portals/<path:name>")
@needs(Permission.NETWORK)
def show(name: str) -> ResponseReturnValue:
    """The draft where one waits, else what guests see."""
    return _shown(name)


@blueprint.post("/portals/<path:name>")
@takes(PICTURED)
@needs(Permission.NETWORK_ACT)
def save(name: str) -> ResponseReturnValue:
    """Keep a draft."""
    said, prepared, wrongs = typed()
    if prepared is not None:
        with desk().writing() as session:
            pictures.keep(session, prepared, g.now)
    note = "".join(each for each in request.form.get("note", "") if each.isprintable())[: rows.LONGEST_NOTE].strip()
    outcome = wrongs or cases.save(desk(), name, said, request.form.get("seen", ""), note, actor())
    if isinstance(outcome, list):
        return _shown(name, said, outcome, note=note)
    if isinstance(outcome, Stale):
        return _shown(name, said, faster=outcome, note=note)
    return redirect(
        told(entries.at(portals.WHERE, name), _("Kept as draft %(number)s. Guests see nothing of it yet.", number=outcome.number)), 303
    )


def told(where: str, words: str) -> str:
    """That page, with what was done."""
    from urllib.parse import urlencode  # noqa: PLC0415  one use

    return f"{where}?{urlencode({'done': words})}"


def typed() -> tuple[dict[str, Any], Any, list[Wrong]]:
    """The keys that this form holds, the logo that was chosen with them, and why that is not taken."""
    said = portal_fields.read(request.form)
    found = portal_fields.picture(request.files.get("logo"))
    if isinstance(found, str):
        return said, None, [Wrong(0, "logo", found.rstrip("."))]
    if found is not None:
        return {**said, "logo": found.sha}, found, []
    if said.get("logo"):
        with desk().reading() as session:
            if session.get(Media, said["logo"]) is None:
                said.pop("logo")
    return said, None, []


def _shown(
    name: str, said: Mapping[str, Any] | None = None, wrongs: Sequence[Wrong] = (), *, faster: Stale | None = None, note: str = ""
) -> ResponseReturnValue:
    with desk().reading() as session:
        entry = entries.find(session, "portal", Portal, name)
        draft, live = rows.draft(session, name), rows.published(session, name)
        seen = request.form.get("seen", "") if wrongs else cases.basis(session, name)
        values = said if said is not None else draft.fields if draft is not None else entry.values
        known = desk().tools["ways"]()
        g.frames = "; frame-src 'self'"
        return page(
            "portal.html",
            409 if faster is not None else 422 if wrongs else 200,
            **_around(session, entry, name),
            shown=portal_fields.shown(values, known, wrongs),
            draft=draft,
            live=live,
            behind=draft is not None and live is not None and live.number > draft.number,
            seen=seen,
            note=note or (draft.note if draft is not None and said is None else ""),
            faster=faster,
            unsaved=said is not None,
        )


def _around(session: Session, entry: Entry, name: str) -> dict[str, Any]:
    """What the form and its preview choose from."""
    named = session.execute(select(Site.id, Site.name).where(Site.portal == name).order_by(Site.name).limit(SITES)).all()
    others = session.execute(select(Site.id, Site.name).where(Site.portal.is_(None)).order_by(Site.name).limit(SITES)).all()
    return {
        "entry": entry,
        "to": entries.paths(portals.WHERE, name),
        "use": portals.uses(session, [name], portals.NAMED * 4)[name],
        "plans": list(session.scalars(select(Plan.name).order_by(Plan.name))),
        "sites": [*named, *others][:SITES],
        "titles": portal_fields.TITLES,
        "sights": sights(),
        "name": name,
    }


def sights() -> list[tuple[str, str]]:
    """The pages that a preview shows."""
    words = (_("Sign-in page"), _("Voucher"), _("Online"), _("Terms of use"), _("Privacy"), _("Help"))
    return list(zip(SIGHTS, words, strict=True))


def gone(name: str) -> None:
    """404 where there is no such portal."""
    with desk().reading() as session:
        if session.get(Portal, name) is None:
            abort(404)
