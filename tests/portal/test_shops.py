"""The shops' own pages, the page of a place, pictures: for anybody, without a token, and nobody is told who came."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from portal.doors import Venue
from portal.words import date
from store import pictures
from store.adverts import shop
from store.models import Business, BusinessPlace, CreativeState, PlaceKind, ShopVersion
from store.session import reading, transaction
from store.stills import prepared
from tests.portal.guests import connect, heading, links, plain
from tests.portal.shops import opened, painted
from tests.portal.world import COOVA_KEY

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.portal.world import World

LIBRARY = Venue("Central Library", "downtown", "America/Toronto", ("lib-1",))
PAGE = "/p/millers-oven"


def test_a_shops_page(city: World, guest: FlaskClient) -> None:
    """Name, words, address, hours and picture; the website's host is shown, and that it wants the Internet."""
    opened(city)
    page = guest.get(PAGE)
    text = plain(page)
    assert "Miller’s Oven" == heading(page)
    said = (
        "We bake every night.",
        "And sell until it is gone.",
        "12 Mill Street",
        "Tuesday to Saturday",
        "7:00 to 18:00",
        "bakery.example",
    )
    assert [True] * 6 == [word in text for word in said]
    assert "Open the website once you’re online." in text
    assert "https://bakery.example/menu" in links(page)
    assert ['alt="Three loaves"'] == re.findall(r'alt="[^"]*"', page.text)


@pytest.mark.parametrize(("path", "language"), [("/fr/p/millers-oven", "fr"), ("/en/p/millers-oven", "en"), (f"/fr{PAGE}?lang=en", "en")])
def test_the_language_may_come_first(city: World, guest: FlaskClient, path: str, language: str) -> None:
    """In the address; a link's own choice still goes over it. Neither asks the browser."""
    opened(city)
    text = unescape(guest.get(path, headers={"Accept-Language": "fr" if language == "en" else "en"}).text)
    assert f'<html lang="{language}-CA"' in text
    assert {"fr": "Nous cuisons chaque nuit.", "en": "We bake every night."}[language] in text


@pytest.mark.parametrize(
    "path", ["/p/nobody", "/de/p/millers-oven", "/p/Millers-Oven", "/p/" + "a" * 300, "/p/%00", "/p/-", "/at/nowhere", "/p/", "/at/"]
)
def test_what_is_not_there(city: World, guest: FlaskClient, path: str) -> None:
    """404, with a page that says so."""
    opened(city)
    page = guest.get(path)
    assert (404, "There is no such page") == (page.status_code, heading(page))


def test_once_online_the_way_outside_is_a_button(city: World, guest: FlaskClient) -> None:
    """By the cookie, or by the token that came along; for that guest alone, and no longer than it is so."""
    opened(city)
    stay, _ = connect(guest)
    token = stay.removeprefix("/s/").partition("?")[0]
    bare, stranger = city.client(cookies=False), city.client()

    def offers(answer: str) -> tuple[bool, bool]:
        return "Open bakery.example" in answer, "once you’re online" in answer

    told = [offers(unescape(browser.get(path).text)) for browser, path in ((guest, PAGE), (bare, f"{PAGE}?at={token}"), (stranger, PAGE))]
    assert [(True, False), (True, False), (False, True)] == told
    city.time += 7_300
    assert (False, True) == offers(unescape(guest.get(PAGE).text))


def test_a_shop_without_a_website(city: World, guest: FlaskClient) -> None:
    """Offers none; nor is one in clear."""
    opened(city, shop={"slug": "none", "link": ""})
    opened(city, shop={"slug": "clear", "link": "http://bakery.example/"})
    for slug in ("none", "clear"):
        page = guest.get(f"/p/{slug}")
        assert ("Website" in page.text, [each for each in links(page) if "bakery" in each]) == (False, [])


def test_the_shops_of_a_place(city: World, guest: FlaskClient) -> None:
    """Those that are shown there, each with its page; at another place others; the city's own is none."""
    city.doors = replace(city.doors, venues={"library": LIBRARY, "market": Venue("Market Hall")})
    opened(city)
    opened(city, shop={"slug": "city", "name": "The City", "house": True})
    city.adverts = [replace(run, places=frozenset({("site", "library")})) for run in city.adverts]
    here, there = guest.get("/at/library"), guest.get("/at/market")
    assert ("Central Library", ["/p/millers-oven"]) == (heading(here), [each for each in links(here) if each.startswith("/p/")])
    assert ("Market Hall", []) == (heading(there), [each for each in links(there) if each.startswith("/p/")])


def test_a_page_without_an_advert_is_listed_where_the_city_lets_it_be_shown(city: World, guest: FlaskClient) -> None:
    """Once a version of it was approved; a suspended shop is gone from the list, and its page with it."""
    city.doors = replace(city.doors, venues={"library": LIBRARY, "market": Venue("Market Hall")})
    now = date(city.time)
    with transaction(city.database) as session:
        waits, stands = CreativeState.SUBMITTED, CreativeState.APPROVED
        for slug, state, suspended in (("fresh", waits, None), ("quiet", stands, None), ("gone", stands, now)):
            row = Business(slug=slug, name=slug, about={"en": "Books, new and old."}, created_at=now, suspended_at=suspended)
            session.add(row)
            session.flush()
            session.add(BusinessPlace(business_id=row.id, kind=PlaceKind.ACCESS_POINT, name="lib-1"))
            session.add(ShopVersion(business_id=row.id, name=slug, state=state, created_at=now))
    here, there = guest.get("/at/library"), guest.get("/at/market")
    assert (["/p/quiet"], []) == tuple([each for each in links(page) if each.startswith("/p/")] for page in (here, there))
    assert "Books, new and old." in plain(here)
    assert [404, 200, 404] == [guest.get(f"/p/{slug}").status_code for slug in ("fresh", "quiet", "gone")]


def test_nothing_of_a_suspended_shop_runs(city: World, guest: FlaskClient) -> None:
    """Neither its advert nor its page."""
    opened(city, shop={"suspended_at": date(city.time)})
    assert ([], 404) == (list(city.adverts), guest.get(PAGE).status_code)


def test_hours_of_the_week(city: World, guest: FlaskClient) -> None:
    """Days that are alike stand together, in the page's language; what is said beside them follows."""
    day, lunch = [[420, 1080]], [[420, 720], [840, 1080]]
    opened(city, shop={"hours": {"week": [[], day, day, day, lunch, [[1080, 120]], []], "en": "Closed in August.", "fr": "Fermé en août."}})
    said = [" ".join(line.split()) for line in re.findall(r"<dt>(.*?</dd>)", guest.get(PAGE).text)]
    dash = "\u202f"
    assert [
        "Monday</dt><dd>Closed</dd>",
        "Tuesday to Thursday</dt><dd>7:00 a.m. to 6:00 p.m.</dd>",
        "Friday</dt><dd>7:00 a.m. to 12:00 p.m., 2:00 p.m. to 6:00 p.m.</dd>",
        "Saturday</dt><dd>6:00 p.m. to 2:00 a.m.</dd>",
        "Sunday</dt><dd>Closed</dd>",
    ] == [each.replace(dash, " ") for each in said]
    assert "Mardi à jeudi" in guest.get(f"/fr{PAGE}").text
    assert "Fermé en août." in guest.get(f"/fr{PAGE}").text


@pytest.mark.parametrize("week", [None, [], "x", [[]] * 6, [[["a", 1]]] * 7, [[[1]]] * 7, [None] * 7, [5] * 7])
def test_hours_that_are_none(city: World, guest: FlaskClient, week: object) -> None:
    """What a row holds that nobody can read is not shown; the rest of the page is."""
    opened(city, shop={"hours": {"week": week, "en": "By chance."}})
    assert ("By chance." in guest.get(PAGE).text, "<dt>" in guest.get(PAGE).text) == (True, False)


def linked(page: TestResponse) -> Any:
    return json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', page.text)[0])


def test_what_a_page_says_for_machines(city: World, guest: FlaskClient) -> None:
    """What it shows, under its own address, and nothing that tells of whoever looks; each language has an address of its own."""
    opened(city, shop={"hours": {"week": [[[420, 1080]]] * 2 + [[]] * 4 + [[[0, 1440]]]}, "about": {"en": "</script><b>Bread"}})
    page = guest.get(PAGE)
    said = linked(page)
    assert {
        "@context": "https://schema.org",
        "@type": "LocalBusiness",
        "name": "Miller’s Oven",
        "description": "</script><b>Bread",
        "address": "12 Mill Street",
        "url": f"{city.house.url}{PAGE}",
        "sameAs": "https://bakery.example/menu",
        "openingHoursSpecification": [
            {"@type": "OpeningHoursSpecification", "dayOfWeek": ["Monday", "Tuesday"], "opens": "07:00", "closes": "18:00"},
            {"@type": "OpeningHoursSpecification", "dayOfWeek": ["Sunday"], "opens": "00:00", "closes": "23:59"},
        ],
    } == {name: value for name, value in said.items() if name != "image"}
    assert said["image"].startswith(f"{city.house.url}/media/")
    alternates = re.findall(r'<link rel="(\w+)"(?: hreflang="([\w-]+)")? href="([^"]*)"', page.text)
    own = f"{city.house.url}{PAGE}"
    told = {
        ("canonical", "", own),
        ("alternate", "x-default", own),
        *(("alternate", each, f"{city.house.url}/{each}{PAGE}") for each in ("en", "fr")),
    }
    assert told == set(alternates)
    assert f"{city.house.url}/fr{PAGE}" == linked(guest.get(f"/fr{PAGE}"))["url"]


def test_a_page_for_nobody_in_particular_may_be_kept_for_a_minute(city: World, guest: FlaskClient) -> None:
    """And is the same then; that of a guest who is known by a token or a cookie is kept nowhere."""
    city.doors = replace(city.doors, venues={"library": LIBRARY})
    opened(city)
    for path in (PAGE, "/at/library"):
        first = guest.get(path)
        assert "public, max-age=60" == first.headers["Cache-Control"]
        assert (304, "public, max-age=60") == (
            (again := guest.get(path, headers={"If-None-Match": first.headers["ETag"]})).status_code,
            again.headers["Cache-Control"],
        )
        assert "no-store" == guest.get(f"{path}?at=x").headers["Cache-Control"]
    connect(guest)
    assert ["no-store"] * 2 == [guest.get(path).headers["Cache-Control"] for path in (PAGE, "/at/library")]


def test_a_picture_that_nobody_allowed(city: World, guest: FlaskClient) -> None:
    """Is no picture to strangers, however well they know its name, until it is published."""
    with transaction(city.database) as session:
        shop = Business(slug="x", name="x", created_at=date(city.time))
        session.add(shop)
        session.flush()
        sha = pictures.keep_for(session, shop.id, prepared(painted()), date(city.time))
    assert 404 == guest.get(f"/media/{sha}.webp").status_code
    with transaction(city.database) as session:
        pictures.publish(session, sha, date(city.time))
    assert 200 == guest.get(f"/media/{sha}.webp").status_code


def test_pictures(city: World, guest: FlaskClient) -> None:
    """For ever cacheable under their digest, asked for once; anything else is 404, and asks for nothing."""
    opened(city)
    with reading(city.database) as session:
        found = shop(session, "millers-oven")
    assert found is not None
    path = f"/media/{found.picture}.webp"
    first = guest.get(path)
    assert (200, "image/webp", "public, max-age=31536000, immutable") == (first.status_code, first.mimetype, first.headers["Cache-Control"])
    assert 304 == guest.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code
    assert (200, b"") == (guest.head(path).status_code, guest.head(path).data)
    assert "nosniff" == first.headers["X-Content-Type-Options"]
    other = ["/media/" + "0" * 64 + ".webp", "/media/x.webp", f"/media/{found.picture.upper()}.webp", f"/media/{found.picture}.png"]
    assert [404] * 4 == [guest.get(each).status_code for each in other]
    assert "no-store" == guest.get(other[0]).headers["Cache-Control"]


def test_a_shops_page_tells_nobody(city: World, guest: FlaskClient) -> None:
    """No figure moves, no cookie is set, and no Referer goes with the way outside."""
    opened(city)
    page = guest.get(PAGE)
    assert ([], None, "no-referrer") == (city.figures.take(), page.headers.get("Set-Cookie"), page.headers["Referrer-Policy"])


WORDS = ["", "a", "%00", "%2e%2e", "..", "é" * 40, "\u202e", "x" * 3_000, "' OR 1=1 --", "<b>", "\\", "//evil.example", "0" * 64, "a-" * 40]


@pytest.mark.parametrize(
    "path", ["/p/{}", "/{}/p/millers-oven", "/fr/p/{}", "/at/{}", "/a/{}", "/media/{}.webp", "/capport/{}", "/capport/{}/sign-in"]
)
def test_whatever_an_address_holds(city: World, guest: FlaskClient, path: str) -> None:
    """A page that says no, in its words and in any token beside it; never a fault of ours, never a way outside."""
    opened(city)
    for word in WORDS:
        answer = guest.get(path.format(word), query_string={"at": word, "q": word, "m": word, "s": word, "lang": word})
        assert answer.status_code in {303, 400, 404, 405, 410, 414, 421}, (path, word)
        assert "evil" not in answer.headers.get("Location", "")


@pytest.mark.parametrize("path", ["/p/millers-oven", "/eduroam", f"/capport/{COOVA_KEY}", "/"])
def test_whatever_stands_beside_it(city: World, guest: FlaskClient, path: str) -> None:
    """What is no token, no language and no device is as if it were not there."""
    opened(city)
    for word in WORDS:
        for name in ("at", "q", "m", "s", "lang"):
            answer = guest.get(path, query_string={name: word})
            assert answer.status_code in {200, 404}, (path, name, word)
            assert "<b>" not in answer.text
