"""Of shops, as whoever reads every page after another finds it: the city's words for what it decided, and words kept as they were typed.

Never a browser.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from portal.admin import deeds
from portal.admin.help import Help
from portal.messages.letter import line
from store.models import Creative, CreativeState
from store.session import transaction
from tests.portal import splash
from tests.portal.shoproom import A

if TYPE_CHECKING:
    from tests.portal.shoproom import ShopRoom
    from tests.portal.staffroom import Room


def test_the_city_reads_what_an_advert_is_to_it(staffroom: Room) -> None:
    """Not what its shop is asked to do."""
    shop = splash.shop(staffroom)
    name = splash.submitted(staffroom, shop, splash.owner(staffroom))
    waiting = staffroom.page("/businesses/millers-oven")
    with transaction(staffroom.database) as session:
        session.get_one(Creative, name).state = CreativeState.REJECTED
    shown = staffroom.page("/businesses/millers-oven")
    assert (True, True) == ("Handed in</span>" in waiting, "Not approved</span>" in shown)
    assert (False, False) == ("With the city" in waiting, "Please mend" in shown)


def test_the_log_calls_it_as_its_button_does() -> None:
    """Taken back by its shop; what was published is withdrawn."""
    said = [str(deeds.action("withdraw", of)) for of in ("advert", "shop page", "open data")]
    assert ["taken back as a draft", "taken back as a draft", "withdrawn"] == said


@pytest.mark.parametrize("word", ["👩‍🍳 Pain", "❤️‍🔥", "می‌خواهم", "क्‍ष", "👨🏽‍🌾", "🏳️‍🌈", "🇨🇦"])
def test_words_and_signs_that_are_joined_stay_so(word: str) -> None:
    """As Persian, Hindi and many a bakery write: what is unseen joins what is seen."""
    assert word == line(word)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Boulan\u00adge\u00adrie", "Boulangerie"),
        ("Caf\u200bé", "Café"),
        ("שלום\u200f!", "שלום!"),
        ("Mil\u200cler\u200d", "Miller"),
        ("a\u2060\u200d\u202e b", "a b"),
        ("Bread\u2800from\u3164today", "Bread from today"),
        ("B" + "\u0301\u200b" * 9, "B\u0301\u0301\u0301"),
    ],
)
def test_what_takes_no_room_leaves_none(typed: str, kept: str) -> None:
    """Words that were copied from a page with soft hyphens are not torn; nothing unseen tells two names apart."""
    assert kept == line(typed)


def test_hours_that_were_copied_are_seen_before_they_are_kept(shoproom: ShopRoom) -> None:
    """The preview begins with what the form holds; a picture that is not taken is told of, whatever was pressed."""
    form = {"do": "monday", "picture": (io.BytesIO(b"no picture"), "x.png"), "from.0.0": "09:30"}
    page = shoproom.post(f"/shops/{A}/page/edit", **form).get_data(as_text=True)
    assert (True, True) == ('data-now="yes"' in page, 'id="picture-error"' in page)
    assert 'data-now="yes"' not in shoproom.page(f"/shops/{A}/page/edit")


LONG = f"a@{'.'.join(['b' * 61] * 4)}.example"  # whose first 254 characters would be an address, of somebody else


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/businesses/new", {"name": "Oven", "email": LONG, "place": "city:"}),
        ("/businesses/millers-oven/members", {"email": LONG}),
        ("/staff/new", {"name": "new.clerk", "email": LONG, "becomes": "auditor"}),
        ("/staff/new", {"name": LONG, "becomes": "auditor"}),
    ],
)
def test_no_address_is_cut_to_another(staffroom: Room, path: str, form: dict[str, str]) -> None:
    """What is too long for an address is refused: a link would go to whoever has what is left of it."""
    splash.shop(staffroom)
    assert 422 == staffroom.post(path, **form).status_code


def test_no_owner_invites_what_is_left_of_an_address(shoproom: ShopRoom) -> None:
    """The same at the shops' own door."""
    assert 422 == shoproom.post(f"/shops/{A}/people", address=LONG).status_code


def test_of_two_numbers_the_first_is_dialled() -> None:
    """Not both in one."""
    assert ["+19055550100", "03555012"] == [Help(phone=each).dial for each in ("+1 905 555-0100 / 905 555-0101", "03/555 012")]
