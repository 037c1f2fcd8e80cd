"""The ways into the business app: a link by mail, the password, the invitation; and that each opens this app alone."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from portal.admin import passwords
from portal.admin.desk import counted
from store import staff as people
from store.models import AuditEntry, LinkPurpose, Passkey, Role, Staff, StaffLink, StaffSession, Step
from store.session import reading, transaction
from tests.portal.mail import sent
from tests.portal.shoproom import URL, A, Person
from tests.portal.softkey import SoftKey
from tests.portal.staffroom import Room

if TYPE_CHECKING:
    from tests.portal.shoproom import ShopRoom

PASSWORD = "harbour lantern cinnamon"
OWNER = Person.OWNER_A


def mailed(city: ShopRoom) -> list[tuple[str, str]]:
    """(to, text) of every mail that waits."""
    return [(each.to, each.text) for each in sent(city)]


def ask(city: ShopRoom, address: str = OWNER.value, **more: str) -> tuple[int, str]:
    answer = city.post("/sign-in/link", None, address=address, **more)
    return answer.status_code, answer.get_data(as_text=True)


def link(city: ShopRoom) -> str:
    """The path of the link that was mailed last."""
    return re.findall(rf"{URL}(/\S+)", mailed(city)[-1][1])[-1]


def secret(city: ShopRoom, purpose: LinkPurpose = LinkPurpose.SIGN_IN, name: str = OWNER.value) -> str:
    with transaction(city.database) as session:
        staff = people.named(session, name)
        assert staff is not None
        make = people.link if purpose is LinkPurpose.SETUP else people.sign_in_link
        return make(session, staff, city.time)


def signed_in(city: ShopRoom, name: str = OWNER.value) -> list[Step]:
    with reading(city.database) as session:
        return list(session.scalars(select(StaffSession.step).join(Staff, Staff.id == StaffSession.staff_id).where(Staff.name == name)))


def test_a_link_is_asked_for_looked_at_and_used_once(shoproom: ShopRoom) -> None:
    """The mail's link shows a button, however often it is looked at; the button signs in, and then it is gone."""
    assert 200 == ask(shoproom, next=f"/shops/{A}/adverts")[0]
    assert [OWNER.value] == [to for to, _ in mailed(shoproom)]
    there = link(shoproom)
    assert [200, 200, []] == [*(shoproom.get(there, None).status_code for _ in range(2)), signed_in(shoproom)]
    browser = shoproom.client(None)
    answer = browser.post(there, base_url=URL, data={"token": shoproom.token(None)}, headers={"Origin": URL})
    assert (303, f"/shops/{A}/adverts", [Step.WHOLE]) == (answer.status_code, answer.location, signed_in(shoproom))
    assert 200 == browser.get(f"/shops/{A}/", base_url=URL).status_code
    assert [404, 404] == [shoproom.get(there, None).status_code, shoproom.post(there, None).status_code]


def test_a_link_ends_after_fifteen_minutes(shoproom: ShopRoom) -> None:
    """What lies in a mailbox for longer opens nothing."""
    there = f"/sign-in/link/{secret(shoproom)}"
    shoproom.later(minutes=15)
    assert [404, 404, []] == [shoproom.get(there, None).status_code, shoproom.post(there, None).status_code, signed_in(shoproom)]


def test_nothing_tells_whose_address_it_is(shoproom: ShopRoom) -> None:
    """The same words for a member, a stranger, and staff of the city; and mail for the member alone."""
    with transaction(shoproom.database) as session:
        session.add(Staff(name="ops@city.example", email="ops@city.example", role=Role.CITY_ADMIN, created_at=shoproom.time))
    asked = [ask(shoproom, each) for each in (OWNER.value, "nobody@example.org", "ops@city.example")]
    assert [200] * 3 == [status for status, _ in asked]
    assert 1 == len({re.sub(r"[A-Z0-9]{3}-[A-Z0-9]{3}|[0-9a-f]{32}", "", text) for _, text in asked})
    assert [OWNER.value] == [to for to, _ in mailed(shoproom)]
    with reading(shoproom.database) as session:
        assert {*(person.value for person in Person), "ops@city.example"} == set(session.scalars(select(Staff.name)))
        assert [OWNER.value] == list(session.scalars(select(AuditEntry.object)))


def test_what_a_stranger_asks_costs_what_a_member_asks(shoproom: ShopRoom) -> None:
    """As many statements that write, of the same kind, and one transaction each: no clock tells them apart."""
    ask(shoproom, Person.VENUE_A.value)  # the first of all makes the keys
    costs = []
    for address in (OWNER.value, "nobody@example.org"):
        with counted(shoproom.database) as seen:
            ask(shoproom, address)
        costs.append(Counter(each.split()[0] for each in seen if each.startswith(("INSERT", "SAVEPOINT", "COMMIT"))))
    assert (costs[0]["SAVEPOINT"], costs[0]["INSERT"] + 1) == (costs[1]["SAVEPOINT"], costs[1]["INSERT"])  # the strangers' count


def test_nobodys_mailbox_is_filled(shoproom: ShopRoom) -> None:
    """Three mails in a quarter of an hour, ten a day; and one address asks twenty times an hour."""
    for _ in range(4):
        ask(shoproom)
    assert 3 == len(mailed(shoproom))
    for _ in range(4):
        shoproom.later(minutes=20)
        for _ in range(3):
            ask(shoproom)
    assert 10 == len(mailed(shoproom))
    statuses = [ask(shoproom, f"guest-{number:03}@example.org")[0] for number in range(30)]
    assert 429 in statuses


def test_what_is_no_address_is_told_at_its_field(shoproom: ShopRoom) -> None:
    """Without a word of whose it might be."""
    status, text = ask(shoproom, "miller")
    assert (422, True, []) == (status, "That is no e-mail address." in text, mailed(shoproom))


@pytest.mark.parametrize("mails", [True, False])
def test_without_mail_there_is_the_password(shoproom: ShopRoom, mails: bool) -> None:
    """Nobody is offered a link that cannot be sent."""
    shoproom.office = replace(shoproom.office, mails=mails)
    assert mails is ('action="/sign-in/link"' in shoproom.page("/sign-in", None))
    assert (200 if mails else 404) == ask(shoproom)[0]


def test_whoever_has_a_second_factor_is_asked_for_it_after_the_link(shoproom: ShopRoom) -> None:
    """A mailbox alone does not open what its owner wanted closed."""
    with transaction(shoproom.database) as session:
        row = session.get_one(Staff, shoproom.people[OWNER])
        row.totp = shoproom.privacy.sealed(b"JBSWY3DPEHPK3PXP", "staff", row.id, "totp")
    answer = shoproom.post(f"/sign-in/link/{secret(shoproom)}", None)
    assert ("/sign-in/second", [Step.SECOND]) == (answer.location, signed_in(shoproom))


@pytest.mark.usefixtures("light")
def test_an_invitation_asks_for_a_password_and_nothing_else(shoproom: ShopRoom) -> None:
    """Then they are in, offered a passkey; the link is gone, and the password signs in alone."""
    there = f"/setup/{secret(shoproom, LinkPurpose.SETUP)}"
    assert "Choose a password" in shoproom.page(there, None)
    answer = shoproom.post(there, None, password=PASSWORD, again=PASSWORD)
    assert (303, "/welcome", [Step.WHOLE]) == (answer.status_code, answer.location, signed_in(shoproom))
    assert 404 == shoproom.get(there, None).status_code
    again = shoproom.post("/sign-in", None, name=OWNER.value, password=PASSWORD)
    assert (303, "/") == (again.status_code, again.location)
    with reading(shoproom.database) as session:
        actions = [row.action for row in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert ["change", "sign-in", "sign-in"] == actions


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize("purpose", list(LinkPurpose))
def test_a_link_of_staff_opens_nothing_here(shoproom: ShopRoom, purpose: LinkPurpose) -> None:
    """Where a password is enough nobody of the city sets one, nor signs in: the second factor would be passed by."""
    with transaction(shoproom.database) as session:
        session.add(Staff(name="ops@city.example", role=Role.CITY_ADMIN, created_at=shoproom.time))
    held = secret(shoproom, purpose, "ops@city.example")
    for there in (f"/setup/{held}", f"/sign-in/link/{held}"):
        assert 404 == shoproom.get(there, None).status_code
        assert 404 == shoproom.post(there, None, password=PASSWORD, again=PASSWORD).status_code
    assert [] == signed_in(shoproom, "ops@city.example")
    with reading(shoproom.database) as session:
        assert [None] == list(session.scalars(select(StaffLink.used_at)))


@pytest.mark.usefixtures("light")
def test_a_setup_link_signs_nobody_in_and_a_sign_in_link_sets_nothing_up(shoproom: ShopRoom) -> None:
    """Each is good for what it was made for."""
    setup, sign_in = secret(shoproom, LinkPurpose.SETUP), secret(shoproom)
    crossed = [f"/sign-in/link/{setup}", f"/setup/{sign_in}"]
    assert [404, 404] == [shoproom.post(there, None, password=PASSWORD, again=PASSWORD).status_code for there in crossed]


@pytest.mark.usefixtures("light")
def test_passwords_of_staff_open_nothing_here(shoproom: ShopRoom) -> None:
    """Another role, another app."""
    with shoproom.app.test_request_context(), transaction(shoproom.database) as session:
        weighed = passwords.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
        session.add(Staff(name="ops@city.example", role=Role.CITY_ADMIN, password=weighed, created_at=shoproom.time))
    answer = shoproom.post("/sign-in", None, name="ops@city.example", password=PASSWORD)
    assert (403, []) == (answer.status_code, signed_in(shoproom, "ops@city.example"))


def test_a_session_is_worth_nothing_at_the_other_door(shoproom: ShopRoom) -> None:
    """Nobody carries a cookie from one app into the other: to both of them its owner is nobody."""
    staff = Room(shoproom.folder, shoproom.database, shoproom.privacy, shoproom.time)
    theirs = staff.client(Role.CITY_ADMIN).get_cookie("proxeny-staff", domain="staff.city.example")
    ours = shoproom.client(OWNER).get_cookie("proxeny-business", domain="shops.city.example")
    assert theirs is not None
    assert ours is not None
    for room, name, value in ((shoproom, "proxeny-business", theirs.value), (staff, "proxeny-staff", ours.value)):
        browser = room.client(None)
        browser.set_cookie(name, value, domain=room.office.url.removeprefix("http://"))
        for path in ("/", "/me", f"/shops/{A}/"):
            answer = browser.get(path, base_url=room.office.url)
            assert answer.status_code in (303, 404), path
            assert (answer.location or "/sign-in").startswith("/sign-in"), path
    staff.close()


def test_a_passkey_opens_its_own_door_alone(shoproom: ShopRoom) -> None:
    """Even where both apps are one site to the browser, which then offers either's key at each: it is the role that opens."""
    staff = Room(shoproom.folder, shoproom.database, shoproom.privacy, shoproom.time)
    shoproom.office = replace(shoproom.office, url=staff.office.url)
    rooms: tuple[tuple[Room, Any], ...] = ((staff, Role.CITY_ADMIN), (shoproom, OWNER))
    keys = []
    for room, who in rooms:
        key = SoftKey(room.office.url, "staff.city.example", counter=1)
        asked = room.post("/me/passkey/challenge", who).get_json()
        assert 303 == room.post("/me/passkey", who, credential=key.make(asked), label="Phone").status_code
        keys.append(key)
    opened = [
        [
            room.post("/sign-in/passkey", None, credential=key.show(room.post("/sign-in/challenge", None).get_json())).status_code
            for key in keys
        ]
        for room, _who in rooms
    ]
    assert [[303, 403], [403, 303]] == opened
    staff.close()


def test_every_passkey_is_asked_for_where_an_answer_is(shoproom: ShopRoom) -> None:
    """A form that a passkey answers fetches its challenge from a page that there is, and sends the answer to another."""
    known, found = shoproom.app.url_map.bind(""), 0
    with transaction(shoproom.database) as session:
        staff = session.get_one(Staff, shoproom.people[OWNER])
        session.add(Passkey(id=b"one", staff_id=staff.id, public_key=b"k", created_at=shoproom.time))
    for path, who in (("/sign-in", None), ("/sign-in/second", Step.SECOND), ("/welcome", OWNER), ("/me/passkey", OWNER), ("/prove", OWNER)):
        for action, challenge in re.findall(r'action="([^"]+)" data-passkey="\w+" data-challenge="([^"]+)"', shoproom.page(path, who)):
            assert [(action, True), (challenge, True)] == [(each, bool(known.match(each, "POST"))) for each in (action, challenge)]
            found += 1
    assert 5 == found
