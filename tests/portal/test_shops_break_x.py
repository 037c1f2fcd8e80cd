"""The shops' pages before strangers and before owners who mean ill: forms, links, files, mails, people."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from portal import sheets
from portal.admin import guard
from portal.business import tenancy
from portal.cases import members
from portal.cases.shop_news import Reach
from portal.pace import Rate
from store.models import Business, CreativeState, Membership, Role, Staff
from store.session import transaction
from store.stills import LONGEST
from tests.portal import splash
from tests.portal.mail import sent
from tests.portal.shoproom import URL, A, B, Person
from tests.portal.staffroom import Room

if TYPE_CHECKING:
    from tests.portal.shoproom import ShopRoom
    from tests.portal.world import World

OWNER = Person.OWNER_A
NEW = "till@corner-shop.example"
PEOPLE = f"/shops/{A}/people"


@pytest.mark.parametrize(("path", "status"), [("/sign-in", 413), ("/sign-in/link", 413), ("/nowhere", 413), (f"/shops/{A}/media", 303)])
def test_a_strangers_form_is_short(shoproom: ShopRoom, path: str, status: int) -> None:
    """A million fields cost a second of a processor and 200 MB: of somebody who is not signed in they are not read."""
    browser, fields = shoproom.client(None), b"a&" * guard.SHORT
    answer = browser.post(path, base_url=URL, data=fields, content_type="application/x-www-form-urlencoded", headers={"Origin": URL})
    assert status == answer.status_code


def test_a_link_by_mail_carries_no_words_of_whoever_asked_for_it(shoproom: ShopRoom) -> None:
    """Anybody may ask for somebody's link: where it leads on is a page of ours, short, and tells nothing of its own."""
    asked = f"/shops/{A}/?done=Call+555-0100+about+your+bill"
    for onward in (asked, asked.replace("done", "%64one"), "/" + "a" * 60_000):
        assert 200 == shoproom.post("/sign-in/link", None, address=OWNER.value, next=onward).status_code
    links = [re.findall(rf"{URL}\S+", each.text)[-1].partition("?")[2] for each in sent(shoproom)]
    assert [f"next=%2Fshops%2F{A}%2F", f"next=%2Fshops%2F{A}%2F", ""] == links


@pytest.mark.parametrize("cell", ["=1+1", "Bread;=1+1;x", "Bread; \t=1+1", "Bread\n-1+1", "a\r@SUM(1)", ";;+1"])
def test_no_cell_is_a_formula_wherever_spreadsheets_part_a_line(cell: str) -> None:
    """Where numbers have a comma, as in French, the list separator of a spreadsheet is ";"; read back it is what it was."""
    line = sheets.line(["advert", cell, 5])
    parted = (part.strip(' "') for separator in ",;\t" for row in line.splitlines() for part in row.split(separator))
    assert [] == [part for part in parted if part.startswith(("=", "+", "-", "@"))]
    assert cell == sheets.bare(sheets.safe(cell))


@pytest.mark.parametrize("works", [False, True])
def test_nobody_approves_by_another_account_what_they_made(staffroom: Room, works: bool) -> None:
    """Whoever has an owner's address at the city, too, is that owner; whoever of the shop it was that handed it in."""
    staffroom.client(Role.CITY_ADMIN)
    business = splash.shop(staffroom)
    with transaction(staffroom.database) as session:
        admin = session.query(Staff).filter_by(name="city-admin@city.example").one()
        admin.email = splash.OWNER.title()
        other = Staff(name=NEW, email=NEW, role=Role.BUSINESS_OWNER, created_at=staffroom.time)
        session.add(other)
        session.flush()
        session.add(Membership(staff_id=other.id, business_id=business, created_at=staffroom.time))
        by = other.id
    name = splash.submitted(staffroom, business, by if works else splash.owner(staffroom))
    answer = staffroom.post(f"/review/advert/{name}/approve", edits="1", weight="1")
    assert (409, CreativeState.SUBMITTED) == (answer.status_code, splash.version(staffroom, name).state)


def test_no_advert_puts_a_link_into_a_mail(shoproom: ShopRoom) -> None:
    """Its title is its owner's, and goes to everybody at the city who decides before anybody has looked at it."""
    with transaction(shoproom.database) as session:
        session.add(Staff(name="ops", email="ops@city.example", role=Role.CITY_ADMIN, created_at=shoproom.time))
    name = shoproom.advert(version=CreativeState.DRAFT, plan=splash.PLAN, name="Sign in: https://evil.example/now")
    assert 303 == shoproom.post(f"/shops/{A}/adverts/{name}/submit").status_code
    told = [each.text for each in sent(shoproom)]
    assert (2, []) == (len(told), [text for text in told if "evil.example" in text or "https://evil" in text])


def test_without_mails_nobody_of_one_shop_is_taken_into_another(shoproom: ShopRoom) -> None:
    """A's owner may have opened the link of an address that is not theirs: B would let in whoever holds that password."""
    shoproom.office = replace(shoproom.office, mails=False)
    with transaction(shoproom.database) as session:
        session.get_one(Staff, shoproom.people[Person.VENUE_A]).password = "x"
    answer = shoproom.post(f"/shops/{B}/people", Person.OWNER_B, address=Person.VENUE_A.value)
    assert (422, True) == (answer.status_code, "cannot be invited here" in answer.get_data(as_text=True))
    assert 404 == shoproom.get(f"/shops/{B}/", Person.VENUE_A).status_code


def test_who_is_invited_again_begins_anew(shoproom: ShopRoom) -> None:
    """Whoever left every shop: the password that they had opens nothing, and an owner they may be now."""
    assert 303 == shoproom.post(PEOPLE, address=NEW).status_code
    with transaction(shoproom.database) as session:
        staff = session.query(Staff).filter_by(name=NEW).one()
        staff.password, name = "x", staff.id
    assert 303 == shoproom.post(f"{PEOPLE}/{name}/remove").status_code
    with shoproom.app.test_request_context(), transaction(shoproom.database) as session:
        shop = session.get_one(Business, shoproom.shops[B])
        joined = members.join(session, shoproom.privacy, _reach(), shop, NEW, Role.BUSINESS_OWNER, "en", shoproom.time)
        assert isinstance(joined, members.Joined)
        assert (Role.BUSINESS_OWNER, "", True) == (joined.staff.role, joined.staff.password, bool(joined.secret))


def _reach() -> Reach:
    return Reach("http://staff.city.example", URL, timedelta(days=2), mails=True)


def test_an_address_is_known_as_it_is_typed(shoproom: ShopRoom) -> None:
    """With capitals, with spaces around it, and with its domain in the letters that its owner reads."""
    assert 303 == shoproom.post(PEOPLE, address="Till@Café.example").status_code
    for typed in ("till@café.example", " TILL@CAFÉ.EXAMPLE ", "till@xn--caf-dma.example"):
        assert 200 == shoproom.post("/sign-in/link", None, address=typed).status_code
    assert 4 * ["Till@xn--caf-dma.example"] == [each.to for each in sent(shoproom)]


def test_nobody_of_a_shop_fills_the_log(shoproom: ShopRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each form is a line of it: after so many within an hour there are no more; what is looked at costs none, and signing out goes on."""
    monkeypatch.setattr(tenancy, "FORMS", Rate(2, 60.0))
    said = [shoproom.post("/me/language", language="fr").status_code for _ in range(3)]
    assert ([303, 303, 429], 200) == (said, shoproom.get(f"/shops/{A}/").status_code)
    assert (429, 303) == (shoproom.post(f"/shops/{A}/adverts/new").status_code, shoproom.post("/me/language", Person.VENUE_A).status_code)
    shoproom.later(minutes=1)
    assert 303 == shoproom.post("/me/language").status_code
    assert 303 == shoproom.post("/sign-out").status_code


def test_an_owner_learns_nothing_of_where_else_somebody_works(shoproom: ShopRoom) -> None:
    """Inviting somebody of another shop says what inviting anybody says, and when they were there last is that shop's."""
    with transaction(shoproom.database) as session:
        staff = session.get_one(Staff, shoproom.people[Person.VENUE_B])
        staff.password, staff.seen_at = "x", shoproom.time - timedelta(minutes=5)
    asked = [shoproom.post(PEOPLE, address=each) for each in (NEW, Person.VENUE_B.value)]
    assert 1 == len({(each.status_code, each.location) for each in asked})
    assert 3 == shoproom.page(PEOPLE).count("Invited, and not here yet.")  # nor was the till of A


def test_no_stranger_uses_up_the_links_of_somebodys_own_browser(shoproom: ShopRoom) -> None:
    """However many were asked for elsewhere: where they were signed in before, one more is mailed."""
    browser, form = shoproom.client(None), {"data": {"token": shoproom.token(None)}, "base_url": URL, "headers": {"Origin": URL}}
    shoproom.post("/sign-in/link", None, address=OWNER.value)
    assert 303 == browser.post(re.findall(rf"{URL}(/\S+)", sent(shoproom)[-1].text)[-1], **form).status_code
    browser.delete_cookie(shoproom.office.cookie, domain="shops.city.example")
    for _ in range(4):
        shoproom.post("/sign-in/link", None, address=OWNER.value)
    assert 3 == len(sent(shoproom))
    form["data"]["address"] = OWNER.value
    assert (200, 4) == (browser.post("/sign-in/link", **form).status_code, len(sent(shoproom)))


@pytest.mark.usefixtures("light")
def test_no_stranger_at_the_shops_door_keeps_staff_waiting_at_theirs(shoproom: ShopRoom) -> None:
    """Wrong passwords on the pages that the internet reaches are no tries on those of the staff."""
    with transaction(shoproom.database) as session:
        session.add(Staff(name="ops@city.example", role=Role.CITY_ADMIN, created_at=shoproom.time))
    wrong = {"name": "ops@city.example", "password": "x"}
    said = [shoproom.post("/sign-in", None, **wrong).status_code for _ in range(7)]
    staff = Room(shoproom.folder, shoproom.database, shoproom.privacy, shoproom.time)
    assert ({403, 429}, 403) == (set(said), staff.post("/sign-in", None, **wrong).status_code)


@pytest.mark.parametrize("form", ["adverts/new", "page/edit"])
def test_a_picture_that_no_form_can_carry_is_told_before_it_is_sent(shoproom: ShopRoom, form: str) -> None:
    """With it the whole form would be refused, and everything that was typed in it lost."""
    assert re.search(
        rf'type="file"[^>]* data-heaviest="{LONGEST}" data-heavy="This file has more than 10 MB', shoproom.page(f"/shops/{A}/{form}")
    )


def test_no_redirect_leads_to_the_host_that_was_asked_for(city: World) -> None:
    """Of an address without its last slash, too: whoever keeps the answer would lead others there."""
    ours, theirs = (city.client().get("/open-data", headers={"Host": host}) for host in ("wifi.city.example", "evil.example"))
    assert ("http://wifi.city.example/open-data/", 421, None) == (ours.location, theirs.status_code, theirs.location)
