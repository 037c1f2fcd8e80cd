"""Sessions: who is online, and who was; one of them with its state first, and what may be done about it.

What is done, and how the NAS answers, is in session_orders. Never a station in clear, but to who revealed it with a reason.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, abort, g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import select, text

from portal.admin import reveal, telling
from portal.admin.answers import KINDS, Answer, answer
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.lists import Column, Filter, List
from portal.admin.page import page
from portal.admin.tables import table
from portal.cases import finding
from portal.permissions import Permission
from store.models import OrderKind, Plan, Realm, Session, SessionStatus, Site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session as Database

    from store.models import Order

blueprint = Blueprint("sessions", __name__)
_OPEN: Final = "status = 'open'"  # in the words of the partial index
TONES: Final = {SessionStatus.OPEN: "good", SessionStatus.ENDED: "quiet", SessionStatus.STALE: "warn"}
STATES: Final = {SessionStatus.OPEN: later("online"), SessionStatus.ENDED: later("ended"), SessionStatus.STALE: later("no word of it")}


class Row(NamedTuple):
    """One session of a list."""

    session: Session
    site: str
    house: str
    device: str
    tone: str
    state: Any


class Asked(NamedTuple):
    """One order about it."""

    order: Order
    title: Any
    answer: Answer


def rows(session: Database, sessions: Sequence[Session]) -> list[Row]:
    """With the names of their sites and institutions: two statements, however many there are."""
    sites = {each.site for each in sessions} - {""}
    realms = {each.realm for each in sessions} - {""}
    places, houses = _named(session, Site.id, Site.name, sites), _named(session, Realm.match, Realm.institution, realms)
    return [
        Row(
            each,
            places.get(each.site, each.site),
            houses.get(each.realm) or each.realm,
            telling.device(each.station_hash),
            TONES[each.status],
            STATES[each.status],
        )
        for each in sessions
    ]


def _named(session: Database, key: Any, title: Any, wanted: set[str]) -> dict[str, str]:
    if not wanted:
        return {}
    return {row[0]: row[1] for row in session.execute(select(key, title).where(key.in_(sorted(wanted))))}


COLUMNS: Final = (
    Column("id", "", lambda row: row.session.id),
    Column("status", "", lambda row: row.session.status.value),
    Column("started_at", "", lambda row: row.session.started_at),
    Column("ended_at", "", lambda row: row.session.ended_at),
    Column("seconds", "", lambda row: row.session.seconds),
    Column("octets_up", "", lambda row: row.session.input_octets),
    Column("octets_down", "", lambda row: row.session.output_octets),
    Column("client", "", lambda row: row.session.client),
    Column("access_point", "", lambda row: row.session.access_point or row.session.bssid or row.session.nas_identifier),
    Column("ssid", "", lambda row: row.session.ssid),
    Column("site", "", lambda row: row.session.site),
    Column("realm", "", lambda row: row.session.realm),
    Column("institution", "", lambda row: row.house),
    Column("device", "", lambda row: bytes(row.session.station_hash).hex()[: telling.SHORT]),
    Column("terminate_cause", "", lambda row: row.session.terminate_cause),
    Column("login", "", lambda row: row.session.login),
)


def _since(days: str) -> ColumnElement[bool]:
    begun: ColumnElement[bool] = Session.started_at >= g.now - timedelta(days=int(days))
    return begun


FILTERS: Final = (
    Filter("site", later("Site"), lambda value: Session.site == value, hint=later("its id")),
    Filter("ssid", later("SSID"), lambda value: Session.ssid == value),
    Filter("realm", later("Realm"), lambda value: Session.realm == value.lower()),
    Filter("client", later("Gateway"), lambda value: Session.client == value),
    Filter("access_point", later("Access point"), lambda value: Session.access_point == value),
    Filter("days", later("Begun within"), _since, {"1": later("a day"), "7": later("7 days"), "30": later("30 days")}),
)
_STATUS: Final = Filter(
    "status",
    later("State"),
    lambda value: Session.status == SessionStatus(value),
    {status.value: title for status, title in STATES.items()},
)
_NEWEST: Final = (Session.started_at, Session.id)
RUNNING: Final = List(select(Session).where(text(_OPEN)), _NEWEST, COLUMNS, FILTERS, descending=True, dress=rows)
ALL: Final = List(select(Session), _NEWEST, COLUMNS, (_STATUS, *FILTERS), descending=True, dress=rows)


@blueprint.get("/sessions")
@needs(Permission.SESSIONS)
def index() -> ResponseReturnValue:
    """Those that are open."""
    return table(RUNNING, "sessions.html", "sessions", running=True)  # type: ignore[no-any-return]


@blueprint.get("/sessions/all")
@needs(Permission.SESSIONS)
def every() -> ResponseReturnValue:
    """Those that have ended, too."""
    return table(ALL, "sessions.html", "sessions", running=False)  # type: ignore[no-any-return]


@blueprint.get("/sessions/<name>")
@needs(Permission.SESSIONS)
def show(name: str) -> ResponseReturnValue:
    """One of them."""
    return shown(name)


def shown(name: str, wrong: str = "") -> ResponseReturnValue:
    """Its page; with what was wrong with a form of it."""
    with desk().reading() as session:
        accounting = session.get(Session, name)
        if accounting is None:
            abort(404)
        story = finding.of_session(session, accounting)
        plans = sorted(session.scalars(select(Plan.name))) if story.grant is not None else []
        values = {
            "row": rows(session, [accounting])[0],
            "story": story,
            "steps": telling.steps(story),
            "plans": plans,
            "revealed": reveal.revealed(session, accounting),
            "revealable": reveal.recent,
        }
    named = accounting.acct_session_id if values["revealed"] else telling.unnamed(accounting.acct_session_id)
    running = story.grant is not None and story.grant.revoked_at is None and story.grant.ends_at > g.now
    asked = [Asked(order, KINDS[order.kind], answer(order)) for order in reversed(story.orders)]
    waiting = any(each.order.settled_at is None for each in asked)
    takes = desk().tools["takes"]
    return page(
        "session.html", 422 if wrong else 200, **values, asked=asked, waiting=waiting, running=running, wrong=wrong,
        ends=takes(OrderKind.DISCONNECT, accounting.client), limits=takes(OrderKind.LIMIT, accounting.client),
        named=named, head=f"{_('Session')} {telling.unnamed(accounting.acct_session_id) or accounting.id}",
    )  # fmt: skip
