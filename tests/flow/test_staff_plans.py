"""A plan edited in Chromium while a guest is online: the gateway gets a CoA with the new speed, and the page shows its ACK."""

from __future__ import annotations

import queue
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from store import staff_sessions
from store.models import Role, Staff, Step
from store.privacy import privacy
from store.sealed import Seal
from store.session import engine, transaction
from tests.peers import controller
from tests.peers.browser import chromium, page
from tests.peers.controller import network
from tests.peers.freeradius import SECRET
from tests.peers.guests import PLAN, PORTAL, SITE
from tests.peers.nas import COA, Nas, number, session_rows, vendors
from tests.peers.program import free_port, until
from tests.store import guests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.peers.controller import Controller
    from tests.peers.packets import Packet

pytestmark = [pytest.mark.peer("chromium")]
STATION = "02-00-5E-00-53-17"
COOVA, UP, DOWN = 14_559, 4, 5  # ChilliSpot-Bandwidth-Max-Up and -Down, kbit/s


@dataclass
class Gate:
    """A gateway with one guest online, and a browser where somebody of network-ops is signed in."""

    running: Controller
    tab: Page
    url: str
    orders: queue.Queue[Packet]
    answers: list[int | None]  # what the gateway says to the next order: None acknowledges, else an Error-Cause


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    folder, port, ear = tmp_path_factory.mktemp("plans"), free_port(), free_port()
    url = f"http://localhost:{port}"
    options = {"login_url": "http://10.1.0.1:3990"}
    client = {"name": "gate", "nas": "coova", "address": "127.0.0.1", "secret": SECRET, "site": SITE["id"], "coa_port": ear}
    tables = network(clients=[{**client, "options": options}], homes=[], realms=[], site=[SITE], plan=[PLAN], portal=[PORTAL])
    settings = {"staff": {"listen": f"127.0.0.1:{port}", "threads": 4}}
    with (
        controller.controller(folder / "controller", tables, settings=settings) as running,
        chromium(folder / "browser") as browser,
        page(browser, scripts=True) as tab,
    ):
        tab.context.add_cookies([{"name": "proxeny-staff", "value": _online(running), "url": url}])
        nas = Nas("127.0.0.1", running.auth, running.acct, SECRET, "127.0.0.1", "gate")
        made = Gate(running, tab, url, queue.Queue(), [])
        nas.listen(ear, made_obedient(made))
        rows = session_rows(
            "S-17", 1, mac=STATION, called="02-00-5E-00-53-01:City", user=b"guest", address="10.1.0.17", seconds=0, used=(0, 0)
        )
        nas.account(rows)
        yield made
        running.fault_free()


def made_obedient(gate: Gate) -> object:
    """What the gateway does with an order: keeps it, and answers as it is told to."""

    def obey(order: Packet) -> int | None:
        gate.orders.put(order)
        return gate.answers.pop(0) if gate.answers else None

    return obey


def _online(running: Controller) -> str:
    """The guest's grant is there, as after the portal's one button; and somebody of the staff, whose cookie this is."""
    data, now = running.folder / "var", datetime.now(UTC)
    database = engine(f"sqlite:///{data}/proxeny.db")
    with transaction(database) as session:
        marks = privacy(session, Seal(data / "keys" / "seal.key"), now)
        guests.admit(session, marks.device(STATION), now, client="gate", portal="city")
        someone = Staff(name="ops@city.example", role=Role.NETWORK_OPS, created_at=now)
        session.add(someone)
        session.flush()
        cookie = staff_sessions.begin(session, someone, Step.WHOLE, "a test", staff_sessions.Limits(), now)
    database.dispose()
    return cookie


def _change(gate: Gate, **fields: str) -> None:
    """Typed into the plan's form, and saved."""
    for name, value in fields.items():
        gate.tab.fill(f"[name={name}]", value)
    gate.tab.click("main form button.main")
    expect(gate.tab.locator(".wrong, .error")).to_have_count(0)


def test_a_plan_changed_in_mid_session_reaches_the_gateway(gate: Gate) -> None:
    """The page says whom it concerns; the CoA names the session and has the new speed; its ACK is on the page. A NAK, too, in its words."""
    gate.tab.goto(f"{gate.url}/plans/visitor")
    gate.tab.click("text=Take over")
    until(lambda: gate.tab.reload() and "1 session is open" in gate.tab.content(), "the session to be counted", 20)
    expect(gate.tab.locator("#before")).to_contain_text("the gateway of 1 session is told within seconds")
    _change(gate, down="3 Mbit/s", up="1500 kbit/s")
    order = gate.orders.get(timeout=15)
    told = dict(vendors(order, COOVA))
    assert (COA, b"S-17", number(3_000), number(1_500)) == (order.code, order.value(44), told[DOWN], told[UP])
    expect(gate.tab.locator("#plan-told")).to_contain_text("1 session told")
    expect(gate.tab.locator("#plan-told")).to_contain_text("ACK")

    gate.answers.append(503)
    _change(gate, down="4 Mbit/s")
    assert number(4_000) == dict(vendors(gate.orders.get(timeout=15), COOVA))[DOWN]
    expect(gate.tab.locator("#plan-told")).to_contain_text("NAK 503 Session-Context-Not-Found")
    expect(gate.tab.locator("#plan-told")).to_contain_text("1 refused or silent")
