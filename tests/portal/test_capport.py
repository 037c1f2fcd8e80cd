"""/capport/<key>: what a device's own system is told (RFC 8908), and that it is told of no other device."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from portal.doors import Venue
from portal.words import date
from radius.nas.family import Options
from store import grants
from store.entries import Entry, Kind
from store.session import transaction
from tests.portal.guests import connect
from tests.portal.world import COOVA_KEY, NDS_KEY, STATION, UAM, VISITOR, coova, door

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.portal.world import World

OTHER = "02-00-5E-00-00-08"
SESSION = "5f00000001"
API = f"/capport/{COOVA_KEY}?m=02005E000007&s={SESSION}"
SAFE = "https://wifi.city.example"


@pytest.fixture
def city(city: World) -> World:
    """Over https, as the RFC demands; the library is a place with a page."""
    city.serve_at(SAFE)
    city.doors = replace(city.doors, venues={"central-library": Venue("Central Library")})
    return city


def account(city: World, kind: Kind, session: str = SESSION, station: str = STATION, **said: Any) -> None:
    """A record of the gateway's."""
    now = date(city.time)
    fields = {"client": "library-coova", "source": "192.0.2.1", "local": "192.0.2.9", "site": "central-library", "addresses": ("10.1.0.7",)}
    key = hashlib.sha256(repr((kind, session, station, now, said)).encode()).digest()
    entry = Entry(**(fields | said), key=key, received_at=now, kind=kind, at=now, told=True, acct_session_id=session, station=station)
    with transaction(city.database) as work:
        city.count(work, [entry])


def told(answer: TestResponse) -> dict[str, Any]:
    """What a system reads: of this type, and kept by nobody."""
    assert (200, "application/captive+json", "private, no-store") == (answer.status_code, answer.mimetype, answer.headers["Cache-Control"])
    found: dict[str, Any] = json.loads(answer.data)
    return found


VENUE = f"{SAFE}/at/central-library"
FREE = {"captive": False, "user-portal-url": f"{SAFE}/", "venue-info-url": VENUE, "can-extend-session": True}


def test_before_and_after(city: World, guest: FlaskClient) -> None:
    """Captive at first; with so many seconds and bytes once in; captive again once out."""
    assert {"captive": True, "user-portal-url": f"{SAFE}/capport/{COOVA_KEY}/sign-in", "venue-info-url": VENUE} == told(guest.get(API))
    connect(guest, coova(SAFE))
    account(city, Kind.START)
    city.time += 600
    free = {
        "captive": False,
        "user-portal-url": f"{SAFE}/",
        "venue-info-url": VENUE,
        "can-extend-session": True,
        "seconds-remaining": 6_600,
    }
    assert free == told(guest.get(API))  # nothing was counted: this gateway may not count at all
    account(city, Kind.INTERIM, seconds=600, input_octets=1_000_000, output_octets=99_000_000)
    assert free | {"bytes-remaining": 900_000_000} == told(guest.get(API))
    account(city, Kind.STOP, seconds=600, input_octets=1_000_000, output_octets=99_000_000)
    assert told(guest.get(API))["captive"]


def test_a_later_session_of_the_same_device(city: World, guest: FlaskClient) -> None:
    """The lease still has the first session's name: that was this device's, and so it may know how it stands now."""
    connect(guest, coova(SAFE))
    account(city, Kind.START)
    account(city, Kind.STOP, seconds=0)
    city.time += 60
    account(city, Kind.START, session="5f00000002")
    assert not told(guest.get(API))["captive"]


def test_used_up_is_captive(city: World, guest: FlaskClient) -> None:
    """While the session still runs: its end is on its way."""
    connect(guest, coova(SAFE))
    account(city, Kind.START)
    account(city, Kind.INTERIM, seconds=0, input_octets=0, output_octets=VISITOR.day_data or 0)
    assert told(guest.get(API))["captive"]


def test_who_is_signed_in_by_an_institution(city: World, guest: FlaskClient) -> None:
    """Is not captive, and has no plan of ours."""
    account(city, Kind.START, user_name=b"student@uni-a.example")
    assert {"captive", "user-portal-url", "venue-info-url", "can-extend-session"} == told(guest.get(API)).keys()
    assert not told(guest.get(API))["captive"]


def test_nobody_elses_state(city: World, guest: FlaskClient) -> None:
    """A station's address alone opens nothing; nor does a session that is another's, or another gateway's: all are told the same."""
    connect(guest, coova(SAFE))
    account(city, Kind.START)
    account(city, Kind.START, session="5f000000ff", station=OTHER)
    stranger = told(guest.get(f"/capport/{COOVA_KEY}?m={OTHER}&s=ffffffffff"))
    assert stranger["captive"]
    for query in (f"m={STATION}&s=5f00000002", f"m={STATION}&s=5f000000ff", f"m={OTHER}&s={SESSION}", f"m={STATION}&s=%25"):
        assert stranger == told(guest.get(f"/capport/{COOVA_KEY}?{query}"))
    account(city, Kind.START, session="5f00000003", client="elsewhere")
    assert stranger == told(guest.get(f"/capport/{COOVA_KEY}?m={STATION}&s=5f00000003"))


@pytest.mark.parametrize(
    "path",
    ["/capport/nobody", "/capport/nobody?m=02005E000007&s=1", f"/capport/{COOVA_KEY}", f"/capport/{COOVA_KEY}?m=x&s=1",
     f"/capport/{COOVA_KEY}?m=02005E000007", f"/capport/{COOVA_KEY}?m=02005E000007&s={'1' * 65}", f"/capport/{NDS_KEY}?m=02005E000007&s=1"],
)  # fmt: skip
def test_who_cannot_be_known(guest: FlaskClient, path: str) -> None:
    """404 and nothing else: the device looks for its portal as ever."""
    answer = guest.get(path)
    assert (404, b"") == (answer.status_code, answer.data)


def test_addresses_are_https_or_absent(city: World) -> None:
    """By http there is no page to be named, and no venue; the state is told."""
    city.serve_at("http://wifi.city.example")
    assert {"captive": True} == told(city.client().get(API))


def test_the_way_to_page_one(city: World, guest: FlaskClient) -> None:
    """By the registered gateway's own redirect; where none is registered, no page is named and none is there."""
    answer = guest.get(f"/capport/{COOVA_KEY}/sign-in?uamip=evil.example")
    assert (303, "http://10.1.0.1:3990/prelogin") == (answer.status_code, answer.headers["Location"])
    city.doors = replace(city.doors, by_key={COOVA_KEY: door("coova", COOVA_KEY, Options(uam_secret=UAM), SAFE)})
    assert "user-portal-url" not in told(guest.get(API))
    assert [404, 404] == [guest.get(f"/capport/{key}/sign-in").status_code for key in (COOVA_KEY, "nobody")]


def routed(city: World, *networks: str) -> str:
    """The same gateway, whose guests' own addresses reach us."""
    options = Options(uam_secret=UAM, guest_networks=networks or ("10.1.0.0/24", "2001:db8::/64"))
    city.doors = replace(city.doors, by_key={COOVA_KEY: door("coova", COOVA_KEY, options, SAFE)})
    return f"/capport/{COOVA_KEY}"


def asked(guest: FlaskClient, path: str, address: str = "10.1.0.7") -> TestResponse:
    return guest.get(path, environ_base={"REMOTE_ADDR": address})


def test_by_the_guests_own_address(city: World, guest: FlaskClient) -> None:
    """Exactly one open session has it: that one's state, whatever form the address has; without one it cannot be known."""
    path = routed(city)
    with transaction(city.database) as work:
        grants.admit(
            work, device=city.privacy.device(STATION), plan="visitor", seconds=7_200, portal="library", way=grants.Way.TERMS, terms="",
            language="en", client="library-coova", access_point="", ssid="", site="central-library", account=None, provisional=False,
            now=date(city.time),
        )  # fmt: skip
    assert 404 == asked(guest, path).status_code
    account(city, Kind.START, addresses=("10.1.0.7", "2001:db8::7"))
    expected = {
        "captive": False,
        "user-portal-url": f"{SAFE}/",
        "venue-info-url": VENUE,
        "can-extend-session": True,
        "seconds-remaining": 7_200,
    }
    assert [expected] * 3 == [told(asked(guest, path, address)) for address in ("10.1.0.7", "::ffff:10.1.0.7", "2001:db8::7")]
    assert [404] * 3 == [asked(guest, path, address).status_code for address in ("10.1.0.8", "203.0.113.7", "")]


def test_an_address_that_is_doubtful(city: World, guest: FlaskClient) -> None:
    """Two sessions have it, it has moved on, or nobody has heard of the session for a while: unknown."""
    path = routed(city)
    account(city, Kind.START)
    assert not told(asked(guest, path))["captive"]
    account(city, Kind.START, session="5f00000009", station=OTHER)
    assert 404 == asked(guest, path).status_code
    account(city, Kind.STOP, session="5f00000009", station=OTHER)
    assert not told(asked(guest, path))["captive"]
    city.time += timedelta(minutes=16).total_seconds()
    assert 404 == asked(guest, path).status_code
    account(city, Kind.INTERIM, seconds=960, addresses=("10.1.0.9",))
    assert (404, 200) == (asked(guest, path).status_code, asked(guest, path, "10.1.0.9").status_code)


def test_another_gateways_session(city: World, guest: FlaskClient) -> None:
    """Networks behind two gateways may have the same addresses: only this one's count."""
    path = routed(city)
    account(city, Kind.START, client="elsewhere")
    assert 404 == asked(guest, path).status_code


def test_asking_writes_nothing(city: World, guest: FlaskClient) -> None:
    """Known or not, hundreds of questions are no row and no transaction that writes."""
    connect(guest, coova(SAFE))
    account(city, Kind.START)
    said: set[str] = set()
    event.listen(city.database, "before_cursor_execute", lambda *told: said.add(told[2].split()[0]))
    for number in range(100):
        guest.get(API)
        guest.get(f"/capport/{COOVA_KEY}?m={OTHER}&s={number}")
        guest.head(API)
        guest.get(f"/capport/{number}")
    assert {"BEGIN", "SELECT"} >= said
    assert "SELECT" in said
