"""portal/business/advert_preview.py: the guests' own page, of what is kept or typed, inert, in a frame of ours alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from store.models import Creative, Picture, PlacementHour
from store.session import reading
from tests.portal.adverts import AT, form, made, new, photo, save
from tests.portal.shoproom import A, B, Person

if TYPE_CHECKING:
    from tests.portal.shoproom import ShopRoom


def test_it_is_the_guests_page_with_the_advert_on_it(shoproom: ShopRoom) -> None:
    """In the language and the scheme that were asked for; once online, with the way outside."""
    name = made(new(shoproom, title__fr="Du pain de ce matin", text__fr="À deux minutes."))
    text = shoproom.page(f"{AT}/{name}/preview?show_language=fr&scheme=dark")
    assert [True] * 3 == [each in text for each in ("Du pain de ce matin</h2>", 'lang="fr-CA"', "color-scheme:dark")]
    assert "Connect" in shoproom.page(f"{AT}/{name}/preview")
    assert "Bienvenue</span><br>2" in text  # a welcome without a full stop has a line of its own
    assert "Open bakery.example" in shoproom.page(f"{AT}/{name}/preview?sight=online")


def test_what_is_typed_is_shown_and_not_kept(shoproom: ShopRoom) -> None:
    """No advert is made of it, and nothing is counted."""
    answer = shoproom.post(f"{AT}/preview", **form(title__en="Typed just now"))
    assert (200, True) == (answer.status_code, "Typed just now</h2>" in answer.get_data(as_text=True))
    with reading(shoproom.database) as session:
        assert (0, 0) == (session.query(Creative).count(), session.query(PlacementHour).count())


def test_words_of_an_address_are_not_shown(shoproom: ShopRoom) -> None:
    """Nobody puts their words on a page of ours by a link, and none of ours puts what is typed where a log would keep it."""
    text = shoproom.page(f"{AT}/preview?{urlencode(form(title__en='You have won'), doseq=True)}")
    assert (False, True) == ("You have won" in text, "Your title" in text)
    answer = shoproom.post(f"{AT}/new", **form(title__en="Typed and wrong", link="javascript:alert(1)"), do="submit")
    frame = re.search(r'<iframe [^>]*src="([^"]*)"', answer.get_data(as_text=True))[1]
    assert (422, 200, False) == (answer.status_code, shoproom.get(frame).status_code, "Typed" in frame)
    assert "Typed and wrong" in shoproom.page(frame)


def test_a_preview_is_inert_and_ours_alone(shoproom: ShopRoom) -> None:
    """No link leads anywhere but outside once online, no form may be sent, only our own pages may frame it."""
    answer = shoproom.get(f"{AT}/{shoproom.advert()}/preview")
    policy = {each.strip() for each in answer.headers["Content-Security-Policy"].split(";")}
    assert {"form-action 'none'", "frame-ancestors 'self'", "default-src 'none'"} <= policy
    assert {"#", "#content"} >= set(re.findall(r'(?:href|action)="([^"]*)"', answer.get_data(as_text=True)))
    assert "frame-src 'self'" in shoproom.get(f"{AT}/new").headers["Content-Security-Policy"]


def test_a_picture_is_seen_before_it_is_published(shoproom: ShopRoom) -> None:
    """From the shop's own pages; one that was chosen and not saved, too."""
    answer = shoproom.post(f"{AT}/preview", **form(alt__en="Three loaves"), picture=photo())
    where = re.search(r'src="(/shops/[^"]+\.webp)" alt="Three loaves"', answer.get_data(as_text=True))
    assert (200, 404) == (shoproom.get(where[1]).status_code, shoproom.get(where[1].replace(A, B), Person.OWNER_B).status_code)
    with reading(shoproom.database) as session:
        assert [shoproom.shops[A]] == [row.business_id for row in session.query(Picture)]


def test_versions_are_looked_at_one_by_one(shoproom: ShopRoom) -> None:
    """The newest, a number, what runs."""
    name = shoproom.advert()
    save(shoproom, name, title__en="Cake")
    seen = {more: shoproom.page(f"{AT}/{name}/preview{more}") for more in ("", "?version=2", "?version=1", "?version=live")}
    assert ["Cake", "Cake", "Bread from this morning", "Bread from this morning"] == [
        re.search(r'<h2 id="advert">([^<]*)<', text)[1] for text in seen.values()
    ]


@pytest.mark.parametrize("said", ["sight=admin", "scheme=pink", "show_language=xx", "version=9", "version=x"])
def test_a_preview_of_nothing_is_not_found(shoproom: ShopRoom, said: str) -> None:
    """A page, a colour, a language or a version that there is not."""
    assert 404 == shoproom.get(f"{AT}/{shoproom.advert()}/preview?{said}").status_code


def test_what_is_too_long_or_wrong_is_shown_as_far_as_guests_would(shoproom: ShopRoom) -> None:
    """A title cut at its length, a link that leads nowhere left out, markup as words."""
    answer = shoproom.post(f"{AT}/preview", **form(title__en="<b>" + "x" * 80, link="javascript:alert(1)"), sight="online")
    text = answer.get_data(as_text=True)
    assert ("&lt;b&gt;" + "x" * 57 + "<", False, False) == (
        re.search(r'<h2 id="advert">([^<]*<)', text)[1],
        "javascript" in text,
        "<b>x" in text,
    )
