"""A shop's first advert, as four people live it: invited, written on a phone, rejected with a reason, mended, approved, seen, clicked.

Everything is the running controller's own pages in Chromium: the city's in one window, the owner's phone in another, the guests' in
a third. `shot` is handed each screen by name: a test looks at none, `make screenshots` keeps them. Never waits without a deadline.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from playwright.sync_api import expect

from store import staff_sessions
from store.models import Role, Staff, Step
from store.session import engine, transaction
from tests.peers.browser import page
from tests.peers.controller import client, controller, network
from tests.peers.guests import PLAN, PORTAL, SITE
from tests.peers.program import free_port, until
from tests.portal.shops import painted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page
    from sqlalchemy import Engine

    from tests.peers.controller import Controller
    from tests.peers.smtp import Mailbox

OWNER: Final = "owner@millers-oven.example"
PASSWORD: Final = "three loaves before the sun is up"
NEAR, FAR = "keyofgateway0001", "keyofgateway0002"
WHY: Final = "Say from when on: guests come in the evening, too."
FIRST, MENDED = "Bread, still warm", "Bread, still warm until ten"


def _unseen(_name: str, _tab: Page) -> None:
    """Nobody looks."""


@dataclass
class Story:
    """The running city, and who has which window."""

    running: Controller
    database: Engine
    mailbox: Mailbox
    city: Page
    phone: Page
    guest: Page
    portal: str
    staff: str
    shops: str
    shot: Callable[[str, Page], None] = field(default=_unseen)
    told: list[tuple[int, int]] = field(default_factory=list)  # figures, as time goes by

    def invite(self) -> str:
        """The city invites the owner; the address in their mail."""
        self.city.goto(f"{self.staff}/businesses/new")
        self.city.locator("#e-name").fill("Miller’s Oven")
        self.city.locator("#e-email").fill(OWNER)
        self.city.get_by_label("Central Library", exact=True).check()
        self.shot("01-city-invites", self.city)
        self.city.get_by_role("button", name="Invite").click()
        expect(self.city.locator("h1")).to_contain_text("Miller’s Oven")
        return self.mailbox.wait(OWNER).link

    def enter(self, link: str) -> None:
        """The owner follows the link on a phone, and chooses a password."""
        self.phone.goto(link)
        self.shot("02-owner-is-welcome", self.phone)
        self.phone.locator("input[name=password]").fill(PASSWORD)
        self.phone.locator("input[name=again]").fill(PASSWORD)
        self.phone.get_by_role("button", name="Continue").click()
        expect(self.phone.locator("h1")).to_have_text("You are in")
        self.phone.get_by_role("link", name="On to my shop").click()
        expect(self.phone.locator("h1")).to_have_text("Miller’s Oven")
        self.shot("03-owner-is-in", self.phone)

    def write(self) -> None:
        """And writes an advert, with a picture, for the place that the city gave them."""
        self.phone.goto(f"{self.shops}/shops/millers-oven/adverts/new")
        self.phone.get_by_label("Title in English").fill(FIRST)
        self.phone.get_by_label("Text in English").fill("Two minutes from the library.")
        self.phone.get_by_label("Title in French").fill("Du pain encore chaud")
        self.phone.get_by_label("Text in French").fill("À deux minutes de la bibliothèque.")
        picture: Any = {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": painted((1600, 1200), "JPEG")}
        self.phone.route("**/media", lambda asked: asked.abort(), times=1)  # a phone on its way out of reach
        self.phone.locator("#picture").set_input_files(picture)
        expect(self.phone.locator("#picture-said")).to_contain_text("did not arrive")
        self.phone.locator("#picture").set_input_files(picture)
        expect(self.phone.locator(".chosen img")).to_be_visible()
        self.phone.get_by_label("What the picture shows, in English").fill("Three loaves on a board")
        self.phone.get_by_label("What the picture shows, in French").fill("Trois miches sur une planche")
        self.phone.locator("#link").fill("https://millers-oven.example/today")
        seen = self.phone.frame_locator("iframe[name^=preview]:not([hidden])")
        expect(seen.locator("#advert")).to_have_text(FIRST)
        self.shot("04-owner-writes", self.phone)
        self.phone.get_by_role("button", name="Hand in to the city").click()
        expect(self.phone.locator("main")).to_contain_text("The city answers by")
        self.shot("05-owner-has-handed-in", self.phone)

    def reject(self) -> None:
        """The city looks at it as guests would, and says no, with a reason."""
        self._review(FIRST)
        self.shot("06-city-looks", self.city)
        self.city.get_by_label("In your own words").fill(WHY)
        self.city.get_by_role("button", name="Reject").click()
        expect(self.city.locator("main")).to_contain_text("Rejected.")

    def mend(self) -> None:
        """The owner reads the reason in a mail and on the page, and mends it."""
        until(lambda: any(WHY in mail.text for mail in self.mailbox.to(OWNER)), "the mail with the reason")
        self.phone.reload()
        expect(self.phone.locator(".told.bad")).to_contain_text(WHY)
        self.shot("07-owner-reads-why", self.phone)
        self.phone.get_by_role("link", name="Mend it").click()
        self.phone.get_by_label("Title in English").fill(MENDED)
        self.phone.get_by_role("button", name="Hand in to the city").click()
        expect(self.phone.locator("main")).to_contain_text("The city answers by")

    def approve(self) -> None:
        """The city says yes."""
        self._review(MENDED)
        self.shot("08-city-looks-again", self.city)
        self.city.get_by_role("button", name="Approve").click()
        until(lambda: len(self.mailbox.to(OWNER)) >= 3, "the mail that it is approved")

    def _review(self, title: str) -> None:
        self.city.goto(f"{self.staff}/review")
        self.city.get_by_role("link", name=title, exact=True).click()
        expect(self.city.locator("h1")).to_contain_text(title)
        self.city.locator("iframe").last.scroll_into_view_if_needed()
        expect(self.city.frame_locator("iframe").last.locator("#advert")).to_have_text(title)

    def arrive(self, key: str, station: str) -> Page:
        """A guest's phone joins at this gateway, and is shown page one."""
        self.guest.goto(f"{self.portal}/in/hostapd/{key}?mac={station}&ssid=City%20Wi-Fi&ip=192.0.2.77")
        return self.guest

    def wait_shown(self) -> None:
        """Until the guests' pages know of it, looked at as machines look: that counts for nobody."""
        probe = self.guest.context.request
        where = f"{self.portal}/in/hostapd/{NEAR}?mac=02-00-5E-00-06-99&ssid=City%20Wi-Fi&ip=192.0.2.78"
        headers = {"User-Agent": "CaptiveNetworkSupport-407 wispr"}
        until(lambda: MENDED in probe.get(where, headers=headers).text(), "the advert on the guests' page", 30)

    def see(self) -> None:
        """A guest elsewhere does not see it; one near the shop does, looks again, and follows it, twice."""
        elsewhere = self.arrive(FAR, "02-00-5E-00-06-02")
        expect(elsewhere.locator("h1")).to_contain_text("Arena")
        expect(elsewhere.locator("section.advert")).to_have_count(0)
        self.shot("09-guest-elsewhere", elsewhere)
        guest = self.arrive(NEAR, "02-00-5E-00-06-01")
        expect(guest.locator("section.advert h2")).to_have_text(MENDED)
        self.shot("10-guest-near-the-shop", guest)
        guest.reload()
        for _time in range(2):
            guest.get_by_role("link", name="More about Miller’s Oven").click()
            expect(guest.locator("h1")).to_have_text("Miller’s Oven")
            self.shot("11-guest-has-clicked", guest)
            guest.go_back()

    def live(self) -> None:
        """All of it; the figures at three moments: before it is approved, before anybody saw it, and in the end."""
        self.enter(self.invite())
        self.write()
        self.reject()
        self.mend()
        self.told.append(self.figures())
        self.approve()
        self.wait_shown()
        self.told.append(self.figures())
        self.see()
        until(lambda: self.figures() != self.told[-1], "figures that moved", 30)
        until(lambda: self.figures()[1] > 0, "a click that is written down", 30)
        self.told.append(self.figures())
        self.shot("12-owner-sees-figures", self.phone)

    def figures(self) -> tuple[int, int]:
        """(times shown, clicks) as the owner's page has them."""
        self.phone.goto(f"{self.shops}/shops/millers-oven/figures")
        told = self.phone.locator("main").inner_text()
        shown, clicked = (re.search(rf"{word}\s*\n?\s*(\d+)", told) for word in ("Times shown", "Clicks"))
        return (int(shown[1]) if shown else 0, int(clicked[1]) if clicked else 0)


@contextmanager
def told(folder: Path, browser: Browser, mailbox: Mailbox, shot: Callable[[str, Page], None] = _unseen, **phone: Any) -> Iterator[Story]:
    """A city with two gateways, one of them near the shop; a city admin is signed in."""
    ports = [free_port() for _ in range(3)]
    portal, staff, shops = f"http://127.0.0.1:{ports[0]}", f"http://localhost:{ports[1]}", f"http://localhost:{ports[2]}"
    settings: dict[str, Any] = {
        name: {"listen": f"127.0.0.1:{port}", "threads": 4} for name, port in zip(("guest", "staff", "business"), ports, strict=True)
    }
    settings["mail"] = {"url": mailbox.url, "from": "City of Example Wi-Fi <wifi@city.example>"}
    arena = {**SITE, "id": "arena", "name": "Arena"}
    gateways = [
        client(name, address, nas="hostapd", key=key, site=site)
        for name, address, key, site in (("library-gate", "127.0.0.1", NEAR, SITE["id"]), ("arena-gate", "127.0.0.2", FAR, "arena"))
    ]
    tables = network(
        clients=gateways, homes=[], realms=[], site=[SITE, arena], plan=[PLAN], portal=[PORTAL],
        ssid=[{"name": "City Wi-Fi", "profile": "portal"}],
    )  # fmt: skip
    with (
        controller(folder, tables, settings=settings) as running,
        page(browser, scripts=True) as city,
        page(browser, scripts=True, **phone) as owner,
        page(browser) as guest,
    ):
        database = engine(f"sqlite:///{running.folder}/var/proxeny.db")
        city.context.add_cookies([{"name": "proxeny-staff", "value": _signed_in(database), "url": staff}])
        city.set_viewport_size({"width": 1440, "height": 900})
        for tab in (city, owner):
            tab.on("dialog", lambda asked: asked.accept())
        until(lambda: running.readiness()["business"] == "alive", "the shops' pages", 20)
        yield Story(running, database, mailbox, city, owner, guest, portal, staff, shops, shot)
        database.dispose()


def _signed_in(database: Engine) -> str:
    """Of a city admin: the cookie."""
    now = datetime.now(UTC)
    with transaction(database) as session:
        someone = Staff(name="reviews@city.example", email="reviews@city.example", role=Role.CITY_ADMIN, created_at=now)
        session.add(someone)
        session.flush()
        return staff_sessions.begin(session, someone, Step.WHOLE, "a test", staff_sessions.Limits(), now)
