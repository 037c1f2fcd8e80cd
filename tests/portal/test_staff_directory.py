"""Staff whom the city's directory knows, against a real slapd: who comes in as what, who does not, and what is asked of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from portal.admin.central import PLACES, Central
from store import staff as people
from store.directory import Directory
from store.faults import StoreError
from store.models import AuditEntry, Role, Source, Staff
from store.session import reading, transaction
from tests.peers import slapd
from tests.peers.slapd import AUDIT, BASE, NETWORK, STAFF
from tests.portal.visitor import Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.test import TestResponse

    from tests.portal.staffroom import Room

pytestmark = pytest.mark.peer("slapd")
GROUPS = {NETWORK.upper(): Role.NETWORK_OPS, STAFF: Role.HELP_DESK, AUDIT: Role.AUDITOR}  # in this order


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[slapd.Slapd]:
    with slapd.running(tmp_path_factory.mktemp("slapd") / "city") as running:
        yield running


@pytest.fixture
def door(staffroom: Room, city: slapd.Slapd) -> Iterator[Visitor]:
    """A browser at the door of a staff app that asks the directory, and nothing more than that."""
    directory = Directory(city.reach(filter="(|(uid={user})(cn={user}))"))
    staffroom.tools["central"] = Named(Central(directory, GROUPS, second=False))
    yield Visitor(staffroom)
    directory.close()


@dataclass
class Named:
    """What the settings name, for now."""

    central: Central

    def __call__(self) -> Central:
        return self.central


def mapped(room: Room, central: Central) -> None:
    """The settings name this from now on."""
    room.tools["central"].central = central


def sign_in(door: Visitor, name: str = "ada", password: str = slapd.PASSWORD, **form: str) -> TestResponse:
    door.get("/sign-in")
    return door.post("/sign-in/directory", name=name, password=password, **form)


def everyone(room: Room) -> dict[str, Staff]:
    with reading(room.database) as session:
        return {each.name: each for each in people.everyone(session)}


def change(room: Room, who: str, **fields: object) -> None:
    with transaction(room.database) as session:
        found = session.scalars(select(Staff).where(Staff.name == who)).one()
        for key, value in fields.items():
            setattr(found, key, value)


def test_who_is_in_a_group_comes_in_with_its_role(door: Visitor) -> None:
    """With the directory's password; the row has no password of ours, and what the directory says of them."""
    answer = sign_in(door, next="/staff")
    assert (303, "/staff") == (answer.status_code, answer.location)
    assert 200 == door.get("/me").status_code
    ada = everyone(door.room)["ada"]
    assert (Role.HELP_DESK, Source.DIRECTORY, "", "Ada", "guest-017@example.org") == (
        ada.role, ada.source, ada.password, ada.shown, ada.email,
    )  # fmt: skip
    with reading(door.room.database) as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert ("ada", "sign-in", {"by": [None, "directory"]}) == (entry.actor, entry.action, entry.fields)


@pytest.mark.parametrize(("order", "role"), [([NETWORK, STAFF], Role.NETWORK_OPS), ([STAFF, NETWORK], Role.HELP_DESK)])
def test_the_first_group_of_the_settings_counts(door: Visitor, order: list[str], role: Role) -> None:
    """Somebody in both has the role of the one that is written first."""
    roles = {NETWORK: Role.NETWORK_OPS, STAFF: Role.HELP_DESK}
    central = door.room.tools["central"]()
    with transaction(door.room.database) as session:
        session.add(Staff(name="star", source=Source.DIRECTORY, subject="another", role=Role.AUDITOR, created_at=door.room.time))
    found = replace(central, groups={name: roles[name] for name in order}).by_password("star*", slapd.PASSWORD)
    assert role is found[1]


UNKNOWN = [("ada", "wrong"), *((name, slapd.PASSWORD) for name in ("nobody", "*", slapd.LOCKED, slapd.TWINS, ""))]


@pytest.mark.parametrize(("name", "password"), UNKNOWN)
def test_who_is_not_known_is_told_the_same(door: Visitor, name: str, password: str) -> None:
    """Wrong, unknown, locked or two of them: one page for all, and no row."""
    answer = sign_in(door, name, password)
    assert (403, True) == (answer.status_code, "do not belong together" in door.page)
    assert ({}, "") == (everyone(door.room), door.cookie())


def test_no_password_is_no_password(door: Visitor, city: slapd.Slapd) -> None:
    """A bind without one would succeed and prove nothing: the directory is not even asked (RFC 4513, 5.1.2)."""
    before = city.searches.count("BIND dn")
    assert 403 == sign_in(door, "ada", "").status_code
    assert (before, "") == (city.searches.count("BIND dn"), door.cookie())


def test_who_is_in_no_group_is_refused_in_words(door: Visitor) -> None:
    """The password is right; they are told that it is the groups."""
    mapped(door.room, replace(door.room.tools["central"](), groups={NETWORK: Role.NETWORK_OPS}))
    assert (403, True, {}) == (sign_in(door).status_code, "none of your groups" in door.page, everyone(door.room))
    with reading(door.room.database) as session:
        (entry,) = session.scalars(select(AuditEntry)).all()
    assert ("sign-in refused", "ada", [None, "roleless"]) == (entry.action, entry.object, entry.fields["why"])


def test_the_role_is_read_anew_at_each_sign_in(door: Visitor) -> None:
    """Another group, another role; none any more, and they are out wherever they are."""
    central = door.room.tools["central"]()
    sign_in(door)
    mapped(door.room, replace(central, groups={STAFF: Role.AUDITOR}))
    again = Visitor(door.room)
    sign_in(again)
    assert Role.AUDITOR is everyone(door.room)["ada"].role
    mapped(door.room, replace(central, groups={NETWORK: Role.NETWORK_OPS}))
    assert 403 == sign_in(Visitor(door.room)).status_code
    assert ["/sign-in?next=%2Fme"] * 2 == [each.get("/me").location for each in (door, again)]


def test_who_is_disabled_here_stays_disabled(door: Visitor) -> None:
    """Whatever the directory says: they are told so, and their role is not touched."""
    sign_in(door)
    change(door.room, "ada", disabled_at=door.room.time, role=Role.AUDITOR)
    assert (403, True) == (sign_in(Visitor(door.room)).status_code, "/sign-in" in (door.get("/me").location or ""))
    found = everyone(door.room)["ada"]
    assert (Role.AUDITOR, True) == (found.role, found.disabled_at is not None)


def test_somebody_elses_name_is_not_taken(door: Visitor) -> None:
    """Who signs in here by a password of ours keeps the name, and the directory's person is told."""
    door.room.staff(Role.CITY_ADMIN, "ada")
    assert (403, True) == (sign_in(door).status_code, "somebody else’s here" in door.page)
    assert Source.LOCAL is everyone(door.room)["ada"].source


def test_a_name_that_staff_cannot_have_is_refused_in_words(door: Visitor) -> None:
    """Names stand in lists, links and the log: they are plain."""
    assert (403, True) == (sign_in(door, "élodie").status_code, "cannot be used here" in door.page)


def test_a_renamed_person_is_the_same(door: Visitor) -> None:
    """Who they are is the directory's own key, not what they typed: one row, by the new name, or by the old where that is taken."""
    sign_in(door)
    change(door.room, "ada", name="ada-before")
    sign_in(Visitor(door.room))
    assert ["ada"] == list(everyone(door.room))
    change(door.room, "ada", name="ada-before")
    door.room.staff(Role.CITY_ADMIN, "ada")
    assert 303 == sign_in(Visitor(door.room)).status_code
    assert {"ada": Source.LOCAL, "ada-before": Source.DIRECTORY} == {name: each.source for name, each in everyone(door.room).items()}


def test_a_second_factor_of_ours_is_asked_for_too(door: Visitor) -> None:
    """Unless the settings say otherwise: set up at the first sign-in, asked for at the next; the password alone opens nothing."""
    mapped(door.room, replace(door.room.tools["central"](), second=True))
    assert "/setup" == sign_in(door).location
    assert 303 == door.get("/staff").status_code
    door.get("/setup")
    door.read_key()
    assert (200, 10) == (door.post("/setup", code=door.otp()).status_code, len(door.codes))
    assert 200 == door.get("/me").status_code
    door.room.later(minutes=1)
    other = Visitor(door.room)
    assert "/sign-in/second" == sign_in(other).location
    assert "/sign-in/second" == other.get("/me").location
    other.secret = door.secret
    other.get("/sign-in/second")
    assert 303 == other.post("/sign-in/second", code=other.otp()).status_code
    assert 200 == other.get("/me").status_code


def test_a_passkey_alone_is_not_the_directorys_word(door: Visitor) -> None:
    """A passkey of ours is their second factor; by itself it would let in whom the directory knows no more."""
    mapped(door.room, replace(door.room.tools["central"](), second=True))
    sign_in(door)
    door.get("/setup")
    assert 200 == door.post("/setup/passkey", credential=door.key.make(door.options("/setup/challenge"))).status_code
    other = Visitor(door.room, key=door.key)
    other.get("/sign-in")
    shown = other.key.show(other.options("/sign-in/challenge"))
    assert (403, "") == (other.post("/sign-in/passkey", credential=shown).status_code, other.cookie())


def test_no_link_lets_them_in(door: Visitor) -> None:
    """Neither one that is made for them, nor one from before; an admin can forget a second factor that they lost instead."""
    mapped(door.room, replace(door.room.tools["central"](), second=True))
    with transaction(door.room.database) as session:
        _, secret = people.invite(session, "ada", Role.AUDITOR, door.room.time)
    change(door.room, "ada", source=Source.DIRECTORY, subject="s", totp=b"sealed")
    assert 404 == door.get(f"/setup/{secret}").status_code
    with transaction(door.room.database) as session, pytest.raises(StoreError, match="never by a link"):
        people.link(session, session.scalars(select(Staff).where(Staff.name == "ada")).one(), door.room.time)
    assert 409 == door.room.post("/staff/of/ada/link").status_code
    assert 303 == door.room.post("/staff/of/ada/second-factor").status_code
    assert None is everyone(door.room)["ada"].totp


def test_a_fresh_proof_is_the_directorys_password(door: Visitor) -> None:
    """Ten minutes after the last, where no second factor of ours is asked for; a wrong one, and somebody else's, are none."""
    mapped(door.room, replace(door.room.tools["central"](), groups={STAFF: Role.CITY_ADMIN}))
    sign_in(door)
    door.room.later(minutes=11)
    assert "/prove?next=%2Fstaff%2Fnew" == door.get("/staff/new").location
    door.get("/prove?next=/staff/new")
    assert 'action="/prove/directory"' in door.page
    assert 403 == door.post("/prove/directory", password="wrong", next="/staff/new").status_code
    door.get("/prove?next=/staff/new")
    done = door.post("/prove/directory", password=slapd.PASSWORD, next="/staff/new")
    assert (303, "/staff/new", 200) == (done.status_code, done.location, door.get("/staff/new").status_code)


def test_who_guesses_is_kept_waiting(door: Visitor) -> None:
    """After some tries none is looked at for a while, the right one neither: the directory locks nobody for a stranger's sake."""
    answers = [sign_in(door, "ada", "wrong").status_code for _ in range(12)]
    assert 429 == answers[-1]
    assert 429 == sign_in(door).status_code
    assert re.search(r"Try again in \d+ second", door.page)


def test_a_directory_that_is_away_is_said_to_be(door: Visitor) -> None:
    """Nobody is blamed for it: 503, and what else is possible."""
    mapped(door.room, Central(Directory(slapd_gone()), GROUPS))
    assert (503, True) == (sign_in(door).status_code, "does not answer" in door.page)


def test_only_some_threads_wait_for_the_directory(door: Visitor) -> None:
    """Who comes while as many wait as may is told so at once, and the pages of the others go on."""
    central = door.room.tools["central"]()
    held = [central.places.acquire(blocking=False) for _ in range(PLACES)]
    assert ([True] * PLACES, 503) == (held, sign_in(door).status_code)
    for _ in held:
        central.places.release()
    assert 303 == sign_in(door).status_code


def slapd_gone() -> slapd.Reach:
    return slapd.Reach(uri="ldap://127.0.0.1:1", base=BASE, timeout=0.5)


def test_without_the_setting_there_is_no_such_door(staffroom: Room) -> None:
    """No button, no page."""
    door = Visitor(staffroom)
    assert "/sign-in/directory" not in door.get("/sign-in").get_data(as_text=True)
    assert 404 == door.post("/sign-in/directory", name="ada", password="x").status_code
