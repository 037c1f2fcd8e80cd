"""From the page's one button to the controller's API, through everything between: page, grant, order, jobs, a stub that checks each field.

The guest here is an HTTP client that follows no redirect by itself; Chromium is in the flows beside this one.
"""

from __future__ import annotations

import html
import re
import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.peers import packets
from tests.peers.authority import Authority
from tests.peers.controller import controller, network
from tests.peers.guests import PLAN, PORTAL, SITE
from tests.peers.program import free_port, until
from tests.peers.stubs.controller import serving
from tests.peers.stubs.meraki import PATH, MerakiStub
from tests.peers.stubs.omada import OmadaStub
from tests.peers.stubs.ruckus import RuckusStub
from tests.peers.stubs.unifi import UnifiStub

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.peers.controller import Controller, Rows

SECRET = "a-gateway-secret-of-the-tests"
FORM = re.compile(r'<form[^>]*action="([^"]*/v/[^"]+/go)"')


class Stubs:
    """Every controller of the city, and where their guests go."""

    def __init__(self, authority: Authority) -> None:
        self.port = free_port()  # of the guest app
        self.authority = authority
        self.unifi, self.omada, self.ruckus, self.meraki = UnifiStub(), OmadaStub(), RuckusStub(), MerakiStub()


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stubs]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    made = Stubs(authority)
    certificate = authority.issue("127.0.0.1")
    with serving(made.unifi, certificate), serving(made.omada, certificate), serving(made.ruckus, certificate), serving(made.meraki, None):
        yield made


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, stubs: Stubs) -> Iterator[Controller]:
    ca = str(stubs.authority.file)

    def row(nas: str, number: int, options: Rows, **more: object) -> Rows:
        return {"name": nas, "nas": nas, "key": f"keyofgateway{number:04d}", "site": SITE["id"], "options": options, **more}

    def api(stub: object, secret: str, **more: str) -> Rows:
        return {"api_url": stub.url, "api_secret": secret, "api_ca": ca, **more}

    clients = [
        row("unifi", 1, api(stubs.unifi, stubs.unifi.password, api_user="proxeny"), radius=False),
        row("omada", 2, api(stubs.omada, stubs.omada.password, api_user="portal"), radius=False),
        row("ruckus-sz", 3, api(stubs.ruckus, stubs.ruckus.password), address="127.0.0.1", secret=SECRET),
        row("meraki-click", 4, {"login_url": stubs.meraki.url}, radius=False),
    ]
    tables = network(clients=clients, homes=[], realms=[], site=[SITE], plan=[PLAN], portal=[PORTAL])
    guest = {"listen": f"127.0.0.1:{stubs.port}"}
    with controller(tmp_path_factory.mktemp("city"), tables, settings={"guest": guest}) as made:
        yield made
        made.fault_free()


class Guest:
    """A browser without scripts, cookies or redirects of its own."""

    def __init__(self, port: int) -> None:
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10)

    def connect(self, path: str, query: dict[str, str]) -> httpx.Response:
        """Arrive, and press the one button: what the portal answers to that."""
        welcome = self.client.get(path, params=query)
        assert 200 == welcome.status_code, welcome.text
        return self.client.post(html.unescape(FORM.search(welcome.text)[1]))

    def status(self, answer: httpx.Response) -> str:
        """The page behind the answer: where the controller has not answered in the page's patience, it says so and is looked at again."""
        assert 303 == answer.status_code, answer.text
        pages: list[str] = []
        until(lambda: pages.append(self.client.get(answer.headers["location"]).text) or "You are online" in pages[-1], "the guest to be in")
        return pages[-1]


@pytest.fixture
def guest(running: Controller, stubs: Stubs) -> Iterator[Guest]:
    made = Guest(stubs.port)
    yield made
    made.client.close()


def test_unifi(running: Controller, stubs: Stubs, guest: Guest) -> None:
    """The console is told the station, its access point and the plan; the guest's next page says online."""
    query = {"id": "02:00:5e:00:02:01", "ap": "02:00:5e:10:00:01", "t": "1795300000", "url": "http://news.example/", "ssid": "City Wi-Fi"}
    page = guest.status(guest.connect("/in/unifi/keyofgateway0001", query))
    assert "You are online" in page
    body = stubs.unifi.authorized["02:00:5e:00:02:01"]
    assert 119 <= body.pop("minutes") <= 120
    expected = {
        "cmd": "authorize-guest",
        "mac": "02:00:5e:00:02:01",
        "ap_mac": "02:00:5e:10:00:01",
        "up": 5_000,
        "down": 20_000,
        "bytes": 1_000,
    }
    assert (expected, []) == (body, stubs.unifi.wrong)


def test_omada(running: Controller, stubs: Stubs, guest: Guest) -> None:
    """The controller gets back what its redirect said, and the time."""
    said = {"clientMac": "02-00-5E-00-02-02", "apMac": "02-00-5E-10-00-02", "ssidName": "City Wi-Fi", "radioId": "1", "site": "Default"}
    page = guest.status(guest.connect("/in/omada/keyofgateway0002", {**said, "t": "1795300000", "redirectUrl": "http://news.example/"}))
    assert "You are online" in page
    body = dict(stubs.omada.authorized["02-00-5E-00-02-02"])
    assert 7_100_000 < body.pop("time") <= 7_200_000
    assert ({**said, "radioId": 1, "authType": 4}, []) == (body, stubs.omada.wrong)


def test_smartzone(running: Controller, stubs: Stubs, guest: Guest) -> None:
    """SmartZone is called, asks us by RADIUS with what it was given, is told yes, and the guest is in."""
    answers: list[packets.Packet] = []
    stubs.ruckus.radius = lambda name, password: _accepted(running, name, password, answers)
    query = {
        "nbiIP": "192.0.2.7",
        "client_mac": "02:00:5E:00:02:03",
        "uip": "192.0.2.9",
        "ssid": "City Wi-Fi",
        "url": "http://news.example/",
    }
    page = guest.status(guest.connect("/in/ruckus-sz/keyofgateway0003", {**query, "proxy": "0", "mac": "02-00-5E-10-00-03"}))
    assert "You are online" in page
    assert [packets.ACCESS_ACCEPT] == [answer.code for answer in answers]
    assert (["02-00-5E-00-02-03"], []) == ([key.upper().replace(":", "-") for key in stubs.ruckus.online], stubs.ruckus.wrong)


def _accepted(running: Controller, name: str, password: str, answers: list[packets.Packet]) -> bool:
    """What the controller's own RADIUS client is told."""
    octets = packets.pap(name, password, SECRET, (packets.CALLING, b"02-00-5E-00-02-03"))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(20)
        sock.sendto(octets, ("127.0.0.1", running.auth))
        answered = sock.recv(4096)
    assert packets.proves(answered, octets, SECRET)
    answers.append(packets.read(answered))
    return answers[-1].code == packets.ACCESS_ACCEPT


def test_meraki_click_through(running: Controller, stubs: Stubs, guest: Guest) -> None:
    """The browser is sent to the registered cloud with the plan's seconds, and from there back to its status page."""
    query = {
        "base_grant_url": f"{stubs.meraki.url}{PATH}",
        "user_continue_url": "http://news.example/",
        "node_id": "149624922787028",
        "node_mac": "02:00:5e:10:00:04",
        "gateway_id": "149624922787028",
        "client_ip": "10.162.50.40",
        "client_mac": "02:00:5e:00:02:04",
    }
    answer = guest.connect("/in/meraki-click/keyofgateway0004", query)
    assert (303, True) == (answer.status_code, answer.headers["location"].startswith(f"{stubs.meraki.url}{PATH}?"))
    granted = httpx.get(answer.headers["location"])
    assert ([], 302) == (stubs.meraki.wrong, granted.status_code)
    (back, seconds) = stubs.meraki.granted[-1]
    assert 7_190 <= seconds <= 7_200
    assert "You are online" in guest.client.get(back, follow_redirects=True).text


def test_a_stranger_s_grant_url_is_refused(running: Controller, stubs: Stubs, guest: Guest) -> None:
    """A link that names another host as the grant leads nowhere: the page says so, and no grant is made."""
    query = {"base_grant_url": "http://evil.example/grant", "client_mac": "02:00:5e:00:02:05", "user_continue_url": "http://news.example/"}
    answer = guest.client.get("/in/meraki-click/keyofgateway0004", params=query)
    assert (True, False) == (400 <= answer.status_code < 500, "evil.example" in answer.text)


def test_the_controller_is_down(running: Controller, stubs: Stubs, guest: Guest) -> None:
    """While the console answers 503 the guest is asked to wait, and is in as soon as it answers."""
    stubs.unifi.mood.status = 503
    try:
        query = {
            "id": "02:00:5e:00:02:06",
            "ap": "02:00:5e:10:00:01",
            "t": "1795300000",
            "url": "http://news.example/",
            "ssid": "City Wi-Fi",
        }
        answer = guest.connect("/in/unifi/keyofgateway0001", query)
        where = answer.headers["location"]
        assert "You are online" not in guest.client.get(where).text
    finally:
        stubs.unifi.mood.status = 0
    until(lambda: "You are online" in guest.client.get(where).text, "the guest to be let in", 25, 0.5)
