"""Incident openings: asked for by one person, allowed or refused by another; who, why, and how many records, never which.

What is looked for may name a person: it is shown while somebody has to decide or may look, to them alone. The records themselves
are incident_records'. Never decided by whoever asked, unless the settings say `break_glass`, and then with an alert.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

from flask import Blueprint, abort, g, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import select

from portal.admin import entries
from portal.admin.desk import desk
from portal.admin.guard import audited, needs
from portal.admin.lists import Column, List
from portal.admin.page import page
from portal.admin.privacy import kept
from portal.admin.tables import table
from portal.cases import openings
from portal.cases.remainders import time_zone
from portal.permissions import Permission, may
from store import incident_records, incidents
from store.faults import SealError
from store.incidents import No, Scope, State
from store.models import IncidentOpening
from store.models import Session as Accounting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

blueprint = Blueprint("incidents", __name__, url_prefix="/privacy/incidents")
STATES: Final[dict[State, Any]] = {
    State.WAITS: later("waits for a decision"),
    State.LAPSED: later("lapsed"),
    State.REFUSED: later("refused"),
    State.OPEN: later("open"),
    State.CLOSED: later("closed"),
}
TONES: Final = {State.WAITS: "warn", State.LAPSED: "quiet", State.REFUSED: "quiet", State.OPEN: "bad", State.CLOSED: "good"}
FIELDS: Final[dict[str, Any]] = {
    "since": later("From"),
    "until": later("Until"),
    "session": later("Session"),
    "station": later("Address of a device"),
    "address": later("IP address"),
    "number": later("Support number"),
    "site": later("Site"),
    "access_point": later("Access point"),
    "client": later("Gateway"),
}
HINTS: Final[dict[str, Any]] = {
    "session": later("its id"),
    "station": later("whole, as in A4:83:E7:10:2B:3C"),
    "address": later("as the device had it: behind the city’s own translation, ask its log first"),
    "number": later("six characters, as in K7Q-42M"),
    "site": later("its id"),
    "access_point": later("its name"),
    "client": later("its name"),
}
WRONGS: Final[dict[No, Any]] = {
    No.WHAT: later("Name a place or one exact mark: a time alone is everybody’s."),
    No.BACKWARDS: later("The window ends before it begins."),
    No.FUTURE: later("The window has to be over: nobody is watched from now on."),
    No.WIDE: later("A place is opened for at most 24 hours."),
    No.WIDE_EXACT: later("One device, address, stay or session is opened for at most 31 days."),
    No.REASON: later("Say why in 20 to 1,000 characters."),
    No.REFERENCE: later("Write the file number of the authority that asks."),
    No.NOTHING: later("Nothing that is kept is in it. Look at the spelling, the place and the hours."),
    No.MANY: later("It would show more than 10,000 sessions: narrow the window or the place."),
    No.WAITING: later("Ten of yours wait already: take one back first."),
    No.SAME: later("Whoever asks does not decide."),
    No.LATER: later("Your account here is younger than the question: somebody else decides."),
    No.HANDED: later("Less than a week before it was asked somebody gave your account its role, or a new way in: somebody else allows it."),
    No.DECIDED: later("It was decided meanwhile, or has lapsed."),
    No.ALONE: later("The settings want two people for it."),
}


class Row(NamedTuple):
    """One of a list."""

    opening: IncidentOpening
    state: State
    tone: str
    title: Any


def row(each: IncidentOpening) -> Row:
    """As it stands now."""
    state = incidents.state(each, g.now)
    return Row(each, state, TONES[state], STATES[state])


def _rows(_session: Session, found: Sequence[IncidentOpening]) -> list[Row]:
    return [row(each) for each in found]


COLUMNS: Final = (
    Column("id", "", lambda row: row.opening.id),
    Column("asked_at", "", lambda row: row.opening.asked_at),
    Column("asked_by", "", lambda row: row.opening.asked_by),
    Column("reason", "", lambda row: row.opening.reason),
    Column("reference", "", lambda row: row.opening.reference),
    Column("state", "", lambda row: row.state.value),
    Column("decided_by", "", lambda row: row.opening.decided_by),
    Column("decided_at", "", lambda row: row.opening.decided_at),
    Column("alone", "", lambda row: "yes" if row.opening.alone else ""),
    Column("ends_at", "", lambda row: row.opening.ends_at),
    Column("seen_at", "", lambda row: row.opening.seen_at),
    Column("records", "", lambda row: row.opening.records),
)
OPENINGS: Final = List(
    select(IncidentOpening), (IncidentOpening.asked_at, IncidentOpening.id), COLUMNS, descending=True, dress=_rows
)  # fmt: skip


@blueprint.get("")
@needs(Permission.INCIDENTS)
def index() -> ResponseReturnValue:
    """All of them, the newest first."""
    return table(OPENINGS, "incidents.html", "incident-openings")  # type: ignore[no-any-return]


@blueprint.get("/new")
@needs(Permission.INCIDENTS_ACT, fresh=True)
def new() -> ResponseReturnValue:
    """The form, filled in for a session where one is named."""
    typed: dict[str, str] = {}
    if name := request.args.get("session", ""):
        with desk().reading() as session:
            accounting = session.get(Accounting, name)
        if accounting is not None:
            typed = openings.typed_for(accounting, time_zone(desk().zone()), g.now)
    return _form(typed)


def _form(typed: Mapping[str, str], bad: Sequence[str] = (), wrongs: Sequence[No] = ()) -> ResponseReturnValue:
    told = [WRONGS[each] for each in wrongs]
    return page(
        "incident_new.html", 422 if bad or wrongs else 200, typed=typed, bad=bad, told=told, fields=FIELDS, hints=HINTS, limits=incidents
    )


@blueprint.post("/new")
@needs(Permission.INCIDENTS_ACT, fresh=True)
def ask() -> ResponseReturnValue:
    """Write the question down, with the number of records that it would show."""
    typed = {name: request.form.get(name, "").strip() for name in (*FIELDS, "reason", "reference")}
    scope, bad = openings.read(typed, time_zone(desk().zone()))
    reason, reference = (" ".join(typed[name].split()) for name in ("reason", "reference"))
    if scope is None:
        return _form(typed, bad)
    with desk().reading() as session:
        scope = incident_records.fixed(session, scope)
        known = not incidents.wrong(scope, reason, reference, g.now)
        records = incident_records.count(session, scope, desk().privacy) if known else 0
    with desk().writing() as session:
        made = incidents.ask(session, desk().privacy, scope, g.staff.name, reason, reference, records, g.now)
        if isinstance(made, list):
            return _form(typed, (), made)
        audited(session, "ask", "incident", made.id, reason=reason, fields=_told(scope, reference, records))
        where = f"/privacy/incidents/{made.id}"
    return entries.done(where, _("Asked. Somebody else decides."))


def _told(scope: Scope, reference: str, records: int) -> dict[str, tuple[Any, Any]]:
    """Of the question, for the audit log: the window, and what kinds of marks; places, and no mark."""
    shown = {name: (None, value) for name in incidents.PLACES if (value := getattr(scope, name))}
    marks = [name for name in scope.given if name in incidents.EXACT]
    window = {"since": (None, scope.since.isoformat()), "until": (None, scope.until.isoformat())}
    return {**window, **shown, "marks": (None, marks), "reference": (None, reference), "records": (None, records)}


@blueprint.get("/<name>")
@needs(Permission.INCIDENTS)
def show(name: str) -> ResponseReturnValue:
    """Where it stands."""
    return _shown(name)


def _shown(name: str, wrong: No | None = None) -> ResponseReturnValue:
    with desk().reading() as session:
        opening = find(session, name)
    stands, own = row(opening), opening.asked_by == g.staff.name
    shows = incidents.shows(opening, g.staff.name, g.now)
    open_to = shows or (stands.state is State.WAITS and (own or may(g.staff.role, Permission.INCIDENTS_DECIDE)))
    return page(
        "incident.html", 422 if wrong else 200, row=stands, own=own, shows=shows, scope=_scope(opening) if open_to else None,
        wrong=WRONGS[wrong] if wrong else "", fields=FIELDS, alone=kept().alone, limits=incidents,
    )  # fmt: skip


def _scope(opening: IncidentOpening) -> Scope | None:
    try:
        return incidents.scope_of(desk().privacy, opening)
    except SealError:
        return None


def find(session: Session, name: str) -> IncidentOpening:
    """The opening of this name, or the page that says there is none."""
    found = session.get(IncidentOpening, name)
    if found is None:
        abort(404)
    return found


@blueprint.post("/<name>/decide")
@needs(Permission.INCIDENTS_DECIDE, fresh=True)
def decide(name: str) -> ResponseReturnValue:
    """Yes or no, by somebody else than who asked."""
    granted = request.form.get("as", "") == "allow"
    with desk().writing() as session:
        opening = find(session, name)
        no = incidents.decide(session, opening, g.staff.name, g.now, granted=granted)
        if no is None:
            audited(session, "allow" if granted else "refuse", "incident", name)
    return _shown(name, no) if no is not None else _back(name, _("Allowed.") if granted else _("Refused."))


@blueprint.post("/<name>/alone")
@needs(Permission.INCIDENTS_ACT, fresh=True)
def alone(name: str) -> ResponseReturnValue:
    """By whoever asked, where the settings allow it; everybody hears of it."""
    if not kept().alone:
        return _shown(name, No.ALONE)
    mails = desk().tools["settings"]().mail is not None
    with desk().writing() as session:
        opening = find(session, name)
        url = f"{desk().office.url}/privacy/incidents/{name}"
        no = openings.alone(session, desk().privacy, opening, g.staff.name, g.now, mails=mails, url=url)
        if no is None:
            audited(session, "open alone", "incident", name)
    return _shown(name, no) if no is not None else _back(name, _("Open. Every city admin and auditor is told."))


@blueprint.post("/<name>/close")
@needs(Permission.INCIDENTS)
def close(name: str) -> ResponseReturnValue:
    """Nobody looks any more; or the question is taken back, by whoever asked."""
    with desk().writing() as session:
        opening = find(session, name)
        if incidents.state(opening, g.now) is State.WAITS and opening.asked_by != g.staff.name:
            abort(403)
        if incidents.close(session, opening, g.now):
            audited(session, "close", "incident", name)
    return _back(name, _("Closed."))


def _back(name: str, said: str) -> ResponseReturnValue:
    return redirect(f"/privacy/incidents/{name}?done={quote(said)}", 303)
