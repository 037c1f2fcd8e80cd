"""Sessions on the staff's pages: lists of any length, one with its state, and what the NAS answers to what is asked of it."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from portal.admin import session_orders
from portal.admin.desk import counted
from store import outbox
from store.models import AuditEntry, Grant, Order, OrderState, Plan, Role, SessionStatus
from store.session import reading, transaction
from tests.peers.program import until
from tests.portal.staffroom import NOW
from tests.portal.test_staff_trace import GRANT, SESSION, STATION, accounting, grant, keep

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

WHY = "Ticket 4711: moved out"


class Nas:
    """Answers every order, in a thread, as the recorder would write it down."""

    def __init__(self, room: Room, outcome: str, cause: int | None = None) -> None:
        self.room, self.outcome, self.cause = room, outcome, cause
        self.kinds: list[str] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Nas:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _serve(self) -> None:
        while not self._ended.wait(0.01):
            with reading(self.room.database) as session:
                queued = [order.id for order in session.query(Order).filter_by(state=OrderState.QUEUED)]
            for number in queued:
                with transaction(self.room.database) as session:
                    self.kinds.append(session.get_one(Order, number).kind.value)
                    outbox.settle(
                        session, number, done=self.outcome == "ACK", outcome=self.outcome, now=self.room.time, error_cause=self.cause
                    )


def guest(room: Room) -> None:
    keep(room, *grant(room), accounting(room, grant_id=GRANT, realm=""))


def test_a_disconnect_is_shown_with_the_nass_ack(staffroom: Room) -> None:
    """Asked, answered, on the page, in the audit log with its reason; and the guest's stay has ended."""
    guest(staffroom)
    with Nas(staffroom, "ACK"):
        answer = staffroom.post(f"/sessions/{SESSION}/disconnect", reason=WHY)
    assert 303 == answer.status_code
    page = staffroom.page(answer.location)
    assert "<strong>Disconnect: ACK</strong>" in page
    with reading(staffroom.database) as session:
        assert ("ended by staff", staffroom.time) == (session.get_one(Grant, GRANT).why, session.get_one(Grant, GRANT).revoked_at)
        entry = session.query(AuditEntry).filter_by(action="disconnect").one()
        assert ("session", SESSION, WHY) == (entry.kind, entry.object, entry.reason)


@pytest.mark.parametrize(
    ("outcome", "cause", "told"),
    [
        ("NAK 503 Session-Context-Not-Found", 503, "It does not know this session"),
        ("no answer", None, "Does it take orders (RFC 5176"),
        ("NAK 501 Administratively-Prohibited", 501, "Its settings forbid it"),
    ],
)
def test_a_refusal_is_told_with_what_it_means(staffroom: Room, outcome: str, cause: int | None, told: str) -> None:
    """The NAS's own words, and ours."""
    keep(staffroom, accounting(staffroom))
    with Nas(staffroom, outcome, cause):
        where = staffroom.post(f"/sessions/{SESSION}/disconnect", reason=WHY).location
    page = staffroom.page(where)
    assert f"Disconnect: {outcome}" in page
    assert told in page


def test_an_answer_that_does_not_come_is_awaited(staffroom: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its patience the page comes all the same, says that it waits, and looks again by itself."""
    monkeypatch.setattr(session_orders, "PATIENCE", 0.2)
    keep(staffroom, accounting(staffroom))
    page = staffroom.page(staffroom.post(f"/sessions/{SESSION}/disconnect", reason=WHY).location)
    assert "Disconnect: asked, waiting" in page
    assert 'id="state" data-live="2"' in page
    with Nas(staffroom, "ACK"):
        until(lambda: "Disconnect: ACK" in staffroom.page(f"/sessions/{SESSION}"), "the answer", 5)
    assert 'id="state" data-live="5"' in staffroom.page(f"/sessions/{SESSION}")


def test_without_a_reason_nothing_is_done(staffroom: Room) -> None:
    """None of the forms: no order, no record, and the page says what it wants."""
    guest(staffroom)
    for action in ("disconnect", "plan", "extend"):
        answer = staffroom.post(f"/sessions/{SESSION}/{action}", reason="  no  ", plan="visitor")
        assert (422, True) == (answer.status_code, "Say why" in answer.get_data(as_text=True)), action
    assert 422 == staffroom.post("/sessions/disconnect", session=SESSION).status_code
    with reading(staffroom.database) as session:
        assert (0, 0) == (session.query(Order).count(), session.query(AuditEntry).count())


def test_another_plan_is_told_to_the_nas(staffroom: Room) -> None:
    """The grant's plan, an order to limit with its answer, the audit log with before and after."""
    with transaction(staffroom.database) as session:
        session.get_one(Plan, "visitor")
        session.add(Plan(name="staff-guest", session=28800))
    guest(staffroom)
    staffroom.tools["takes"] = lambda _kind, _client: True
    with Nas(staffroom, "ACK") as nas:
        staffroom.tools["order"] = lambda session, kind, about, now: outbox.queue(session, kind, about.id, now)
        where = staffroom.post(f"/sessions/{SESSION}/plan", reason=WHY, plan="staff-guest").location
    assert ["limit"] == nas.kinds
    assert "Other limits: ACK" in staffroom.page(where)
    with reading(staffroom.database) as session:
        assert "staff-guest" == session.get_one(Grant, GRANT).plan
        assert {"plan": ["visitor", "staff-guest"]} == session.query(AuditEntry).filter_by(action="limit").one().fields
    assert 422 == staffroom.post(f"/sessions/{SESSION}/plan", reason=WHY, plan="nothing").status_code


def test_an_hour_more(staffroom: Room) -> None:
    """The grant ends an hour later, however often it was extended; one that is over stays so."""
    guest(staffroom)
    with Nas(staffroom, "ACK"):
        staffroom.post(f"/sessions/{SESSION}/extend", reason=WHY)
        staffroom.post(f"/sessions/{SESSION}/extend", reason=WHY)
    with transaction(staffroom.database) as session:
        mine = session.get_one(Grant, GRANT)
        assert NOW + timedelta(hours=4) == mine.ends_at
        mine.ends_at = NOW
    answer = staffroom.post(f"/sessions/{SESSION}/extend", reason=WHY)
    assert (422, True) == (answer.status_code, "cannot be made longer" in answer.get_data(as_text=True))


def test_a_gateway_without_orders_is_not_asked(staffroom: Room) -> None:
    """The page offers no button, and what is posted nevertheless ends the guest's stay and says so."""
    staffroom.tools |= {"order": lambda *_: None, "takes": lambda *_: False}
    guest(staffroom)
    assert "takes no order to end a session" in staffroom.page(f"/sessions/{SESSION}")
    answer = staffroom.post(f"/sessions/{SESSION}/disconnect", reason=WHY)
    assert "takes no such order" in staffroom.page(answer.location)


def test_many_are_ended_at_once(staffroom: Room) -> None:
    """Those that are ticked and no other; each answer on one page."""
    keep(staffroom, *(accounting(staffroom, f"06h0many{number:08}", acct_session_id=f"A-{number}") for number in range(4)))
    with Nas(staffroom, "ACK"):
        answer = staffroom.post("/sessions/disconnect", session=[f"06h0many{number:08}" for number in (0, 2)] + ["nobody"], reason=WHY)
    page = staffroom.page(answer.location)
    assert [True, False, True, False] == [f">A-{number}</a>" in page for number in range(4)]
    assert 2 == page.count(">ACK<")
    with reading(staffroom.database) as session:
        assert 2 == session.query(AuditEntry).filter_by(action="disconnect", reason=WHY).count()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("site=museum", {1}),
        ("ssid=City", {2}),
        ("realm=UNI-B.example", {3}),
        ("client=other", {4}),
        ("access_point=lib-9", {5}),
        ("days=1", {0, 1, 2, 3, 4, 5}),
        ("site=muse", set()),
    ],
)
def test_filters_are_exact(staffroom: Room, query: str, shown: set[int]) -> None:
    """Each by its own, on the page of those that are online and of all."""
    changes: list[dict[str, Any]] = [
        {}, {"site": "museum"}, {"ssid": "City"}, {"realm": "uni-b.example"}, {"client": "other"}, {"access_point": "lib-9"},
        {"started_at": NOW - timedelta(days=2)},
    ]  # fmt: skip
    rows = [accounting(staffroom, f"06h0filter00000{number}", acct_session_id=f"A-{number}", **more) for number, more in enumerate(changes)]
    keep(staffroom, *rows)
    for path in ("/sessions", "/sessions/all"):
        page = staffroom.page(f"{path}?{query}")
        assert shown == {number for number in range(len(rows)) if f'href="/sessions/06h0filter00000{number}"' in page}, path


def test_those_that_ended_are_on_the_other_page(staffroom: Room) -> None:
    """Online: the open ones alone. All: by state, too."""
    keep(
        staffroom,
        accounting(staffroom),
        accounting(staffroom, "06h0ended0000001", acct_session_id="B", status=SessionStatus.ENDED, ended_at=NOW),
    )
    assert "06h0ended0000001" not in staffroom.page("/sessions")
    assert "06h0ended0000001" in staffroom.page("/sessions/all")
    assert SESSION not in staffroom.page("/sessions/all?status=ended")
    assert "/disconnect" not in staffroom.page("/sessions/06h0ended0000001")


def test_an_export_holds_no_station(staffroom: Room) -> None:
    """CSV of what the filter leaves, for those who may; no address and no name in it."""
    keep(staffroom, accounting(staffroom, realm="=cmd|' /C calc'!A0"))
    said = staffroom.get("/sessions?format=csv").get_data(as_text=True)
    assert f"\r\n{SESSION},open," in said
    assert ",'=cmd|" in said
    assert STATION not in said
    assert 403 == staffroom.get("/sessions?format=csv", Role.HELP_DESK).status_code


def test_a_session_is_masked_for_everyone(staffroom: Room) -> None:
    """Until somebody says why; the list never shows it."""
    keep(staffroom, accounting(staffroom))
    for role in (Role.CITY_ADMIN, Role.AUDITOR, Role.HELP_DESK):
        assert STATION not in staffroom.page(f"/sessions/{SESSION}", role)
    staffroom.post(f"/sessions/{SESSION}/reveal", Role.HELP_DESK, reason=WHY)
    assert STATION in staffroom.page(f"/sessions/{SESSION}", Role.HELP_DESK)
    assert STATION not in staffroom.page("/sessions", Role.HELP_DESK)
    assert STATION not in staffroom.page(f"/sessions/{SESSION}", Role.CITY_ADMIN)


def test_who_only_looks_gets_no_button(staffroom: Room) -> None:
    """An auditor sees the session, and no form that would change it."""
    keep(staffroom, accounting(staffroom))
    page = staffroom.page(f"/sessions/{SESSION}", Role.AUDITOR) + staffroom.page("/sessions", Role.AUDITOR)
    assert "/disconnect" not in page


def test_open_sessions_are_found_by_their_index(staffroom: Room) -> None:
    """A hundred thousand that ended cost the page of those that are open nothing."""
    keep(staffroom, accounting(staffroom))
    with counted(staffroom.database) as seen:
        staffroom.page("/sessions")
    asked = next(each for each in seen if "FROM session" in each and "ORDER BY" in each)
    with staffroom.desk.reading() as session:
        raw = session.connection().connection.driver_connection
        plan = " ".join(str(row[3]) for row in raw.execute(f"EXPLAIN QUERY PLAN {asked}", (51, 0)[: asked.count("?")]))
    assert "ix_session_open" in plan
