"""Flaws of the shops' part that were found after it was built: what each of them did, and does no more."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

import pytest
from babel.messages.pofile import read_po
from flask_babel import force_locale
from hypothesis import assume, given
from hypothesis import strategies as st

import portal
from portal import languages
from portal.admin.help import Help
from portal.cases import addresses, businesses
from portal.cases.review import answer_by
from proxeny.mail_text import reachable
from store import campaigns, stills
from store import staff as people
from store.models import Business, Campaign, CampaignState, CreativeState, Operator, Role, Staff
from store.session import reading, transaction
from tests.portal import splash
from tests.portal.portals import save
from tests.portal.shoproom import furnished
from tests.portal.shops import painted

if TYPE_CHECKING:
    from tests.portal.shoproom import ShopRoom
    from tests.portal.staffroom import Room

FORM = {"name": "Miller’s Oven", "slug": "", "email": "owner@millers-oven.example", "language": "en", "place": "site:central-library"}


def test_a_shop_may_have_had_the_citys_address(staffroom: Room) -> None:
    """Made before that was kept back: the city's own is made beside it, found by what it is, and the shop stays a shop."""
    splash.shop(staffroom, businesses.HOUSE, "City Bikes")
    for name in ("City of Example", "Another"):
        assert "/shops/city-2/adverts" == staffroom.post("/house", name=name).location.partition("?")[0]
    assert "/shops/city-2/adverts" == staffroom.get("/house").location
    assert 404 == staffroom.get("/shops/city/adverts").status_code
    with reading(staffroom.database) as session:
        assert [("city", False), ("city-2", True)] == [(row.slug, row.house) for row in session.query(Business).order_by(Business.slug)]


@pytest.mark.parametrize("pages", ["staffroom", "shoproom", "city"])
def test_no_shop_takes_the_address_of_a_page(pages: str, request: pytest.FixtureRequest) -> None:
    """Wherever a shop's address is a part of a path, no route of ours stands in its place that a shop could be called by."""
    rules = [tuple(each.rule.split("/")) for each in request.getfixturevalue(pages).app.url_map.iter_rules()]
    heads = {rule[: rule.index("<slug>")] for rule in rules if "<slug>" in rule}
    ours = {rule[len(head)] for head in heads for rule in rules if rule[: len(head)] == head and len(rule) > len(head)}
    assert heads
    assert set() == {part for part in ours if businesses._SLUG.fullmatch(part)} - businesses._PAGES


LONG = f"{'owner.' * 10}1@{'.'.join(['millers-oven' * 5] * 3)}.example"
ADDRESSES = ["o'neil@example.org", "_till@example.org", "a/b@example.org", "{x}@example.org", LONG]


@pytest.mark.parametrize("address", ADDRESSES)
def test_whoever_can_be_written_to_can_be_invited(staffroom: Room, address: str) -> None:
    """By the city; they are found again by what they type, however they write it."""
    splash.mailing(staffroom)
    assert 303 == staffroom.post("/businesses/new", **FORM | {"email": address.upper()}).status_code
    with reading(staffroom.database) as session:
        assert address == people.named(session, address.upper()).name
    assert 303 == staffroom.get(f"/staff/of/{address}").status_code


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_owner_invites_whoever_can_be_written_to(shoproom: ShopRoom, address: str) -> None:
    """The shops' own page has the same judge."""
    assert 303 == shoproom.post("/shops/millers-oven/people", address=address).status_code


@given(st.emails())
def test_names_and_addresses_have_one_judge(typed: str) -> None:
    """Whatever is an address to write to is a name to sign in with, and a mail can be written to it."""
    address = addresses.email(typed)
    assume(address)
    assert addresses.identity(address) == people.canonical(address)
    assert address == reachable(address)


NONE = ["a b@example.org", "a@example.org\nb", "\u0430@example.org", "a@ex\u0430mple.org", "a@example.org\x00", "o'a@b@example.org", "'"]


@pytest.mark.parametrize("said", [*NONE, ".a@example.org", f"a@{'b.' * 130}org"])
def test_what_is_no_address_is_no_name(said: str) -> None:
    """Two addresses, controls, look-alikes: nobody signs in as that."""
    assert "" == people.canonical(said)


@pytest.mark.parametrize(
    ("handed_in", "review", "by"),
    [
        ("2026-03-09T14:00", 48, "2026-03-11T14:00"),  # from a Monday
        ("2026-03-05T15:00", 48, "2026-03-09T14:00"),  # from a Thursday; the clocks go on that Sunday, and it stays the same hour
        ("2026-03-07T15:00", 48, "2026-03-11T14:00"),  # a Saturday's is a Monday's
        ("2026-03-07T02:00", 3, "2026-03-09T04:00"),  # still Friday in Toronto, and over midnight
        ("2026-03-06T12:00", 24 * 30, "2026-04-17T11:00"),
    ],
)
def test_an_answer_is_promised_in_working_days(handed_in: str, review: int, by: str) -> None:
    """Saturdays and Sundays of the operator's clock do not count."""
    said = answer_by(datetime.fromisoformat(handed_in).replace(tzinfo=UTC), timedelta(hours=review), "America/Toronto")
    assert datetime.fromisoformat(by).replace(tzinfo=UTC) == said


def test_every_page_and_mail_promises_the_same(shoproom: ShopRoom) -> None:
    """Handed in on a Friday: Tuesday, on the page, where it waits, and in the mails, which say whose clock it is."""
    shoproom.time = datetime(2026, 3, 13, 14, 0, tzinfo=UTC)
    name = shoproom.advert(state=CampaignState.DRAFT, version=CreativeState.DRAFT, plan=splash.PLAN)
    with transaction(shoproom.database) as session:
        session.get_one(Operator, 1).timezone = "America/Toronto"
        session.add(Staff(name="ops@city.example", email="ops@city.example", role=Role.CITY_ADMIN, created_at=shoproom.time))
    said = unquote_plus(shoproom.post(f"/shops/millers-oven/adverts/{name}/submit").location)
    assert "by Tue, Mar 17, 10:00" in said
    assert "by Tue, Mar 17, 10:00" in shoproom.page(f"/shops/millers-oven/adverts/{name}").replace("\xa0", " ")
    texts = [" ".join(text.split()) for _to, _subject, text in splash.letters(shoproom)]
    assert 2 == len(texts)
    assert all("Tuesday, March 17, 2026, 10:00 AM (America/Toronto)" in text for text in texts)


EVENING = datetime(2026, 3, 11, 3, 50, tzinfo=UTC)  # ten minutes to midnight, where the operator is
SHORT = campaigns.written(campaigns.Plan(last_day=date(2026, 3, 10), places=(splash.LIBRARY,)))


def test_whoever_reviews_is_told_that_its_last_day_has_passed(staffroom: Room) -> None:
    """Before they decide; approving is refused in words, and the reason to reject it is chosen already."""
    splash.mailing(staffroom).time = EVENING
    name = splash.submitted(staffroom, splash.shop(staffroom), splash.owner(staffroom), plan=SHORT)
    chosen = 'value="over" checked'
    assert (True, False) == ("/approve" in (shown := staffroom.page(f"/review/advert/{name}")), chosen in shown)
    staffroom.later(minutes=11)
    assert (False, True) == ("/approve" in (shown := staffroom.page(f"/review/advert/{name}")), chosen in shown)
    assert "Its last day has passed: it would not be shown." in shown
    assert "its last day has passed" in staffroom.page("/review")
    answer = staffroom.post(f"/review/advert/{name}/approve", edits="1", weight="1")
    assert (409, True) == (answer.status_code, "it would not be shown" in answer.get_data(as_text=True))
    assert CreativeState.SUBMITTED is splash.version(staffroom, name).state
    staffroom.post(f"/review/advert/{name}/reject", edits="1", reason="over")
    assert "Choose later days" in splash.letters(staffroom)[-1][2]


def test_a_shop_is_told_that_its_last_day_passed_meanwhile(shoproom: ShopRoom) -> None:
    """On the advert and among what is to be done, while it waits: nobody waits for an answer that cannot be yes."""
    shoproom.time = EVENING
    name = shoproom.advert(state=CampaignState.DRAFT, version=CreativeState.SUBMITTED, plan=SHORT, submitted_at=shoproom.time)
    said = "Its last day has passed before the city answered.", "Choose later days for the advert “bread”"
    pages = f"/shops/millers-oven/adverts/{name}", "/shops/millers-oven/"
    assert [False, False] == [words in shoproom.page(path) for words, path in zip(said, pages, strict=True)]
    shoproom.later(minutes=11)
    assert [True, True] == [words in shoproom.page(path) for words, path in zip(said, pages, strict=True)]


ASKED = 'href="#help">Ask the city</a>'


def test_ask_the_city_leads_to_whom_to_ask(shoproom: ShopRoom) -> None:
    """At the foot of every page, also before signing in; what is not set is not there, and of nothing there is no link."""
    path = f"/shops/millers-oven/adverts/{shoproom.advert(state=CampaignState.PAUSED)}"
    with transaction(shoproom.database) as session:
        session.query(Campaign).one().held = True
    assert (False, False, True) == tuple(words in shoproom.page(path) for words in (ASKED, 'id="help"', "Ask the city."))
    shoproom.office = replace(shoproom.office, help=Help("Wi-Fi office", "o'shops@city.example", "+1 905 555-0100, ext. 3"))
    shoproom._app, shoproom._clients = None, {}
    shown = shoproom.page(path)
    assert all(words in shown for words in (ASKED, "Wi-Fi office", 'href="mailto:o&#39;shops@city.example"', 'href="tel:+19055550100"'))
    assert "Wi-Fi office" in shoproom.page("/sign-in", None)
    assert 'href="#help">Demandez à la ville</a>' in shoproom.page(path, language="fr")


@pytest.mark.parametrize("phone", ["", "ext. 3", "9055550100", "(905) 555-0100"])
def test_a_number_is_dialled_as_far_as_it_is_one(phone: str) -> None:
    """What is none is told, and no link."""
    assert phone.replace("(", "").replace(") ", "").replace("-", "").replace("ext. 3", "") == Help(phone=phone).dial


def test_words_that_are_no_words_of_ours_stay_words(shoproom: ShopRoom) -> None:
    """A message that came with the address is escaped as before."""
    with shoproom.app.test_request_context(), force_locale("en"):
        assert '&lt;b&gt; <a href="#help">ask the city</a>' == str(Help(mail="x@city.example").linked("<b> ask the city"))
        assert "ask the city" == str(Help("City").linked("ask the city"))


def test_french_asks_by_the_same_words() -> None:
    """Whatever leads there in English does in French."""
    with (languages.CATALOGUES / "fr" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        said = {str(each.id): str(each.string) for each in read_po(file) if isinstance(each.id, str)}
    asking = [fr for en, fr in said.items() if "ask the city" in en.lower()]
    assert len(asking) > 8
    assert [] == [fr for fr in asking if "demandez à la ville" not in fr.lower()]


@pytest.mark.parametrize(("size", "status", "words"), [(6_000_000, 303, ""), (stills.LONGEST + 1, 422, "This file has more than 10 MB.")])
def test_a_logo_is_judged_by_what_judges_pictures(staffroom: Room, size: int, status: int, words: str) -> None:
    """One of more than 4 MB is taken, and made small; one of more than 10 MB is refused in words, and what was typed stays."""
    octets = painted().ljust(size, b"\0")
    answer = save(staffroom, note="Our logo", logo=(io.BytesIO(octets), "logo.png"))
    shown = answer.get_data(as_text=True)
    assert (status, True) == (answer.status_code, words in shown)
    assert (status == 422) == ("Our logo" in shown)


def test_both_apps_have_one_page_to_prove_who_one_is(staffroom: Room) -> None:
    """And one for the first password; each says its own: a mailed link is the shops' alone."""
    rooms = {"staff": staffroom, "business": furnished(staffroom)}
    folder = Path(portal.__file__).parent / "templates"
    for name in ("prove", "setup"):
        assert [True, True] == [
            (folder / app / f"{name}.html").read_text().startswith(f'{{% extends "{name}_base.html" %}}') for app in rooms
        ]
    said = [("next=/" in text, text.count("<h1>Is it still you?</h1>")) for text in (each.page("/prove") for each in rooms.values())]
    assert [(False, 1), (True, 1)] == said


@pytest.mark.parametrize("email", ["ops", "ops@city.example, all@city.example", "о@city.example", "o'neil@city.example"])
def test_staff_are_written_to_where_mail_can_go(staffroom: Room, email: str) -> None:
    """The same judge for the city's people: what is none is said at its field, and what was typed stays."""
    answer = staffroom.post("/staff/new", name="second", email=email, becomes="auditor")
    good = bool(addresses.email(email))
    said = "That is no e-mail address that we can write to." in answer.get_data(as_text=True)
    assert (200 if good else 422, not good) == (answer.status_code, said)
    with reading(staffroom.database) as session:
        assert ([email] if good else []) == [row.email for row in session.query(Staff).filter_by(name="second")]
