"""Alerts: what is broken now, who took notice, what is silenced; one alert with what to do about it, and its history.

An alert is opened and closed by the controller's own looks (proxeny/alerting.py). Never decided here what is worth one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

from flask import Blueprint, abort, g, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import select, tuple_

from portal import alert_rules
from portal.admin.desk import desk
from portal.admin.guard import audited, needs
from portal.admin.lists import Column, Filter, List
from portal.admin.page import page, when
from portal.admin.tables import table
from portal.permissions import Permission, may
from store import alerts
from store.alerts import Key
from store.models import Alert, Silence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

blueprint = Blueprint("alerts", __name__, url_prefix="/alerts")
MOST: Final = 200  # taken notice of at once
REASON: Final = 200  # characters
FOR: Final[Mapping[str, tuple[timedelta, Any]]] = {
    "1h": (timedelta(hours=1), later("1 hour")),
    "8h": (timedelta(hours=8), later("8 hours")),
    "24h": (timedelta(hours=24), later("24 hours")),
    "7d": (timedelta(days=7), later("7 days")),
    "30d": (timedelta(days=30), later("30 days")),
}
STATES: Final[Mapping[str, Any]] = {
    "new": later("open, nobody took notice"),
    "taken": later("open, somebody took notice"),
    "closed": later("closed"),
    "all": later("open and closed"),
}


class Row(NamedTuple):
    """An alert as it is shown."""

    alert: Alert
    said: alert_rules.Said
    now: bool  # it hurries
    place: str  # the page of what it is about; "" where there is none, or it is not theirs to see
    silence: Silence | None


def shown(rows: Sequence[Alert], silences: Sequence[Silence]) -> list[Row]:
    """In this person's language, with what they may open."""
    quiet = {(each.rule, each.object): each for each in silences}
    return [_row(row, quiet.get((row.rule, row.object)) or quiet.get((row.rule, ""))) for row in rows]


def _row(row: Alert, silence: Silence | None) -> Row:
    entry = alert_rules.RULES.get(row.rule)
    said = alert_rules.say(row.rule, row.object, row.details, _, when)
    place = alert_rules.place(row.rule, row.object) if entry is not None and may(g.staff.role, entry.page) else ""
    return Row(row, said, entry is None or entry.grade is alert_rules.Grade.NOW, place, silence)


def _dressed(session: Session, rows: Sequence[Alert]) -> list[Row]:
    return shown(rows, alerts.silent(session, g.now))


COLUMNS: Final = (
    Column("id", later("Id"), lambda row: row.alert.id),
    Column("rule", later("Rule"), lambda row: row.alert.rule),
    Column("object", later("Object"), lambda row: row.alert.object),
    Column("alert", later("Alert"), lambda row: row.said.title),
    Column("opened", later("Opened"), lambda row: row.alert.opened_at),
    Column("last_seen", later("Last seen"), lambda row: row.alert.seen_at),
    Column("noticed_by", later("Noticed by"), lambda row: row.alert.acknowledged_by),
    Column("noticed", later("Noticed"), lambda row: row.alert.acknowledged_at),
    Column("closed", later("Closed"), lambda row: row.alert.closed_at),
)


def listed(*, every: bool) -> List:
    """The open ones, or `every` one: then the filter says which."""
    states = {
        "new": Alert.closed_at.is_(None) & Alert.acknowledged_at.is_(None),
        "taken": Alert.closed_at.is_(None) & Alert.acknowledged_at.is_not(None),
        "closed": Alert.closed_at.is_not(None),
        "all": Alert.id.is_not(None),
    }
    rules = {rule: later(entry.name) for rule, entry in alert_rules.RULES.items()}
    filters = (
        Filter("state", later("State (else: open)"), lambda said: states[said], STATES),
        Filter("rule", later("Rule"), lambda said: Alert.rule == said, rules),
        Filter("object", later("Object"), lambda said: Alert.object == said, hint=later("a whole name")),
    )
    statement = select(Alert) if every else select(Alert).where(Alert.closed_at.is_(None))
    return List(statement, (Alert.opened_at, Alert.id), COLUMNS, filters, descending=True, dress=_dressed)


@blueprint.get("")
@needs(Permission.ALERTS)
def index() -> Any:
    """The open ones; others by filter."""
    with desk().reading() as session:
        silences = alerts.silent(session, g.now)
    names = {rule: _(entry.name) for rule, entry in alert_rules.RULES.items()}
    return table(listed(every=request.args.get("state", "") in STATES), "alerts.html", "alerts", silences=silences, names=names)


@blueprint.post("/acknowledge")
@needs(Permission.ALERTS_ACT)
def acknowledge() -> Any:
    """Somebody looks after these: nobody else needs to be told."""
    wanted = request.form.getlist("id")[:MOST]
    with desk().writing() as session:
        taken = noticed(session, wanted)
    if len(wanted) == 1:
        said = _("You took notice.") if taken else _("Somebody took notice before you, or it is over.")
    else:
        said = _("You took notice of %(num)s.", num=len(taken))
    return _back(request.form.get("from", ""), said)


def _back(name: str, said: str) -> Any:
    """To the alert's own page where it came from there, else to the list."""
    where = f"/alerts/{quote(name, safe='')}" if name.isalnum() else "/alerts"
    return redirect(f"{where}?done={quote(said)}", 303)


@blueprint.get("/<name>")
@needs(Permission.ALERTS)
def show(name: str) -> Any:
    """One alert: what, since when, what to do."""
    with desk().reading() as session:
        row = _found(session, name)
        silences = alerts.silent(session, g.now)
        mine = (row.rule, row.object)
        before = select(Alert).where(tuple_(Alert.rule, Alert.object) == mine, Alert.id != row.id)
        earlier = session.scalars(before.order_by(Alert.opened_at.desc()).limit(10)).all()
    choices = {key: title for key, (_time, title) in FOR.items()}
    return page("alert.html", row=shown([row], silences)[0], rule=alert_rules.name(row.rule, _), earlier=earlier, choices=choices)


def _found(session: Session, name: str) -> Alert:
    row = session.get(Alert, name)
    if row is None:
        abort(404)
    return row


@blueprint.post("/<name>/silence")
@needs(Permission.ALERTS_ACT)
def silence(name: str) -> Any:
    """Tell nobody for a while: of this object, or of the whole rule."""
    chosen = FOR.get(request.form.get("for", ""))
    why = " ".join(request.form.get("why", "").split())
    if chosen is None or len(why) > REASON:
        abort(400)
    whole = request.form.get("scope", "") == "rule"
    with desk().writing() as session:
        until = silenced(session, _found(session, name), chosen[0], why, whole=whole)
    return _back(name, _("Silenced until %(when)s.", when=when(until)))


@blueprint.post("/silences/end")
@needs(Permission.ALERTS_ACT)
def speak() -> Any:
    """A silence is over; what is still so is told now."""
    key = Key(request.form.get("rule", ""), request.form.get("object", ""))
    with desk().writing() as session:
        ended = spoken(session, key)
    return _back(request.form.get("from", ""), _("No longer silenced.") if ended else _("It was not silenced."))


@blueprint.post("/<name>/close")
@needs(Permission.ALERTS_ACT)
def close(name: str) -> Any:
    """Done with; where it is still so, the next look opens another."""
    with desk().writing() as session:
        _found(session, name)
        done = closed(session, name)
    return _back(name, _("Closed.") if done else _("It was closed before."))


# What is done, for the pages and for the API


def noticed(session: Session, wanted: Sequence[str]) -> list[Alert]:
    """Those of which nobody had taken notice."""
    taken = [row for each in wanted if (row := alerts.acknowledge(session, each, g.staff.name, g.now)) is not None]
    for row in taken:
        audited(session, "acknowledge", "alert", row.id)
    return taken


def silenced(session: Session, row: Alert, lasts: timedelta, why: str, *, whole: bool) -> datetime:
    """Until when nobody is told of its object, or of the `whole` rule."""
    until: datetime = g.now + lasts
    key = Key(row.rule, "" if whole else row.object)
    alerts.silence(session, key, until, g.staff.name, why)
    fields = {"silence": (None, f"{key.rule} {key.on}".strip()), "until": (None, until.isoformat(timespec="seconds"))}
    audited(session, "silence", "alert", row.id, fields=fields, reason=why)
    return until


def spoken(session: Session, key: Key) -> bool:
    """Whether there was a silence to end."""
    ended = alerts.speak(session, key)
    if ended:
        audited(session, "unsilence", "alert", f"{key.rule} {key.on}".strip())
    return ended


def closed(session: Session, name: str) -> bool:
    """Whether it was open."""
    row = alerts.close(session, name, g.now)
    if row is not None:
        audited(session, "close", "alert", row.id)
    return row is not None
