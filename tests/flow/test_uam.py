"""A resident behind a UAM gateway (coova), in Chromium without scripts: offline, one button, online, and offline again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.peers.browser import chromium, page
from tests.peers.guests import connect, events, online, town, wait_online
from tests.peers.program import until
from tests.peers.street import OPEN_WEB, street

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.peers.guests import Town
    from tests.peers.program import Program
    from tests.peers.street import Street

pytestmark = [pytest.mark.root, pytest.mark.peer("street"), pytest.mark.peer("chromium")]
SECRET, UAM = "a-gateway-secret-of-the-tests", "the-uam-secret-of-the-tests"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with street(tmp_path_factory.mktemp("street")) as made:
        yield made


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, here: Street) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("uam"), here, "coova", options={"uam_secret": UAM}) as made:
        yield made


@pytest.fixture(scope="module")
def gateway(city: Town) -> Iterator[Program]:
    program = city.gateway("uam", city.spec(secret=SECRET, uamsecret=UAM, portal=city.entrance("coova"), coa=3799))
    yield program
    program.stop()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory, here: Street) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("chromium"), here.guest) as made:
        yield made


def test_online_after_one_button_offline_after_sign_out(city: Town, gateway: Program, browser: Browser, here: Street) -> None:
    """Before the button the web is out of reach, after it it is not; the plan's limits reach the gateway; sign-out ends it."""
    assert not online(here)
    with page(browser) as tab:
        connect(tab, here)
        tab.get_by_role("button", name="Sign out").wait_for()
        assert online(here)
        answer = events(gateway, "answer")[-1]
        assert 2 == answer["code"]
        assert answer["limits"]["timeout"] in range(7100, 7201)
        assert (1_000_000_000, 5_000, 20_000) == tuple(answer["limits"][name] for name in ("octets", "up", "down"))
        until(lambda: [row["status"] for row in city.sessions()] == ["open"], "the session")
        tab.get_by_role("button", name="Sign out").click()
        wait_online(here, False)
        until(lambda: not city.sessions(), "the session's end")


def put_out(city: Town, here: Street) -> None:
    """The one session is kicked, and its end written down: the next test finds none of before."""
    (session,) = until(city.sessions, "the session")
    assert "ACK" == city.running.must("kick", session["id"]).strip()
    wait_online(here, False)
    until(lambda: not city.sessions(), "the session's end")


def test_kick_puts_the_guest_out(city: Town, gateway: Program, browser: Browser, here: Street) -> None:
    """`proxeny kick` ends the session at the gateway, which acknowledges; the web is out of reach again."""
    with page(browser) as tab:
        connect(tab, here)
        wait_online(here, True)
        put_out(city, here)


def test_the_token_works_once(city: Town, gateway: Program, browser: Browser, here: Street) -> None:
    """The credentials that the gateway saw are worth nothing afterwards: the same logon again is refused."""
    with page(browser) as tab:
        connect(tab, here)
        wait_online(here, True)
        name = events(gateway, "answer")[-1]["name"]
        put_out(city, here)
        tab.goto(f"http://10.77.0.1:3990/logon?username={name}&response={'00' * 16}")
        assert 3 == events(gateway, "answer")[-1]["code"]
        assert not online(here)


def test_french(city: Town, gateway: Program, browser: Browser, here: Street) -> None:
    """A browser that asks for French is answered in French, page by page."""
    with page(browser, language="fr-CA") as tab:
        tab.goto(f"http://{here.web}/")
        assert "fr-CA" == tab.locator("html").get_attribute("lang")
        tab.get_by_role("button", name="Se connecter").click()
        tab.get_by_role("button", name="Se déconnecter").wait_for()
        tab.goto(f"http://{here.web}/")
        assert OPEN_WEB == tab.locator("h1").inner_text()
        put_out(city, here)


def test_time_that_is_up_ends_it(city: Town, gateway: Program, browser: Browser, here: Street) -> None:
    """An operator's rule that allows six seconds: the gateway ends the session by itself, and the session says so."""
    rule = {"name": "six seconds", "direction": "reply", "codes": ["Access-Accept"], "clamp": {"Session-Timeout": [1, 6]}}
    city.running.renew({**_tables(city), "policy": [rule]})
    before, opened = {row["id"] for row in city.sessions("--all")}, len(events(gateway, "open"))
    with page(browser) as tab:
        connect(tab, here)
        until(lambda: len(events(gateway, "open")) > opened, "the guest to be let in")  # six seconds may be over when curl has been there
        wait_online(here, False)
        (ended,) = until(
            lambda: [row for row in city.sessions("--all") if row["id"] not in before and row["status"] == "ended"], "the session's end"
        )
        assert ended["seconds"] in range(5, 60)  # of the two hours that the plan allows


def _tables(city: Town) -> dict[str, object]:
    import tomllib

    return tomllib.loads((city.running.folder / "NETWORK.toml").read_text())
