"""The trace on the staff's pages: what finds a login, what is told of it, what stays masked, and what it costs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from portal.admin.desk import counted
from store import crockford, vouchers
from store.models import (
    AuditEntry,
    AuthEvent,
    Challenge,
    Device,
    DropMinute,
    Grant,
    HomeChange,
    LoginVerdict,
    Message,
    MessageKind,
    MessageState,
    Order,
    OrderKind,
    OrderState,
    Role,
    Session,
    SessionAddress,
    SessionHop,
    SessionStatus,
    Settled,
    Voucher,
    VoucherBatch,
    Way,
)
from store.session import transaction
from tests.portal.staffroom import NOW

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

STATION, USER = "02-00-5E-00-00-07", "anonymous@uni-a.example"
LOGIN, SESSION, GRANT = "06h0login0000001", "06h0session00001", "06h0grant0000001"


def login(room: Room, name: str = LOGIN, **changes: Any) -> AuthEvent:
    fields = {
        "id": name, "began_at": NOW - timedelta(seconds=3), "at": NOW - timedelta(seconds=2), "client": "library-wlc",
        "source": "127.0.0.1", "access_point": "lib-1", "ssid": "eduroam", "site": "central-library",
        "user_hash": room.privacy.user(USER.encode()), "realm": "uni-a.example", "rule": "uni-a.example",
        "station_hash": room.privacy.station(STATION), "home": "uni-a-1", "attempts": ["uni-a-1"], "verdict": LoginVerdict.REJECT,
        "reason": "", "round_trips": 9, "milliseconds": 412.0, "own_milliseconds": 3.0, "eap": True,
    }  # fmt: skip
    return AuthEvent(**(fields | changes))


def accounting(room: Room, name: str = SESSION, **changes: Any) -> Session:
    fields = {
        "id": name, "client": "library-wlc", "source": "127.0.0.1", "acct_session_id": "A-1", "access_point": "lib-1", "ssid": "eduroam",
        "station_hash": room.privacy.station(STATION),
        "station_sealed": room.privacy.sealed(STATION.encode(), "session", name, "station_sealed"),
        "user_sealed": room.privacy.sealed(USER.encode(), "session", name, "user_sealed"), "realm": "uni-a.example", "home": "uni-a-1",
        "site": "central-library", "framed_ip": "10.0.0.7", "started_at": NOW, "updated_at": NOW, "login": LOGIN,
    }  # fmt: skip
    return Session(**(fields | changes))


def grant(room: Room, name: str = GRANT, **changes: Any) -> list[Any]:
    device = Device(hash=room.privacy.device(STATION), first_seen=NOW, last_seen=NOW)
    fields = {
        "id": name, "device_hash": device.hash, "plan": "visitor", "portal": "library", "way": Way.EMAIL, "client": "library-wlc",
        "access_point": "lib-1", "starts_at": NOW - timedelta(minutes=1), "ends_at": NOW + timedelta(hours=2), "support": "K7Q-42M",
    }  # fmt: skip
    return [device, Grant(**(fields | changes))]


def keep(room: Room, *rows: Any) -> None:
    with transaction(room.database) as session:
        for row in rows:
            session.add(row)
            session.flush()


def found(room: Room, what: str, **more: str) -> str:
    query = "&".join(f"{name}={value.replace('+', '%2B').replace(':', '%3A')}" for name, value in {"q": what, **more}.items())
    return room.page(f"/trace?{query}")


SAID_NO = "University A said no after 9 round trips. Usually a mistyped or changed password; only University A can see which."


@pytest.mark.parametrize(
    "what",
    [
        "02-00-5E-00-00-07",
        "02:00:5e:00:00:07",
        "0200.5e00.0007",
        "02005E000007",
        " 02-00-5e-00-00-07 ",
        USER,
        "ANONYMOUS@uni-a.example",
        LOGIN,
    ],
)
def test_a_whole_mark_finds_the_login(staffroom: Room, what: str) -> None:
    """A MAC in any notation, the exact outer identity, the login itself: with its cause, who can mend it and what to do."""
    keep(staffroom, login(staffroom))
    page = found(staffroom, what)
    assert SAID_NO in page
    assert "The person, then the home institution" in page
    assert "University A&#39;s help desk is who can" in page


@pytest.mark.parametrize(
    "what", ["02-00-5E", "5E000007", "anonymous", "@uni-a.example", "uni-a.example", "K7Q", "%", "*", "06h0login", "'; --"]
)
def test_a_fragment_finds_nothing_and_the_page_says_why(staffroom: Room, what: str) -> None:
    """Neither a part of an address nor of a name, nor a pattern."""
    keep(staffroom, login(staffroom), *grant(staffroom))
    page = found(staffroom, what.replace("%", "%25"))
    assert "Nothing of this is in the trace" in page
    assert SAID_NO not in page


def test_a_guest_is_told_from_the_portal_to_the_order(staffroom: Room) -> None:
    """One timeline: grant, challenge, mail, login, session, hops, addresses, order, in the order of time."""
    keep(
        staffroom,
        *grant(staffroom),
        Challenge(
            id="c1", way=Way.EMAIL, identity_hash=b"i", contact=b"x", code_hash=b"", device_hash=b"", grant_id=GRANT, tries=2,
            created_at=NOW - timedelta(seconds=50), expires_at=NOW, settled_at=NOW, outcome=Settled.CONFIRMED,
        ),
        Message(
            kind=MessageKind.MAIL, purpose="code", to_hash=b"t", challenge_id="c1", state=MessageState.SENT,
            queued_at=NOW - timedelta(seconds=49), expires_at=NOW, settled_at=NOW - timedelta(seconds=40), outcome="250 queued",
        ),
        login(
            staffroom, rule="(mac)", realm="", home="", attempts=[], verdict=LoginVerdict.ACCEPT, session_id=SESSION,
            grant_id=GRANT,
        ),
        accounting(staffroom, grant_id=GRANT, realm=""),
        SessionHop(session_id=SESSION, at=NOW, access_point="lib-1"),
        SessionHop(session_id=SESSION, at=NOW + timedelta(seconds=10), access_point="lib-2"),
        SessionAddress(session_id=SESSION, address="10.0.0.7", first_at=NOW + timedelta(seconds=1), last_at=NOW),
        Order(
            kind=OrderKind.DISCONNECT, state=OrderState.FAILED, session_id=SESSION, queued_at=NOW, settled_at=NOW + timedelta(seconds=20),
            outcome="NAK 503 Session-Context-Not-Found", error_cause=503,
        ),
    )  # fmt: skip
    for what in ("K7Q-42M", "k7q42m", SESSION, "A-1", STATION, GRANT):
        page = found(staffroom, what)
        story = [
            "A guest signed in by e-mail",
            "Support number K7Q-42M",
            "A code was asked for by e-mail",
            "2 wrong codes were typed",
            "Mail (code): sent",
            "asked to be let in (a guest)",
            "Let in",
            ">Online<",
            "Address 10.0.0.7",
            "Moved to lib-2",
            "Disconnect: NAK 503 Session-Context-Not-Found",
            "It does not know this session",
        ]
        places = [page.find(each, page.find('class="line"')) for each in story]
        assert sorted(places) == places, (what, places)
        assert min(places) > 0, (what, places)
        assert STATION not in page.replace(f'value="{what}"', "")


def test_an_address_needs_a_time(staffroom: Room) -> None:
    """Who held it then, in the operator's zone or the one that is written; not before, and an impossible time is said."""
    keep(
        staffroom,
        login(staffroom, verdict=LoginVerdict.ACCEPT, session_id=SESSION),
        accounting(staffroom),
        SessionAddress(session_id=SESSION, address="10.0.0.7", first_at=NOW, last_at=NOW),
    )
    assert "University A said yes." in found(staffroom, "10.0.0.7", at="2026-03-09T10:00")  # Toronto's, in summer time
    assert "University A said yes." in found(staffroom, "10.0.0.7", at="2026-03-09T14:00+00:00")
    assert "Nobody is known to have held this address" in found(staffroom, "10.0.0.7", at="2026-03-09T09:00")
    assert "University A said yes." in found(staffroom, "10.0.0.7 at 2026-03-09 10:00")
    assert "That is no time." in found(staffroom, "10.0.0.7", at="yesterday")


@pytest.mark.parametrize(
    ("changes", "order", "told"),
    [
        ({}, None, "The guest signed in at the portal, and the stay goes on."),
        ({"ends_at": NOW}, None, "The time of the grant is over."),
        ({"revoked_at": NOW, "why": "signed out"}, None, "The stay was ended: signed out"),
        ({}, "no answer", "The gateway was asked to let the guest in: no answer."),
    ],
)
def test_a_stay_without_a_login_has_its_cause_on_top(staffroom: Room, changes: dict[str, Any], order: str | None, told: str) -> None:
    """Gateways that speak no RADIUS: whether the guest may be online, or why not."""
    keep(staffroom, *grant(staffroom, **changes))
    if order:
        fields = {"kind": OrderKind.GRANT, "state": OrderState.FAILED, "grant_id": GRANT, "queued_at": NOW, "settled_at": NOW}
        keep(staffroom, Order(outcome=order, **fields))
    page = found(staffroom, "K7Q-42M")
    assert f"<strong>{told}</strong>" in page


def test_a_code_is_told_whether_anybody_used_it_or_not(staffroom: Room) -> None:
    """Good and unused, taken back, or used and by whom; however it was typed."""
    code = "K7QM42XD9TRA"
    keep(
        staffroom,
        VoucherBatch(id="b", name="Fair", plan="visitor", created_at=NOW, whole_at=NOW, expires_at=NOW + timedelta(days=9)),
        Voucher(id="v", batch_id="b", code_hash=vouchers.hashed(staffroom.privacy, code)),
    )
    for typed in (code, crockford.readable(code), "k7qm-42xd-9tra"):
        assert "This access code is good, and nobody has used it yet." in found(staffroom, typed)
    with transaction(staffroom.database) as session:
        session.get_one(Voucher, "v").revoked_at = NOW
    assert "This access code was taken back." in found(staffroom, code)


def test_the_decided_words_for_each_trouble(staffroom: Room) -> None:
    """A wrong secret with the count of the hour, a distrusted certificate, a dead home with what was known of it."""
    keep(
        staffroom,
        login(staffroom, "06h0distrust0001", reason="CERTIFICATE_DISTRUSTED", round_trips=4),
        login(staffroom, "06h0dead00000001", reason="NO_HOME_ALIVE", verdict=LoginVerdict.NO_ANSWER, attempts=[]),
        HomeChange(at=NOW - timedelta(minutes=5), home="uni-a-1", state="dead", why="no answer to 3 requests"),
        *(
            DropMinute(
                minute=NOW - timedelta(minutes=by), source="192.0.2.9", client="library-wlc", reason="BAD_MESSAGE_AUTHENTICATOR", count=106
            )
            for by in (3, 4)
        ),
    )
    page = staffroom.page("/trace/06h0distrust0001")
    assert "The device stopped after seeing University A&#39;s certificate: its profile does not trust it." in page
    assert "Install the profile again." in page
    page = staffroom.page("/trace/06h0dead00000001")
    assert "Every server of University A is down or out of reach." in page
    assert "Home uni-a-1: does not answer" in page
    assert "Packets from library-wlc are signed with a different secret than ours (212 in the last hour)." in page
    assert "(212 in the last hour)" in found(staffroom, "02-00-00-00-00-99")  # nothing is found: this may be why


def test_the_latest_failures_are_told_by_institution(staffroom: Room) -> None:
    """Counted over a day, filtered exactly; a device that was sent to the portal is no failure, nor is an Accept."""
    keep(
        staffroom,
        *(login(staffroom, f"06h0fail0000000{number}") for number in range(3)),
        login(staffroom, "06h0fail00000009", realm="uni-b.example", rule="*", site="museum"),
        login(staffroom, "06h0good00000001", verdict=LoginVerdict.ACCEPT),
        login(staffroom, "06h0portal000001", verdict=LoginVerdict.REFUSED, reason="NO_GRANT", rule="(mac)"),
    )
    page = staffroom.page("/trace")
    assert ["4 rows"] == [each for each in ("3 rows", "4 rows", "5 rows", "6 rows") if each in page]
    assert '<a href="/trace?realm=uni-a.example">University A</a>' in page
    assert "1 row<" in staffroom.page("/trace?realm=uni-b.example")
    assert "1 row<" in staffroom.page("/trace?site=museum")
    assert "No failure fits this filter" in staffroom.page("/trace?realm=uni")


def test_a_home_gets_no_person(staffroom: Room) -> None:
    """Realm, time in UTC, our name, home, verdict, round trips and a number; neither station nor identity, in text or JSON."""
    sealed = staffroom.privacy.sealed(b"cui-of-somebody", "auth_event", LOGIN, "cui")
    keep(staffroom, login(staffroom, cui=sealed))
    said = staffroom.get(f"/trace/{LOGIN}/export?format=json")
    assert {
        "correlation": LOGIN, "operator_name": "1wifi.city.example", "realm": "uni-a.example", "ended_at": "2026-03-09T13:59:58.000+00:00",
        "home": "uni-a-1", "verdict": "reject", "round_trips": 9, "outer_identity_hash": staffroom.privacy.user(USER.encode()).hex(),
    }.items() <= said.json.items()  # fmt: skip
    plain = staffroom.get(f"/trace/{LOGIN}/export").get_data(as_text=True)
    assert "operator name:" in plain
    for page in (said.get_data(as_text=True), plain):
        for secret in ("anonymous", STATION, "cui-of-somebody", "127.0.0.1"):
            assert secret not in page


def test_a_station_is_masked_until_somebody_says_why(staffroom: Room) -> None:
    """A reason, a quarter of an hour, this browser alone, on record; an auditor's browser sees nothing of it, and no reason no record."""
    keep(staffroom, login(staffroom, verdict=LoginVerdict.ACCEPT, session_id=SESSION), accounting(staffroom))
    where = f"/trace/{LOGIN}"
    assert STATION not in staffroom.page(where)
    assert 422 == staffroom.post(f"/sessions/{SESSION}/reveal", reason=" why ", next=where).status_code
    assert STATION not in staffroom.page(where)
    answer = staffroom.post(f"/sessions/{SESSION}/reveal", reason="Ticket 4711, police", next=where)
    assert (303, where) == (answer.status_code, answer.location)
    page = staffroom.page(where)
    assert STATION in page
    assert USER in page
    assert STATION not in staffroom.page(where, Role.AUDITOR)
    staffroom.later(minutes=15)
    assert STATION not in staffroom.page(where)
    with staffroom.desk.reading() as session:
        entries = [(row.actor, row.kind, row.object, row.reason) for row in session.query(AuditEntry).filter_by(action="reveal")]
    assert [("city-admin@city.example", "session", SESSION, "Ticket 4711, police")] == entries


def test_a_session_of_the_past_takes_two(staffroom: Room) -> None:
    """From a day after its last word on one person alone reveals nothing, whatever was asked for before; the page says what to do."""
    over = {"status": SessionStatus.ENDED, "ended_at": NOW - timedelta(hours=23, minutes=50)}
    keep(staffroom, login(staffroom, verdict=LoginVerdict.ACCEPT, session_id=SESSION), accounting(staffroom, **over))
    staffroom.post(f"/sessions/{SESSION}/reveal", reason="Ticket 4711, police")
    assert STATION in staffroom.page(f"/trace/{LOGIN}")
    staffroom.later(minutes=11)
    for where in (f"/trace/{LOGIN}", f"/sessions/{SESSION}"):
        page = staffroom.page(where)
        assert STATION not in page
        assert "/reveal" not in page
        assert f'href="/privacy/incidents/new?session={SESSION}"' in page
        assert "A city admin can ask for it" in staffroom.page(where, Role.HELP_DESK)
    assert 303 == staffroom.post(f"/sessions/{SESSION}/reveal", reason="Ticket 4711, police").status_code
    assert STATION not in staffroom.page(f"/trace/{LOGIN}")
    with staffroom.desk.reading() as session:
        assert 1 == session.query(AuditEntry).filter_by(action="reveal").count()


def test_what_made_no_session_cannot_be_revealed(staffroom: Room) -> None:
    """Nothing but hashes is kept, and the page says so."""
    keep(staffroom, login(staffroom))
    page = staffroom.page(f"/trace/{LOGIN}")
    assert "nobody can reveal whose it was" in page
    assert "/reveal" not in page


def test_nobody_reveals_what_is_not_there(staffroom: Room) -> None:
    """An unknown name is 404 everywhere, and makes no record."""
    assert [404] * 3 == [
        staffroom.get("/trace/nobody").status_code,
        staffroom.get("/trace/nobody/export").status_code,
        staffroom.post("/sessions/nobody/reveal", reason="long enough a reason").status_code,
    ]


def test_no_statement_is_a_rows(staffroom: Room) -> None:
    """As many for a device of a thousand logins as for one of ten; of the lists tests/portal/test_staff_statements.py says so."""
    path = f"/trace?q={STATION}"
    keep(staffroom, *(login(staffroom, f"06h0many{number:08}") for number in range(10)))
    staffroom.page(path)
    with counted(staffroom.database) as few:
        staffroom.page(path)
    keep(staffroom, *(login(staffroom, f"06h1many{number:08}") for number in range(990)))
    with counted(staffroom.database) as many:
        staffroom.page(path)
    assert (len(few), True) == (len(many), len(many) <= 25), many


def test_failures_are_found_by_their_index(staffroom: Room) -> None:
    """A million logins that went well cost the page nothing: it reads the index of those that did not."""
    with counted(staffroom.database) as seen:
        staffroom.page("/trace")
    asked = [each for each in seen if "FROM auth_event" in each and "GROUP BY" not in each and "count" not in each]
    with staffroom.desk.reading() as session:
        raw = session.connection().connection.driver_connection
        plan = " ".join(str(row[3]) for row in raw.execute(f"EXPLAIN QUERY PLAN {asked[0]}", (51, 0)[: asked[0].count("?")]))
    assert "ix_auth_event_failed" in plan
