"""store.incidents and store.incident_records: who may open what, for how long, and what is seen of it; on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from store import accounts, incident_records, incidents
from store import models as m
from store.incidents import MOST, No, Scope, State
from store.privacy import privacy
from store.session import reading, transaction
from tests.store import guests, rows
from tests.store.rows import NOW

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from store.privacy import Privacy
    from store.sealed import Seal

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WHY, FILE = "A police request about a theft", "2026-00417"
ASKER, OTHER = "ops@city.example", "auditor@city.example"
LATER = NOW + 2 * DAY
HERE = Scope(NOW, NOW + HOUR, site="central-library")
STATION = "02-00-5E-00-00-07"


@pytest.fixture
def house(database: Engine, seal: Seal) -> tuple[Engine, Privacy]:
    """Two who work here, and the keys."""
    with transaction(database) as session:
        for name, role in ((ASKER, m.Role.CITY_ADMIN), (OTHER, m.Role.AUDITOR)):
            session.add(m.Staff(name=name, role=role, created_at=NOW - DAY))
        return database, privacy(session, seal, NOW)


def asked(session: Session, marks: Privacy, scope: Scope = HERE, **more: Any) -> m.IncidentOpening:
    row = incidents.ask(session, marks, scope, ASKER, WHY, FILE, 1, more.pop("now", LATER))
    assert isinstance(row, m.IncidentOpening)
    return row


@pytest.mark.parametrize(
    ("scope", "why", "file", "records", "no"),
    [
        (Scope(NOW, NOW + HOUR), WHY, FILE, 1, [No.WHAT]),
        (Scope(NOW, NOW, site="a"), WHY, FILE, 1, [No.BACKWARDS]),
        (Scope(NOW, LATER + HOUR, station=STATION), WHY, FILE, 1, [No.FUTURE]),
        (Scope(NOW, NOW + 25 * HOUR, site="a"), WHY, FILE, 1, [No.WIDE]),
        (Scope(NOW - 30 * DAY, LATER, station=STATION), WHY, FILE, 1, [No.WIDE_EXACT]),
        (HERE, "because", FILE, 1, [No.REASON]),
        (HERE, "w" * 1_001, FILE, 1, [No.REASON]),
        (HERE, WHY, "", 1, [No.REFERENCE]),
        (HERE, WHY, FILE, MOST + 1, [No.MANY]),
        (HERE, WHY, FILE, 0, [No.NOTHING]),
        (Scope(NOW, NOW), "", "", MOST + 1, [No.WHAT, No.BACKWARDS, No.REASON, No.REFERENCE]),
    ],
)
def test_what_cannot_be_asked(house: tuple[Engine, Privacy], scope: Scope, why: str, file: str, records: int, no: list[No]) -> None:
    """Everything that does not stand is said at once, and nothing is written."""
    database, marks = house
    with transaction(database) as session:
        assert no == incidents.ask(session, marks, scope, ASKER, why, file, records, LATER)
        assert [] == session.query(m.IncidentOpening).all()


def test_what_is_looked_for_is_sealed(house: tuple[Engine, Privacy]) -> None:
    """The row holds no word of it, and gives it back whole; the window of one mark may be 31 days, of a place a day."""
    database, marks = house
    scope = Scope(NOW - 29 * DAY, LATER, session="s1", station=STATION, address="2001:db8::7", number="K7Q-42M", client="library-wlc")
    with transaction(database) as session:
        row = asked(session, marks, scope)
        assert scope == incidents.scope_of(marks, row)
        assert all(word.encode() not in row.scope for word in (STATION, "2001:db8", "K7Q", "library"))
        assert ("session", "station", "address", "number", "client") == scope.given
        assert State.WAITS is incidents.state(asked(session, marks, Scope(NOW, NOW + DAY, site="a")), LATER)


def test_whoever_asks_does_not_decide(house: tuple[Engine, Privacy]) -> None:
    """Nor does anybody who came after it was asked, or is nobody here; another does, once, and both see it until it ends."""
    database, marks = house
    with transaction(database) as session:
        row = asked(session, marks)
        session.add(m.Staff(name="new@city.example", role=m.Role.CITY_ADMIN, created_at=LATER + HOUR))
        session.flush()
        for by, no in ((ASKER, No.SAME), ("new@city.example", No.LATER), ("nobody@city.example", No.LATER)):
            assert no is incidents.decide(session, row, by, LATER + HOUR, granted=True)
        assert not incidents.shows(row, ASKER, LATER)
        assert None is incidents.decide(session, row, OTHER, LATER + HOUR, granted=True)
        assert No.DECIDED is incidents.decide(session, row, OTHER, LATER + HOUR, granted=False)
        ends = LATER + HOUR + incidents.LASTS
        assert (State.OPEN, ends, False) == (incidents.state(row, LATER + HOUR), row.ends_at, row.alone)
        assert [True, True, False] == [incidents.shows(row, by, ends - HOUR) for by in (ASKER, OTHER, "new@city.example")]
        assert (State.CLOSED, False) == (incidents.state(row, ends), incidents.shows(row, ASKER, ends))


def test_a_question_lapses_and_can_be_taken_back(house: tuple[Engine, Privacy]) -> None:
    """After a week nobody can allow it; who closes an open one ends it at once; a refused one shows nothing."""
    database, marks = house
    with transaction(database) as session:
        lapsed, opened, refused, back = (asked(session, marks) for _ in range(4))
        assert No.DECIDED is incidents.decide(session, lapsed, OTHER, LATER + incidents.WAITS, granted=True)
        assert (State.LAPSED, None) == (incidents.state(lapsed, LATER + incidents.WAITS), lapsed.granted)
        incidents.decide(session, opened, OTHER, LATER, granted=True)
        incidents.decide(session, refused, OTHER, LATER, granted=False)
        assert [True, False, False] == [incidents.close(session, row, LATER + HOUR) for row in (opened, opened, refused)]
        assert incidents.close(session, back, LATER + HOUR)
        stands = [incidents.state(row, LATER + HOUR) for row in (opened, refused, back)]
        assert [State.CLOSED, State.REFUSED, State.REFUSED] == stands
        assert [lapsed.id] == [row.id for row in incidents.waiting(session, LATER + HOUR)]
        assert [] == [row.id for row in incidents.waiting(session, LATER + incidents.WAITS)]


def test_nobody_piles_up_questions(house: tuple[Engine, Privacy]) -> None:
    """Ten of one person's wait at a time; another's do not count."""
    database, marks = house
    with transaction(database) as session:
        for _ in range(incidents.WAITING):
            asked(session, marks)
        assert [No.WAITING] == incidents.ask(session, marks, HERE, ASKER, WHY, FILE, 1, LATER)
        assert isinstance(incidents.ask(session, marks, HERE, OTHER, WHY, FILE, 1, LATER), m.IncidentOpening)


def test_alone_is_said(house: tuple[Engine, Privacy]) -> None:
    """Only whoever asked opens it alone, and the row says so."""
    database, marks = house
    with transaction(database) as session:
        row = asked(session, marks)
        assert No.SAME is incidents.open_alone(session, row, OTHER, LATER)
        assert None is incidents.open_alone(session, row, ASKER, LATER)
        assert (True, True, ASKER) == (row.alone, incidents.shows(row, ASKER, LATER), row.decided_by)
        assert No.DECIDED is incidents.open_alone(session, row, ASKER, LATER)


# What is seen


@pytest.fixture
def city(house: tuple[Engine, Privacy], seal: Seal) -> tuple[Engine, Privacy, str]:
    """Sessions here and there, before, meanwhile and after; one of a guest with an account; and the account's grant."""
    database, marks = house
    with transaction(database) as session:
        account = accounts.known(session, marks, m.Way.EMAIL, "guest-017@example.org", NOW).id
        grant = guests.admit(session, guests.PHONE, NOW, account=account, way=m.Way.EMAIL)
        over = {"status": m.SessionStatus.ENDED}
        hash_ = marks.station(STATION)
        for name, more in {
            "meanwhile": {"site": "central-library", "grant_id": grant.id},
            "ended-before": {"site": "central-library", "started_at": NOW - 2 * HOUR, "ended_at": NOW - HOUR, **over},
            "began-after": {"site": "central-library", "started_at": NOW + 2 * HOUR},
            "long-ago": {"site": "central-library", "started_at": NOW - 8 * DAY, "station_hash": hash_},
            "elsewhere": {"site": "museum", "access_point": "m-1"},
            "came-through": {"site": "museum", "started_at": NOW - HOUR, "ended_at": NOW + HOUR, **over},
            "no-word": {"site": "central-library", "started_at": NOW - 2 * HOUR, "updated_at": NOW - HOUR, "status": m.SessionStatus.STALE},
        }.items():
            session.add(rows.session(seal, name, **more))
        rows.keep(session, [m.Site(id="central-library", name="Central Library"), m.AccessPoint(name="lib-1", site="central-library")])
        session.add(m.SessionHop(session_id="came-through", at=NOW, access_point="lib-1"))
        session.add(m.SessionAddress(session_id="meanwhile", address="192.0.2.7", first_at=NOW, last_at=NOW))
        session.add(m.SessionAddress(session_id="ended-before", address="192.0.2.7", first_at=NOW - 2 * HOUR, last_at=NOW - HOUR))
        return database, marks, grant.support


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        (HERE, ["came-through", "meanwhile"]),
        (Scope(NOW, NOW + HOUR, site="museum"), ["came-through", "elsewhere"]),
        (Scope(NOW, NOW + HOUR, access_point="lib-1"), ["came-through"]),
        (Scope(NOW, NOW + HOUR, access_point="m-1"), ["elsewhere"]),
        (Scope(NOW, NOW + HOUR, client="library-wlc", site="museum"), ["came-through", "elsewhere"]),
        (Scope(NOW, NOW + HOUR, client="nobody"), []),
        (Scope(NOW, NOW + HOUR, station=STATION), ["long-ago"]),
        (Scope(NOW, NOW + HOUR, address="192.0.2.7"), ["meanwhile"]),
        (Scope(NOW - 2 * HOUR, NOW + HOUR, address="192.0.2.7"), ["ended-before", "meanwhile"]),
        (Scope(NOW, NOW + HOUR, address="192.0.2.8"), []),
        (Scope(NOW, NOW + HOUR, session="elsewhere"), ["elsewhere"]),
        (Scope(NOW, NOW + HOUR, session="elsewhere", site="central-library"), []),
    ],
)
def test_what_a_scope_holds(city: tuple[Engine, Privacy, str], scope: Scope, names: list[str]) -> None:
    """Who was online at some moment of the window, there or by that mark; whoever came through counts; all that is given must be so."""
    database, marks, _support = city
    with reading(database) as session:
        assert names == sorted(row.id for row in session.scalars(incident_records.statement(scope, marks)))
        assert len(names) == incident_records.count(session, scope, marks)


def test_a_record_is_whole(city: tuple[Engine, Privacy, str]) -> None:
    """Station, user, the home's name for the person, contact of the account, addresses; found by the number that the guest reads."""
    database, marks, support = city
    with reading(database) as session:
        found = list(session.scalars(incident_records.statement(Scope(NOW, NOW + HOUR, number=support.lower().replace("-", " ")), marks)))
        (one,) = incident_records.records(session, marks, found)
    expected = (*(each for each in rows.CANARIES[4:6]), rows.CANARIES[7], "email", "guest-017@example.org")
    assert ("meanwhile", *expected) == (one.session.id, one.station, one.user, one.cui, one.way, one.contact)
    assert ["192.0.2.7"] == [each.address for each in one.addresses]
