"""Staff's own pages: added by a link that is shown once, given another role, disabled; and who may not be."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from portal.admin.desk import counted
from portal.admin.roles import PERMISSIONS, ROLES
from portal.permissions import ALLOWED, Permission
from store import staff as people
from store import staff_roles
from store.models import AuditEntry, Role, Source, Staff, StaffLink, StaffSession
from store.session import reading, transaction
from store.staff_roles import Stays

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

HERE = "/staff/of/desk@city.example"


@pytest.fixture
def desk(staffroom: Room) -> Room:
    """A help desk's person, signed in somewhere."""
    staffroom.client(Role.HELP_DESK)
    with transaction(staffroom.database) as session:
        session.scalars(select(Staff).where(Staff.role == Role.HELP_DESK)).one().name = "desk@city.example"
    return staffroom


def one(room: Room, name: str = "desk@city.example") -> Staff:
    with reading(room.database) as session:
        return session.scalars(select(Staff).where(Staff.name == name)).one()


def told(room: Room, name: str = "desk@city.example") -> list[tuple[str, dict[str, list[object]]]]:
    """What the audit log says was done to them."""
    with reading(room.database) as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.kind == "staff", AuditEntry.object == name).order_by(AuditEntry.id))
        return [(row.action, row.fields) for row in rows]


def test_who_is_added_gets_a_link_that_is_shown_once(staffroom: Room) -> None:
    """The link opens; no other page has it; what the audit log says of it is that it was made."""
    answer = staffroom.post("/staff/new", name="New@City.example", shown="Somebody", email="ops@city.example", becomes="network-ops")
    page = answer.get_data(as_text=True)
    link = re.search(r"http://staff\.city\.example/setup/([\w-]{43})", page)
    assert (200, True) == (answer.status_code, link is not None)
    assert link is not None
    with reading(staffroom.database) as session:
        found = people.invited(session, link[1], staffroom.time)
    assert found is not None
    assert ("new@city.example", Role.NETWORK_OPS, "Somebody", Source.LOCAL) == (found.name, found.role, found.shown, found.source)
    assert [] == [path for path in ("/staff", "/staff/of/new@city.example", "/audit") if link[1] in staffroom.page(path)]
    assert [("add", {"role": [None, "network-ops"], "link": [None, "made"]})] == told(staffroom, "new@city.example")


@pytest.mark.parametrize("name", ["", "x", "жук", "a b", "desk@city.example", "DESK@city.example", "-x"])
def test_a_name_that_cannot_be_is_refused_in_words(desk: Room, name: str) -> None:
    """No name, or somebody's already: what was typed is still there, and nobody was added."""
    answer = desk.post("/staff/new", name=name, becomes="auditor", shown="Kept")
    page = answer.get_data(as_text=True)
    assert (422, True, True) == (answer.status_code, 'aria-invalid="true"' in page, 'value="Kept"' in page)
    with reading(desk.database) as session:
        assert 2 == len(people.everyone(session))


@pytest.mark.parametrize("role", ["", "business-owner", "venue-staff", "root"])
def test_a_role_that_has_nothing_here_is_given_to_nobody(desk: Room, role: str) -> None:
    """The roles of the business app, and those that do not exist."""
    assert 400 == desk.post("/staff/new", name="someone", becomes=role).status_code
    assert 400 == desk.post(f"{HERE}/role", becomes=role).status_code
    assert Role.HELP_DESK is one(desk).role


def test_another_role_counts_at_once(desk: Room) -> None:
    """The next page that they open is that of the new role; the change is in the log, and none where it is the same."""
    assert 403 == desk.get("/sites", Role.HELP_DESK).status_code
    assert 303 == desk.post(f"{HERE}/role", becomes="network-ops").status_code
    assert 200 == desk.get("/sites", Role.HELP_DESK).status_code
    assert 303 == desk.post(f"{HERE}/role", becomes="network-ops").status_code
    assert [("role", {"role": ["help-desk", "network-ops"]})] == told(desk)


def test_who_is_disabled_is_out_at_once_and_may_come_back(desk: Room) -> None:
    """Signed out everywhere, their link void; enabled again, they sign in as before."""
    with transaction(desk.database) as session:
        secret = people.link(session, session.get_one(Staff, one(desk).id), desk.time)
    assert 303 == desk.post(f"{HERE}/disable").status_code
    with reading(desk.database) as session:
        assert [] == session.scalars(select(StaffSession.id).where(StaffSession.staff_id == one(desk).id)).all()
        assert None is people.invited(session, secret, desk.time)
    assert "/sign-in" in (desk.get("/prove", Role.HELP_DESK).location or "")
    assert "disabled" in desk.page(HERE)
    assert 409 == desk.post(f"{HERE}/link").status_code
    assert 303 == desk.post(f"{HERE}/enable").status_code
    assert (None, ["disable", "enable"]) == (one(desk).disabled_at, [action for action, _ in told(desk)])


def test_a_new_link_voids_the_one_before(desk: Room) -> None:
    """Whoever lost everything gets one; two of them are one too many."""
    links = [re.findall(r"/setup/([\w-]{43})", desk.post(f"{HERE}/link").get_data(as_text=True))[0] for _ in range(2)]
    with reading(desk.database) as session:
        assert [None, one(desk).id] == [(found := people.invited(session, link, desk.time)) and found.id for link in links]
        assert 1 == len(session.scalars(select(StaffLink.digest)).all())
    assert ["link", "link"] == [action for action, _ in told(desk)]


def test_somebody_is_signed_out_everywhere(desk: Room) -> None:
    """They have to sign in again; whoever pressed the button does not."""
    assert 303 == desk.post(f"{HERE}/sign-out").status_code
    assert "/sign-in" in (desk.get("/prove", Role.HELP_DESK).location or "")
    assert 200 == desk.get("/staff").status_code


def test_nobody_changes_what_they_are_themselves(staffroom: Room) -> None:
    """Neither their role, nor whether they may work here, nor a link that would skip their second factor."""
    staffroom.staff(Role.CITY_ADMIN, "other@city.example")
    own = "/staff/of/city-admin@city.example"
    answers = [staffroom.post(f"{own}/{deed}", becomes="auditor").status_code for deed in ("role", "disable", "link")]
    assert ([409, 409, 409], Role.CITY_ADMIN, None) == (
        answers, (me := one(staffroom, "city-admin@city.example")).role, me.disabled_at,
    )  # fmt: skip
    assert "This is you" in staffroom.page(own)


def test_the_last_city_admin_stays_one(staffroom: Room) -> None:
    """Whoever asks: there must be one who can sign in. One who is disabled is none."""
    first, second = (staffroom.staff(Role.CITY_ADMIN, f"{name}@city.example") for name in ("a", "b"))
    with transaction(staffroom.database) as session:
        assert None is staff_roles.disable(session, session.get_one(Staff, second), first, staffroom.time)
    with transaction(staffroom.database) as session:
        last = session.get_one(Staff, first)
        assert Stays.LAST is staff_roles.change(session, last, Role.AUDITOR, second)
        assert Stays.LAST is staff_roles.disable(session, last, second, staffroom.time)
        assert None is staff_roles.change(session, last, Role.CITY_ADMIN, second)
        assert (Role.CITY_ADMIN, None) == (last.role, last.disabled_at)


def test_two_admins_cannot_demote_each_other_at_once(staffroom: Room) -> None:
    """Of two who do so at the same moment, one is refused."""
    names = [staffroom.staff(Role.CITY_ADMIN, f"{name}@city.example") for name in ("a", "b")]
    outcomes: list[Stays | None] = []

    def demote(whom: str, by: str) -> None:
        with transaction(staffroom.database) as session:
            outcomes.append(staff_roles.change(session, session.get_one(Staff, whom), Role.AUDITOR, by))

    threads = [threading.Thread(target=demote, args=pair) for pair in (names, names[::-1])]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert {None, Stays.LAST} == set(outcomes)


def test_the_role_of_somebody_whom_others_vouch_for_is_theirs_to_say(desk: Room) -> None:
    """It is read again at each sign-in: changing it here would not last. Disabling does."""
    with transaction(desk.database) as session:
        session.get_one(Staff, one(desk).id).source = Source.DIRECTORY
    assert 409 == desk.post(f"{HERE}/role", becomes="auditor").status_code
    assert (Role.HELP_DESK, 303) == (one(desk).role, desk.post(f"{HERE}/disable").status_code)


@pytest.mark.parametrize("path", [f"{HERE}/{deed}" for deed in ("role", "disable", "enable", "link", "sign-out")] + ["/staff/new"])
def test_each_change_asks_for_a_fresh_proof(desk: Room, path: str) -> None:
    """Eleven minutes after the last proof every one of them leads to the page that asks for it, and nothing is done."""
    token = desk.token()
    desk.later(minutes=11)
    answer = desk.post(path, token=token, becomes="auditor", name="somebody@city.example")
    assert (303, True) == (answer.status_code, answer.location.startswith("/prove?next="))
    assert [] == told(desk)
    with reading(desk.database) as session:
        assert 2 == len(people.everyone(session))


def test_the_list_tells_who_can_sign_in(desk: Room) -> None:
    """By role, state and the begin of a name; with their second factors and browsers in as many statements for more."""
    assert "invited" in desk.page("/staff?q=desk")
    assert "desk@city.example" not in desk.page("/staff?q=esk").split("<main")[1]
    assert "desk@city.example" in desk.page("/staff?state=invited&role=help-desk")
    assert "desk@city.example" not in desk.page("/staff?state=active").split("<main")[1]
    with counted(desk.database) as few:
        desk.page("/staff")
    for number in range(20):
        desk.staff(Role.AUDITOR, f"guest-{number:03}@example.org")
    with counted(desk.database) as many:
        desk.page("/staff")
    assert len(few) == len(many)


def test_nobody_is_found_by_a_name_that_nobody_has(staffroom: Room) -> None:
    """404, and not a word of whose it might be."""
    assert 404 == staffroom.get("/staff/of/nobody").status_code == staffroom.post("/staff/of/nobody/disable").status_code


def test_the_table_of_roles_is_the_one_that_counts(staffroom: Room) -> None:
    """As many a "yes" as the table gives, in every row; every role and permission has its words."""
    page = staffroom.page("/staff/roles")
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th>(.*?)</tr>", page)
    offered = [role for role in Role if ALLOWED[role]]
    assert [(str(PERMISSIONS[each]), sum(each in ALLOWED[role] for role in offered)) for each in Permission] == [
        (said, cells.count("yes")) for said, cells in rows
    ]
    assert (set(Role), set(Permission)) == (set(ROLES), set(PERMISSIONS))
