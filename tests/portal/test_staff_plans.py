"""Plans as pages: what is listed, what a form may change, what gateways are told of it, and what the simulator says of a day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from radius.nas import FAMILIES
from store import grants
from store.models import AuditEntry, Client, GuestUsage, ManagedBy, Order, OrderKind, OrderState, Period, Plan, Role, SessionStatus, Via
from store.session import reading, transaction
from tests.portal.staffroom import NOW
from tests.store import guests, rows

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

FORM = {"session": "2h", "day_data": "1 GB", "up": "2 Mbit/s", "down": "10 Mbit/s", "devices": "2", "extend.times": "2", "extend.by": "30m"}


def online(room: Room, number: int, *, used: int = 0, client: str = "library-wlc") -> str:
    """A guest whose stay runs and whose session is open; the grant's id."""
    with transaction(room.database) as session:
        grant = guests.admit(session, bytes([number]) * 16, room.time, plan="visitor", client=client)
        name = f"session-of-{number:05}"
        stay = rows.session(room.privacy.seal, name, client=client, started_at=room.time, updated_at=room.time, status=SessionStatus.OPEN)
        stay.grant_id = grant.id
        session.add(stay)
        if used:
            begins = room.time.replace(hour=4)
            row = {"begins_at": begins, "ends_at": begins + timedelta(days=1), "octets": used, "seconds": 60}
            session.add(GuestUsage(subject=grants.subject(grant), period=Period.DAY, **row))
        return grant.id


def test_a_plan_is_added_changed_and_removed(staffroom: Room) -> None:
    """Each of the three is on the page that it leads to, and in the audit log with who did it."""
    added = staffroom.post("/plans/new", name="resident", **FORM)
    assert (303, "/plans/resident") == (added.status_code, added.location.partition("?")[0])
    page = staffroom.page("/plans/resident").replace("\xa0", " ")
    assert "2 hours at a time, 1 GB a day, 10 Mbit/s down, 2 Mbit/s up, 2 devices, 30 minutes longer, up to 2 times." in page
    assert "Nobody can come under it yet" in page
    changed = staffroom.post("/plans/resident", **{**FORM, "session": "4h", "up": "", "extend.times": "", "extend.by": ""})
    assert 303 == changed.status_code
    with reading(staffroom.database) as session:
        plan = session.get_one(Plan, "resident")
    assert (14_400, None, 10**9, 0, 0) == (plan.session, plan.up, plan.day_data, plan.extend_times, plan.extend_by)
    assert "Nothing else refers to it" in staffroom.page("/plans/resident/remove")
    removed = staffroom.post("/plans/resident/remove")
    assert (303, "/plans") == (removed.status_code, removed.location.partition("?")[0])
    with reading(staffroom.database) as session:
        told = session.execute(select(AuditEntry.action, AuditEntry.actor).where(AuditEntry.object == "resident")).all()
    assert [(word, "city-admin@city.example") for word in ("add", "change", "remove")] == [tuple(row) for row in told]


MISTAKES = [
    ({"session": "two hours"}, "is no time"),
    ({"session": "0m"}, "is out of bounds"),
    ({"day_data": "1"}, "is no amount of data"),
    ({"day_data": "much"}, "is no amount of data"),
    ({"down": "10"}, "is no rate"),
    ({"down": "10 Tbit/s"}, "is no rate"),
    ({"devices": "many"}, "must be a whole number"),
    ({"devices": "9" * 400}, "It goes from"),
    ({"extend.times": "2", "extend.by": ""}, "is missing"),
    ({"name": "new"}, "page of its own"),
    ({"name": "a/simulate"}, "page of its own"),
    ({"name": ""}, "is missing"),
]


@pytest.mark.parametrize(("wrong", "said"), MISTAKES, ids=str)
def test_what_cannot_stand_comes_back_to_its_field(staffroom: Room, wrong: dict[str, str], said: str) -> None:
    """The page says it in the words of `proxeny apply`, keeps what was typed, and writes nothing."""
    answer = staffroom.post("/plans/new", **{"name": "resident", **FORM, "idle": "17m", **wrong})
    text = answer.get_data(as_text=True)
    assert (422, True, True) == (answer.status_code, said in text, "17m" in text), text
    assert 404 == staffroom.get("/plans/resident").status_code


def test_a_plan_that_a_portal_offers_stays(staffroom: Room) -> None:
    """The portal is named with its page; a removal sent all the same is refused by the network's own check."""
    online(staffroom, 1)
    page = staffroom.page("/plans/visitor/remove")
    assert [True] * 3 == [word in page for word in ("/portals/library", "Change that first", "1 session is open under it")]
    assert 409 == staffroom.post("/plans/visitor/remove").status_code
    assert 200 == staffroom.get("/plans/visitor").status_code


def test_what_the_file_declares_is_read_only_until_it_is_taken_over(staffroom: Room) -> None:
    """No form, a refusal for one that is sent all the same, and after "Take over" the form is there."""
    with transaction(staffroom.database) as session:
        session.get_one(Plan, "visitor").managed_by = ManagedBy.FILE
    page = staffroom.page("/plans/visitor")
    assert (True, False) == ("Declared in the network file" in page, 'name="day_data"' in page)
    assert 422 == staffroom.post("/plans/visitor", **FORM).status_code
    assert 303 == staffroom.post("/plans/visitor/take-over").status_code
    assert 'name="day_data"' in staffroom.page("/plans/visitor")


def test_the_page_counts_who_is_online_and_who_is_near_the_limit(staffroom: Room) -> None:
    """Stays, sessions, guests at four fifths, guests with nothing left; usage of yesterday and of other plans' guests is not in it."""
    for number, used in enumerate((0, 799_999_999, 800_000_000, 999_999_999, 10**9, 3 * 10**9), 1):
        online(staffroom, number, used=used)
    with transaction(staffroom.database) as session:
        session.add(
            GuestUsage(
                subject="nobody", period=Period.DAY, begins_at=NOW - timedelta(hours=9), ends_at=NOW + timedelta(hours=9), octets=10**12
            )
        )
    page = " ".join(staffroom.page("/plans/visitor").split())
    figures = [f'<p class="figure">{count}</p><span class="small">{words}' for count, words in FIGURES]
    assert [True] * 4 == [each in page for each in figures], page
    assert "6 sessions are open under this plan" in page


FIGURES = ((6, "sessions under"), (6, "guests who may"), (2, "have used"), (2, "wait for"))


def test_before_saving_the_page_says_whom_gateways_can_tell(staffroom: Room) -> None:
    """A generic gateway takes no new limits: its guests hear of them at the next sign-in; CoovaChilli's at once."""
    with transaction(staffroom.database) as session:
        session.add(Client(name="square", nas="coova", addresses=["198.51.100.7/32"], managed_by=ManagedBy.APP))
    for number, client in enumerate(("library-wlc", "square", "square"), 1):
        online(staffroom, number, client=client)
    page = staffroom.page("/plans/visitor")
    assert "1 session is at a gateway that cannot be told" in page
    assert "the gateways of 2 sessions are told within seconds" in page


def test_what_gateways_answered_to_a_change_is_on_the_page(staffroom: Room) -> None:
    """Told, awaited and refused since the change, with the gateway's words; orders of other causes are not counted."""
    stays = [online(staffroom, number) for number in range(1, 5)]
    staffroom.post("/plans/visitor", **{**FORM, "down": "5 Mbit/s"})
    states = (OrderState.DONE, OrderState.FAILED, OrderState.QUEUED)
    with transaction(staffroom.database) as session:
        for number, state in enumerate(states):
            session.add(order(stays[number], number + 1, state, staffroom))
        session.add(order(stays[3], 4, OrderState.DONE, staffroom, queued_at=staffroom.time - timedelta(hours=1)))
    page = staffroom.page("/plans/visitor")
    said = ("1 session told", "1 awaited", "1 refused or silent", "NAK 503", "asked, waiting", 'id="plan-told" data-live="2"')
    assert [] == [each for each in said if each not in page]


def order(grant: str, number: int, state: OrderState, room: Room, **more: Any) -> Order:
    settled = state in (OrderState.DONE, OrderState.FAILED)
    fields: dict[str, Any] = {"queued_at": room.time, "settled_at": room.time if settled else None}
    outcome, cause = ("NAK 503 Session-Context-Not-Found", 503) if state is OrderState.FAILED else ("ACK" if settled else "", None)
    row = Order(kind=OrderKind.LIMIT, via=Via.RADIUS, state=state, session_id=f"session-of-{number:05}", grant_id=grant)
    for name, value in {**fields, "outcome": outcome, "error_cause": cause, **more}.items():
        setattr(row, name, value)
    return row


def test_a_change_of_what_no_gateway_holds_tells_of_no_orders(staffroom: Room) -> None:
    """The length of a stay and the number of devices count from the next sign-in: no section of answers."""
    online(staffroom, 1)
    staffroom.post("/plans/visitor", **{**FORM, "session": "1h", "devices": "5"})
    assert "plan-told" not in staffroom.page("/plans/visitor")


def test_a_new_plan_from_another_one_has_its_values(staffroom: Room) -> None:
    """All but the name: that is how those who are online keep what they were told."""
    page = staffroom.page("/plans/new?from=visitor")
    assert [True] * 3 == [each in page for each in ('value="2h"', 'value="10 Mbit/s"', 'name="name" value=""')]
    assert 200 == staffroom.get("/plans/new?from=nobody").status_code


def test_the_simulator_says_who_holds_what_for_every_family(staffroom: Room) -> None:
    """All seventeen, each with every limit somewhere; the overshoot in numbers: 12 Mbit/s for five minutes are 450 MB."""
    page = staffroom.post("/plans/visitor/simulate", **FORM, family="*").get_data(as_text=True).replace("\xa0", " ")
    assert len(FAMILIES) <= page.count("<h3>")
    section = page.partition('<h2 id="families">')[2].partition("</section>")[0]
    assert len(FAMILIES) == section.count("<h3>")
    assert "up to 5 minutes late, and up to 450 MB too much" in section
    assert "at 50 Mbit/s that is 1.8 GB" in section
    assert "Hears of other limits at the guest’s next sign-in, and nobody can end a session there" in section


def test_the_simulator_takes_what_is_not_saved(staffroom: Room) -> None:
    """Typed values, of a plan that is kept or of a new one; nothing is written, and what is wrong comes back to its field."""
    for where in ("visitor", "new"):
        page = staffroom.post(f"/plans/{where}/simulate", **{**FORM, "day_data": "77 MB"}).get_data(as_text=True)
        assert "77\xa0MB a day" in page
    with reading(staffroom.database) as session:
        assert 10**9 == session.get_one(Plan, "visitor").day_data
    wrong = staffroom.post("/plans/new/simulate", **{**FORM, "day_data": "much"})
    assert (422, True) == (wrong.status_code, "is no amount of data" in wrong.get_data(as_text=True))
    assert 404 == staffroom.get("/plans/new/simulate").status_code


DAYS = [
    ({"visits": "0"}, "whole number"),
    ({"visits": "9" * 30}, "whole number"),
    ({"minutes": "a"}, "whole number"),
    ({"visits": "24", "minutes": "1000"}, "do not fit"),
    ({"day": "tomorrow"}, "That is no day"),
    ({"day": "2026-02-30"}, "That is no day"),
]


@pytest.mark.parametrize(("wrong", "said"), DAYS, ids=str)
def test_a_day_that_cannot_be_is_refused(staffroom: Room, wrong: dict[str, str], said: str) -> None:
    """By its field, in words."""
    day = {"visits": "3", "minutes": "60", "megabytes": "300", "devices_used": "1", "account": "on", "day": "2026-03-08"}
    answer = staffroom.post("/plans/visitor/simulate", **{**FORM, **day, **wrong})
    assert (422, True) == (answer.status_code, said in answer.get_data(as_text=True))


def test_a_guests_day_is_told_with_the_night_when_clocks_change(staffroom: Room) -> None:
    """Eight hours at 400 MB in each of three: cut when the gigabyte is gone, back at local midnight; 23 hours."""
    day = {"visits": "3", "minutes": "180", "megabytes": "400", "devices_used": "3", "account": "on", "day": "2026-03-08"}
    page = staffroom.post("/plans/visitor/simulate", **{**FORM, **day}).get_data(as_text=True).replace("\xa0", " ").replace("\u202f", " ")
    said = (
        "Clocks change: this day has 23 hours",
        "Only 2 devices get in",
        "Your time is up",
        "Today’s data is used up",
        "more from Mon, Mar 9, 12:00 a.m.",
    )
    assert [] == [each for each in said if each not in page]


@pytest.mark.parametrize("role", [Role.NETWORK_OPS, Role.AUDITOR])
def test_who_may_not_change_sees_no_form(staffroom: Room, role: Role) -> None:
    """Network operations edit; the auditor looks and simulates."""
    page = staffroom.page("/plans/visitor", role)
    assert (role is Role.NETWORK_OPS) == ('name="day_data"' in page)
    assert 200 == staffroom.post("/plans/visitor/simulate", role, **FORM).status_code


def test_a_change_is_undone_by_its_link(staffroom: Room) -> None:
    """As every entry of the network."""
    changed = staffroom.post("/plans/visitor", **{**FORM, "down": "1 Mbit/s"})
    assert "undo=plan" in changed.location
