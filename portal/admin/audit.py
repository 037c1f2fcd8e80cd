"""The audit log's pages: the list, one entry, what was done to one object, and whether the chain holds.

The whole log is for whoever has the permission; what was done to one object is for whoever may see that object, without who
looked at it and why. Never opens a person's values, and never changes anything.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, abort, g, request
from flask_babel import lazy_gettext as _
from sqlalchemy import false, func, select

from portal.admin import deeds
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.lists import Column, Filter, List
from portal.admin.page import page
from portal.admin.tables import table
from portal.cases.remainders import time_zone
from portal.permissions import Permission, may
from store import audit_chain
from store.models import AuditEntry, AuditKey
from store.session import reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Select

    from store.audit_chain import Checkpoint, Verdict

blueprint = Blueprint("audit", __name__, url_prefix="/audit")
AT_ONCE: Final = 20_000  # rows that a page verifies, the newest: a second's work; `proxeny audit verify` walks all
RECENT: Final = 5  # entries that an object's page shows
LONGEST: Final = 4_000  # characters of checkpoints that are pasted

COLUMNS: Final = (
    Column("id", _("Number"), lambda row: row.id),
    Column("at", _("When"), lambda row: row.at),
    Column("actor", _("Who"), lambda row: row.actor),
    Column("action", _("What"), lambda row: row.action),
    Column("kind", _("Kind"), lambda row: row.kind),
    Column("object", _("Object"), lambda row: row.object),
    Column("changes", _("Changes"), deeds.summary),
    Column("reason", _("Reason"), lambda row: row.reason),
)


def _day(text: str) -> datetime | None:
    """The begin of a day at the operator's place; None for no day, or one beyond those that a database tells apart everywhere."""
    try:
        found = datetime.fromisoformat(text[:10]).replace(tzinfo=time_zone(desk().zone()))
    except ValueError:
        return None
    return found if 1 < found.year < 9999 else None


def _from(moment: datetime) -> ColumnElement[int]:
    """The first number from then on: numbers grow with time, and what is between two of them needs no search."""
    first = select(AuditEntry.id).where(AuditEntry.at >= moment).order_by(AuditEntry.at, AuditEntry.id).limit(1)
    return func.coalesce(first.scalar_subquery(), (1 << 63) - 1)


def _since(text: str) -> ColumnElement[bool]:
    return AuditEntry.id >= _from(day) if (day := _day(text)) is not None else false()


def _until(text: str) -> ColumnElement[bool]:
    return AuditEntry.id < _from(day + timedelta(days=1)) if (day := _day(text)) is not None else false()


FILTERS: Final = (
    Filter("actor", _("Who"), lambda value: AuditEntry.actor == value, hint=_("a whole name")),
    Filter("action", _("What"), lambda value: AuditEntry.action == value, deeds.ACTIONS),
    Filter("kind", _("Kind"), lambda value: AuditEntry.kind == value, deeds.KINDS),
    Filter("object", _("Object"), lambda value: AuditEntry.object == value, hint=_("a whole name")),
    Filter("since", _("From"), _since, hint="2026-03-08"),
    Filter("until", _("To"), _until, hint="2026-03-09"),
)
ENTRIES: Final = List(select(AuditEntry), (AuditEntry.id,), COLUMNS, FILTERS, descending=True)


@blueprint.get("")
@needs(Permission.AUDIT)
def index() -> Any:
    """Everything, the newest first."""
    return table(ENTRIES, "audit.html", "audit", deeds=deeds)


@blueprint.get("/<int:number>")
@needs(Permission.AUDIT)
def show(number: int) -> Any:
    """One entry, key by key."""
    with desk().reading() as session:
        entry = session.get(AuditEntry, number) if number < 1 << 63 else None
        if entry is None:
            abort(404)
        forgotten = entry.personal is not None and session.get(AuditKey, entry.subject) is None
        newer, older = (session.scalar(_beside(entry, direction)) for direction in (1, -1))
    return page("audit_entry.html", entry=entry, deeds=deeds, forgotten=forgotten, newer=newer, older=older)


def _beside(entry: AuditEntry, direction: int) -> Select[Any]:
    """The number of the next entry about the same thing; the one before."""
    mine = select(AuditEntry.id).where(AuditEntry.kind == entry.kind, AuditEntry.object == entry.object).limit(1)
    if direction > 0:
        return mine.where(AuditEntry.id > entry.id).order_by(AuditEntry.id)
    return mine.where(AuditEntry.id < entry.id).order_by(AuditEntry.id.desc())


@blueprint.post("/verify")
@needs(Permission.AUDIT)
def verify() -> Any:
    """Does the chain hold, and agree with these checkpoints?"""
    said = request.form.get("checkpoints", "")[:LONGEST]
    verdict, since, wanted = verified(said)
    return page("audit_verified.html", verdict=verdict, since=since, wanted=wanted, said=said)


def verified(said: str) -> tuple[Verdict, int, Sequence[Checkpoint]]:
    """What a walk of the newest rows finds, from which on, held against the checkpoints in this text."""
    wanted = audit_chain.found(said)
    with reading(desk().database) as session:  # of the newest rows alone, which `AT_ONCE` bounds
        last = session.scalar(select(func.max(AuditEntry.id))) or 0
        since = max(1, last - AT_ONCE + 1)
        return audit_chain.verify(session, desk().privacy, since, wanted), since, wanted


@blueprint.get("/of/<kind>/<path:name>")
@needs(Permission.SELF)
def of(kind: str, name: str) -> Any:
    """What was done to one object, for whoever may see that object; for anybody else there is no such page."""
    permission = deeds.SEEN_BY.get(kind, Permission.AUDIT)
    if not (_whole() or may(g.staff.role, permission)):
        abort(404)
    of_it = List(_visible(kind, name), (AuditEntry.id,), COLUMNS[: None if _whole() else -1], descending=True)
    with desk().reading() as session:
        return page("audit_of.html", listing=of_it.page(session), deeds=deeds, kind=kind, name=name, whole_log=_whole())


def _whole() -> bool:
    return may(g.staff.role, Permission.AUDIT)


def _visible(kind: str, name: str) -> Select[Any]:
    """Of this object, what this reader may see."""
    mine = select(AuditEntry).where(AuditEntry.kind == kind, AuditEntry.object == name)
    return mine if _whole() else mine.where(AuditEntry.action.in_(deeds.CHANGES))


@blueprint.app_template_global("recent_deeds")
def recent(kind: str, name: str) -> Sequence[AuditEntry]:
    """The newest entries of an object, for the macro `history`; none for whoever may not see them."""
    if not (_whole() or may(g.staff.role, deeds.SEEN_BY.get(kind, Permission.AUDIT))):
        return ()
    with desk().reading() as session:
        return session.scalars(_visible(kind, name).order_by(AuditEntry.id.desc()).limit(RECENT)).all()


blueprint.add_app_template_global(deeds.action, "deed")
blueprint.add_app_template_global(deeds.history, "history_of")
blueprint.add_app_template_global(deeds.brief, "deed_summary")
