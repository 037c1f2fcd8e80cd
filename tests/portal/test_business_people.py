"""portal/business/people.py: owners have venue staff; nobody else does, and nobody reaches another shop's."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update

from portal.business.people import OFTEN
from portal.cases import members
from store import shops
from store.models import AuditEntry, Membership, Passkey, RecoveryCode, Role, Staff, StaffSession
from store.session import reading, transaction
from tests.portal.api_room import Programs
from tests.portal.mail import sent
from tests.portal.shoproom import URL, A, B, Person
from tests.portal.staffroom import Room

if TYPE_CHECKING:
    from tests.portal.shoproom import ShopRoom

HERE = f"/shops/{A}/people"
NEW = "guest-017@example.org"


def working(city: ShopRoom, shop: str = A) -> list[str]:
    with reading(city.database) as session:
        return [each.name for each in shops.members(session, city.shops[shop])]


def told(city: ShopRoom) -> list[tuple[str, str, str]]:
    with reading(city.database) as session:
        return [(row.action, row.kind, row.object) for row in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


def test_an_owner_invites_by_mail(shoproom: ShopRoom) -> None:
    """Somebody new is venue staff of this shop alone, gets a link that opens it, and is in the audit log."""
    answer = shoproom.post(HERE, address=NEW, role="business-owner")
    assert (303, True) == (answer.status_code, answer.location.startswith(HERE))
    assert [Person.OWNER_A.value, NEW, Person.VENUE_A.value] == working(shoproom)
    with reading(shoproom.database) as session:
        assert [Role.VENUE_STAFF] == list(session.scalars(select(Staff.role).where(Staff.name == NEW)))
    (mail,) = sent(shoproom)
    there = re.findall(rf"{URL}(/setup/\S+)", mail.text)
    assert (NEW, 200) == (mail.to, shoproom.get(there[0], None).status_code)
    assert [("invite", "business", A)] == told(shoproom)


def test_who_works_for_two_shops_goes_on_at_the_other(shoproom: ShopRoom) -> None:
    """Their link comes by mail as before; taken off one, they are signed in at the other."""
    venue = shoproom.people[Person.VENUE_A]
    with transaction(shoproom.database) as session:
        session.add(Membership(staff_id=venue, business_id=shoproom.shops[B], created_at=shoproom.time))
    assert [303, 303] == [shoproom.post(f"{HERE}/{venue}/{verb}").status_code for verb in ("link", "remove")]
    assert [Person.VENUE_A.value] == [each.to for each in sent(shoproom)]
    found = [shoproom.get(f"/shops/{shop}/", Person.VENUE_A).status_code for shop in (A, B)]
    assert [404, 200] == found


def test_a_shop_has_a_number_of_people(shoproom: ShopRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    """And then no more, until somebody is taken off."""
    monkeypatch.setattr(members, "MOST", 3)
    assert [303, 422] == [shoproom.post(HERE, address=f"guest-{number}@example.org").status_code for number in (17, 18)]
    assert [Person.OWNER_A.value, "guest-17@example.org", Person.VENUE_A.value] == working(shoproom)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("no address", "That is no e-mail address"),
        (Person.VENUE_A.value, "They work for this shop already"),
        (Person.OWNER_B.value, "This address cannot be invited here"),
        ("ops@city.example", "This address cannot be invited here"),
        ("desk@city.example", "This address cannot be invited here"),
    ],
)
def test_who_is_not_invited_is_told_at_the_field(shoproom: ShopRoom, address: str, says: str) -> None:
    """Without a word of where else somebody works; nobody is told anything, and nothing is written down."""
    shoproom.staff(Role.AUDITOR, "ops@city.example")
    shoproom.staff(Role.HELP_DESK, "desk@city.example")
    with transaction(shoproom.database) as session:
        session.execute(update(Staff).where(Staff.name == "desk@city.example").values(disabled_at=shoproom.time))
    answer = shoproom.post(HERE, address=address)
    assert (422, True) == (answer.status_code, says in answer.get_data(as_text=True))
    assert ([], []) == (sent(shoproom), told(shoproom))


def test_who_is_taken_off_is_out_at_once(shoproom: ShopRoom) -> None:
    """Their browser is nobody’s, nothing that proved them is kept, and their shop is not theirs; they can be invited anew."""
    venue = shoproom.people[Person.VENUE_A]
    shoproom.page(f"/shops/{A}/", Person.VENUE_A)
    with transaction(shoproom.database) as session:
        session.get_one(Staff, venue).password = "$argon2id$"
        session.add(Passkey(id=b"one", staff_id=venue, public_key=b"k", created_at=shoproom.time))
        session.add(RecoveryCode(digest=b"r" * 16, staff_id=venue))
    assert 303 == shoproom.post(f"{HERE}/{venue}/remove").status_code
    assert [Person.OWNER_A.value] == working(shoproom)
    with reading(shoproom.database) as session:
        left = [session.scalar(select(func.count()).where(kind.staff_id == venue)) for kind in (StaffSession, Passkey, RecoveryCode)]
        assert ([0, 0, 0], "") == (left, session.get_one(Staff, venue).password)
    assert 303 == shoproom.get(f"/shops/{A}/", Person.VENUE_A).status_code
    shoproom.post(HERE, address=Person.VENUE_A.value)
    assert Person.VENUE_A.value in working(shoproom)


@pytest.mark.parametrize("person", [Person.OWNER_A, Person.OWNER_B, Person.VENUE_B])
@pytest.mark.parametrize("deed", ["link", "remove"])
def test_an_owner_changes_nobody_but_venue_staff_of_the_own_shop(shoproom: ShopRoom, person: Person, deed: str) -> None:
    """Neither themselves, nor anybody of another shop: there is no such page."""
    assert 404 == shoproom.post(f"{HERE}/{shoproom.people[person]}/{deed}").status_code
    assert ([], []) == (sent(shoproom), told(shoproom))


def test_a_shop_writes_to_so_many_a_day(shoproom: ShopRoom) -> None:
    """Whoever got hold of an owner's browser sends no more mails than that to strangers; the next day goes on."""
    found = [shoproom.post(HERE, address=f"guest-{number:03}@example.org").status_code for number in range(OFTEN + 1)]
    assert (429, True) == (found[-1], len(sent(shoproom)) <= OFTEN)
    assert 429 == shoproom.post(f"{HERE}/{shoproom.people[Person.VENUE_A]}/link").status_code
    shoproom.later(hours=24)
    shoproom._clients.clear()  # who was signed in has gone home
    assert 303 == shoproom.post(f"{HERE}/{shoproom.people[Person.VENUE_A]}/link").status_code


def test_venue_staff_see_and_change_nobody(shoproom: ShopRoom) -> None:
    """The list without its forms."""
    page = shoproom.page(HERE, Person.VENUE_A)
    assert (True, []) == (Person.OWNER_A.value in page, re.findall(rf'action="({HERE}[^"]*)"', page))
    assert 403 == shoproom.post(HERE, Person.VENUE_A, address=NEW).status_code


def test_without_mail_the_link_is_shown_once_and_opens_this_shop_alone(shoproom: ShopRoom) -> None:
    """Whoever works for another shop, too, gets none from this owner: it would open that shop as well."""
    shoproom.office = replace(shoproom.office, mails=False)
    assert re.search(rf"{URL}/setup/\S+", shoproom.post(HERE, address=NEW).get_data(as_text=True))
    venue = shoproom.people[Person.VENUE_A]
    assert f"{URL}/setup/" in shoproom.post(f"{HERE}/{venue}/link").get_data(as_text=True)
    with transaction(shoproom.database) as session:
        session.add(Membership(staff_id=venue, business_id=shoproom.shops[B], created_at=shoproom.time))
    assert f"{URL}/setup/" not in shoproom.post(f"{HERE}/{venue}/link").get_data(as_text=True)


def test_the_citys_pages_of_staff_name_no_shops_people(shoproom: ShopRoom) -> None:
    """Neither in the list nor by their name, to be given another role: they are their shop's."""
    staff = Room(shoproom.folder, shoproom.database, shoproom.privacy, shoproom.time)
    assert Person.OWNER_A.value not in staff.page("/staff")
    shown = staff.get(f"/staff/of/{Person.OWNER_A.value}")  # where the audit log leads
    assert (303, f"/businesses/{A}") == (shown.status_code, shown.location)
    deeds = ("role", "disable", "enable", "sign-out", "link", "second-factor")
    assert [404] * 6 == [staff.post(f"/staff/of/{Person.OWNER_A.value}/{deed}", becomes="city-admin").status_code for deed in deeds]
    programs = Programs(staff)
    assert 404 == programs.ask("GET", f"/staff/{Person.OWNER_A.value}").status_code
    assert Person.OWNER_A.value not in programs.ask("GET", "/staff").get_data(as_text=True)
    staff.close()
