"""Whoever looks at every page of shops and of the city's Splash: numbers, words, frames, titles, and what is said where nothing is."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po
from sqlalchemy import select

from portal import languages
from portal.admin.deeds import ACTIONS, KINDS
from portal.messages.shops import About, News, Step, mail_step
from store import placements
from store.models import CampaignState, Creative, CreativeState, Membership, Role, ShopVersion
from store.session import transaction
from tests.portal.shoproom import A, B, Person

if TYPE_CHECKING:
    from tests.portal.shoproom import ShopRoom
    from tests.portal.staffroom import Room

SOURCES = [path for room in ("portal", "proxeny") for path in (Path(__file__).parent.parent.parent / room).rglob("*.py")]


def shown(room: ShopRoom, times: int) -> str:
    """An advert that was shown so often within this hour; its campaign."""
    campaign = room.advert(A)
    with transaction(room.database) as session:
        creative = session.scalars(select(Creative.id).where(Creative.campaign_id == campaign)).one()
        row = {"creative_id": creative, "campaign_id": campaign, "hour": room.time.replace(minute=0)}
        placements.add(session, [{**row, "site": "central-library", "language": "en", "impressions": times, "clicks": 0}], UTC)
    return campaign


@pytest.mark.parametrize(("language", "said"), [("en", "Shown 10,370 times this week."), ("fr", "10\u00a0370 affichages cette semaine.")])
def test_a_count_in_a_sentence_is_written_as_its_language_writes_numbers(shoproom: ShopRoom, language: str, said: str) -> None:
    """As those that stand alone are."""
    shown(shoproom, 10_370)
    assert said in shoproom.page(f"/shops/{A}/", language=language)


def test_what_cannot_be_broken_down_is_said_in_words(shoproom: ShopRoom) -> None:
    """No picture of nothing, nor a table to open."""
    shown(shoproom, 3)
    page = shoproom.page(f"/shops/{A}/figures")
    assert ([], 4) == (re.findall(r"<img[^>]*chart", page), page.count("Too little was shown to break it down."))


def test_every_deed_that_code_writes_has_a_word() -> None:
    """And every kind of thing: the audit log and History show people nothing raw."""
    said = [
        each.args[1:3]
        for path in SOURCES
        for each in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == "audited"
    ]
    deeds = {call[0].value for call in said if call and isinstance(call[0], ast.Constant)}
    kinds = {call[1].value for call in said if len(call) > 1 and isinstance(call[1], ast.Constant)}
    assert ([], []) == (sorted(deeds - ACTIONS.keys()), sorted(kinds - KINDS.keys()))


def test_the_preview_is_there_with_its_page(shoproom: ShopRoom) -> None:
    """A frame that waits to be scrolled to is a white box meanwhile; so are the first pictures of a list."""
    advert = shoproom.advert(A)
    paths = [f"adverts/{advert}", "adverts", "adverts/new", "page", "page/edit"]
    assert [] == [path for path in paths if 'loading="lazy"' in shoproom.page(f"/shops/{A}/{path}")]


def test_a_page_that_cannot_be_handed_in_says_what_is_to_do(shoproom: ShopRoom) -> None:
    """Each thing, not their number alone."""
    with transaction(shoproom.database) as session:
        row = ShopVersion(business_id=shoproom.shops[A], name="Oven", about={}, link="http://x.example/", state=CreativeState.DRAFT)
        row.created_at = shoproom.time
        session.add(row)
    assert "begin with https://" in shoproom.page(f"/shops/{A}/page").split('class="actions"')[0]


@pytest.mark.parametrize("app", ["shoproom", "staffroom"])
def test_an_error_is_titled_in_words(request: pytest.FixtureRequest, app: str) -> None:
    """Of both apps: a tab called “404” tells a shop owner nothing."""
    assert "<title>There is no such page" in request.getfixturevalue(app).get("/no-such-page").text


def test_a_mail_says_its_day_in_words_and_promises_nothing_of_what_was_not() -> None:
    """3/4/26 is March to some and April to others; of a first version nothing was approved before."""
    by = datetime(2026, 3, 4, 13, 30, tzinfo=UTC)
    news = News(Step.SUBMITTED, About.ADVERT, "Miller’s Oven", "Bread", by=by)
    text = " ".join(mail_step("en", ZoneInfo("America/Toronto"), news, "").text.split())
    assert "The city answers by Wednesday, March 4, 2026, 8:30 AM (America/Toronto). What was approved before, if anything was," in text


def test_french_does_not_tear_what_belongs_together() -> None:
    """No-break spaces within guillemets and before a colon; none before other marks, as Quebec's usage has it."""
    with (languages.CATALOGUES / "fr" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        said = [
            each
            for entry in read_po(file, "fr")
            if entry.id
            for each in ([entry.string] if isinstance(entry.string, str) else entry.string)
        ]
    assert [] == [each for each in said if re.search("« | »| :(\\s|$)|[ \u00a0][;?!]", each)]


@pytest.mark.parametrize(
    ("state", "said"),
    [("submitted", "The city is looking at it"), ("rejected", "mend it, and hand it in again"), ("draft", "Hand it in when")],
)
def test_why_it_is_not_showing_is_why_this_one_is_not(shoproom: ShopRoom, state: str, said: str) -> None:
    """Nobody is told to hand in what the city has, nor what it has sent back as it is."""
    advert = shoproom.advert(A, CampaignState.DRAFT, CreativeState(state), submitted_at=shoproom.time)
    assert said in shoproom.page(f"/shops/{A}/adverts/{advert}").split('class="why"')[1].split("</section>")[0]


def test_whoever_works_for_two_shops_finds_the_other(shoproom: ShopRoom) -> None:
    """From the one's overview; whoever works for one is not led in a circle."""
    with transaction(shoproom.database) as session:
        session.add(Membership(staff_id=shoproom.people[Person.OWNER_A], business_id=shoproom.shops[B], created_at=shoproom.time))
    found = [shoproom.page(f"/shops/{A}/", who) for who in (Person.OWNER_A, Person.VENUE_A)]
    assert [True, False] == ['<a href="/">Your shops</a>' in page for page in found]


def test_nobody_is_told_to_do_what_they_may_not(shoproom: ShopRoom) -> None:
    """Venue staff see how an advert stands; what is to do about it is the owner's to read."""
    advert = shoproom.advert(A, CampaignState.DRAFT, CreativeState.DRAFT)
    found = {
        who: shoproom.page(f"/shops/{A}/adverts", who) + shoproom.page(f"/shops/{A}/adverts/{advert}", who)
        for who in Person
        if who.shop == A
    }
    said = ["Finish it and hand it in.", "to put right before you can hand it in"]
    assert {Person.OWNER_A: [True] * 2, Person.VENUE_A: [False] * 2} == {
        who: [each in page for each in said] for who, page in found.items()
    }


def test_the_citys_own_adverts_are_told_from_a_shops(staffroom: Room) -> None:
    """They have the same pages: whoever is there knows whose it is, where navigation has it, and who looks at it next."""
    staffroom.posted("/house", Role.CITY_ADMIN, {"name": "City of Example"})
    made = staffroom.posted("/shops/city/adverts/new", Role.CITY_ADMIN, {"do": "save", "title.en": "Join eduroam", "text.en": "Faster."})
    listed, form = (staffroom.page(path) for path in ("/shops/city/adverts", made.location.partition("?")[0]))
    said = [">City’s own adverts</h1>", 'href="/house" aria-current="page"', 'href="/shops/city/figures"']
    assert ([True] * 3, [True, False]) == (
        [each in listed for each in said],
        [each in form for each in ("Hand in for review", "Hand in to the city")],
    )
