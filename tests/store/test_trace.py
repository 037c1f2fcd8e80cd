"""The trace in the store: what is written about a login, and who finds it again."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from store import sessions, trace
from store.entries import Kind
from store.ids import new_id
from store.links import link_logins
from store.models import AuthEvent, LoginVerdict, SessionStatus
from store.privacy import Privacy
from store.session import reading, transaction
from store.trace import Change, Drops, Login
from tests.store.rows import NOW
from tests.store.test_ledger import STATION, entry, interim, start, stop, told
from tests.store.test_ledger import sessions as all_sessions


@pytest.fixture
def privacy(seal) -> Privacy:
    return Privacy(seal, b"t" * 32, b"d" * 32, b"a" * 32)


def login(at: float = 0.0, **changes) -> Login:
    moment = NOW + timedelta(seconds=at)
    fields = {
        "id": new_id(),
        "began_at": moment - timedelta(seconds=1), "at": moment, "client": "library-wlc", "verdict": "accept", "source": "192.0.2.1",
        "user_name": b"anonymous@uni-a.example", "realm": "uni-a.example", "rule": "uni-a.example", "station": STATION,
        "home": "uni-a-1", "attempts": ("uni-a-1",), "round_trips": 9, "milliseconds": 412.3456, "bssid": "AA-BB-CC-DD-EE-01",
        "access_point": "lib-1", "ssid": "eduroam", "site": "central-library",
    }  # fmt: skip
    return Login(**(fields | changes))


def written(database, privacy, *logins: Login) -> None:
    with transaction(database) as work:
        trace.record_logins(work, logins, privacy)


def found(database, search, *args) -> list[str]:
    with reading(database) as work:
        return [event.id for event in search(work, *args)]


def test_a_login_is_found_by_the_grant_that_decided_it(database, privacy):
    """What a guest's grant let in, and what it let in no more, newest first; of every other login no grant is told."""
    first, spent = login(0, grant="06h0grant0000001"), login(9, grant="06h0grant0000001", verdict="refused", reason="GRANT_SPENT_DAY_DATA")
    written(database, privacy, first, spent, login(5), login(6, grant="06h0grant0000002"))
    assert found(database, trace.of_grants, ["06h0grant0000001"]) == [spent.id, first.id]
    with reading(database) as work:
        assert sorted(event.grant_id or "" for event in work.query(AuthEvent)) == ["", *["06h0grant0000001"] * 2, "06h0grant0000002"]


def test_a_login_is_found_by_station_user_and_session(database, privacy):
    """By full MAC, by exact outer identity in any case, by session: newest first; by nothing else."""
    first, second, other = login(0), login(60, verdict="reject"), login(30, station="02-00-00-00-00-99", user_name=b"guest@uni-b.example")
    written(database, privacy, first, second, other)
    assert found(database, trace.by_station, STATION, privacy) == [second.id, first.id]
    assert found(database, trace.by_station, STATION.lower(), privacy) == [second.id, first.id]
    assert found(database, trace.by_user, "Guest@UNI-B.example", privacy) == [other.id]
    assert found(database, trace.by_user, "uni-b.example", privacy) == []
    assert found(database, trace.by_session, first.id) == [first.id]
    assert found(database, trace.by_session, "nobody") == []


def test_login_then_session(database, privacy):
    """An Accept that came first gives the session its realm, its home and its CUI; both are found by each other."""
    made = login(-1, acct_session_id="5F-01", cui=b"cui-of-home", realm="inner.example")
    written(database, privacy, login(-50, acct_session_id="other"), made, login(-0.5, verdict="reject", acct_session_id="5F-01"))
    (session,) = told(database, privacy, start(), interim(60, 60))
    assert (session.login, session.realm, session.home) == (made.id, "inner.example", "uni-a-1")
    assert privacy.opened(session.cui, "session", session.id, "cui") == b"cui-of-home"
    assert made.id in found(database, trace.by_session, session.id)
    assert made.id in found(database, trace.by_session, "5F-01")


def test_session_then_login_by_station(database, privacy):
    """A NAS that names no session in its requests: the station's Accept within a minute is the session's login, whichever comes first."""
    told(database, privacy, start(acct_session_id="7"))
    made = login(0.2)
    written(database, privacy, made, login(0.3, client="district"), login(0.3, station="02-00-00-00-00-99"))
    (session,) = all_sessions(database)
    assert session.login == made.id


def test_an_old_login_opens_no_new_session(database, privacy):
    """A login of yesterday, or of another client, is not this session's."""
    written(database, privacy, login(-50_000), login(-5, client="district"))
    (session,) = told(database, privacy, start())
    assert session.login is None
    assert session.realm == "uni-a.example"  # as the record itself says


def test_signing_in_again_renews_the_login(database, privacy):
    """A login during the session belongs to it; one after its end does not."""
    written(database, privacy, login(-1, acct_session_id="5F-01"))
    told(database, privacy, start(), interim(3_600, 3_600))
    again = login(3_700, acct_session_id="5F-01")
    written(database, privacy, again)
    told(database, privacy, stop(4_000, 4_000))
    written(database, privacy, login(5_000, acct_session_id="5F-01"))
    (session,) = all_sessions(database)
    assert session.login == again.id
    with reading(database) as work:
        assert [event.session_id for event in work.query(AuthEvent).order_by(AuthEvent.at)] == [session.id, session.id, None]


def test_refused_logins_are_tied_to_nothing(database, privacy):
    """Only an Accept opens a session."""
    told(database, privacy, start())
    with transaction(database) as work:
        logins = [login(0.1, verdict=verdict) for verdict in LoginVerdict if verdict != "accept"]
        trace.record_logins(work, logins, privacy)
        link_logins(work, [each.id for each in logins], privacy)
    with reading(database) as work:
        assert {event.session_id for event in work.query(AuthEvent)} == {None}


def test_who_held_an_address_then(database, privacy):
    """An abuse desk asks with address and time: the session that held it then, not the one before or after."""
    address = {"addresses": ("198.51.100.7",)}
    told(database, privacy, start(0, acct_session_id="a", **address), stop(100, 100, acct_session_id="a", **address))
    told(database, privacy, start(200, acct_session_id="b", **address), interim(300, 100, acct_session_id="b", addresses=("198.51.100.8",)))
    with reading(database) as work:
        moments = {at: NOW + timedelta(seconds=at) for at in (-1, 50, 150, 250, 900)}
        held = {at: [each.acct_session_id for each in trace.holders(work, "198.51.100.7", then)] for at, then in moments.items()}
        assert trace.holders(work, "198.51.100.9", NOW) == []
    assert held == {-1: [], 50: ["a"], 150: [], 250: ["b"], 900: ["b"]}


def test_drops_add_up_in_their_minute(database):
    """Counts of one minute, address, client and reason add up; another minute is another row."""
    key = Drops(NOW.replace(second=0, microsecond=0), "192.0.2.9", "", "UNKNOWN_CLIENT")
    for _ in range(3):
        with transaction(database) as work:
            trace.record_drops(
                work, {key: 5, key._replace(reason="BAD_CODE"): 1, key._replace(minute=key.minute - timedelta(hours=2)): 100}
            )
    with reading(database) as work:
        assert trace.dropped(work, NOW - timedelta(hours=1)) == [("192.0.2.9", "", "UNKNOWN_CLIENT", 15), ("192.0.2.9", "", "BAD_CODE", 3)]
        assert trace.dropped(work, NOW - timedelta(hours=1), source="192.0.2.8") == []
        assert len(trace.dropped(work, NOW - timedelta(hours=3), source="192.0.2.9")) == 2


def test_who_follows_misses_none(database, privacy):
    """Following from a moment gives every later login, in order, page by page."""
    logins = [login(number) for number in range(25)]
    written(database, privacy, *logins[::-1])
    seen, last = [], (NOW - timedelta(seconds=1), "")
    with reading(database) as work:
        while page := trace.newer(work, last, most=10):
            seen += [event.id for event in page]
            last = (page[-1].at, page[-1].id)
    assert seen == [each.id for each in logins]


def test_changes_of_health_are_kept(database):
    """Each change of a home is a row."""
    with transaction(database) as work:
        trace.record_changes(work, [Change(NOW, "uni-a-1", "zombie", "silent for 3 s"), Change(NOW, "uni-a-1", "dead", "3 probes missed")])


def test_silent_sessions_become_stale_and_come_back(database, privacy):
    """A session without word for too long is stale; a later Interim opens it again."""
    told(
        database, privacy,
        start(0, acct_session_id="reports"), interim(600, 600, acct_session_id="reports"), start(0, acct_session_id="never-reports"),
    )  # fmt: skip
    with transaction(database) as work:
        assert sessions.mark_stale(work, NOW + timedelta(hours=3)) == 1
    assert {each.acct_session_id: each.status.value for each in all_sessions(database)} == {"reports": "stale", "never-reports": "open"}
    told(database, privacy, interim(11_000, 11_000, down=5, acct_session_id="reports"))
    assert {each.status for each in all_sessions(database)} == {SessionStatus.OPEN}
    with transaction(database) as work:
        assert sessions.mark_stale(work, NOW + timedelta(hours=30)) == 2


def test_sessions_are_listed_page_by_page(database, privacy, monkeypatch):
    """Open ones, or all, oldest first, however many pages that takes; by id or by an Acct-Session-Id."""
    monkeypatch.setattr(sessions, "_PAGE", 3)
    told(database, privacy, *(start(number, acct_session_id=f"{number}") for number in range(10)), one_by_one=False)
    told(database, privacy, *(stop(number + 1, 1, acct_session_id=f"{number}") for number in range(4)), entry(Kind.OTHER))
    with reading(database) as work:
        assert [each.acct_session_id for each in sessions.listed(work, ended=True)] == [str(number) for number in range(10)]
        opened = [each.acct_session_id for each in sessions.listed(work)]
        assert opened == [str(number) for number in range(4, 10)]
        (named,) = sessions.named(work, "7")
        assert sessions.named(work, named.id)[0].acct_session_id == "7"
        assert sessions.named(work, "nobody") == []


def test_rows_straight_to_the_driver_are_read_as_any_other(database, privacy):
    """Every column of a login comes back as the unit of work would have written it, times to the microsecond and in UTC."""
    west = timezone(timedelta(hours=-5))
    moment = NOW + timedelta(microseconds=7)
    made = login(attempts=("b", 'a"'), eap=True, cui=b"\0cui", realm="é\n", began_at=moment.astimezone(west))
    written(database, privacy, made)
    with transaction(database) as work:
        (event,) = work.query(AuthEvent).all()
        told = {column.key: getattr(event, column.key) for column in AuthEvent.__table__.columns}
        work.delete(event)
        work.flush()
        work.add(AuthEvent(**told))
    with reading(database) as work:
        (again,) = work.query(AuthEvent).all()
        assert told == {name: getattr(again, name) for name in told}
    assert (moment, ["b", 'a"'], True, "é\n") == (again.began_at, again.attempts, again.eap, again.realm)
    assert privacy.opened(again.cui, "auth_event", made.id, "cui") == b"\0cui"


def test_a_batch_ties_each_login_to_its_own_session(database, privacy):
    """Several hundred sessions that wait for their logins get them in one batch, each its own."""
    told(database, privacy, *(start(number / 1000, acct_session_id=f"{number}") for number in range(450)), one_by_one=False)
    logins = [
        login(1 + number / 1000, acct_session_id=f"{number}", station=f"02-00-00-01-{number >> 8:02X}-{number & 255:02X}")
        for number in range(450)
    ]
    written(database, privacy, *logins)
    assert {each.acct_session_id: each.id for each in logins} == {each.acct_session_id: each.login for each in all_sessions(database)}
