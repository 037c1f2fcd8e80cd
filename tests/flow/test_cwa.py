"""A resident behind a controller with central web authentication (cisco-cwa): the road redirects, the portal reauthenticates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.peers.browser import chromium, page
from tests.peers.guests import connect, events, online, town, wait_online
from tests.peers.nas import COA
from tests.peers.program import until
from tests.peers.street import street

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.peers.guests import Town
    from tests.peers.program import Program
    from tests.peers.street import Street

pytestmark = [pytest.mark.root, pytest.mark.peer("street"), pytest.mark.peer("chromium")]
SECRET = "a-gateway-secret-of-the-tests"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with street(tmp_path_factory.mktemp("street")) as made:
        yield made


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, here: Street) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("cwa"), here, "cisco-cwa", coa_port=1700) as made:
        yield made


@pytest.fixture(scope="module")
def gateway(city: Town, here: Street) -> Iterator[Program]:
    program = city.gateway("cwa", city.spec(secret=SECRET, coa=1700, guest=here.address, mac=here.mac))
    until(lambda: events(program, "mab"), "the first MAC authentication")
    yield program
    program.stop()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory, here: Street) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("chromium"), here.guest) as made:
        yield made


def test_redirected_reauthenticated_online(city: Town, gateway: Program, browser: Browser, here: Street) -> None:
    """The Accept redirects; one button queues CoA-Reauthenticate; the next MAC authentication lets the guest in, with the plan's time."""
    first = events(gateway, "mab")[0]
    assert 2 == first["code"]
    assert first["longest"] <= 247
    assert ["url-redirect", "url-redirect-acl"] == sorted(pair.partition("=")[0] for pair in first["pairs"])
    assert not online(here)
    with page(browser) as tab:
        connect(tab, here)
        wait_online(here, True)
        tab.get_by_role("button", name="Sign out").wait_for()
    order = events(gateway, "order")[-1]
    assert (COA, True, True) == (
        order["code"],
        "subscriber:command=reauthenticate" in order["pairs"],
        any(pair.startswith("audit-session-id=") for pair in order["pairs"]),
    )
    assert events(gateway, "mab")[-1]["timeout"] in range(7100, 7201)


def test_remembered_until_revoked(city: Town, gateway: Program, browser: Browser, here: Street) -> None:
    """The device that has a grant is let in without a page when it comes back; kicked, it meets the portal again."""
    wait_online(here, True)
    session = until(city.sessions, "the session")[0]
    assert "ACK" == city.running.must("kick", session["id"]).strip()
    wait_online(here, False)
    until(lambda: events(gateway, "mab")[-1]["pairs"], "the redirect after the kick")
    with page(browser) as tab:
        tab.goto(f"http://{here.web}/")
        tab.get_by_role("button", name="Connect", exact=True).wait_for()


def test_the_trace_tells_it(city: Town, gateway: Program, here: Street) -> None:
    """`proxeny trace` of the station shows the redirect and the sign-in, in order."""
    told = until(lambda: city.running.trace(here.mac), "the trace")
    assert {"accept"} <= {row["verdict"] for row in told}
