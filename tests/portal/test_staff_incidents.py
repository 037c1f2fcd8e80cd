"""Incident openings on the staff's pages: who may ask, decide and look; what is shown before, meanwhile and after; what is written down."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from portal import alert_rules
from portal.alert_rules import Rule
from proxeny import alert_privacy
from store import accounts, alerts, audit_chain, erasure, incidents, messages, requests, staff_sessions
from store import models as m
from store.models import Role, SessionStatus, Step
from store.session import transaction
from tests.portal.staffroom import NOW, URL
from tests.store import guests, rows

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.portal.staffroom import Room

DAY = timedelta(days=1)
STATION, USER, GUEST, HOUSE = "02-00-5E-00-00-07", "anonymous@uni-a.example", "guest-017@example.org", "192.0.2.77"
PERSON = (STATION, USER, GUEST, HOUSE)
ADMIN, AUDITOR = "city-admin@city.example", "auditor@city.example"
WHY = "The police ask by a production order"
ASKED = {"since": "2026-03-06 09:00", "until": "2026-03-06 11:00", "site": "central-library", "reference": "2026-00417", "reason": WHY}


@pytest.fixture
def past(staffroom: Room) -> Room:
    """Three days ago a guest with an account was online at the library, and somebody else elsewhere; another admin works here."""
    seal, at = staffroom.privacy.seal, NOW - 3 * DAY
    staffroom.client(Role.CITY_ADMIN)
    staffroom.client(Role.AUDITOR)
    staffroom.staff(Role.CITY_ADMIN, "second@city.example")
    with transaction(staffroom.database) as session:
        account = accounts.known(session, staffroom.privacy, m.Way.EMAIL, GUEST, at).id
        grant = guests.admit(session, guests.PHONE, at, account=account, way=m.Way.EMAIL)
        over = {
            "started_at": at,
            "updated_at": at,
            "ended_at": at + timedelta(hours=1),
            "status": SessionStatus.ENDED,
            "site": "central-library",
        }
        for name, more in (("s1", {"grant_id": grant.id}), ("s2", {"site": "museum"})):
            row = rows.session(seal, name, **{**over, **more})
            row.station_sealed = staffroom.privacy.sealed(STATION.encode(), "session", name, "station_sealed")
            row.user_sealed = staffroom.privacy.sealed(USER.encode(), "session", name, "user_sealed")
            session.add(row)
        session.flush()
        session.add(m.SessionAddress(session_id="s1", address=HOUSE, first_at=at, last_at=at))
    staffroom.later(seconds=1)
    return staffroom


def ask(room: Room, role: Role = Role.CITY_ADMIN, **changes: str) -> str:
    """Its address."""
    answer = room.post("/privacy/incidents/new", role, **{**ASKED, **changes})
    assert 303 == answer.status_code, answer.get_data(as_text=True)[-3000:]
    return answer.location.partition("?")[0]


def decide(room: Room, where: str, role: Role = Role.AUDITOR, said: str = "allow") -> TestResponse:
    return room.post(f"{where}/decide", role, **{"as": said})


def another(room: Room, name: str = "second@city.example") -> FlaskClient:
    """A browser of another city admin."""
    client = room.app.test_client()
    with transaction(room.database) as session:
        who = session.query(m.Staff).filter_by(name=name).one()
        cookie = staff_sessions.begin(session, who, Step.WHOLE, "Firefox · Linux", staff_sessions.Limits(), room.time)
    client.set_cookie("proxeny-staff", cookie, domain="staff.city.example")
    return client


def trail(room: Room) -> list[tuple[str, str]]:
    with room.desk.reading() as session:
        found = session.query(m.AuditEntry).filter_by(kind="incident").order_by(m.AuditEntry.id)
        return [(each.actor, each.action) for each in found]


def written(room: Room) -> str:
    """All that the log and the audit log say."""
    with room.desk.reading() as session:
        return str([(e.actor, e.object, e.fields, e.reason, e.subject) for e in session.query(m.AuditEntry)]) + str(room.lines)


def test_it_takes_two(past: Room) -> None:
    """One asks, another allows; both look, nobody else; each look is on record; closed, nobody looks, and only the number stays."""
    where = ask(past)
    page = past.page(where)
    assert "It would show 1 session" in page
    assert [403] * 2 == [past.get(f"{where}/records", role).status_code for role in (Role.CITY_ADMIN, Role.AUDITOR)]
    assert 303 == decide(past, where).status_code
    for role in (Role.CITY_ADMIN, Role.AUDITOR):
        page = past.page(f"{where}/records", role)
        assert [True] * 4 == [each in page for each in PERSON]
    assert 403 == another(past).get(f"{where}/records", base_url=URL).status_code
    file = past.get(f"{where}/records?format=csv")
    (line,) = csv.DictReader(io.StringIO(file.get_data(as_text=True).lstrip("\ufeff")))
    assert ("s1", STATION, USER, GUEST, "email") == tuple(
        line[each] for each in ("session", "station", "user_name", "contact", "verified_by")
    )
    assert line["addresses"].startswith(HOUSE)
    past.post(f"{where}/close", Role.AUDITOR)
    assert [403] * 2 == [past.get(f"{where}/records", role).status_code for role in (Role.CITY_ADMIN, Role.AUDITOR)]
    page = past.page(where)
    assert "1 session was looked at" in page
    assert [True, True] == [each in page for each in (ADMIN, AUDITOR)]
    assert [(ADMIN, "ask"), (AUDITOR, "allow"), (ADMIN, "look"), (AUDITOR, "look"), (ADMIN, "export"), (AUDITOR, "close")] == trail(past)
    assert [] == [each for each in PERSON if each in written(past) or each in page]


@pytest.mark.parametrize(
    ("role", "asks", "decides", "reads"),
    [
        (Role.CITY_ADMIN, 303, 422, 200),  # 422: they are who asked
        (Role.AUDITOR, 403, 303, 200),
        (Role.NETWORK_OPS, 403, 403, 403),
        (Role.HELP_DESK, 403, 403, 403),
    ],
)
def test_who_may_do_what(past: Room, role: Role, asks: int, decides: int, reads: int) -> None:
    """As the table says; the one who asks does not decide, by any way."""
    where = ask(past)
    assert asks == past.post("/privacy/incidents/new", role, **ASKED).status_code
    assert decides == decide(past, where, role).status_code
    assert [reads, reads] == [past.get(each, role).status_code for each in ("/privacy/incidents", where)]
    assert ("Whoever asks does not decide" in decide(past, where, role).get_data(as_text=True)) == (decides == 422)


def test_another_admin_decides_unless_they_came_later(past: Room) -> None:
    """An account that was made after the question decides nothing about it; a refusal shows nothing, and stands."""
    where = ask(past)
    past.later(seconds=1)
    past.staff(Role.CITY_ADMIN, "late@city.example")
    form = {"as": "allow"}
    for name, status in (("late@city.example", 422), ("second@city.example", 303)):
        client = another(past, name)
        token = re.search(r'name="token" value="([0-9a-f]+)"', client.get("/me", base_url=URL).get_data(as_text=True))
        assert token is not None
        answer = client.post(f"{where}/decide", base_url=URL, data={**form, "token": token[1]}, headers={"Origin": URL})
        assert status == answer.status_code, name
    refused = ask(past)
    assert 303 == decide(past, refused, said="refuse").status_code
    assert 422 == decide(past, refused).status_code
    assert 403 == past.get(f"{refused}/records").status_code
    assert "Nothing was shown" in past.page(refused)


def test_every_step_asks_who_is_there(past: Room) -> None:
    """Asking, deciding, and each look want a proof of the last ten minutes."""
    where = ask(past)
    past.later(minutes=11)
    tries = [past.get("/privacy/incidents/new"), past.post("/privacy/incidents/new", **ASKED), decide(past, where)]
    assert [True] * 3 == [each.location.startswith("/prove?") for each in tries]
    assert past.get(f"{where}/records").location.startswith("/prove?")
    assert 200 == past.get(where).status_code


def test_it_ends_by_itself(past: Room) -> None:
    """After 72 hours whoever could look cannot; a question that nobody decided has lapsed after seven days."""
    with transaction(past.database) as session:
        scope = incidents.Scope(NOW - 3 * DAY, NOW - 2 * DAY, site="central-library")
        for name, ago in (("opened", 3 * DAY), ("waits", 7 * DAY)):
            row = incidents.ask(session, past.privacy, scope, ADMIN, WHY, name, 1, past.time)
            assert isinstance(row, m.IncidentOpening)
            row.asked_at = past.time - ago - timedelta(hours=1)
            if name == "opened":
                row.granted, row.decided_by, row.decided_at, row.ends_at = True, AUDITOR, row.asked_at, row.asked_at + incidents.LASTS
    page = past.page("/privacy/incidents")
    names = dict(re.findall(r'href="/privacy/incidents/(\w{16})".*?File number">(\w+)<', page, re.DOTALL))
    by = {file: f"/privacy/incidents/{name}" for name, file in names.items()}
    assert [403, 403] == [past.get(f"{where}/records").status_code for where in by.values()]
    assert "Closed since" in past.page(by["opened"])
    assert "Nobody decided within seven days" in past.page(by["waits"])
    assert 422 == decide(past, by["waits"]).status_code


def test_what_is_looked_for_is_for_those_who_decide(past: Room) -> None:
    """An exact mark is shown while somebody has to decide or may look, to them; never in the audit log, and not afterwards."""
    exact = {"station": "0200.5e00.0007", "site": "", "since": "2026-03-01 00:00"}
    with transaction(past.database) as session:
        session.get_one(m.Session, "s1").station_hash = past.privacy.station(STATION)
    where = ask(past, **exact)
    assert [True, True] == [STATION in past.page(where, role) for role in (Role.CITY_ADMIN, Role.AUDITOR)]
    decide(past, where)
    assert STATION in past.page(where)
    assert STATION not in another(past).get(where, base_url=URL).get_data(as_text=True)
    past.post(f"{where}/close")
    assert STATION not in past.page(where)
    assert STATION not in written(past)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"site": ""}, "a time alone is everybody’s"),
        ({"until": "2026-03-07 09:01"}, "at most 24 hours"),
        ({"until": "2026-03-09 23:00", "since": "2026-03-09 08:00"}, "nobody is watched from now on"),
        ({"until": "2026-03-06 08:00"}, "ends before it begins"),
        ({"since": "2026-01-01", "station": STATION}, "at most 31 days"),
        ({"reason": "because"}, "20 to 1,000 characters"),
        ({"reference": ""}, "file number of the authority"),
        ({"site": "nowhere"}, "Nothing that is kept is in it"),
        ({"since": "soon"}, "This cannot be read"),
        ({"since": "0001-01-01 00:00", "until": "0001-01-01 08:00"}, "This cannot be read"),
        ({"until": "9999-12-31 23:59"}, "This cannot be read"),
        ({"station": "02-00-5E"}, "This cannot be read"),
        ({"address": "192.0.2"}, "This cannot be read"),
    ],
)
def test_what_cannot_be_asked_is_told(past: Room, changes: dict[str, str], said: str) -> None:
    """In words, with what was typed still there, and nothing is written."""
    answer = past.post("/privacy/incidents/new", **{**ASKED, **changes})
    page = answer.get_data(as_text=True)
    assert (422, True, []) == (answer.status_code, said in page, trail(past))
    assert changes.get("reference", "2026-00417") in page


def test_a_sessions_page_leads_here(past: Room) -> None:
    """Its form is filled in with that session alone, which is the narrowest question there is."""
    page = past.page("/privacy/incidents/new?session=s1")
    assert re.search(r'name="session" value="s1"', page)
    found = dict(re.findall(r'name="(since|until|session|site)" value="([^"]*)"', page))
    where = ask(past, **found)
    assert "It would show 1 session" in past.page(where)
    assert 200 == past.get("/privacy/incidents/new?session=nobody").status_code


def test_an_erased_guest_is_no_contact_any_more(past: Room) -> None:
    """The sealed record stays and is shown; the account is gone; the chain holds, before and after."""
    where = ask(past)
    decide(past, where)
    assert GUEST in past.page(f"{where}/records")
    with transaction(past.database) as session:
        (whose,) = session.scalars(m.Account.__table__.select().with_only_columns(m.Account.id))
        done = erasure.erase(session, whose, past.time)
        assert done is not None
        left = requests.left_of(done.left, {"session": 365, "auth_event": 365})
        requests.fulfilled(session, past.privacy, m.RequestKind.ERASE, whose, "", past.time, left)
    page = past.page(f"{where}/records")
    assert [False, True] == [GUEST in page, STATION in page]
    with past.desk.reading() as session:
        assert None is audit_chain.verify(session, past.privacy).flaw


# Alone


def allowed(room: Room, mail: object = None) -> None:
    """The settings say break_glass; and whether mails are sent."""
    settings, keeping = room.desk.tools["settings"](), room.desk.tools["keeping"]()
    room.app.extensions["staff"] = replace(
        room.desk,
        tools={
            **room.desk.tools,
            "keeping": lambda: replace(keeping, alone=True),
            "settings": lambda: SimpleNamespace(**{name: getattr(settings, name) for name in ("staff", "guest")}, mail=mail),
        },
    )


def test_nobody_opens_alone_unless_the_settings_say_so(past: Room) -> None:
    """The button is not there, and the way is shut."""
    where = ask(past)
    assert f"{where}/alone" not in past.page(where)
    answer = past.post(f"{where}/alone")
    assert (422, True) == (answer.status_code, "The settings want two people" in answer.get_data(as_text=True))
    assert 403 == past.get(f"{where}/records").status_code


def test_who_opens_alone_is_heard_of(past: Room) -> None:
    """At once a mail to every city admin and auditor with an address, whatever is silenced, and an alert that stays open."""
    with transaction(past.database) as session:
        for name in (ADMIN, AUDITOR, "second@city.example"):
            session.query(m.Staff).filter_by(name=name).one().email = name
        session.add(m.Staff(name="desk@city.example", email="desk@city.example", role=Role.HELP_DESK, created_at=NOW))
        alerts.silence(session, alerts.Key(Rule.OPENED_ALONE, ""), NOW + 9 * DAY, ADMIN, "hush")
    allowed(past, mail=object())
    where = ask(past)
    assert 303 == past.post(f"{where}/alone").status_code
    assert STATION in past.page(f"{where}/records")
    assert 403 == past.get(f"{where}/records", Role.AUDITOR).status_code
    with transaction(past.database) as session:
        sent = sorted(bytes(row.to_hash) for row in session.query(m.Message))
        assert sent == sorted(messages.hashed(past.privacy, m.MessageKind.MAIL, name) for name in (ADMIN, AUDITOR, "second@city.example"))
        (alert,) = session.query(m.Alert)
        assert (Rule.OPENED_ALONE, where.rsplit("/", 1)[1], None) == (alert.rule, alert.object, alert.closed_at)
        said = alert_rules.say(alert.rule, alert.object, alert.details, str, str)
        assert [] == [each for each in (*PERSON, ADMIN) if each in str((said, alert.details))]
    assert [(ADMIN, "ask"), (ADMIN, "open alone"), (ADMIN, "look")] == trail(past)
    assert "by one person" in past.page("/privacy/incidents", Role.AUDITOR)


def test_what_waits_is_an_alert(past: Room) -> None:
    """An opening that nobody decided, and a request seven days before its day and anew once it is over; each goes when it is settled."""
    where = ask(past)
    with transaction(past.database) as session:
        names = [
            requests.receive(session, past.privacy, m.RequestKind.ERASE, "", GUEST, "", past.time - days * DAY).id for days in (31, 23, 22)
        ]
    found = _alerts(past)
    assert {(Rule.REQUEST_DUE, names[0], 2), (Rule.REQUEST_DUE, names[1], 1), (Rule.OPENING_WAITS, where.rsplit("/", 1)[1], 0)} == found
    decide(past, where, said="refuse")
    with transaction(past.database) as session:
        requests.settle(session, session.get_one(m.PrivacyRequest, names[0]), "erased", ADMIN, past.time)
    assert {(Rule.REQUEST_DUE, names[1], 1)} == _alerts(past)


def _alerts(room: Room) -> set[tuple[Any, ...]]:
    with room.desk.reading() as session:
        return {(*each.key, each.step) for each in alert_privacy.of_privacy(session, room.time)}
