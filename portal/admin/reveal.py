"""Who is behind a session: asked for with a reason, shown for a quarter of an hour in this browser alone, on record.

The record is the permission: what is in the audit log for this browser and this session, and young enough, is shown.
Of what made no session only keyed hashes are kept, and nobody can reveal those. Of a session that ended longer ago than
`store.sessions.RECENT` it takes two people (portal/admin/incidents.py): never revealed here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, abort, g, redirect, request
from flask_babel import gettext as _
from sqlalchemy import select

from portal.admin.desk import desk
from portal.admin.guard import audited, needs, onward
from portal.admin.page import page
from portal.permissions import Permission
from store import sessions
from store.faults import SealError
from store.models import Account, AuditEntry, Grant, Session

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session as Database

LASTS: Final = timedelta(minutes=15)
LEAST: Final = 8  # characters of a reason
LONGEST: Final = 400
ACTION: Final = "reveal"
blueprint = Blueprint("reveal", __name__)


class Revealed(NamedTuple):
    """What a session's seals hold; "" for what is not kept (any more)."""

    until: datetime
    station: str = ""
    user: str = ""
    contact: str = ""  # of the guest's account


def recent(accounting: Session) -> bool:
    """Whether one person may reveal it."""
    return sessions.recent(accounting, g.now)


def revealed(session: Database, accounting: Session | None) -> Revealed | None:
    """Where this browser asked for it within `LASTS`."""
    if accounting is None or not recent(accounting):
        return None
    until = asked(session, "session", accounting.id)
    if until is None:
        return None
    grant = session.get(Grant, accounting.grant_id) if accounting.grant_id else None
    account = session.get(Account, grant.account_id) if grant is not None and grant.account_id else None
    return Revealed(
        until,
        _opened(accounting.station_sealed, "session", accounting.id, "station_sealed"),
        _opened(accounting.user_sealed, "session", accounting.id, "user_sealed"),
        _opened(account.contact, "account", account.id, "contact") if account is not None else "",
    )


def asked(session: Database, kind: str, name: str) -> datetime | None:
    """Until when this browser is shown what it asked for of this thing; None where it did not, or long ago."""
    mine = AuditEntry.kind == kind, AuditEntry.object == name, AuditEntry.action == ACTION, AuditEntry.source == g.session.id
    at = session.scalar(select(AuditEntry.at).where(*mine).order_by(AuditEntry.id.desc()).limit(1))
    return at + LASTS if at is not None and g.now - at < LASTS else None


def _opened(octets: bytes | None, table: str, row: str, column: str) -> str:
    try:
        return desk().privacy.opened(octets, table, row, column).decode("utf-8", "replace")
    except SealError:
        return str(_("cannot be opened: its key is away"))


def reason() -> str:
    """What was given as a reason; "" where that is none."""
    said = " ".join(request.form.get("reason", "").split())
    return said if LEAST <= len(said) <= LONGEST and said.isprintable() else ""


@blueprint.post("/sessions/<name>/reveal")
@needs(Permission.REVEAL)
def reveal(name: str) -> Any:
    """Write down who asks and why; then the page they came from shows it, or says that it takes two."""
    where = onward(request.form.get("next", "") or f"/sessions/{name}")
    said = reason()
    with desk().writing() as session:
        accounting = session.get(Session, name)
        if accounting is None:
            abort(404)
        if said and recent(accounting):
            audited(session, ACTION, "session", name, reason=said)
    if not said:
        return page("reasonless.html", 422, where=where, least=LEAST)
    return redirect(where, 303)
