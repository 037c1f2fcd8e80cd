"""What becomes of a portal's draft, and the versions there were: side by side, published, thrown away, brought back.

Before anything is published the page says what will be different, and whose yes to the terms was to other words. Never a text
that is not a version's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Blueprint, abort, redirect, request
from flask_babel import gettext as _

from portal.admin import entries, portal_fields, portals
from portal.admin.desk import desk
from portal.admin.guard import actor, needs
from portal.admin.page import page
from portal.admin.portals_edit import gone, told
from portal.cases import portal_versions as cases
from portal.cases.comparing import differences
from portal.cases.portal_versions import Stale
from portal.permissions import Permission
from store import portal_versions as rows
from store.models import Portal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from portal.cases.portal_versions import Published
    from store.models import PortalVersion

blueprint = Blueprint("portals_versions", __name__)


class Side(NamedTuple):
    """One of two versions that are compared; `row` None: what guests see now, where no version tells of it."""

    row: PortalVersion | None
    fields: Mapping[str, Any]


@blueprint.get("/portals/<path:name>/versions")
@needs(Permission.NETWORK)
def history(name: str) -> ResponseReturnValue:
    """All there were, the newest first."""
    with desk().reading() as session:
        entry = entries.find(session, "portal", Portal, name)
        found, live = rows.history(session, name), rows.published(session, name)
        return page("portal_versions.html", entry=entry, name=name, versions=found, live=live, to=entries.paths(portals.WHERE, name))


@blueprint.get("/portals/<path:name>/compare")
@needs(Permission.NETWORK)
def compare(name: str) -> ResponseReturnValue:
    """`from` and `to`: two numbers; without them, what guests see and the draft."""
    with desk().reading() as session:
        entry = entries.find(session, "portal", Portal, name)
        found = rows.history(session, name)
        one, other = (_number(key) for key in ("from", "to"))
        old = _side(session, name, one) if one is not None else Side(rows.published(session, name), entry.values)
        new = _side(session, name, other) if other is not None else _last(session, name, old)
        return page(
            "portal_compare.html",
            name=name,
            titles=portal_fields.TITLES,
            called=portal_fields.called,
            way_called=portal_fields.way_called,
            old=old,
            new=new,
            versions=found,
            differing=differences(old.fields, new.fields, rows.KEYS),
        )


def _number(key: str) -> int | None:
    said = request.args.get(key, "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None


def _side(session: Session, name: str, number: int) -> Side:
    row = rows.find(session, name, number)
    if row is None:
        abort(404)
    return Side(row, row.fields)


def _last(session: Session, name: str, otherwise: Side) -> Side:
    row = rows.draft(session, name)
    return Side(row, row.fields) if row is not None else otherwise


@blueprint.get("/portals/<path:name>/publish")
@needs(Permission.NETWORK_ACT)
def before(name: str) -> ResponseReturnValue:
    """What will be different?"""
    return _asked(name, None)


@blueprint.post("/portals/<path:name>/publish")
@needs(Permission.NETWORK_ACT)
def publish(name: str) -> ResponseReturnValue:
    """Guests see the draft from now on."""
    gone(name)
    return _answered(name, cases.publish(desk(), name, request.form.get("seen", ""), _note(), actor()))


@blueprint.get("/portals/<path:name>/versions/<int:number>/back")
@needs(Permission.NETWORK_ACT)
def before_back(name: str, number: int) -> ResponseReturnValue:
    """What will be different?"""
    return _asked(name, number)


@blueprint.post("/portals/<path:name>/versions/<int:number>/back")
@needs(Permission.NETWORK_ACT)
def back(name: str, number: int) -> ResponseReturnValue:
    """Guests see that version again."""
    gone(name)
    note = _note() or _("Back to version %(number)s", number=number)
    return _answered(name, cases.roll_back(desk(), name, number, request.form.get("seen", ""), note, actor()))


@blueprint.post("/portals/<path:name>/discard")
@needs(Permission.NETWORK_ACT)
def discard(name: str) -> ResponseReturnValue:
    """The draft goes."""
    gone(name)
    if cases.discard(desk(), name, request.form.get("seen", "")) is not None:
        return page("portal_stale.html", 409, name=name, where=entries.at(portals.WHERE, name))
    return redirect(told(entries.at(portals.WHERE, name), _("The draft is gone. Guests see what they saw.")), 303)


@blueprint.get("/portals/terms/<digest>")
@needs(Permission.NETWORK)
def terms(digest: str) -> ResponseReturnValue:
    """The words that somebody agreed to, as an account's consents name them."""
    with desk().reading() as session:
        row = rows.terms(session, digest[:64])
        if row is None:
            abort(404)
        return page("portal_terms.html", row=row, called=portal_fields.called, agreed=rows.agreed(session, {"": row.text}, desk().now()))


def _asked(name: str, number: int | None) -> ResponseReturnValue:
    """The page before: of the draft, or of an earlier version."""
    with desk().reading() as session:
        entry = entries.find(session, "portal", Portal, name)
        row = rows.draft(session, name) if number is None else rows.find(session, name, number)
        if row is None:
            abort(404)
        old, new = entry.values.get("terms", {}), row.fields.get("terms", {})
        return page(
            "portal_publish.html",
            entry=entry,
            name=name,
            row=row,
            live=rows.published(session, name),
            back=number is not None,
            seen=cases.basis(session, name),
            differing=differences(entry.values, row.fields, rows.KEYS),
            titles=portal_fields.TITLES,
            called=portal_fields.called,
            way_called=portal_fields.way_called,
            terms=old != new,
            agreed=rows.agreed(session, old, desk().now()) if old != new and old else None,
            use=portals.uses(session, [name])[name],
        )


def _answered(name: str, outcome: Published | Stale | list[Any]) -> ResponseReturnValue:
    where = entries.at(portals.WHERE, name)
    if isinstance(outcome, Stale):
        return page("portal_stale.html", 409, name=name, where=where)
    if isinstance(outcome, list):
        return entries.refused(where, outcome)
    if not outcome.made.changes:
        return redirect(told(where, _("Guests see just that already.")), 303)
    return redirect(told(where, _("Version %(number)s is published. Guests see it within two seconds.", number=outcome.number)), 303)


def _note() -> str:
    return "".join(each for each in request.form.get("note", "") if each.isprintable())[: rows.LONGEST_NOTE].strip()
