"""Page one and its button in Chromium, without scripts, for every family whose guests' browsers go to the gateway themselves.

The gateway is another origin, by a name: what is on this machine's own address counts as secure, and would prove less.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from playwright.sync_api import Error as PlaywrightError

from radius.nas.family import Options
from tests.peers.authority import Authority
from tests.peers.browser import chromium, page
from tests.peers.program import until
from tests.portal.world import STATION, door, doors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from portal.doors import Doors
    from tests.portal.world import World

pytestmark = pytest.mark.peer("chromium")
FLAGS = ("--host-resolver-rules=MAP *.example 127.0.0.1", "--ignore-certificate-errors")
KEY = "k" * 16
CAMBIUM = "/cgi-bin/hotspot_login.cgi?ga_Qv=eUR%01"
POSTS = {  # family -> (query, path that is posted to, fields that must be there)
    "cisco-lwa": (
        "client_mac={mac}&switch_url={login}/login.html&wlan=City+Wi-Fi",
        "/login.html",
        {"username", "password"},
    ),
    "aruba": ("cmd=login&mac={mac}&essid=City+Wi-Fi&switchip={login}", "/cgi-bin/login", {"cmd", "user", "password"}),
    "ruckus-zd": ("sip=10.1.0.1&client_mac={mac}&uip=10.1.0.7&ssid=City+Wi-Fi", "/login", {"ip", "username", "password"}),
    "meraki-signon": ("login_url={login}/splash/login%3Fmauth%3Dabc&client_mac={mac}", "/splash/login?mauth=abc", {"username", "password"}),
    "cambium": (
        "ga_cmac={mac}&ga_srvr=10.1.0.1&ga_Qv=eUR%01&ga_ssid=City+Wi-Fi",
        "/cgi-bin/hotspot_login.cgi?ga_Qv=eUR%01",
        {"ga_user", "ga_pass"},
    ),
}
GETS = {
    "mikrotik": ("mac={mac}&ip=10.1.0.7", "/login", {"username", "password"}),
    "coova": ("res=notyet&mac={mac}&challenge=00112233445566778899aabbccddeeff", "/logon", {"username", "response"}),
    "meraki-click": ("base_grant_url={login}/splash/grant&client_mac={mac}", "/splash/grant", {"continue_url"}),
}


class Gateway(ThreadingHTTPServer):
    """Keeps what it is asked and told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.told: list[tuple[str, str, dict[str, list[str]]]] = []


class Answering(BaseHTTPRequestHandler):
    server: Gateway

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path != "/favicon.ico":
            self.server.told.append(("GET", parts.path, parse_qs(parts.query)))
        self._answer()

    def do_POST(self) -> None:
        self.server.told.append(("POST", self.path, parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())))
        self._answer()

    def _answer(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>gateway</title>the gateway")

    def log_message(self, *_: object) -> None:
        """Nothing."""


class Pages(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("chromium"), flags=FLAGS, whole=True) as made:
        yield made


@pytest.fixture(scope="module", params=["http", "https"])
def tls(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext | None:
    """How the pages are served."""
    if request.param == "http":
        return None
    made = Authority(tmp_path_factory.mktemp("tls")).issue("wifi.city.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    return context


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield server
        server.shutdown()
        serving.join()


@contextlib.contextmanager
def pages(city: World, family: str, gateway: Gateway, tls: ssl.SSLContext | None, of: Doors | None = None) -> Iterator[str]:
    """The pages with one door whose login is the gateway; where page one is."""
    login = f"http://gateway.example:{gateway.server_port}"
    server = make_server("127.0.0.1", 0, city.app, server_class=Pages, handler_class=Quiet)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    city.house = replace(city.house, url=f"http{'s' * (tls is not None)}://wifi.city.example:{server.server_port}")
    one = door(family, KEY, Options(login_url=login), city.url)
    city.doors = of or replace(doors(), by_key={KEY: one})
    server.set_app(city.app)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        query = {**POSTS, **GETS}[family][0].format(mac=STATION, login=quote(login, safe=""))
        yield f"{city.url}/in/{family}/{KEY}?{query}"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def arrive(tab: Page, url: str) -> None:
    """Open page one; other tests make and take away networks meanwhile, and Chromium then begins anew."""

    until(lambda: _opened(tab, url) and tab.get_by_role("button", name="Connect").count() == 1, "page one", 20)


def _opened(tab: Page, url: str) -> bool:
    with contextlib.suppress(PlaywrightError):
        tab.goto(url)
        return tab.title() != ""
    return False


def _told(tab: Page, gateway: Gateway) -> bool:
    """Told to send it; Chromium's own page takes no click in its first moments."""
    with contextlib.suppress(PlaywrightError):
        tab.get_by_role("button", name="Send anyway").click(timeout=500)
    return bool(gateway.told)


@pytest.mark.parametrize("family", [*POSTS, *GETS])
def test_the_button_reaches_the_gateway(city: World, gateway: Gateway, browser: Browser, tls: ssl.SSLContext | None, family: str) -> None:
    """The policy lets the form go there, with every field; by GET at once, by POST with one more button.

    From pages by https to a gateway by http Chromium warns of a form that is not secure, and sends it when told to: our page
    says so before. A redirect it follows without a word.
    """
    _, path, fields = {**POSTS, **GETS}[family]
    warned = family in POSTS and tls is not None
    with pages(city, family, gateway, tls) as url, page(browser, scripts=warned, ignore_https_errors=True) as tab:
        arrive(tab, url)
        tab.get_by_role("button", name="Connect").click()
        if family in POSTS:
            tab.get_by_role("button", name="Go online").wait_for()
            assert warned == ("Send anyway" in tab.content())
            tab.get_by_role("button", name="Go online").click()
        if warned:
            assert [] == gateway.told
            until(lambda: _told(tab, gateway), "the form is sent all the same", 15)
        until(lambda: gateway.told, "the gateway is told", 15)
        method, asked, told = gateway.told[0]
        assert ("POST" if family in POSTS else "GET", path, set()) == (method, asked, fields - told.keys())
