"""Whatever a query says: no other place is gone to, no markup of its gets into a page, nothing of ours falls over."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from radius.nas import FAMILIES
from radius.nas.asked import LIFETIME
from tests.portal.guests import arrive, connect, forms, links, sent_to
from tests.portal.world import COOVA_KEY, CWA_KEY, NDS_KEY, coova, cwa

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.portal.world import World

FIELDS = (
    "res", "uamip", "uamport", "challenge", "called", "mac", "ip", "ssid", "nasid", "sessionid", "userurl", "reason", "lang", "v", "at",
)  # fmt: skip
MARKUP = (
    '"><script>alert(1)</script>', "'><img src=x onerror=alert(1)>", "javascript:alert(1)", "</style><h1>x</h1>", "{% raw %}{{",
    "\x00\r\nX: y",
)  # fmt: skip
ELSEWHERE = (
    "http://evil.example/", "//evil.example", "javascript:alert(1)", "https://user@evil.example/", "data:text/html,x", "http://a\\@evil.example",
)  # fmt: skip
DOORS = (f"/in/coova/{COOVA_KEY}", f"/in/opennds/{NDS_KEY}", f"/in/cisco-cwa/{CWA_KEY}")
PATHS = (*DOORS, "/", "/privacy", "/v/x", "/s/x", "/nowhere", "/guest/s/default/")


@pytest.mark.parametrize("field", FIELDS)
def test_no_markup_of_a_querys_gets_into_a_page(guest: FlaskClient, field: str) -> None:
    """Signed by the gateway or not, on every page that reads a query."""
    signed = [] if field in {"v", "at", "lang"} else [coova(**{field: markup}) for markup in MARKUP]
    for path in (*signed, *(f"{path}?{field}={quote(markup)}" for path in PATHS for markup in MARKUP)):
        page = guest.get(path).text.partition("</style>")[2]
        assert [] == [sign for sign in ("<script", "<img", "<h1>x", "onerror=", "{% raw", 'href="javascript') if sign in page]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("size", [10, 100_000])
def test_long_fields(guest: FlaskClient, field: str, size: int) -> None:
    """10^5 characters in any field: refused, and quickly."""
    for path in PATHS[:5]:
        assert guest.get(f"{path}?{field}=" + "x" * size).status_code in {200, 400, 403, 414}


@pytest.mark.parametrize("target", ELSEWHERE)
def test_nobody_is_sent_elsewhere(guest: FlaskClient, target: str) -> None:
    """A signed query may name a destination; it is a link with its host in words, if it is a plain one, and never a redirect."""
    action = arrive(guest, coova(userurl=target))
    answer = guest.post(action)
    where, words = sent_to(answer)
    assert "http://10.1.0.1:3990/logon" == where
    assert urlsplit(words["userurl"][0]).netloc == "wifi.city.example"
    page = guest.get(guest.get("/").headers["Location"])
    assert {"http://evil.example/"} >= {link for link in links(page) if not link.startswith(("/", "#"))}


@pytest.mark.parametrize("words", [{"uamip": "198.51.100.66"}, {"uamip": "198.51.100.66", "uamport": "80"}])
def test_the_login_is_the_registered_one(guest: FlaskClient, words: dict[str, str]) -> None:
    """Whatever `uamip` says."""
    assert "http://10.1.0.1:3990/logon" == sent_to(guest.post(arrive(guest, coova(**words))))[0]


def test_what_is_not_signed_is_not_read(guest: FlaskClient) -> None:
    """403, and no form."""
    unsigned = coova().partition("&md=")[0]
    for path in (unsigned, unsigned + "&md=" + "0" * 32, coova() + "&mac=02-00-5E-00-00-09"):
        answer = guest.get(path)
        assert (403, []) == (answer.status_code, forms(answer))


def test_the_roads_words_come_from_the_road_alone(guest: FlaskClient) -> None:
    """`road.station` in a query is dropped; a token of another purpose is none."""
    visit = arrive(guest).split("/")[2]
    for query in ("road.station=02-00-5E-00-00-07", f"v={visit}", "v=x", "v=&road.station=02-00-5E-00-00-07"):
        assert guest.get(f"/in/cisco-cwa/{CWA_KEY}?{query}").status_code in {400, 403, 410}


def test_a_roads_token_ends(city: World, guest: FlaskClient) -> None:
    """It lasts as long as the road says; after that the station is sent again."""
    path = cwa(city)
    city.time += LIFETIME + 1
    assert 410 == guest.get(path).status_code


@pytest.mark.parametrize(
    "path", ["/in/coova/nobody", f"/in/opennds/{COOVA_KEY}", f"/in/nothing/{COOVA_KEY}", "/in/coova/", "/in/coova/a/b/c"]
)
def test_a_door_is_its_gateways_own(guest: FlaskClient, path: str) -> None:
    """The family of the path must be the client's; anything else is no door."""
    answer = guest.get(path)
    assert 404 == answer.status_code
    assert [] == forms(answer)


def test_a_controller_that_knows_no_question_mark(city: World, guest: FlaskClient) -> None:
    """`&redirect=` appended to the path is a query all the same."""
    path = cwa(city).replace("?v=", "&v=") + "&redirect_url=http://news.example//a/b"
    assert 200 == guest.get(path).status_code


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(PATHS), st.text(max_size=200), st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=80), max_size=6))
def test_nothing_falls_over(guest: FlaskClient, path: str, tail: str, words: dict[str, str]) -> None:
    """Any path and query: an answer below 500."""
    query = "&".join(f"{name}={quote(value)}" for name, value in words.items())
    assert guest.get(f"{path}{quote(tail)}?{query}").status_code < 500
    assert guest.get(f"{path}?{query}&{quote(tail)}").status_code < 500


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_family_has_a_door(city: World, family: str) -> None:
    """An empty query at each family's entrance is told as one that cannot be read, with a number."""
    from radius.nas.family import Options
    from tests.portal.world import door, doors

    one = door(family, "k" * 16, Options())
    city.doors = type(city.doors)({one.gateway.key: one}, ssids=doors().ssids)
    answer = city.client().get(f"/in/{family}/{'k' * 16}")
    assert answer.status_code in {400, 403}
    assert 'class="number"' in answer.text


def test_nothing_of_a_cookie_is_believed(guest: FlaskClient) -> None:
    """A forged one is passed over; a real one shows its own session and lets nobody POST without the address."""
    guest.set_cookie("proxeny_guest", "x" * 3_000, domain="wifi.city.example")
    assert 200 == guest.get("/").status_code
    connect(guest)
    assert {404, 405, 410} >= {guest.post(path).status_code for path in ("/", "/s/x/out", "/s//out", "/out")}
