"""What strangers try on the pages: other hosts by odd paths, odd languages, tokens that are nearly too long, other people's rates."""

from __future__ import annotations

import random
import string
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from portal.cases.connect import MOST
from portal.words import date
from radius.nas.family import Options
from store import outbox
from store.models import Device, Grant, Order, SignInToken
from store.session import transaction
from tests.portal.guests import arrive, connect, forms, heading, links
from tests.portal.test_flow import rows
from tests.portal.world import STATION, UAM, coova, cwa, door, doors, opennds

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.portal.world import World

LANGUAGES = {
    "FR": "fr", "fr_CA": "fr", "Fr-ca;q=0.3": "fr", "*": "en", "zh-Hant-TW": "en", "fr;q=abc": "en", "fr-" * 500: "fr", "--": "en",
    "é": "en",
    "a" * 9_000: "en", "_": "en", "../../etc/passwd": "en", "root": "en",
    "de,fr;q=0.9,en;q=0.8": "fr",
}  # fmt: skip


@pytest.mark.parametrize(
    "path", ["//evil.example/x", "///evil.example", "/\\evil.example", "/%5cevil.example", "//evil.example/in/coova/x"]
)
def test_no_link_leads_to_the_host_that_a_path_names(guest: FlaskClient, path: str) -> None:
    """Two slashes begin another host's name: the link to the page in another language stays with us."""
    page = guest.get("/", environ_overrides={"PATH_INFO": path})
    assert 404 == page.status_code
    assert [] == [link for link in links(page) if link.startswith(("//", "/\\", "http"))]


@pytest.mark.parametrize(("accepted", "spoken"), LANGUAGES.items(), ids=lambda text: text[:12])
def test_any_wish_for_a_language(guest: FlaskClient, accepted: str, spoken: str) -> None:
    """In any case and shape: one of ours, and nothing falls over."""
    page = guest.get("/", headers={"Accept-Language": accepted})
    assert (200, spoken) == (page.status_code, page.headers["Content-Language"])


def test_a_visit_that_just_fits_its_token(city: World) -> None:
    """Whatever page one could hold, its button can: the tokens after it hold a little more, and are refused in words at worst."""
    one = door("cambium", "k" * 16, Options(login_url="http://10.1.0.1:880"))
    city.doors = replace(doors(), by_key={one.gateway.key: one})
    guest, letters = city.client(), random.Random(1)
    refused = 0
    for size in range(1_700, 2_048, 3):
        state = "".join(letters.choice(string.ascii_letters + string.digits) for _ in range(size))
        page = guest.get(f"/in/cambium/{'k' * 16}?ga_cmac={STATION}&ga_srvr=10.1.0.1&ga_Qv={state}")
        refused += page.status_code == 400
        if page.status_code == 200:
            assert guest.post(forms(page)[0]).status_code in {200, 303}
    assert refused > 0


def test_a_stranger_does_not_use_up_a_devices_rate(city: World) -> None:
    """Where nothing is signed, anyone can come as any device: but not from where that device is."""
    one = door("unifi", "k" * 16, Options(api_url="https://console.example", api_secret=None))
    city.doors = replace(doors(), by_key={one.gateway.key: one})
    city.house = replace(city.house, device_rate=5)
    guest = city.client()
    path = arrive(guest, f"/in/unifi/{'k' * 16}?id={STATION}").removesuffix("/go")
    elsewhere = [guest.get(path, environ_overrides={"REMOTE_ADDR": "203.0.113.9"}).status_code for _ in range(8)]
    assert (429, 200) == (elsewhere[-1], guest.get(path).status_code)


def test_a_whole_network_is_one_address(city: World) -> None:
    """Of IPv6 the first 64 bits count: the rest is whatever its host likes."""
    city.house = replace(city.house, address_rate=5)
    guest = city.client()
    answers = [guest.get("/privacy", environ_overrides={"REMOTE_ADDR": f"2001:db8::{each:x}"}).status_code for each in range(1, 30)]
    assert 429 in answers
    assert 200 == guest.get("/privacy", environ_overrides={"REMOTE_ADDR": "2001:db8:0:1::1"}).status_code


def test_a_cookie_that_leads_nowhere_is_dropped(city: World) -> None:
    """A day after the end `/` is the front page again, and not a page that is too old."""
    fresh = city.client()
    stay, _ = connect(fresh)
    city.time += 7_200 + 86_500
    page = fresh.get("/", follow_redirects=True)
    assert (200, "Join “City Wi-Fi” first") == (page.status_code, heading(page))
    assert 410 == fresh.get(stay).status_code


def test_two_tabs_and_two_devices(city: World) -> None:
    """Two tabs of one device are one grant; what one signs out is signed out in the other. Another device is another."""
    guest, other = city.client(), city.client()
    first, second = arrive(guest), arrive(guest)
    assert [303, 303] == [guest.post(first).status_code, guest.post(second).status_code]
    connect(other, coova(mac="02-00-5E-00-00-09"))
    assert 2 == rows(city, Grant)


@pytest.mark.parametrize("path", ["", "cwa", "opennds"])
def test_a_thousand_presses_of_one_button(city: World, path: str) -> None:
    """One visit sent again and again: one device, one grant, one order, one token while it is fresh and unused."""
    guest = city.client()
    action = arrive(guest, {"": "", "cwa": cwa(city), "opennds": opennds("Gate", "867e6d3b")}[path])
    assert {303} == {guest.post(action).status_code for _ in range(300)}
    assert [1, 1, 1] == [rows(city, Device), rows(city, Grant), rows(city, Order) + rows(city, SignInToken)]


def test_an_order_that_failed_is_given_again(city: World) -> None:
    """Only one that is under way, or just done, is not."""
    guest = city.client()
    stay, _ = connect(guest, cwa(city))
    with transaction(city.database) as session:
        first = session.scalars(select(Order)).one()
        outbox.settle(session, first.id, done=False, outcome="no answer", now=date(city.time))
    assert 303 == guest.post(f"{stay}/again").status_code
    assert 2 == rows(city, Order)


def test_in_and_out_for_ever(city: World, guest: FlaskClient) -> None:
    """Signing in and out is bounded by the hour, and a guest is told to wait; an hour later there is room."""
    action = arrive(guest)
    answers = []
    for _ in range(MOST + 5):
        answers.append(guest.post(action).status_code)
        if answers[-1] == 303:
            guest.post(f"{guest.get('/').headers['Location']}/out")
    assert [303] * MOST + [429] * 5 == answers
    assert MOST == rows(city, Grant)
    city.time += 3_601
    assert 303 == guest.post(arrive(guest)).status_code


def test_random_devices_from_one_address(city: World) -> None:
    """Where nothing is signed, one address makes no more grants a minute than the rate allows, whatever it calls itself."""
    one = door("unifi", "k" * 16, Options(api_url="https://console.example", api_secret=UAM))
    city.doors = replace(doors(), by_key={one.gateway.key: one})
    city.house = replace(city.house, sign_in_rate=20)
    guest = city.client()
    answers = [guest.post(arrive(guest, f"/in/unifi/{'k' * 16}?id=02-00-5E-00-01-{each:02X}")).status_code for each in range(40)]
    assert [303] * 20 + [429] * 20 == answers
    assert [20, 20, 20] == [rows(city, Device), rows(city, Grant), rows(city, Order)]
