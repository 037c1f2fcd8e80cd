"""Backups: what was made, whether it was tried out, how to put one back; and one more at the press of a button.

The button adds a row: proxeny/backing.py makes the copy, in another process. Never hands a backup to a browser: it holds
everything that is known of everybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from flask import Blueprint, g, redirect
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import select

from portal.admin.desk import desk
from portal.admin.guard import audited, needs
from portal.admin.lists import Column, Filter, List
from portal.admin.tables import table
from portal.permissions import Permission
from store import backups
from store.models import BackupRun, BackupState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("backups", __name__, url_prefix="/backups")
STATES: Final = {
    "queued": later("asked for"),
    "running": later("under way"),
    "good": later("good"),
    "failed": later("failed"),
}
COLUMNS: Final = (
    Column("number", later("Number"), lambda row: row.id),
    Column("at", later("When"), lambda row: row.at),
    Column("state", later("State"), lambda row: row.state.value),
    Column("file", later("File"), lambda row: row.file),
    Column("octets", later("Octets"), lambda row: row.octets),
    Column("rows", later("Rows"), lambda row: row.rows),
    Column("milliseconds", later("Milliseconds"), lambda row: row.milliseconds),
    Column("rehearsed", later("Tried out"), lambda row: row.rehearsed_at),
    Column("removed", later("Removed"), lambda row: row.removed_at),
    Column("by", later("Asked for by"), lambda row: row.by),
    Column("fault", later("Fault"), lambda row: row.fault),
)
FILTERS: Final = (Filter("state", later("State"), lambda value: BackupRun.state == BackupState(value), STATES),)
RUNS: Final = List(select(BackupRun), (BackupRun.id,), COLUMNS, FILTERS, descending=True)


@blueprint.get("")
@needs(Permission.HEALTH)
def index() -> Any:
    """All of them, the newest first."""
    settings = desk().tools["settings"]()
    with desk().reading() as session:
        last = _last(session)
    sqlite = desk().database.dialect.name == "sqlite"
    return table(RUNS, "backups.html", "backups", part=settings.backup, key=settings.seal_key, last=last, states=STATES, sqlite=sqlite)


def _last(session: Session) -> BackupRun | None:
    good = select(BackupRun).where(BackupRun.state == BackupState.GOOD, BackupRun.removed_at.is_(None))
    return session.scalars(good.order_by(BackupRun.id.desc()).limit(1)).first()


@blueprint.post("")
@needs(Permission.HEALTH_ACT, fresh=True)
def make() -> Any:
    """One more, as soon as may be."""
    if desk().tools["settings"]().backup is None:
        return _back(_("The settings name no folder for backups."))
    with desk().writing() as session:
        row = asked(session)
    return _back(_("It is made within seconds; this page shows how it goes.") if row is not None else _("Enough are asked for already."))


def asked(session: Session) -> BackupRun | None:
    """One more, for the page and the API; None where enough are asked for."""
    row = backups.ask(session, g.staff.name, g.now)
    if row is not None:
        audited(session, "backup", "backup", str(row.id))
    return row


def _back(said: str) -> Any:
    return redirect(f"/backups?done={quote(said)}", 303)
