"""A shop owner's passkey in Chromium: offered with the invitation, enough by itself afterwards, and worth nothing at the city's door.

Both apps are served by this process on one host, where browsers take their keys for those of one site.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from werkzeug.serving import make_server

from store import staff as people
from store.models import Role, Staff
from store.session import transaction
from tests.flow.test_staff_sign_in import PASSWORD, authenticator, begin, codes
from tests.peers.browser import chromium, page
from tests.portal.gallery import shape
from tests.portal.shoproom import Person, furnished
from tests.portal.staffroom import room

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.portal.staffroom import Room

pytestmark = pytest.mark.peer("chromium")


@contextmanager
def served(made: Room) -> Iterator[str]:
    """The app of this room, at an address of this machine that has a name."""
    server = make_server("127.0.0.1", 0, None, threaded=True)
    made.office = replace(made.office, url=f"http://localhost:{server.server_port}")
    server.app = made.app
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made.office.url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        made.close()


def invited(made: Room, who: str) -> str:
    """The path of a link by which somebody of the room sets up."""
    with transaction(made.database) as session:
        return f"/setup/{people.link(session, session.get_one(Staff, who), made.time)}"


def leave(tab: Page) -> None:
    tab.click("header button:has-text('Sign out')")
    expect(tab.get_by_role("button", name="Sign in with a passkey")).to_be_visible()


def test_a_passkey_of_the_shops(tmp_path: Path) -> None:
    """Set up with the invitation, it signs in alone; the city's pages refuse it, and the shops' pages one of the city's."""
    (tmp_path / "shaped").mkdir()
    city = room(tmp_path / "city", shape(tmp_path / "shaped"))
    shops = furnished(city)
    somebody = city.staff(Role.NETWORK_OPS, "ops@city.example")
    with served(city) as staff, served(shops) as shop, chromium(tmp_path / "browser") as browser:
        with page(browser, scripts=True) as phone:
            authenticator(phone)
            phone.goto(shop + invited(shops, shops.people[Person.OWNER_A]))
            phone.fill("#password", PASSWORD)
            phone.fill("#again", PASSWORD)
            phone.click("text=Continue")
            phone.get_by_role("button", name="Set up a passkey").click()
            expect(phone.locator("main")).to_contain_text("The passkey is added.")
            leave(phone)
            phone.click("text=Sign in with a passkey")
            expect(phone.locator("h1")).to_have_text("Miller’s Oven")
            phone.goto(f"{staff}/sign-in")
            phone.click("text=Sign in with a passkey")
            expect(phone.locator("h1")).to_have_text("That is not yours to do")
        with page(browser, scripts=True) as desk:
            authenticator(desk)
            begin(desk, staff + invited(city, somebody))
            desk.click("text=Set up a passkey")
            assert 10 == len(codes(desk))
            desk.goto(f"{shop}/sign-in")
            desk.click("text=Sign in with a passkey")
            expect(desk.locator("h1")).to_have_text("That is not yours to do")
