"""The trace: "why can't she connect?" One box, one timeline, and on top what it was, who can mend it and what to do.

Found by a full mark, never by a fragment. Without a question it shows the latest failures. Stations are masked; what a home
institution is given has no person in it.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, Response, abort, g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import func, select, text

from portal import causes
from portal.admin import reveal, telling
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.lists import Column, Filter, List
from portal.admin.page import page
from portal.admin.tables import table
from portal.cases import finding, handout
from portal.cases.remainders import time_zone
from portal.permissions import Permission
from store import trace
from store.models import AuthEvent, LoginVerdict, Operator
from store.models.trace import FAILED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session as Database

    from portal.admin.telling import Headline
    from portal.causes import Told

blueprint = Blueprint("trace", __name__)
COUNTED: Final = timedelta(hours=24)  # failures by institution
MOST_HOUSES: Final = 12
_WORST: Final = 5  # reasons of dropped packets that are told where nothing is found
_LONGEST: Final = 200


class Row(NamedTuple):
    """One login of a list."""

    event: AuthEvent
    head: Headline
    house: str


class House(NamedTuple):
    """Failures of one institution: how many, and the one that is most of them."""

    name: str
    realm: str
    failures: int
    head: Headline


class Knock(NamedTuple):
    """Packets that were dropped, so that no login came of them."""

    source: str
    client: str
    reason: str
    told: Told


def rows(session: Database, events: Sequence[AuthEvent]) -> list[Row]:
    named = finding.institutions(session, events)
    return [Row(event, telling.headline(event, named), named.get(event.rule) or event.realm) for event in events]


COLUMNS: Final = (
    Column("id", "", lambda row: row.event.id),
    Column("at", "", lambda row: row.event.at),
    Column("verdict", "", lambda row: row.event.verdict.value),
    Column("reason", "", lambda row: row.event.reason),
    Column("institution", "", lambda row: row.house),
    Column("realm", "", lambda row: row.event.realm),
    Column("client", "", lambda row: row.event.client),
    Column("access_point", "", lambda row: row.event.access_point or row.event.bssid),
    Column("ssid", "", lambda row: row.event.ssid),
    Column("site", "", lambda row: row.event.site),
    Column("device", "", lambda row: bytes(row.event.station_hash).hex()[: telling.SHORT]),
    Column("home", "", lambda row: row.event.home),
    Column("round_trips", "", lambda row: row.event.round_trips),
    Column("milliseconds", "", lambda row: round(row.event.milliseconds)),
    Column("session", "", lambda row: row.event.session_id),
)


def _is(column: Any, value: str) -> ColumnElement[bool]:
    """Filtered within the index of failures: by another of a gateway's or a realm's, all that went well there would be walked through."""
    equal: ColumnElement[bool] = func.coalesce(column, "") == value
    return equal


_VERDICTS: Final = {verdict.value: later(title) for verdict, title in causes.VERDICTS.items() if verdict is not LoginVerdict.ACCEPT}
FILTERS: Final = (
    Filter("site", later("Site"), lambda value: _is(AuthEvent.site, value), hint=later("its id")),
    Filter("realm", later("Realm"), lambda value: _is(AuthEvent.realm, value.lower())),
    Filter("verdict", later("How it ended"), lambda value: AuthEvent.verdict == LoginVerdict(value), _VERDICTS),
    Filter("reason", later("Reason"), lambda value: _is(AuthEvent.reason, value.upper())),
    Filter("client", later("Gateway"), lambda value: _is(AuthEvent.client, value)),
)
FAILURES: Final = List(select(AuthEvent).where(text(FAILED)), (AuthEvent.at, AuthEvent.id), COLUMNS, FILTERS, descending=True, dress=rows)


@blueprint.get("/trace")
@needs(Permission.TRACE)
def index() -> ResponseReturnValue:
    """What was asked for; or the latest failures."""
    what = request.args.get("q", "").strip()[:_LONGEST]
    if not what:
        houses = [] if request.args.get("format") == "csv" else _houses()
        return table(FAILURES, "trace.html", "failures", houses=houses, q="", at="")  # type: ignore[no-any-return]
    what, typed = finding.parted(what, request.args.get("at", "").strip()[:40])
    at = finding.moment(typed, time_zone(desk().zone())) if typed else None
    with desk().reading() as session:
        found = finding.find(session, desk().privacy, what, at, g.now)
        logins = rows(session, found.logins)
        first = (
            found.logins[0].id if found.logins else found.grants[0].id if found.grants else found.sessions[0].id if found.sessions else ""
        )
        values = told(session, first) if first else {}
        knocks = [] if found else _knocks(session, what)
    bad = bool(typed and at is None)
    return page("trace_found.html", q=what, at=typed, bad_time=bad, found=found, rows=logins, knocks=knocks, **values)


@blueprint.get("/trace/<name>")
@needs(Permission.TRACE)
def show(name: str) -> ResponseReturnValue:
    """One login, one grant or one session, for good under this address."""
    with desk().reading() as session:
        values = told(session, name)
    if not values:
        abort(404)
    return page("trace_one.html", **values)


@blueprint.get("/trace/<name>/export")
@needs(Permission.TRACE)
def export(name: str) -> ResponseReturnValue:
    """What the home institution needs to find this login in its own log, without a person in it."""
    with desk().reading() as session:
        event = session.get(AuthEvent, name)
        if event is None:
            abort(404)
        operator = session.scalar(select(Operator.operator_name)) or ""
        said = handout.handout(event, operator, finding.institutions(session, [event]), desk().privacy)
    if request.args.get("format") == "json":
        return _file(json.dumps(said, indent=2, ensure_ascii=False) + "\n", "application/json", f"login-{event.id}.json")
    return _file(handout.plain(said), "text/plain", f"login-{event.id}.txt")


def _file(body: str, kind: str, name: str) -> Response:
    answer = Response(body, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def told(session: Database, name: str) -> dict[str, Any]:
    """What the page of one login shows; nothing where there is none."""
    story = finding.story(session, name)
    if story is None:
        return {}
    event, about = story.login, story.login or story.grant
    drops = trace.dropped(session, g.now - finding.RECENT, client=event.client) if event is not None else []
    count = sum(packets for _source, _client, why, packets in drops if event is not None and why == event.reason)
    return {
        "story": story,
        "name": name,
        "head": telling.headline(event, story.institutions, count) if event is not None else telling.standing(story, g.now),
        "steps": telling.steps(story),
        "at_": event.at if event is not None else story.grant.starts_at if story.grant is not None else None,
        "place": telling.place(about) if about is not None else "",
        "revealed": reveal.revealed(session, story.session),
        "revealable": reveal.recent,
        "drops": [_knock(each) for each in drops[:_WORST] if event is not None and event.verdict is not LoginVerdict.ACCEPT],
        "device": telling.device(
            event.station_hash if event is not None else story.session.station_hash if story.session is not None else b""
        ),
        "led": event is not None and causes.led(event.verdict, event.reason, event.rule),
    }


def _knock(dropped: tuple[str, str, str, int]) -> Knock:
    source, client, reason, count = dropped
    return Knock(source, client, reason, telling.dropped(reason, client, count))


def _knocks(session: Database, what: str) -> list[Knock]:
    """Often why nothing is found: packets of the address or gateway that was asked for, else of anybody."""
    since = g.now - finding.RECENT
    mine = trace.dropped(session, since, source=what) or trace.dropped(session, since, client=what)
    return [_knock(each) for each in (mine or trace.dropped(session, since))[:_WORST]]


def _houses() -> list[House]:
    """Which institutions' people fail just now, the most first: one statement on the index of failures, and one for their names."""
    total = func.count()
    query = select(AuthEvent.rule, AuthEvent.realm, AuthEvent.verdict, AuthEvent.reason, total)
    query = query.where(text(FAILED), AuthEvent.at >= g.now - COUNTED)
    query = query.group_by(AuthEvent.rule, AuthEvent.realm, AuthEvent.verdict, AuthEvent.reason).order_by(total.desc()).limit(500)
    with desk().reading() as session:
        counted = session.execute(query).all()
        events = [
            AuthEvent(rule=rule, realm=realm, verdict=verdict, reason=reason, client="", home="", round_trips=0)
            for rule, realm, verdict, reason, _n in counted
        ]
        named = finding.institutions(session, events)
    houses: dict[tuple[str, str], House] = {}
    for event, (*_key, number) in zip(events, counted, strict=True):
        name = named.get(event.rule) or event.realm or (_("guests") if event.rule in causes.OURS else _("no realm"))
        before = houses.get((name, event.realm))
        houses[name, event.realm] = (
            before._replace(failures=before.failures + number)
            if before
            else House(name, event.realm, number, telling.headline(event, named))
        )
    return sorted(houses.values(), key=lambda house: -house.failures)[:MOST_HOUSES]
