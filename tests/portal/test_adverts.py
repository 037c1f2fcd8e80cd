"""Adverts on the pages: shown below the button, counted once for a visit without a person, clicked to a page of ours."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from sqlalchemy import event, inspect

from portal import capabilities
from portal.capabilities import ADVERT
from portal.guest.probes import PATHS
from store.models import CreativeState, PlacementHour
from tests.portal.guests import arrive, connect, forms, heading, links
from tests.portal.shops import opened, written
from tests.portal.world import coova

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.portal.world import World

HERE = "central-library"


def clicks(page: TestResponse) -> list[str]:
    """The page's links to shops."""
    return [address for address in links(page) if address.startswith("/a/")]


@pytest.fixture
def bakery(city: World) -> Iterator[str]:
    return opened(city)


def test_page_one_shows_it_below_the_button(guest: FlaskClient, bakery: str) -> None:
    """Labelled, with a heading of its own, its picture described; the button and its form stand before it, and need nothing of it."""
    page = guest.get(coova())
    section = re.search(r'<section class="advert" aria-labelledby="advert">(.*?)</section>', page.text, re.DOTALL)
    assert section is not None
    assert page.text.index("<button") < section.start()
    assert ("Advertisement", "Bread from this morning") == (
        re.findall(r'<p class="label">(.*?)</p>', section[1])[0],
        re.findall(r"<h2[^>]*>(.*?)</h2>", section[1])[0],
    )
    picture = re.search(r'<img src="/media/([0-9a-f]{64})\.webp" alt="Three loaves" width="960" height="480">', section[1])
    assert picture is not None
    assert "lazy" not in section[1]
    assert "<form" not in section[1]
    assert 303 == guest.post(forms(page)[0]).status_code


@pytest.mark.usefixtures("bakery")
def test_it_speaks_the_guests_language(guest: FlaskClient) -> None:
    """Title, text, label and alternative text; another language's where there is none."""
    text = guest.get(coova(), headers={"Accept-Language": "fr"}).text
    assert [True] * 4 == [
        word in unescape(text) for word in ("Publicité", "Du pain de ce matin", "À deux minutes d’ici.", 'alt="Trois miches"')
    ]


def test_the_citys_own_says_so(city: World, guest: FlaskClient) -> None:
    """It is no advertisement, but from the city."""
    opened(city, shop={"house": True})
    text = guest.get(coova()).text
    assert ("From the city" in text, "Advertisement" in text) == (True, False)


def test_words_of_a_shop_are_words(city: World, guest: FlaskClient) -> None:
    """Whatever they are made of: no element, no address and no attribute of theirs is in the page."""
    nasty = {"en": '"><script src=//evil.example></script><a href="javascript:1">'}
    opened(city, shop={"name": nasty["en"], "about": nasty}, creative={"title": nasty, "text": nasty, "alt": nasty})
    page = guest.get(coova())
    shop = guest.get(guest.get(clicks(page)[0]).headers["Location"])
    for text in (page.text, shop.text):
        scripts = re.findall(r'<script(?! type="application/ld\+json">)', text)
        assert ([], []) == (scripts, re.findall(r'(?:href|src)="(?:javascript|//)', text))
        assert nasty["en"] in unescape(text)


def test_only_a_page_with_a_picture_may_have_pictures(city: World, guest: FlaskClient) -> None:
    """img-src 'self', there and nowhere else; never another origin."""
    assert "img-src" not in guest.get(coova()).headers["Content-Security-Policy"]
    opened(city)
    policies = [guest.get(path).headers["Content-Security-Policy"] for path in (coova(), "/p/millers-oven", "/help", "/")]
    assert [["img-src 'self'"], ["img-src 'self'"], [], []] == [re.findall(r"img-src [^;]*", policy) for policy in policies]


def test_a_page_with_one_weighs_little(city: World, guest: FlaskClient) -> None:
    """Page and picture together: 100 KB at most, with the heaviest picture that is kept."""
    opened(city, noise=250)
    page = guest.get(coova())
    picture = guest.get(re.findall(r'<img src="([^"]+)"', page.text)[0])
    assert ("image/webp", "public, max-age=31536000, immutable", 200) == (
        picture.mimetype,
        picture.headers["Cache-Control"],
        picture.status_code,
    )
    assert len(page.data) + len(picture.data) <= 100_000
    assert len(picture.data) <= 40_000


def test_one_view_and_one_click(city: World, guest: FlaskClient, bakery: str) -> None:
    """Exactly one impression and one click, of this creative, at this site, in this language, in this hour."""
    page = guest.get(coova())
    assert 303 == guest.head(clicks(page)[0]).status_code
    assert [(HERE, "en", 1, 0)] == written(city)
    for _ in range(3):  # a second click is the same visit's
        answer = guest.get(clicks(page)[0])
        assert (303, "/p/millers-oven") == (answer.status_code, urlsplit(answer.headers["Location"]).path)
    assert [(HERE, "en", 1, 1)] == written(city)
    with city.database.connect() as connection:
        (row,) = connection.execute(PlacementHour.__table__.select())
    assert (bakery, 0, 0) == (row.creative_id, row.hour.minute, row.hour.second)


@pytest.mark.usefixtures("bakery")
def test_what_is_no_view_counts_nothing(city: World, guest: FlaskClient) -> None:
    """A HEAD, a reload, another language, the page after a way back, probes, robots and other pages: one visit, one impression."""
    path = coova()
    assert 200 == guest.head(path).status_code
    assert [] == written(city)
    action = arrive(guest, path)
    guest.get(path)
    guest.get(path, headers={"Accept-Language": "fr"})
    visit = action.removesuffix("/go")
    for again in (visit, f"{visit}?lang=fr", f"{visit}?lang=en"):
        assert 200 == guest.get(again).status_code
    for other in (*PATHS, "/", "/help", "/robots.txt", "/p/millers-oven", f"/at/{HERE}"):
        guest.get(other)
    assert [(HERE, "en", 1, 0)] == written(city)


@pytest.mark.usefixtures("bakery")
def test_a_system_that_looks_counts_nothing(city: World, guest: FlaskClient) -> None:
    """It follows the redirect to page one before a window opens; the person who then sees it counts."""
    for agent in ("CaptiveNetworkSupport-390.60.1 wispr", "Microsoft NCSI", "Dalvik/2.1.0 (Linux; U; Android 15)", "NetworkManager/1.52"):
        guest.get(coova(), headers={"User-Agent": agent})
    assert [] == written(city)
    guest.get(coova(), headers={"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"})
    assert [(HERE, "en", 1, 0)] == written(city)


@pytest.mark.usefixtures("bakery")
def test_another_visit_counts_again(city: World, guest: FlaskClient) -> None:
    """Another device's at once, the same device's once its first is over; hours are counted apart."""
    guest.get(coova())
    guest.get(coova(mac="02-00-5E-00-00-08"))
    city.time += 29 * 60
    guest.get(coova())
    assert [(HERE, "en", 2, 0)] == [written(city)[0]]
    city.time += 60
    guest.get(coova())
    assert 3 == sum(row[2] for row in written(city))


@pytest.mark.usefixtures("bakery")
def test_a_reload_shows_the_same(city: World, guest: FlaskClient) -> None:
    """The advert of a visit stays, on page one and on the status page; which counts no view, and leads to the shop as well."""
    for name in ("bicycles", "plants", "books"):
        opened(city, shop={"slug": name}, creative={"title": {"en": name}})
    shown = {re.findall(r'<h2 id="advert">(.*?)</h2>', guest.get(coova()).text)[0] for _ in range(10)}
    assert 1 == len(shown)
    stay, _ = connect(guest)
    status = guest.get(stay)
    assert shown == set(re.findall(r'<h2 id="advert">(.*?)</h2>', status.text))
    assert "https://bakery.example/menu" in links(status)  # online: the way outside is there
    guest.get(clicks(status)[0])
    assert [(HERE, "en", 1, 1)] == written(city)


def test_nothing_is_shown_where_nothing_fits(city: World, guest: FlaskClient) -> None:
    """No campaign, none at this hour, a cap that is reached: the page is whole without."""
    assert "advert" not in heading(guest.get(coova()))
    opened(city, from_minute=0, until_minute=1)
    assert "<section" not in guest.get(coova()).text
    opened(city, shop={"slug": "capped"}, total_cap=1)
    assert ["Bread from this morning"] == re.findall(r'<h2 id="advert">(.*?)</h2>', guest.get(coova()).text)
    assert "<section" not in guest.get(coova(mac="02-00-5E-00-00-08")).text


def test_pages_of_trouble_show_none(city: World, guest: FlaskClient) -> None:
    """Nor does the one of a gateway that refused."""
    opened(city)
    assert [0, 0, 0] == [guest.get(path).text.count("<section") for path in (coova(res="failed"), "/in/coova/nobody", "/v/nothing")]


@pytest.mark.usefixtures("bakery")
def test_a_click_leads_nowhere_else(city: World, guest: FlaskClient) -> None:
    """Its token opens as nothing else, nothing else opens as one; changed, too old or made up it is no page; `at` cannot turn it away."""
    token = clicks(guest.get(coova()))[0].split("/")[2].split("?")[0]
    for path in (f"/v/{token}", f"/s/{token}", f"/me/{token}", f"/m/{token}"):
        assert guest.get(path).status_code in {404, 410}
    visit = arrive(guest).split("/")[2]
    assert [410] * 3 == [guest.get(f"/a/{each}").status_code for each in (visit, token[:-2] + "AA", "x")]
    turned = guest.get(f"/a/{token}?at=https://evil.example/")
    assert (303, "", "/p/millers-oven") == (turned.status_code, *urlsplit(turned.headers["Location"])[1:3])
    city.time += ADVERT + 1
    assert 410 == guest.get(f"/a/{token}").status_code


def test_no_page_view_asks_or_writes(city: World, guest: FlaskClient, bakery: str) -> None:
    """Page one with its advert is no statement to the database; neither is a click."""
    said: list[str] = []
    event.listen(city.database, "before_cursor_execute", lambda *told: said.append(told[2]))
    page = guest.get(coova())
    guest.get(clicks(page)[0])
    assert [] == said


def test_a_figure_has_no_person() -> None:
    """No column of the figures could hold one; and a click's token holds no station."""
    assert {"creative_id", "hour", "site", "language", "campaign_id", "impressions", "clicks"} == {
        column.key for column in inspect(PlacementHour).columns
    }
    assert {"creative", "campaign", "shop", "site", "language", "visit"} == {field.name for field in fields(capabilities.Click)}


def test_only_what_was_approved_is_shown(city: World, guest: FlaskClient) -> None:
    """The newest approved version, while a newer one is looked at; none before the first."""
    opened(city, creative={"state": CreativeState.SUBMITTED})
    assert "<section" not in guest.get(coova()).text


def test_the_cookie_is_not_needed(city: World, bakery: str) -> None:
    """Without cookies the click's page knows the way back to the button."""
    browser = city.client(cookies=False)
    shop = browser.get(browser.get(clicks(browser.get(coova()))[0]).headers["Location"])
    back = next(address for address in links(shop) if address.startswith("/v/"))
    assert 303 == browser.post(forms(browser.get(back))[0]).status_code


def test_an_access_point_of_its_own(city: World, guest: FlaskClient) -> None:
    """A campaign of one access point is shown to who came by it."""
    opened(city)
    run = city.adverts[0]
    city.adverts = [replace(run, places=frozenset({("access-point", "lib-1")}))]
    assert "<section" not in guest.get(coova()).text
    city.doors = replace(city.doors, point_of=lambda gateway, point: "lib-1" if point == "02-00-5E-77-00-01" else "")
    assert "<section" in guest.get(coova()).text
