"""Homes as pages: their state out of the controller's words, their secret that goes in and never out, and the real test of one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from portal.admin.desk import counted
from store.models import AuditEntry, AuthEvent, Home, HomeChange, LoginVerdict, ManagedBy, Role
from store.sealed import Where
from store.session import reading, transaction
from tests.portal.staffroom import NOW

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

SECRET = "a-secret-of-enough-characters"
FORM = {"address": "192.0.2.10", "port": "1812", "acct_port": "1813", "enabled": "on", "foreign": "on", "status_server": "on"}
FORM |= {"require_message_authenticator": "on"}


def seen(*states: str, home: str = "uni-a-1") -> dict[str, Any]:
    """A controller's words in which its workers see a home so."""
    row = {"home": home, "address": "127.0.0.1", "port": 18120, "in_flight": 2, "heard": 4.0}
    return {"homes": [{"worker": number, "homes": [{**row, "state": state}]} for number, state in enumerate(states)]}


def logins(room: Room, *verdicts: LoginVerdict, home: str = "uni-a-1", age: float = 60.0) -> None:
    with transaction(room.database) as session:
        session.add_all(
            AuthEvent(began_at=NOW, at=NOW - timedelta(seconds=age), client="library-wlc", verdict=verdict, home=home, milliseconds=80.0)
            for verdict in verdicts
        )


STATES = [
    (("alive", "alive"), "alive"),
    (("alive", "zombie"), "silent"),
    (("dead", "alive"), "dead"),
    (("reviving", "alive"), "coming back"),
]


def test_a_home_is_as_ill_as_the_worker_who_sees_it_worst(staffroom: Room) -> None:
    """The list has one word for a home, its page each worker's."""
    for states, said in STATES:
        staffroom.status = seen(*states)
        assert f">{said}</span>" in staffroom.page("/homes"), states
    assert [True, True, False] == [f"As worker {number} sees it" in staffroom.page("/homes/uni-a-1") for number in range(3)]


def test_whatever_is_not_well_is_said_before_the_list(staffroom: Room) -> None:
    """Also a home that its page of the list does not show; one that is switched off is nobody's worry."""
    assert "not well" not in staffroom.page("/homes")
    staffroom.status = seen("dead")
    assert "1 of 1 homes is not well" in staffroom.page("/homes?q=nothing-begins-so")
    staffroom.post("/homes/uni-a-1/use")
    assert "not well" not in staffroom.page("/homes")


def test_where_no_controller_answers_nothing_is_claimed(staffroom: Room) -> None:
    """Not known is said as such, with where the other figures come from."""
    page = staffroom.page("/homes")
    assert (True, True) == ("No controller answers" in page, ">not known</span>" in page)


def test_the_last_hour_is_counted_and_no_more(staffroom: Room) -> None:
    """Of four logins in the last hour three were accepted; what was before is not in it."""
    logins(staffroom, *[LoginVerdict.ACCEPT] * 3, LoginVerdict.NO_ANSWER)
    logins(staffroom, *[LoginVerdict.REJECT] * 7, age=3_700)
    page = staffroom.page("/homes/uni-a-1")
    assert ("75 %", True) == (page.partition('<p class="figure">')[2].partition("</p>")[0], "of 4 logins" in page)
    assert '<td class="num" data-title="Accepted">75 %</td>' in staffroom.page("/homes")


def test_the_last_change_is_told_with_its_reason(staffroom: Room) -> None:
    """The newest of a home's changes is its "since"; the page has them all, the newest first."""
    with transaction(staffroom.database) as session:
        for minutes, state, why in ((50, "zombie", "3 s of silence"), (5, "dead", "Status-Server unanswered")):
            session.add(HomeChange(at=NOW - timedelta(minutes=minutes), home="uni-a-1", state=state, why=why))
    page = staffroom.page("/homes/uni-a-1")
    assert 0 < page.index("Status-Server unanswered") < page.index("3 s of silence")
    assert "2026-03-09T13:55:00+00:00" in staffroom.page("/homes")


def test_a_home_is_added_and_its_secret_is_sealed_and_never_shown(staffroom: Room) -> None:
    """The page that follows, the audit log and the form of a refused try hold nothing of it."""
    added = staffroom.post("/homes/new", name="uni-c-1", secret=SECRET, **FORM)
    assert (303, "/homes/uni-c-1") == (added.status_code, added.location.partition("?")[0])
    with reading(staffroom.database) as session:
        home = session.get_one(Home, "uni-c-1")
        told = str([entry.fields for entry in session.scalars(select(AuditEntry))])
    opened = staffroom.privacy.seal.open(home.secret, Where("home", "uni-c-1", "secret"))
    refused = staffroom.post("/homes/new", name="uni-d-1", secret=SECRET, **{**FORM, "address": "uni-d.example"})
    pages = [told, staffroom.page("/homes/uni-c-1"), staffroom.page("/homes/uni-c-1/secret"), refused.get_data(as_text=True)]
    assert (SECRET.encode(), 422, [False] * 4) == (opened, refused.status_code, [SECRET in page for page in pages])


def test_another_secret_is_set_at_once_and_a_short_one_only_on_purpose(staffroom: Room) -> None:
    """Fewer than 16 characters are refused until the box is set; there is no overlap, and the page says so."""
    assert "no overlap" in staffroom.page("/homes/uni-a-1/secret")
    assert 422 == staffroom.post("/homes/uni-a-1/secret", secret="short").status_code
    assert 303 == staffroom.post("/homes/uni-a-1/secret", secret="short", weak_secret="on").status_code
    with reading(staffroom.database) as session:
        kept = session.get_one(Home, "uni-a-1").secret
    assert b"short" == staffroom.privacy.seal.open(kept, Where("home", "uni-a-1", "secret"))


def test_a_secret_needs_a_fresh_proof(staffroom: Room) -> None:
    """Ten minutes after signing in, the secret's pages ask again who is there; the home's own do not."""
    staffroom.page("/homes/uni-a-1/secret")
    staffroom.later(minutes=11)
    for path in ("/homes/uni-a-1/secret", "/homes/new"):
        assert "/prove" in staffroom.get(path).location
    assert "/prove" in staffroom.post("/homes/uni-a-1/secret", secret=SECRET).location
    staffroom.page("/homes/uni-a-1")


def test_settings_and_timing_are_kept_as_the_network_file_would(staffroom: Room) -> None:
    """Numbers on one line become the list; an empty field takes its key out; what cannot be comes back to its field."""
    form = {**FORM, "address": "127.0.0.1", "port": "18120", "acct_port": "18121"}
    assert 303 == staffroom.post("/homes/uni-a-1", **form, resend="1, 2.5, 6", request_timeout="12").status_code
    with reading(staffroom.database) as session:
        assert {"resend": [1.0, 2.5, 6.0], "request_timeout": 12.0} == session.get_one(Home, "uni-a-1").timing
    assert 'value="1, 2.5, 6"' in staffroom.page("/homes/uni-a-1")
    for wrong, said in (("6, 1", "must rise"), ("1, nan", "must be a list"), ("1, 1e400", "must be a list"), ("1, soon", "must be a list")):
        refused = staffroom.post("/homes/uni-a-1", **form, resend=wrong)
        assert (422, True) == (refused.status_code, said in refused.get_data(as_text=True)), wrong
    assert 303 == staffroom.post("/homes/uni-a-1", **form).status_code
    with reading(staffroom.database) as session:
        assert {} == session.get_one(Home, "uni-a-1").timing


def test_unsigned_answers_are_warned_of(staffroom: Room) -> None:
    """Where Message-Authenticator is not asked for, list and page say what that means."""
    form = {**FORM, "address": "127.0.0.1", "port": "18120", "acct_port": "18121"}
    del form["require_message_authenticator"], form["status_server"]
    assert 303 == staffroom.post("/homes/uni-a-1", **form).status_code
    assert "CVE-2024-3596" in staffroom.page("/homes/uni-a-1").partition('aria-labelledby="settings"')[0]
    assert (True, True) == tuple(word in staffroom.page("/homes") for word in ("unsigned answers taken", "no Status-Server"))


def test_a_home_is_switched_off_and_on(staffroom: Room) -> None:
    """Switched off it is kept and asked by nobody; what the workers say of it is not shown."""
    staffroom.status = seen("alive")
    assert 303 == staffroom.post("/homes/uni-a-1/use").status_code
    assert ">switched off</span>" in staffroom.page("/homes")
    assert 303 == staffroom.post("/homes/uni-a-1/use", enabled="on").status_code
    assert ">alive</span>" in staffroom.page("/homes")


def test_a_home_that_realms_name_says_which(staffroom: Room) -> None:
    """They are listed with links, and the removal is refused."""
    page = staffroom.page("/homes/uni-a-1/remove")
    assert (True, False) == ("/realms/entry?match=uni-a.example" in page, '<button class="danger">' in page)
    assert 409 == staffroom.post("/homes/uni-a-1/remove").status_code
    staffroom.post("/realms/remove?match=uni-a.example")
    assert 303 == staffroom.post("/homes/uni-a-1/remove").status_code
    assert 404 == staffroom.get("/homes/uni-a-1").status_code


class Asked:
    """A controller that answers so, and what it was asked."""

    def __init__(self, **answer: Any) -> None:
        plain = {"home": "uni-a-1", "attempts": ["uni-a-1"], "realm": "uni-a.example", "rule": "uni-a.example", "said": "", "reason": ""}
        self.answer = {"verdict": "accept", "milliseconds": 23.4, **plain, **answer}
        self.questions: list[tuple[Any, ...]] = []

    def __call__(self, identity: str, password: str, client: str = "", *, chap: bool = False) -> dict[str, Any]:
        self.questions.append((identity, password, client, chap))
        return self.answer


STORIES = [
    ({}, "Access-Accept from uni-a-1 in 23 ms"),
    ({"verdict": "reject"}, "Access-Reject from uni-a-1 in 23 ms"),
    ({"verdict": "reject", "reason": "NO_HOME (none lives)"}, "Access-Reject by us: NO_HOME (none lives)"),
    ({"verdict": "challenge"}, "Access-Challenge from uni-a-1"),
    ({"verdict": "no_answer"}, "No answer: nothing came"),
    ({"attempts": ["uni-a-1", "uni-a-2"], "home": "uni-a-2"}, "It was silent: moved to uni-a-2"),
    ({"error": "no worker serves just now"}, "no worker serves just now"),
]


def test_a_real_login_is_told_as_a_story(staffroom: Room) -> None:
    """What the controller answers is on the page; the identity and its password are in no log, nor in the audit log."""
    staffroom.tools["ask"] = asked = Asked()
    for answer, said in STORIES:
        asked.answer = Asked(**answer).answer
        page = staffroom.post("/homes/uni-a-1/test", identity="test@uni-a.example", password="hunter2-hunter2", method="chap")
        assert said in page.get_data(as_text=True), answer
    assert [("test@uni-a.example", "hunter2-hunter2", "", True)] * len(STORIES) == asked.questions
    with reading(staffroom.database) as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "test")).all()
        told = f"{[entry.fields for entry in entries]} {staffroom.lines}"
    assert [("home", "uni-a-1")] * len(STORIES) == [(entry.kind, entry.object) for entry in entries]
    assert (False, False) == ("hunter2" in told, "test@" in told)


def test_a_home_s_test_is_no_way_to_guess_a_password(staffroom: Room) -> None:
    """Thirty within ten minutes, then none for a while."""
    staffroom.tools["ask"] = asked = Asked(verdict="reject")
    codes = [staffroom.post("/homes/uni-a-1/test", identity="a@uni-a.example", password=str(each)).status_code for each in range(31)]
    assert ([200] * 30 + [429], 30) == (codes, len(asked.questions))
    staffroom.later(minutes=9)
    assert 200 == staffroom.post("/homes/uni-a-1/test", identity="a@uni-a.example", password="again").status_code


def test_an_identity_of_another_home_is_not_sent(staffroom: Room) -> None:
    """Who tests this home and types another's realm is told where that goes."""
    staffroom.tools["ask"] = asked = Asked()
    page = staffroom.post("/homes/uni-a-1/test", identity="test@uni-b.example", password="x").get_data(as_text=True)
    assert (True, []) == ("goes nowhere" in page, asked.questions)


def test_who_may_look_may_not_test(staffroom: Room) -> None:
    """An auditor sees a home, and neither its forms nor the way to its secret."""
    page = staffroom.page("/homes/uni-a-1", role=Role.AUDITOR)
    assert [False] * 3 == [word in page for word in ('name="password"', "/secret", 'name="resend"')]
    assert 403 == staffroom.post("/homes/uni-a-1/test", role=Role.AUDITOR, identity="a@uni-a.example").status_code


@pytest.mark.parametrize("number", [10, 1_000])
def test_the_list_asks_no_more_for_more_homes(staffroom: Room, number: int) -> None:
    """A page costs the same number of statements at ten and at a thousand homes."""
    with transaction(staffroom.database) as session:
        for each in range(number):
            session.add(Home(name=f"h-{each}", address=f"198.51.{each // 250}.{each % 250}", managed_by=ManagedBy.APP))
            session.add(HomeChange(at=NOW, home=f"h-{each}", state="alive"))
    staffroom.page("/homes")
    with counted(staffroom.database) as statements:
        staffroom.page("/homes")
    assert 10 >= len(statements), statements
