"""openNDS itself as the gateway, Chromium as the resident: FAS level 1 (the browser carries the token) and 3 (authmon asks us)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.peers.authority import Authority
from tests.peers.browser import chromium, page
from tests.peers.guests import KEY, connect, online, town, wait_online
from tests.peers.opennds import opennds
from tests.peers.program import until
from tests.peers.street import LAN, street

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.peers.street import Street

pytestmark = [pytest.mark.root, pytest.mark.timeout(300), *(pytest.mark.peer(name) for name in ("street", "opennds", "chromium"))]
FAS_KEY = "the-fas-key-of-the-tests"


@pytest.fixture
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with street(tmp_path_factory.mktemp("street")) as made:
        yield made


def test_level_1(tmp_path: Path, here: Street) -> None:
    """Plain http: offline, the page, one button, online; the gateway's agent carries a kick, and it is offline again."""
    options = {"fas_key": FAS_KEY, "fas_level": 1, "login_url": f"http://{LAN}:2050"}
    with (
        town(tmp_path / "city", here, "opennds", radius=False, options=options) as city,
        opennds(here, port=city.port, path=f"/in/opennds/{KEY}", key=FAS_KEY, level=1) as gateway,
        chromium(tmp_path / "chromium", here.guest) as browser,
        page(browser) as tab,
    ):
        assert not online(here)
        connect(tab, here)
        wait_online(here, True)
        until(lambda: ["Authenticated"] == list(gateway.states().values()), "ndsctl, which answers one at a time, to say so")
        session = until(city.sessions, "the session")[0]
        city.running.must("kick", session["id"])
        wait_online(here, False)


def test_level_3(tmp_path: Path, here: Street) -> None:
    """https and sealed: authmon collects the grant and acknowledges it; kicked, the web is out of reach again."""
    authority = Authority(tmp_path / "tls")
    made = authority.issue("wifi.city.example")
    options = {"fas_key": FAS_KEY, "fas_level": 3}
    tls = {"certificate": str(made.certificate), "key": str(made.key)}
    with (
        town(tmp_path / "city", here, "opennds", radius=False, options=options, tls=tls) as city,
        opennds(here, port=city.port, path=f"/in/opennds/{KEY}", key=FAS_KEY, level=3, ca=authority.file) as gateway,
        chromium(tmp_path / "chromium", here.guest) as browser,
        page(browser, ignore_https_errors=True) as tab,
    ):
        assert not online(here)
        connect(tab, here)
        wait_online(here, True)
        until(lambda: ["Authenticated"] == list(gateway.states().values()), "ndsctl, which answers one at a time, to say so")
        session = until(city.sessions, "the session")[0]
        city.running.must("kick", session["id"])
        wait_online(here, False)
