"""Businesses: invited by mail, shown at certain places, suspended and restored; who works for them; the city's own."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from portal.admin.businesses import NOT
from portal.cases import businesses, members
from portal.messages import shops as mails
from portal.messages.shops import About, News
from portal.messages.shops import Step as Taken
from store import staff as people
from store.models import (
    AuditEntry,
    Business,
    BusinessPlace,
    CampaignPlace,
    Membership,
    PlaceKind,
    Role,
    Site,
    Staff,
    StaffLink,
    StaffSession,
    Step,
)
from store.session import reading, transaction
from tests.portal import splash
from tests.portal.splash import LIBRARY

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

FORM = {"name": "Miller’s Oven", "slug": "", "email": "Owner@Millers-Oven.example", "language": "fr", "place": "site:central-library"}


def test_an_invitation_makes_a_shop_and_sends_its_owner_a_link(staffroom: Room) -> None:
    """The mail's link is good once; the shop may be shown where that was said; the log names who invited whom."""
    splash.mailing(staffroom)
    answer = staffroom.post("/businesses/new", **FORM)
    assert (303, "/businesses/millers-oven") == (answer.status_code, answer.location.partition("?")[0])
    ((to, subject, text),) = splash.letters(staffroom)
    assert ("Owner@millers-oven.example", True) == (to, "Miller’s Oven" in subject)
    secret = re.findall(r"http://shops\.city\.example/setup/(\S+)", text)[0]
    with reading(staffroom.database) as session:
        owner = people.invited(session, secret, staffroom.time)
        assert owner is not None
        assert ("owner@millers-oven.example", Role.BUSINESS_OWNER, "fr") == (owner.name, owner.role, owner.language)
        assert [LIBRARY] == [(row.kind, row.name) for row in session.query(BusinessPlace)]
        assert ["invite"] == [row.action for row in session.query(AuditEntry).filter_by(kind="business", object="millers-oven")]
    assert secret not in answer.get_data(as_text=True)
    assert "owner@millers-oven.example" in staffroom.page("/businesses/millers-oven")
    assert "Miller’s Oven" in staffroom.page("/businesses")


def test_where_no_mails_are_sent_the_link_is_shown_once(staffroom: Room) -> None:
    """On the page that answers, and on no other."""
    staffroom.office = replace(staffroom.office, business_url="http://shops.city.example")
    shown = staffroom.post("/businesses/new", **FORM).get_data(as_text=True)
    assert 1 == len(re.findall(r"http://shops\.city\.example/setup/\S{40,}", shown))
    assert "/setup/" not in staffroom.page("/businesses/millers-oven")
    assert [] == splash.letters(staffroom)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"name": " "}, businesses.No.NAME),
        ({"name": "x" * 81}, businesses.No.NAME),
        ({"slug": "-oven"}, businesses.No.SLUG),
        ({"slug": "new"}, businesses.No.KEPT),
        ({"name": "City"}, businesses.No.KEPT),
        ({"name": "…"}, businesses.No.SLUG),
        ({"slug": "taken"}, businesses.No.TAKEN),
        ({"place": "site:nowhere"}, businesses.No.PLACES),
        ({"place": ""}, businesses.No.PLACES),
        ({"more": "nothing-of-ours"}, businesses.No.PLACES),
        ({"email": "owner"}, members.Unfit.ADDRESS),
        ({"email": "city-admin@city.example"}, members.Unfit.ELSEWHERE),
        ({"email": "till@taken.example"}, members.Unfit.ELSEWHERE),
    ],
)
def test_what_cannot_be_is_said_at_its_field(staffroom: Room, typed: dict[str, str], why: businesses.No | members.Unfit) -> None:
    """Nothing is written, nobody gets a mail, and what was typed stays."""
    splash.mailing(staffroom)
    splash.shop(staffroom, "taken", "Taken")
    staffroom.client()
    with transaction(staffroom.database) as session:
        session.add(Staff(name="till@taken.example", role=Role.VENUE_STAFF, created_at=staffroom.time))
    answer = staffroom.post("/businesses/new", **{**FORM, **typed})
    shown = answer.get_data(as_text=True)
    assert (422, True) == (answer.status_code, str(NOT[why][1]) in shown)
    assert ("Owner@Millers-Oven.example" in shown) == ("email" not in typed)
    with reading(staffroom.database) as session:
        assert ["taken"] == [row.slug for row in session.query(Business)]
    assert [] == splash.letters(staffroom)


def test_all_that_is_wrong_is_said_at_once(staffroom: Room) -> None:
    """Each at its field, and above them as links; an address that is made of the name is not asked for beside it."""
    shown = staffroom.post("/businesses/new", name="", email="owner", place="").get_data(as_text=True)
    assert ["e-name", "e-email", "where"] == re.findall(r'<li><a href="#([\w-]+)">', shown)
    assert [1, 1, 1, 0] == [shown.count(f'id="{each}-error"') for each in ("e-name", "e-email", "where", "e-slug")]


def test_somebody_may_own_two_shops(staffroom: Room) -> None:
    """Who can sign in already gets a mail without a link, and no other password."""
    splash.mailing(staffroom)
    splash.shop(staffroom)
    staffroom.post("/businesses/new", **{**FORM, "name": "Second Oven", "email": splash.OWNER})
    assert ["Second Oven"] == [re.findall("Second Oven", subject)[0] for _to, subject, _text in splash.letters(staffroom)]
    assert "/setup/" not in splash.letters(staffroom)[0][2]
    with reading(staffroom.database) as session:
        assert (2, 0) == (session.query(Membership).count(), session.query(StaffLink).count())


def test_no_link_of_somebody_of_two_shops_is_shown(staffroom: Room) -> None:
    """Where no mails are sent, whoever sees it could be them in the other shop."""
    first = splash.shop(staffroom)
    splash.shop(staffroom, "green-cafe", "Green Café")
    with transaction(staffroom.database) as session:
        session.add(Membership(staff_id=splash.owner(staffroom, "green-cafe"), business_id=first, created_at=staffroom.time))
    answer = staffroom.post(f"/businesses/millers-oven/members/{splash.owner(staffroom, 'green-cafe')}/link")
    assert (409, False) == (answer.status_code, "/setup/" in answer.get_data(as_text=True))
    with reading(staffroom.database) as session:
        assert 0 == session.query(StaffLink).count()


def test_invitations_have_an_end(staffroom: Room) -> None:
    """Whoever is invited and taken off again counts: a shop's owner cannot write to a whole town by us."""
    splash.mailing(staffroom)
    splash.shop(staffroom)
    for number in range(members.OFTEN + 1):
        answer = staffroom.post("/businesses/millers-oven/members", email=f"guest-{number:03}@example.org", becomes="venue-staff")
        with reading(staffroom.database) as session:
            last = session.query(Staff.id).filter_by(name=f"guest-{number:03}@example.org").scalar()
        staffroom.post(f"/businesses/millers-oven/members/{last}/remove")
    assert (422, members.OFTEN) == (answer.status_code, len(splash.letters(staffroom)))
    assert 409 == staffroom.post(f"/businesses/millers-oven/members/{splash.owner(staffroom)}/link").status_code
    with reading(staffroom.database) as session:
        shop, tomorrow = session.query(Business).one(), staffroom.time + timedelta(days=1)
        assert [True, False] == [members._often(session, shop, each) for each in (staffroom.time, tomorrow)]


def test_whoever_is_taken_off_their_last_shop_signs_in_no_more(staffroom: Room) -> None:
    """At once, everywhere; who works for another stays there, and who comes back has a new link."""
    splash.mailing(staffroom)
    splash.shop(staffroom)
    owner = splash.owner(staffroom)
    where = f"/businesses/millers-oven/members/{owner}"
    staffroom._signed_in(owner, Step.WHOLE)
    assert 303 == staffroom.post(f"{where}/remove").status_code
    with reading(staffroom.database) as session:
        assert session.get_one(Staff, owner).disabled_at is not None
        assert 0 == session.query(StaffSession).filter_by(staff_id=owner).count()
    assert 404 == staffroom.post(f"{where}/link").status_code
    staffroom.post("/businesses/millers-oven/members", email=splash.OWNER, becomes="business-owner")
    with reading(staffroom.database) as session:
        assert session.get_one(Staff, owner).disabled_at is None


def test_a_smaller_place_takes_its_adverts_along(staffroom: Room) -> None:
    """What is shown elsewhere is shown there no more; what lies within stays."""
    business = splash.shop(staffroom, "millers-oven", "Miller’s Oven", (PlaceKind.CITY, ""))
    name = splash.submitted(
        staffroom, business, splash.owner(staffroom), plan=splash.PLAN | {"places": [["city", ""], ["access-point", "lib-1"]]}
    )
    staffroom.post(f"/review/advert/{name}/approve", edits="1", weight="1")
    answer = staffroom.post("/businesses/millers-oven/places", place="site:central-library")
    assert "shown there no more" in answer.location.replace("+", " ")
    with reading(staffroom.database) as session:
        assert [LIBRARY] == [(row.kind, row.name) for row in session.query(BusinessPlace)]
        assert ["lib-1"] == [row.name for row in session.query(CampaignPlace)]
    assert 422 == staffroom.post("/businesses/millers-oven/places", place="").status_code


def test_a_site_beyond_the_list_is_typed(staffroom: Room) -> None:
    """By its id; an access point by its name; the form has them again."""
    splash.shop(staffroom)
    with transaction(staffroom.database) as session:
        session.get_one(Site, "central-library").district = "downtown"
    staffroom.post("/businesses/millers-oven/places", place="district:downtown", more="lib-1\ncentral-library")
    with reading(staffroom.database) as session:
        assert {"downtown", "central-library", "lib-1"} == {row.name for row in session.query(BusinessPlace)}
    shown = staffroom.page("/businesses/millers-oven")
    assert ">lib-1</textarea>" in shown
    assert 2 == len(re.findall(r'name="place" value="[^"]+" checked', shown))


def test_suspending_says_why_and_restoring_lifts_it(staffroom: Room) -> None:
    """Owners read both in a mail; a reason is needed; twice changes nothing."""
    splash.mailing(staffroom)
    splash.shop(staffroom)
    assert 422 == staffroom.post("/businesses/millers-oven/suspend", why=" ").status_code
    for _ in range(2):
        staffroom.post("/businesses/millers-oven/suspend", why="Prices were wrong")
    assert "Prices were wrong" in staffroom.page("/businesses/millers-oven")
    assert "Miller’s Oven" in staffroom.page("/businesses?state=suspended")
    for _ in range(2):
        staffroom.post("/businesses/millers-oven/restore")
    assert ["Suspended: Miller’s Oven", "Miller’s Oven is shown again"] == [letter[1] for letter in splash.letters(staffroom)]
    with reading(staffroom.database) as session:
        assert session.query(Business).one().suspended_at is None
        assert ["suspend", "restore"] == [
            row.action for row in session.query(AuditEntry).filter_by(kind="business").order_by(AuditEntry.id)
        ]


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.HELP_DESK])
def test_who_only_looks_changes_nothing(staffroom: Room, role: Role) -> None:
    """They see shops, their places and adverts; no form is there, and asking without one is refused."""
    splash.shop(staffroom)
    member = splash.owner(staffroom)
    shown = staffroom.page("/businesses/millers-oven", role)
    assert ("Central Library" in shown, "/suspend" in shown) == (True, False)
    for path in ("places", "suspend", "restore", "members", f"members/{member}/link", f"members/{member}/remove"):
        assert 403 == staffroom.post(f"/businesses/millers-oven/{path}", role, why="x").status_code, path


def test_what_lets_somebody_in_asks_who_is_there(staffroom: Room) -> None:
    """A proof that is older than minutes is not enough."""
    splash.shop(staffroom)
    staffroom.client()
    staffroom.later(minutes=11)
    member = splash.owner(staffroom)
    for path in ("/businesses/new", "/businesses/millers-oven/members", f"/businesses/millers-oven/members/{member}/link"):
        assert staffroom.post(path, **FORM).location.startswith("/prove"), path


def test_there_is_no_page_of_a_shop_that_is_not_there(staffroom: Room) -> None:
    """Nor of somebody who does not work for it."""
    splash.shop(staffroom)
    splash.shop(staffroom, "green-cafe", "Green Café")
    for path in ("/businesses/none", f"/businesses/{'x' * 300}"):
        assert 404 == staffroom.get(path).status_code
    other = splash.owner(staffroom, "green-cafe")
    for verb in ("link", "remove"):
        assert 404 == staffroom.post(f"/businesses/millers-oven/members/{other}/{verb}").status_code


def test_the_citys_own_is_made_once(staffroom: Room) -> None:
    """At first use; afterwards its adverts are there, and nobody is invited to it."""
    assert "Begin" in staffroom.page("/house")
    assert 422 == staffroom.post("/house", name=" ").status_code
    for name in ("City of Example", "Another"):
        assert "/shops/city/adverts" == staffroom.post("/house", name=name).location.partition("?")[0]
    assert "/shops/city/adverts" == staffroom.get("/house").location
    with reading(staffroom.database) as session:
        assert [("city", "City of Example", True)] == [(row.slug, row.name, row.house) for row in session.query(Business)]
    assert 409 == staffroom.post("/businesses/city/members", email=splash.OWNER, becomes="business-owner").status_code
    assert "the city’s own" in staffroom.page("/businesses/city")


@pytest.mark.parametrize(("name", "slug"), [("Miller's Oven", "millers-oven"), ("Café Été", "cafe-ete"), ("…", ""), ("a" * 60, "a" * 40)])
def test_an_address_is_made_of_a_name(name: str, slug: str) -> None:
    """Of letters and digits; nothing where there are none."""
    assert slug == businesses.slug_of(name)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_step_has_a_mail(language: str) -> None:
    """Whole in each language: no place left open, and a shop's own words on one line."""
    for about, step in mails._WORDS:
        news = News(step, about, "Oven\n& Sons", "Bread", "Too loud", datetime(2026, 3, 9, tzinfo=UTC))
        mail = mails.mail_step(language, UTC, news, "https://s.example/x")
        assert "%(" not in mail.subject + mail.text
        assert "Oven & Sons" in mail.text
        assert "Too loud" in mail.text
    assert not mails.known(About.PAGE, Taken.PAUSED)
