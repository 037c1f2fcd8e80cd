"""A list as a page, or as CSV for whoever may export; and the filters that somebody saved for it.

An export is of many people's data at once: it asks for a fresh proof of who is there, and is in the audit log. Never another's filters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from flask import Blueprint, abort, g, redirect, request
from flask_babel import gettext as _
from sqlalchemy import delete, select

from portal.admin.desk import desk
from portal.admin.guard import FRESH, audited, needs, onward
from portal.admin.page import page
from portal.permissions import Permission, may
from store.models import SavedFilter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response

    from portal.admin.lists import List

MOST: Final = 30  # saved filters of one person
blueprint = Blueprint("tables", __name__, url_prefix="/filters")


def table(of: List, template: str, name: str, **values: Any) -> Any:
    """The page with `listing` and `saved`, or the file where `?format=csv` asks for it."""
    if request.args.get("format") == "csv":
        return _export(of, name)
    with desk().reading() as session:
        return page(template, listing=of.page(session), saved=_saved(session), **values)


def _export(of: List, name: str) -> Any:
    away = exporting(name)
    return of.csv(name) if away is None else away


def exporting(name: str) -> Response | None:
    """None where whoever asks may have a file, which is in the log from now on; else where they prove first who they are."""
    if not may(g.staff.role, Permission.EXPORT):
        abort(403)
    if g.now - g.session.proven_at > FRESH:
        return redirect(f"/prove?next={quote(request.full_path, safe='')}", 303)
    with desk().writing() as session:
        audited(session, "export", name, request.query_string.decode("ascii", "replace")[:200])
    return None


def _saved(session: Session) -> Sequence[SavedFilter]:
    mine = select(SavedFilter).where(SavedFilter.staff_id == g.staff.id, SavedFilter.page == request.path)
    return session.scalars(mine.order_by(SavedFilter.name)).all()


@blueprint.post("")
@needs(Permission.SELF)
def save() -> Response:
    """Keep the filter of a page under a name; the same name is the newer one."""
    where, name, query = (request.form.get(key, "").strip() for key in ("page", "name", "query"))
    where = onward(where)
    if not name or len(name) > 60 or not (name + query).isprintable() or len(query) > 1_000 or len(where) > 200:
        abort(400)
    with desk().writing() as session:
        session.execute(delete(SavedFilter).where(SavedFilter.staff_id == g.staff.id, SavedFilter.page == where, SavedFilter.name == name))
        if len(session.scalars(select(SavedFilter.id).where(SavedFilter.staff_id == g.staff.id)).all()) >= MOST:
            words = _("You have thirty filters: remove one first.")
            return redirect(f"{where}?{query}&done={quote(words)}", 303)
        session.add(SavedFilter(staff_id=g.staff.id, page=where, name=name, query=query))
    return redirect(f"{where}?{query}", 303)


@blueprint.post("/remove")
@needs(Permission.SELF)
def remove() -> Response:
    """One of mine is not needed any more."""
    with desk().writing() as session:
        session.execute(delete(SavedFilter).where(SavedFilter.staff_id == g.staff.id, SavedFilter.id == request.form.get("id", "")))
    return redirect(onward(request.form.get("page", "/")), 303)
