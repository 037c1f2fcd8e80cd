"""A gateway, an access point, a home and a realm added in Chromium at the controller's own pages, and a login that uses them at once."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from store import staff_sessions
from store.models import Role, Staff, Step
from store.session import engine, transaction
from tests.flow.city import PASSWORD, station, student
from tests.peers import controller, eapol, packets, twins
from tests.peers.browser import chromium, page
from tests.peers.controller import home, network
from tests.peers.freeradius import SECRET, freeradius
from tests.peers.program import free_port, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from tests.peers.certificates import Certificates
    from tests.peers.controller import Controller
    from tests.peers.eapol import Outcome, Student
    from tests.peers.freeradius import FreeRadius

pytestmark = [pytest.mark.peer(name) for name in ("freeradius", "eapol_test", "chromium")]
REALM = "uni-a.example"
GATEWAY = "127.0.0.3"  # this machine, by another of its addresses
CALLED = "02-00-00-BB-00-01:eduroam"


@dataclass
class Desk:
    """A browser where somebody of network-ops is signed in, at a controller that knows nobody yet."""

    controller: Controller
    house: FreeRadius
    tab: Page
    url: str
    folder: Path
    way: Student
    secret: str = ""

    def open(self, path: str) -> None:
        self.tab.goto(f"{self.url}{path}")

    def save(self) -> None:
        """The form's own button; the page says nothing of an error."""
        self.tab.click("main form button.main")
        expect(self.tab.locator(".wrong, .error")).to_have_count(0)

    def login(self, secret: str, seconds: int = 15) -> Outcome:
        """A student tries at the new access point, for so long where nobody answers."""
        told = {"secret": secret, "station": station(), "attributes": (f"30:s:{CALLED}",), "source": GATEWAY}
        return eapol.sign_in(self.folder, self.way, self.controller.auth, seconds=seconds, **told)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, authority: Certificates) -> Iterator[Desk]:
    folder, port = tmp_path_factory.mktemp("network"), free_port()
    url = f"http://localhost:{port}"
    settings = {"staff": {"listen": f"127.0.0.1:{port}", "threads": 4}, "guest": {"listen": f"127.0.0.1:{free_port()}", "threads": 4}}
    tables = network(clients=[], homes=[home("elsewhere", 9)], realms=[])
    way = eapol.peap(student(REALM), PASSWORD, authority)
    with (
        freeradius(folder / "house", certificates=authority, users={student(REALM): PASSWORD}, signed=True) as house,
        controller.controller(folder / "controller", tables, settings=settings) as running,
        chromium(folder / "browser") as browser,
        page(browser, scripts=True) as tab,
    ):
        tab.on("dialog", lambda asked: asked.accept())
        tab.context.add_cookies([{"name": "proxeny-staff", "value": _signed_in(running), "url": url}])
        yield Desk(running, house, tab, url, folder, way)
        running.fault_free()


def _signed_in(running: Controller) -> str:
    database, now = engine(f"sqlite:///{running.folder}/var/proxeny.db"), datetime.now(UTC)
    with transaction(database) as session:
        someone = Staff(name="ops@city.example", role=Role.NETWORK_OPS, created_at=now)
        session.add(someone)
        session.flush()
        cookie = staff_sessions.begin(session, someone, Step.WHOLE, "a test", staff_sessions.Limits(), now)
    database.dispose()
    return cookie


@pytest.fixture(scope="module")
def added(desk: Desk) -> Desk:
    """Gateway, access point and home, by their forms; the gateway's secret as its last page says it, once."""
    desk.open("/gateways/new")
    desk.tab.click("text=hostapd, OpenWrt")
    desk.tab.fill("[name=name]", "square")
    desk.tab.fill("[name=address]", GATEWAY)
    desk.save()
    desk.secret = desk.tab.locator("#secret-secret").inner_text()
    expect(desk.tab.locator("article.guide")).to_contain_text(f"auth_server_shared_secret={desk.secret}")

    desk.open("/access-points/new")
    desk.tab.fill("[name=name]", "square-1")
    desk.tab.fill("[name=mac]", CALLED.partition(":")[0])
    desk.tab.select_option("[name=client]", "square")
    desk.save()

    desk.open("/homes/new")
    desk.tab.fill("[name=name]", "uni-a-1")
    desk.tab.fill("[name=address]", "127.0.0.1")
    desk.tab.fill("[name=port]", str(desk.house.port))
    desk.tab.fill("[name=secret]", SECRET)
    desk.save()
    return desk


def test_what_is_added_in_the_browser_is_used_within_two_seconds(added: Desk) -> None:
    """The realm is the last: before it the student is turned away, within two seconds after it she is in. The gateway's page counts her."""
    until(lambda: added.login(added.secret, 2).answered, "the new gateway to be answered", 2)
    assert not added.login(added.secret).success
    added.open("/realms/new")
    added.tab.fill("[name=match]", REALM)
    added.tab.fill("[name=homes]", "uni-a-1")
    added.save()
    until(lambda: added.login(added.secret, 2).success, "a login through what was added", 2)
    added.open("/gateways/square")
    expect(added.tab.locator("#gateway-state")).to_contain_text("1 let in")


def badge(desk: Desk, line: int) -> Locator:
    """How a line of the checklist stands."""
    return desk.tab.locator("#checks ol.line > li").nth(line).locator(".badge")


@contextmanager
def obeying(port: int, secret: str) -> Iterator[list[packets.Packet]]:
    """The gateway's ear for orders: it has no such session, and says so."""
    heard: list[packets.Packet] = []
    ear = twins.bound(port, GATEWAY)
    ear.settimeout(20)

    def serve() -> None:
        octets, peer = ear.recvfrom(4096)
        heard.append(packets.read(octets))
        ear.sendto(packets.answer(heard[0], 42, [(101, (503).to_bytes(4, "big"))], secret), peer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield heard
    finally:
        thread.join()
        ear.close()


def test_the_access_point_passes_its_test(added: Desk) -> None:
    """Begun in the browser: login and accounting turn its lines green by themselves; an order about nobody is answered NAK 503."""
    port = free_port(address=GATEWAY)
    added.open("/gateways/square/edit")
    added.tab.fill("[name=coa_port]", str(port))
    added.save()
    added.open("/access-points/square-1/test")
    added.tab.click("text=Begin the test")
    expect(badge(added, 0)).to_have_text("waiting")
    assert added.login(added.secret).success
    rows = [(packets.USER_NAME, student(REALM).encode()), (packets.CALLING, b"02-00-00-00-AA-01"), (packets.CALLED, CALLED.encode())]
    rows += [(packets.SESSION_ID, b"S-1"), (packets.STATUS_TYPE, b"\0\0\0\1")]
    with twins.nas(secret=added.secret, address=GATEWAY) as nas:
        assert nas.ask(packets.accounting(rows, added.secret), added.controller.acct) is not None
    for line in range(3):
        expect(badge(added, line)).to_have_text("right")
    expect(badge(added, 4)).to_have_text("right")
    with obeying(port, added.secret) as heard:
        added.tab.click("text=Send an order")
        expect(added.tab.locator("#checks")).to_contain_text("NAK 503 Session-Context-Not-Found")
    expect(badge(added, 5)).to_have_text("right")
    assert [40] == [packet.code for packet in heard]


def test_a_new_secret_overlaps_and_its_use_is_seen(added: Desk) -> None:
    """Both secrets let the student in; the page says which one the gateway signs with; after the end the previous one does not."""
    added.open("/gateways/square/secrets")
    added.tab.click("section:has-text('RADIUS secret') button.main")
    new = added.tab.locator("#secret-secret").inner_text()
    assert new != added.secret
    until(lambda: added.login(new, 2).success, "a login under the new secret", 2)
    assert added.login(added.secret).success
    added.open("/gateways/square/secrets")
    expect(added.tab.locator("#overlap")).to_contain_text("It still uses the previous secret")
    added.tab.click("text=End the overlap now")
    expect(added.tab.locator(".notice")).to_contain_text("not accepted any more")
    until(lambda: not added.login(added.secret, 2).answered, "the previous secret to be refused", 2)
    assert added.login(new).success
    added.secret = new


def test_a_home_is_tested_switched_off_and_on_by_the_real_road(added: Desk) -> None:
    """Its page sees it alive, tells a real login as a story, and what its switch says is so on the road within two seconds."""
    added.open("/homes/uni-a-1")
    expect(added.tab.locator("#state .badge").first).to_have_text("alive")
    added.tab.fill("[name=identity]", student(REALM))
    added.tab.fill("[name=password]", PASSWORD)
    added.tab.click("button:has-text('Send it')")
    expect(added.tab.locator(".told.good")).to_contain_text("Access-Accept from uni-a-1")
    added.open("/homes/uni-a-1")
    added.tab.click("button:has-text('Switch off')")
    expect(added.tab.locator("#state .badge").first).to_have_text("switched off")
    until(lambda: not added.login(added.secret, 2).success, "the home to be left out", 2)
    added.tab.click("button:has-text('Switch on')")
    until(lambda: added.login(added.secret, 2).success, "the home to be asked again", 2)
