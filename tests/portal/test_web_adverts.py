"""Adverts as they are served: read by the process of the pages while it runs, and written down when it ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from proxeny.demo_shops import sow
from store.models import PlacementHour
from store.session import engine, reading, transaction
from tests.peers.controller import client, controller, network
from tests.peers.program import free_port, until
from tests.store.rows import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from tests.peers.controller import Controller

KEY = "testgatewaykey24"
GUEST = f"/in/coova/{KEY}?res=notyet&challenge=00112233445566778899aabbccddeeff&called=02-00-5E-77-00-01&mac=02-00-5E-00-00-07"


def tables() -> dict[str, Any]:
    gateway = client("arena-gate", "192.0.2.0/24", nas="coova", key=KEY, options={"login_url": "http://10.1.0.1:3990"}, site="arena")
    return {
        **network(clients=[gateway], homes=[], realms=[]),
        "site": [{"id": "arena", "name": "Arena", "timezone": "America/Toronto"}],
        "plan": [{"name": "visitor", "session": "2h"}],
        "portal": [{"name": "city", "plan": "visitor"}],
    }


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Controller, str]]:
    port = free_port()
    with controller(tmp_path, tables(), settings={"guest": {"listen": f"127.0.0.1:{port}", "threads": 4}}) as made:
        until(lambda: made.readiness()["guest"] == "alive", "the pages", 20)
        yield made, f"http://127.0.0.1:{port}"


def figures(database: Engine) -> list[tuple[str, str, int, int]]:
    """What was counted here, and not sown."""
    with reading(database) as session:
        rows = session.query(PlacementHour).where(PlacementHour.hour > NOW)
        return [(row.site, row.language, row.impressions, row.clicks) for row in rows]


def test_from_the_store_to_the_page_and_back(running: tuple[Controller, str]) -> None:
    """A campaign that is put there is shown within seconds, by its picture too; its view and click are written when the pages end."""
    made, url = running
    database = engine(f"sqlite:///{made.folder}/var/proxeny.db")
    with transaction(database) as session:
        assert 5 == sow(session, NOW)
    with httpx.Client(base_url=url, timeout=10) as browser:
        page = until(lambda: found if '<section class="advert"' in (found := browser.get(GUEST).text) else "", "an advert", 30)
        picture = browser.get(re.findall(r'<img src="([^"]+)"', page)[0])
        assert (200, "image/webp", b"RIFF") == (picture.status_code, picture.headers["Content-Type"], picture.content[:4])
        shop = browser.get(re.findall(r'href="(/a/[^"?]+)', page)[0], follow_redirects=True)
        assert (200, True) == (shop.status_code, shop.url.path.startswith("/p/"))
    made.stop()
    assert [("arena", "en", 1, 1)] == figures(database)
    database.dispose()
