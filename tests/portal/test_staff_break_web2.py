"""What staff with ambitions might try with guests, openings and jobs, each with a real request; and that it comes to nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from subprocess import CompletedProcess
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from portal import press
from portal.cases import openings
from store import audit, batches, incidents, messages, minting
from store import models as m
from store.messages import Content
from store.models import Role
from store.session import reading, transaction
from tests.peers.program import until
from tests.portal.api_room import Programs
from tests.portal.helped import ADDRESS, asked, library, stay
from tests.portal.staffroom import NOW
from tests.store import rows

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

DAY = timedelta(days=1)


@pytest.fixture
def here(staffroom: Room) -> Room:
    return library(staffroom)


def test_an_old_session_leads_to_no_name_by_its_support_number(here: Room) -> None:
    """The number on an old session's page finds the stay and nobody: no page or program is led to an account or an address."""
    mine = stay(here)
    asked(here, settled_at=NOW, outcome=m.Settled.CONFIRMED, grant_id=mine.id)
    with transaction(here.database) as session:
        over = {"started_at": NOW, "updated_at": NOW, "ended_at": NOW + timedelta(hours=1), "status": m.SessionStatus.ENDED}
        session.add(rows.session(here.privacy.seal, "old", grant_id=mine.id, **over))
    assert here.post("/accounts", Role.HELP_DESK, q=mine.support).location == f"/accounts/{mine.account_id}"
    here.later(days=2)
    program = Programs(here)
    assert mine.support in program.get("/sessions/old").get_data(as_text=True)
    for said in (mine.support, mine.id):
        found = program.ask("POST", "/guests/find", {"what": said}).get_json()
        assert (mine.id, None, None) == (found["id"], found["account"], found["contact"])
    page = here.page(f"/desk/{mine.id}", Role.AUDITOR)
    assert [] == [each for each in ("gu…", ADDRESS, str(mine.account_id)) if each in page]
    assert 404 == here.post(f"/desk/{mine.id}/reveal", Role.AUDITOR, reason="I want to know").status_code
    assert ADDRESS not in here.post("/accounts", Role.AUDITOR, q=mine.support).get_data(as_text=True)
    assert program.ask("POST", "/guests/find", {"what": ADDRESS}).get_json()["account"] == mine.account_id


def test_an_opening_shows_nobody_who_comes_to_the_place_afterwards(staffroom: Room) -> None:
    """Neither access points that are moved to the site once it is allowed, nor guests who go there after the window, widen it."""
    at, seal = NOW - 3 * DAY, staffroom.privacy.seal
    with transaction(staffroom.database) as session:
        session.add(rows.session(seal, "there", started_at=at, updated_at=at, site="central-library"))
        for name, hops in (
            ("roams", {"else-1": 0, "else-2": 10}),
            ("came-late", {"else-1": 0, "lib-1": 120}),
            ("left", {"lib-1": 0, "else-1": 90}),
        ):
            site = "central-library" if name == "came-late" else "museum"
            session.add(rows.session(seal, name, started_at=at, updated_at=at, site=site, access_point=[*hops][-1]))
            session.flush()
            for point, minutes in hops.items():
                session.add(m.SessionHop(session_id=name, at=at + timedelta(minutes=minutes), access_point=point))
        session.add_all(m.AccessPoint(name=name, managed_by=m.ManagedBy.APP) for name in ("else-1", "else-2"))
    where = opening(staffroom)
    assert "It would show 2 sessions" in staffroom.page(where)
    assert 303 == staffroom.post(f"{where}/decide", Role.AUDITOR, **{"as": "allow"}).status_code
    for name in ("else-1", "else-2"):
        assert 303 == staffroom.post(f"/access-points/{name}", name=name, site="central-library").status_code
    seen = staffroom.page(f"{where}/records")
    assert ["left", "there"] == sorted(name for name in ("there", "roams", "came-late", "left") if f"/sessions/{name}" in seen)


def opening(room: Room) -> str:
    """The address of a question of a city admin about an hour at the library; an auditor works here, too."""
    room.client(Role.AUDITOR)
    room.client(Role.CITY_ADMIN)
    room.later(seconds=1)
    window = {"since": "2026-03-06 09:00", "until": "2026-03-06 10:00", "site": "central-library"}
    answer = room.post("/privacy/incidents/new", **window, reference="2026-00417", reason="The police ask by a production order")
    assert 303 == answer.status_code, answer.get_data(as_text=True)[-2000:]
    return answer.location.partition("?")[0]


@pytest.mark.parametrize("deed", [("link", {}), ("role", {"becomes": "city-admin"}), ("enable", {})])
@pytest.mark.parametrize("first", [True, False])
def test_nobody_allows_by_an_account_that_they_were_just_given(staffroom: Room, deed: tuple[str, dict[str, str]], *, first: bool) -> None:
    """Whoever makes a link for an old account sits in it: before or after the question, it allows nothing for a week; it may refuse."""
    auditor = "/staff/of/auditor@city.example"
    with transaction(staffroom.database) as session:
        session.add(rows.session(staffroom.privacy.seal, "there", started_at=NOW - 3 * DAY, updated_at=NOW, site="central-library"))
    where = "" if first else opening(staffroom)
    staffroom.client(Role.AUDITOR)
    assert staffroom.post(f"{auditor}/{deed[0]}", **deed[1]).status_code in (200, 303)
    where = where or opening(staffroom)
    answer = staffroom.post(f"{where}/decide", Role.AUDITOR, **{"as": "allow"})
    assert (422, True) == (answer.status_code, "Less than a week before" in answer.get_data(as_text=True))
    assert 403 == staffroom.get(f"{where}/records").status_code
    assert 303 == staffroom.post(f"{where}/decide", Role.AUDITOR, **{"as": "refuse"}).status_code


def test_a_week_later_the_account_is_their_own_again(staffroom: Room) -> None:
    """Whose phone was lost is no second-class person for ever."""
    with transaction(staffroom.database) as session:
        session.add(rows.session(staffroom.privacy.seal, "there", started_at=NOW - 3 * DAY, updated_at=NOW, site="central-library"))
        session.add(m.Staff(name="auditor@city.example", role=Role.AUDITOR, created_at=NOW - 30 * DAY))
        act = audit.Act("city-admin@city.example", "link", "staff", "auditor@city.example", source="a-browser")
        audit.record(session, staffroom.privacy, act, NOW - 8 * DAY)
        scope = incidents.Scope(NOW - 3 * DAY, NOW - 2 * DAY, site="central-library")
        row = incidents.ask(session, staffroom.privacy, scope, "city-admin@city.example", "w" * 20, "2026-00417", 1, NOW)
        assert isinstance(row, m.IncidentOpening)
        assert incidents.decide(session, row, "auditor@city.example", NOW, granted=True) is None


def test_nobody_cancels_the_mail_that_tells_of_them(staffroom: Room) -> None:
    """Who opened sealed records alone cannot take the mails of it back before they leave; nor can a program."""
    with transaction(staffroom.database) as session:
        content = Content("Sealed records were opened", "By one person", "")
        queue = messages.queue(
            session, staffroom.privacy, m.MessageKind.MAIL, "auditor@city.example", content, purpose="alert", language="en",
            expires_at=NOW + DAY, now=NOW,
        )  # fmt: skip
        number = queue.id
    where = f"/jobs/messages/{number}"
    assert f"{where}/cancel" not in staffroom.page(where)
    staffroom.post(f"{where}/cancel")
    assert 409 == Programs(staffroom).ask("POST", f"/messages/{number}/cancel").status_code
    with reading(staffroom.database) as session:
        assert m.MessageState.QUEUED is session.get_one(m.Message, number).state


def test_nobody_is_sent_out_of_the_room_before_it_is_opened_alone(staffroom: Room) -> None:
    """Who was disabled, or is no auditor any more, since a week or less is told all the same; who never was is not."""
    with transaction(staffroom.database) as session:
        session.add(rows.session(staffroom.privacy.seal, "there", started_at=NOW - 3 * DAY, updated_at=NOW, site="central-library"))
        for name, role in (("one", Role.CITY_ADMIN), ("two", Role.AUDITOR), ("desk", Role.HELP_DESK)):
            session.add(m.Staff(name=f"{name}@city.example", email=f"{name}@city.example", role=role, created_at=NOW - 30 * DAY))
    where = opening(staffroom)
    assert 303 == staffroom.post("/staff/of/one@city.example/disable").status_code
    assert 303 == staffroom.post("/staff/of/two@city.example/role", becomes="help-desk").status_code
    with transaction(staffroom.database) as session:
        row = session.get_one(m.IncidentOpening, where.rsplit("/", 1)[1])
        no = openings.alone(session, staffroom.privacy, row, row.asked_by, staffroom.time, mails=True, url="http://staff.city.example")
        assert no is None
        told = {bytes(each.to_hash) for each in session.query(m.Message)}
        expected = {messages.hashed(staffroom.privacy, m.MessageKind.MAIL, f"{name}@city.example") for name in ("one", "two")}
        assert expected == told


def test_who_opens_ten_windows_to_print_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """One prints, one waits; the third is told so at once, and keeps no thread of the pages."""
    printing, done = Event(), Event()

    def slowly(*_said: Any, **_more: Any) -> CompletedProcess[bytes]:
        printing.set()
        assert done.wait(20)
        return CompletedProcess([], 0, b"%PDF", b"")

    monkeypatch.setattr(press.subprocess, "run", slowly)
    with ThreadPoolExecutor(2) as others:
        first = others.submit(press.pdf, "")
        assert printing.wait(20)
        second = others.submit(press.pdf, "")
        until(lambda: press._room._value == 0, "the second to wait")
        with pytest.raises(press.BusyError):
            press.pdf("")
        done.set()
        assert [b"%PDF", b"%PDF"] == [first.result(20), second.result(20)]


def test_what_is_being_sent_is_not_sent_beside_itself(staffroom: Room) -> None:
    """Whoever presses while a second try is under way makes no third beside it: nobody is sent the same SMS six times."""
    with transaction(staffroom.database) as session:
        row = messages.queue(
            session, staffroom.privacy, m.MessageKind.SMS, "+16135550100", Content("K7Q-42M"), purpose="code", language="en",
            expires_at=NOW + DAY, now=NOW,
        )  # fmt: skip
        number = row.id
        letter = messages.take(session, staffroom.privacy, number, NOW)
        assert letter is not None
        assert messages.put_off(session, letter, "no answer", NOW)
    staffroom.later(hours=1)
    with transaction(staffroom.database) as session:
        assert messages.take(session, staffroom.privacy, number, staffroom.time) is not None
    answer = Programs(staffroom).ask("POST", f"/messages/{number}/again")
    assert (409, "busy") == (answer.status_code, answer.get_json()["reason"])
    with reading(staffroom.database) as session:
        assert [] == messages.waiting(session, [m.MessageKind.SMS], staffroom.time)


def test_nobody_lists_who_was_at_a_place_last_week(here: Room) -> None:
    """The filter by place tells who is there, or was within a day; who was at a clinic a week ago is no list of one person's."""
    mine = stay(here)
    listed = [f"/accounts/{mine.account_id}" in here.page("/accounts?site=central-library", Role.HELP_DESK)]
    here.later(hours=25)
    someone = Programs(here)
    listed.append(str(mine.account_id) in someone.get("/accounts?site=central-library").get_data(as_text=True))
    here.later(hours=3)
    listed.append(str(mine.account_id) in someone.get("/accounts?site=central-library").get_data(as_text=True))
    assert [True, True, False] == listed
    assert str(mine.account_id) in someone.get("/accounts").get_data(as_text=True)


def test_the_code_of_a_used_voucher_is_its_guests(staffroom: Room) -> None:
    """It opens the guest's own account: who may help, and not write accounts out, is shown none that is in use."""
    with transaction(staffroom.database) as session:
        wanted = minting.Wanted("Desk", "visitor", 1, NOW + DAY)
        row, _begun = minting.one(session, staffroom.privacy, wanted, NOW)
        code, name, batch = batches.code(staffroom.privacy, row), row.id, row.batch_id
    desk = Programs(staffroom)
    token = desk.token(role=Role.HELP_DESK)
    where = f"/vouchers/{batch}/of/{name}"
    assert code in staffroom.page(f"{where}/sheet", Role.HELP_DESK)
    assert 200 == desk.ask("POST", f"/vouchers/{name}/code", token=token).status_code
    with transaction(staffroom.database) as session:
        session.get_one(m.Voucher, name).used_at = NOW
    assert 303 == staffroom.get(f"{where}/sheet", Role.HELP_DESK).status_code
    answer = desk.ask("POST", f"/vouchers/{name}/code", token=token)
    assert (403, "VOUCHERS_BATCH") == (answer.status_code, answer.get_json()["scope"])
    assert code in staffroom.page(f"{where}/sheet", Role.CITY_ADMIN)
