"""Somebody new of staff, in Chromium, at the served pages: from `proxeny staff add` to an app or a passkey, out, and in again."""

from __future__ import annotations

import json
import re
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pyotp
import pytest
from playwright.sync_api import expect

from store.models import Role
from store.session import engine, transaction
from store.staff import invite
from tests.peers.browser import chromium, page
from tests.peers.controller import COMMAND
from tests.peers.program import Program, free_port, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, CDPSession, Page

pytestmark = pytest.mark.peer("chromium")
PASSWORD = "four random words here"
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "automaticPresenceSimulation": True,
}


@dataclass
class Served:
    """The staff pages, by a process of their own."""

    url: str
    settings: Path
    browser: Browser

    def add(self, name: str) -> str:
        """The link that the command prints."""
        argv = [str(COMMAND), "staff", "add", "--config", str(self.settings), name, "--role", "network-ops", "--json"]
        said = subprocess.run(argv, capture_output=True, text=True, timeout=40, check=True).stdout
        return str(json.loads(said)["link"])

    def invite(self, name: str) -> str:
        """The same without the command, which is a second to start."""
        database = engine(f"sqlite:///{self.settings.parent}/proxeny.db")
        with transaction(database) as session:
            secret = invite(session, name, Role.NETWORK_OPS, datetime.now(UTC))[1]
        database.dispose()
        return f"{self.url}/setup/{secret}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("staff")
    settings, port = folder / "proxeny.toml", free_port()
    settings.write_text(f'data_dir = "{folder}"\n[radius]\nauth = ["127.0.0.1:1"]\n[staff]\nlisten = "127.0.0.1:{port}"\nthreads = 4\n')
    url = f"http://localhost:{port}"  # a name: WebAuthn refuses an address
    program = Program([str(COMMAND), "web", "--only", "staff", "--config", str(settings)], folder / "web.log", cwd=folder)
    try:
        program.wait_for("ready", seconds=30)
        until(lambda: 200 == httpx.get(f"{url}/sign-in", timeout=5).status_code, "the sign-in page", 20)
        with chromium(folder / "browser") as browser:
            yield Served(url, settings, browser)
    finally:
        program.stop()
    assert "Traceback" not in (folder / "web.log").read_text()


@contextmanager
def tab(served: Served, *, scripts: bool) -> Iterator[Page]:
    with page(served.browser, scripts=scripts) as made:
        wrong: list[str] = []
        made.on("console", lambda line: wrong.append(line.text) if line.type == "error" and "status of 4" not in line.text else None)
        made.on("pageerror", lambda fault: wrong.append(str(fault)))
        yield made
        assert [] == wrong


def begin(made: Page, link: str) -> None:
    made.goto(link)
    made.fill("#password", PASSWORD)
    made.fill("#again", PASSWORD)
    made.click("text=Continue")
    expect(made.locator("h1")).to_have_text("Second factor")


def codes(made: Page) -> list[str]:
    expect(made.locator("h1")).to_have_text("Recovery codes")
    expect(made.locator("ul.codes li")).to_have_count(10)
    return made.locator("ul.codes li").all_inner_texts()


def leave(made: Page, url: str) -> None:
    made.goto(f"{url}/me")
    expect(made.locator("h1")).to_have_text("Your sign-in")
    made.click("header button:has-text('Sign out')")
    expect(made.locator("h1")).to_have_text("Sign in")


def password(made: Page, url: str, name: str) -> None:
    made.goto(f"{url}/sign-in?next=/me")
    made.fill("#name", name)
    made.fill("#password", PASSWORD)
    made.click("button:has-text('Continue')")
    expect(made.locator("h1")).to_have_text("Second factor")


def authenticator(made: Page, *, verified: bool = True) -> tuple[CDPSession, str]:
    """A phone's own, whose owner's finger is (or is not) the right one."""
    session = made.context.new_cdp_session(made)
    session.send("WebAuthn.enable")
    options: dict[str, Any] = {**KEY, "isUserVerified": verified}
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def test_first_run_to_an_app_without_scripts(served: Served) -> None:
    """Link, password, the key typed into an app, its code, ten recovery codes; out; in again by the next code, and by a recovery code."""
    with tab(served, scripts=False) as made:
        begin(made, served.add("app@city.example"))
        app = pyotp.TOTP(made.locator("#key").inner_text().replace(" ", ""))
        made.wait_for_load_state()
        assert made.locator("img.qr").evaluate("picture => picture.naturalWidth") > 100
        assert 0 == made.locator("form[data-passkey]:visible").count()
        made.fill("#code", app.now())
        made.click("text=Finish")
        kept = codes(made)
        assert (10, True) == (len(kept), all(re.fullmatch(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){2}", each) for each in kept))
        leave(made, served.url)
        password(made, served.url, "app@city.example")
        made.fill("#code", app.at(datetime.now(UTC) + timedelta(seconds=30)))  # no step counts twice, and one may be ahead
        made.click("main button.main")
        expect(made.locator("h1")).to_have_text("Your sign-in")
        leave(made, served.url)
        password(made, served.url, "app@city.example")
        made.fill("#code", kept[0])
        made.click("main button.main")
        expect(made.locator("main")).to_contain_text("9 codes are left.")


def test_first_run_to_a_passkey(served: Served) -> None:
    """Link, password, a passkey, ten recovery codes; out; in again by the passkey alone, and by it after the password."""
    with tab(served, scripts=True) as made:
        session, key = authenticator(made)
        begin(made, served.invite("passkey@city.example"))
        made.click("text=Set up a passkey")
        assert 10 == len(codes(made))
        (kept,) = session.send("WebAuthn.getCredentials", {"authenticatorId": key})["credentials"]
        assert ("localhost", True) == (kept["rpId"], kept["isResidentCredential"])
        leave(made, served.url)
        made.goto(f"{served.url}/sign-in?next=/me")
        made.click("text=Sign in with a passkey")
        expect(made.locator("h1")).to_have_text("Your sign-in")
        leave(made, served.url)
        password(made, served.url, "passkey@city.example")
        made.click("text=Use a passkey")
        expect(made.locator("h1")).to_have_text("Your sign-in")


def test_a_finger_that_is_not_theirs_opens_nothing(served: Served) -> None:
    """The page says so and stays; the next try, with the right one, gets in."""
    with tab(served, scripts=True) as made:
        session, key = authenticator(made)
        begin(made, served.invite("finger@city.example"))
        made.click("text=Set up a passkey")
        codes(made)
        leave(made, served.url)
        session.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
        made.click("text=Sign in with a passkey")
        expect(made.get_by_role("alert")).to_have_text("Nothing came from the passkey. Try again, or choose another way.")
        session.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": True})
        made.click("text=Sign in with a passkey")
        made.wait_for_url(f"{served.url}/")
        made.goto(f"{served.url}/me/passkey")
        made.fill("#label", "Second phone")
        made.click("main button.main")
        expect(made.locator("form[data-passkey] [role=alert]")).to_be_visible()  # this device has one of theirs already
        session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": key})
        session, other = authenticator(made)
        made.click("main button.main")
        expect(made.locator("main")).to_contain_text("Passkey: Second phone")
        assert 1 == len(session.send("WebAuthn.getCredentials", {"authenticatorId": other})["credentials"])
