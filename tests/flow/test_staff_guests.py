"""A help-desk person helps a guest who reads a support number aloud; and an account is erased, down to the ledger and the log's chain.

The guest is in Chromium on the portal's own pages, behind a gateway that obeys orders over the wire; the staff in another window.
"""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from store import deletions, staff_sessions
from store.models import Account, AuditKey, Device, Grant, PrivacyRequest, RequestState, Role, Session, Staff, Step
from store.retention import Kept
from store.session import engine, reading, transaction
from tests.peers import packets, twins
from tests.peers.browser import chromium, page
from tests.peers.controller import client, controller, network
from tests.peers.freeradius import SECRET
from tests.peers.guests import PLAN, PORTAL, SITE
from tests.peers.program import free_port, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from sqlalchemy import Engine

    from tests.peers.controller import Controller

pytestmark = pytest.mark.peer("chromium")
KEY, STATION = "keyofgateway0001", "02-00-5E-00-06-01"
NUMBER = re.compile(r"\b[2-79ACDEFGHJKMNPQRTVWXY]{3}-[2-79ACDEFGHJKMNPQRTVWXY]{3}\b")
WHY = "Request 2026-014, by letter"


@dataclass
class Town:
    """The running city, its database, and two windows."""

    running: Controller
    database: Engine
    browser: Browser
    guest: Page
    portal: str
    staff: str

    @contextmanager
    def signed_in(self, role: Role) -> Iterator[Page]:
        """A window where somebody of this role is signed in."""
        now = datetime.now(UTC)
        with transaction(self.database) as session:
            someone = Staff(name=f"{role.value}@city.example", role=role, created_at=now)
            session.add(someone)
            session.flush()
            cookie = staff_sessions.begin(session, someone, Step.WHOLE, "a test", staff_sessions.Limits(), now)
        with page(self.browser, scripts=True) as tab:
            tab.on("dialog", lambda asked: asked.accept())
            tab.context.add_cookies([{"name": "proxeny-staff", "value": cookie, "url": self.staff}])
            yield tab


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder, ports, coa = tmp_path_factory.mktemp("guests"), (free_port(), free_port()), free_port()
    portal, staff = f"http://127.0.0.1:{ports[0]}", f"http://localhost:{ports[1]}"
    settings = {"guest": {"listen": f"127.0.0.1:{ports[0]}", "threads": 4}, "staff": {"listen": f"127.0.0.1:{ports[1]}", "threads": 4}}
    tables = network(
        clients=[client("library-gate", "127.0.0.1", nas="hostapd", key=KEY, site=SITE["id"], coa_port=coa)],
        homes=[], realms=[], site=[SITE], plan=[PLAN], portal=[{**PORTAL, "ways": ["voucher"]}],
        ssid=[{"name": "City Wi-Fi", "profile": "portal"}],
    )  # fmt: skip
    with (
        controller(folder / "controller", tables, settings=settings) as running,
        obeying(coa),
        chromium(folder / "browser") as browser,
        page(browser) as guest,
    ):
        database = engine(f"sqlite:///{running.folder}/var/proxeny.db")
        yield Town(running, database, browser, guest, portal, staff)
        database.dispose()
        running.fault_free()


@contextmanager
def obeying(port: int) -> Iterator[None]:
    """The gateway's ear for orders: it does what it is asked."""
    ear, ended = twins.bound(port), threading.Event()
    ear.settimeout(0.1)

    def serve() -> None:
        while not ended.is_set():
            try:
                octets, peer = ear.recvfrom(4096)
            except TimeoutError:
                continue
            asked = packets.read(octets)
            ear.sendto(packets.answer(asked, asked.code + 1, [], SECRET), peer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        ear.close()


@pytest.fixture(scope="module")
def online(town: Town) -> str:
    """The guest types an access code on the portal's page, and goes online; the number that the page shows."""
    (code,) = json.loads(town.running.must("voucher", "make", "--plan", str(PLAN["name"]), "--count", "1", "--json"))["codes"]
    town.guest.goto(f"{town.portal}/in/hostapd/{KEY}?mac={STATION}&ssid=City%20Wi-Fi&ip=192.0.2.77")
    town.guest.get_by_role("textbox").first.fill(code)
    town.guest.locator("main form button").first.click()
    expect(town.guest.locator("h1")).to_have_text("You are online")
    with twins.nas(address="127.0.0.1") as nas:
        rows = [(packets.USER_NAME, b"02005e000601"), (packets.CALLING, STATION.encode()), (packets.SESSION_ID, b"S-1")]
        assert nas.ask(packets.accounting([*rows, (packets.STATUS_TYPE, b"\0\0\0\1")], SECRET), town.running.acct) is not None
    until(lambda: _sessions(town), "the session")
    number = NUMBER.search(town.guest.locator("body").inner_text())
    assert number is not None
    return number[0]


def _sessions(town: Town) -> int:
    """Those of a guest that are on record."""
    with reading(town.database) as session:
        return session.query(Session).filter(Session.grant_id.is_not(None), Session.station_sealed.is_not(None)).count()


def test_a_number_read_aloud_is_all_it_takes(town: Town, online: str) -> None:
    """Typed as it is heard: how the guest stands; an hour more, which the guest's page shows; signed out, with the gateway's answer."""
    before = town.guest.locator("main .lede").inner_text()
    with town.signed_in(Role.HELP_DESK) as tab:
        tab.goto(f"{town.staff}/desk")
        tab.fill("#guest-q", online.lower().replace("-", " "))
        tab.click("main form[role=search] button")
        expect(tab.locator("#stand")).to_contain_text("Online until")
        assert online not in tab.url
        tab.click("text=One hour more")
        expect(tab.locator(".notice")).to_contain_text("The stay lasts until")
        town.guest.reload()
        assert before != town.guest.locator("main .lede").inner_text()
        expect(town.guest.locator("main dl.figures")).to_contain_text(re.compile(r"2.hrs"))
        tab.click("#deeds >> text=Sign the guest out")
        expect(tab.locator("#stand")).to_contain_text("Ended by staff")
        expect(tab.locator("#answer")).to_contain_text("End the stay: ACK")
        town.guest.reload()
        expect(town.guest.locator("h1")).not_to_have_text("You are online")


def test_an_erasure_followed_to_the_ledger_and_the_log(town: Town, online: str) -> None:
    """Asked for at the desk, done by whoever answers for privacy; the account's rows are gone, sealed records stay until their day, the
    request is settled, the log's chain holds without what it said of the guest, and nothing is kept beyond its time."""
    with town.signed_in(Role.CITY_ADMIN) as tab:
        tab.goto(f"{town.staff}/desk")
        tab.fill("#guest-q", online)
        tab.click("main form[role=search] button")
        tab.click("summary:has-text('request about their data')")
        tab.select_option("#request-kind", "erase")
        tab.click("text=Write the request down")
        expect(tab.locator(".notice")).to_contain_text("It is to be answered by")
        tab.click("text=Everything of this account")
        name = tab.url.rpartition("/")[2]
        tab.click("text=Erase …")
        expect(tab.locator("main")).to_contain_text("Kept until")
        tab.fill("#erase-reason", WHY)
        tab.click("text=Erase it now")
        expect(tab.locator("h1")).to_have_text("An account that was erased")
        expect(tab.locator("main")).to_contain_text("The law asks to tell, for a time, who was connected when.")
    with reading(town.database) as session:
        assert (0, 0) == (session.query(Account).count(), session.query(AuditKey).filter_by(subject=name).count())
        assert 0 == session.query(Grant).filter(Grant.account_id.is_not(None)).count()
        assert 0 == session.query(Device).filter(Device.account_id.is_not(None)).count()
        assert [(RequestState.DONE, None)] == [(each.state, each.contact) for each in session.query(PrivacyRequest)]
        assert [] == deletions.overdue(session, {Kept.SESSION: timedelta(days=365)}, datetime.now(UTC))
    assert 1 == _sessions(town)
    assert "rows hold." in town.running.must("audit", "verify")
