"""The records of an open incident opening: to the two people whom it is for, a page at a time or as CSV, each look on record.

Written down before anything is shown: what cannot be written down is not shown. Never a record after the opening's end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, abort, g, request

from portal.admin.desk import desk
from portal.admin.guard import audited, needs
from portal.admin.incidents import find
from portal.admin.lists import Column, List
from portal.admin.page import page
from portal.admin.telling import WAYS
from portal.permissions import Permission
from store import incident_records, incidents
from store.models import Session, Way

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session as Database

    from store.incident_records import Record
    from store.incidents import Scope

blueprint = Blueprint("incident_records", __name__)


def _held(record: Record) -> str:
    return "; ".join(f"{each.address} ({_span(each.first_at, each.last_at)})" for each in record.addresses)


def _span(first: datetime, last: datetime) -> str:
    return "/".join(each.isoformat(timespec="seconds") for each in (first, last))


COLUMNS: Final = (
    Column("session", "", lambda row: row.session.id),
    Column("started_at", "", lambda row: row.session.started_at),
    Column("ended_at", "", lambda row: row.session.ended_at),
    Column("last_word", "", lambda row: row.session.updated_at),
    Column("status", "", lambda row: row.session.status.value),
    Column("station", "", lambda row: row.station),
    Column("user_name", "", lambda row: row.user),
    Column("chargeable_user_identity", "", lambda row: row.cui),
    Column("verified_by", "", lambda row: row.way),
    Column("contact", "", lambda row: row.contact),
    Column("addresses", "", _held),
    Column("client", "", lambda row: row.session.client),
    Column("access_point", "", lambda row: row.session.access_point or row.session.bssid or row.session.nas_identifier),
    Column("moved_through", "", lambda row: "; ".join(f"{hop.access_point} ({hop.at.isoformat(timespec='seconds')})" for hop in row.hops)),
    Column("ssid", "", lambda row: row.session.ssid),
    Column("site", "", lambda row: row.session.site),
    Column("realm", "", lambda row: row.session.realm),
    Column("session_at_the_gateway", "", lambda row: row.session.acct_session_id),
    Column("octets_up", "", lambda row: row.session.input_octets),
    Column("octets_down", "", lambda row: row.session.output_octets),
)


def _list(scope: Scope) -> List:
    marks = desk().privacy

    def dress(session: Database, found: Sequence[Any]) -> list[Record]:
        return incident_records.records(session, marks, found)

    return List(incident_records.statement(scope, marks), (Session.started_at, Session.id), COLUMNS, dress=dress)


@blueprint.get("/privacy/incidents/<name>/records")
@needs(Permission.INCIDENTS, fresh=True)
def records(name: str) -> ResponseReturnValue:
    """What it shows."""
    whole = request.args.get("format") == "csv"
    with desk().reading() as session:
        scope = incidents.scope_of(desk().privacy, find(session, name))
        count = incident_records.count(session, scope, desk().privacy)
    with desk().writing() as session:
        opening = find(session, name)
        if not incidents.shows(opening, g.staff.name, g.now):
            g.why = "not open to them"
            abort(403)
        opening.seen_at, opening.records = g.now, count
        audited(session, "export" if whole else "look", "incident", name, fields={"records": (None, count)})
    listed = _list(scope)
    if whole:
        return listed.csv(f"incident-{name}")
    with desk().reading() as session:
        return page("incident_records.html", opening=opening, listing=listed.page(session), ways={way.value: WAYS[way] for way in Way})
