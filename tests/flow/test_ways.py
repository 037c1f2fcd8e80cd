"""Every way in, end to end: Chromium at phone size behind a UAM gateway, the page by https, with scripts and without, in both languages.

Mail goes through a real mail server, SMS through an HTTP gateway, cards to a real slapd, the city account to a provider of
its own. Each guest is a device that nobody has seen before.
"""

from __future__ import annotations

import json
import sys
import tomllib
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.peers import oidc, slapd, sms, smtp
from tests.peers.authority import Authority
from tests.peers.browser import chromium, page
from tests.peers.guests import HOME, events, online, town, wait_online
from tests.peers.program import Program, until
from tests.peers.street import PORTAL_NAME, street

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

    from tests.peers.guests import Town
    from tests.peers.street import Street

pytestmark = [
    pytest.mark.root,
    pytest.mark.peer("street"),
    pytest.mark.peer("chromium"),
    pytest.mark.peer("slapd"),
]
SECRET, UAM = "a-gateway-secret-of-the-tests", "the-uam-secret-of-the-tests"
WAYS = ("terms", "voucher", "email", "sms", "card", "sponsor", "oidc:city")
BROWSERS = {"without scripts, in English": (False, "en-CA"), "with scripts, in French": (True, "fr-CA")}
SIGN_OUT = {"en-CA": "Sign out", "fr-CA": "Se déconnecter"}
SPONSOR = "desk@library.example"


@dataclass
class Place:
    """The city with everything that proves who a guest is."""

    street: Street
    city: Town
    gateway: Program
    browser: Browser
    mails: smtp.Mailbox
    phone: sms.Phone
    provider: oidc.Provider
    guests: int = 0
    orders: int = 0  # that the gateway had before this guest's proof

    def number(self) -> int:
        """Of the next guest."""
        self.guests += 1
        return self.guests


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with ExitStack() as undo:
        here = undo.enter_context(street(tmp_path_factory.mktemp("street")))
        made = Authority(tmp_path_factory.mktemp("tls")).issue(PORTAL_NAME)
        mails, phone = undo.enter_context(smtp.serving()), undo.enter_context(sms.serving())
        people = undo.enter_context(slapd.running(tmp_path_factory.mktemp("slapd")))
        provider = undo.enter_context(oidc.running(here.here))
        settings = {
            "mail": {"url": mails.url, "from": "City Wi-Fi <wifi@city.example>"},
            **sms_settings(phone),
            "directory": directory(people),
            "oidc": {
                "city": {
                    "issuer": provider.issuer,
                    "client_id": oidc.CLIENT,
                    "client_secret": oidc.SECRET,
                    "label": {"en": "City account", "fr": "Compte de la Ville"},
                }
            },
        }
        city = undo.enter_context(
            town(
                tmp_path_factory.mktemp("ways"),
                here,
                "coova",
                options={"uam_secret": UAM},
                portal={"ways": list(WAYS), "sponsors": [SPONSOR]},
                tls={"certificate": str(made.certificate), "key": str(made.key)},
                settings=settings,
            )
        )
        gateway = city.gateway("uam", city.spec(secret=SECRET, uamsecret=UAM, portal=city.entrance("coova"), coa=3799))
        undo.callback(gateway.stop)
        browser = undo.enter_context(chromium(tmp_path_factory.mktemp("chromium"), here.guest))
        undo.callback(_bring(here, provider).stop)
        provider.back.append(f"{city.origin}/oidc/city")
        yield Place(here, city, gateway, browser, mails, phone, provider)


def _bring(here: Street, provider: oidc.Provider) -> Program:
    """The provider at the same address of the guest's own machine: codes may only travel by https, or not at all."""
    port, there = provider.issuer.rpartition(":")[2], provider.elsewhere.removeprefix("http://")
    argv = here.inside(here.guest, sys.executable, "-m", "tests.peers.forward", port, there)
    program = Program(argv, here.folder / "forward.log", cwd=HOME)
    program.wait_for("forwarding")
    return program


def sms_settings(phone: sms.Phone) -> dict[str, Any]:
    return tomllib.loads(phone.settings)


def directory(people: slapd.Slapd) -> dict[str, Any]:
    """[directory] of the tests' slapd, of this machine."""
    return {
        "uri": people.uri,
        "starttls": False,
        "base": slapd.BASE,
        "bind_dn": slapd.SERVICE,
        "bind_password": slapd.SERVICE_PASSWORD,
        "card_filter": "(employeeNumber={user})",
    }


def press(tab: Page, button: str = "form.ask button") -> None:
    tab.locator(button).first.click()


def choose(tab: Page, way: str) -> None:
    """One of the other ways on page one."""
    tab.locator(f'main a[href*="/{way}"]').first.click()


def terms(place: Place, tab: Page) -> None:
    press(tab, 'form[action*="/go"] button')


def voucher(place: Place, tab: Page) -> None:
    told = json.loads(place.city.running.must("voucher", "make", "--plan", "visitor", "--count", "1", "--json"))
    choose(tab, "voucher")
    tab.fill('input[name="code"]', told["codes"][0].lower().replace("-", " "))
    press(tab)


def email(place: Place, tab: Page) -> None:
    """Online at once, for minutes; the code from the mail makes it the plan's time."""
    address = f"guest-{place.number():03d}@example.org"
    choose(tab, "email")
    tab.fill('input[name="email"]', address)
    press(tab)
    tab.locator('form[action*="/code"] input[name="code"]').wait_for()
    wait_online(place.street, True)
    assert 1 <= events(place.gateway, "answer")[-1]["limits"]["timeout"] <= 600
    place.orders = len(events(place.gateway, "order"))
    tab.fill('input[name="code"]', place.mails.wait(address).code)
    press(tab, 'form[action*="/code"] button')


def text_message(place: Place, tab: Page) -> None:
    number = f"+1416555{place.number():04d}"
    choose(tab, "sms")
    tab.fill('input[name="phone"]', number)
    press(tab)
    tab.locator('input[name="code"]').wait_for()
    assert not online(place.street)
    tab.fill('input[name="code"]', place.phone.wait(number).code)
    press(tab)


def card(place: Place, tab: Page) -> None:
    choose(tab, "card")
    tab.fill('input[autocomplete="username"]', slapd.CARDS["ada"])
    tab.fill('input[type="password"]', slapd.PASSWORD)
    press(tab)


def sponsor(place: Place, tab: Page) -> None:
    """The sponsor reads the mail elsewhere, and says yes."""
    before = len(place.mails.to(SPONSOR))
    choose(tab, "sponsor")
    tab.fill('input[name="name"]', f"guest {place.number()}")
    tab.fill('input[name="email"]', SPONSOR)
    press(tab)
    assert not online(place.street)
    mail = place.mails.wait(SPONSOR, before + 1)
    with page(place.browser, ignore_https_errors=True) as desk:
        desk.goto(mail.link)
        press(desk, "form button")
        desk.locator("main h1").wait_for()
    press(tab, 'form[action*="/check"] button')


def city_account(place: Place, tab: Page) -> None:
    """The provider's own page asks who it is."""
    press(tab, 'form[action*="/oidc/city"] button')
    tab.fill('input[name="name"]', f"guest-{place.number():03d}")
    tab.locator('button[value="yes"]').click()


STEPS: dict[str, Callable[[Place, Page], None]] = {
    "terms": terms,
    "voucher": voucher,
    "email": email,
    "sms": text_message,
    "card": card,
    "sponsor": sponsor,
    "oidc": city_account,
}


@contextmanager
def arrived(place: Place, browser: str) -> Iterator[Page]:
    """A new device whose browser was sent to page one."""
    scripts, language = BROWSERS[browser]
    place.street.newcomer()
    place.orders = 0
    assert not online(place.street)
    with page(place.browser, scripts=scripts, language=language, ignore_https_errors=True) as tab:
        tab.goto(f"http://{place.street.web}/")
        assert language == tab.locator("html").get_attribute("lang")
        try:
            yield tab
        except Exception as fault:
            raise AssertionError(f"{fault}\n--- {tab.url}\n{tab.locator('body').inner_text()}\n{tab.content()[-3000:]}") from fault


def _allowed(place: Place, way: str) -> int:
    """Seconds that the gateway was told last: in its Accept, or by an order where the proof came later. 0: not yet."""
    told = events(place.gateway, "order" if way == "email" else "answer")
    return told[-1]["limits"].get("timeout", 0) if len(told) > place.orders else 0


@pytest.mark.parametrize("browser", BROWSERS)
@pytest.mark.parametrize("way", STEPS)
def test_in_and_out(place: Place, way: str, browser: str) -> None:
    """Offline, page one, this way's own questions, online with the plan's limits; signed out, offline."""
    with arrived(place, browser) as tab:
        STEPS[way](place, tab)
        out = tab.get_by_role("button", name=SIGN_OUT[BROWSERS[browser][1]])
        out.wait_for()
        wait_online(place.street, True)
        told = until(lambda: _allowed(place, way), "the gateway to be told the plan's time")
        assert told in range(7000, 7202)
        out.click()
        wait_online(place.street, False)
