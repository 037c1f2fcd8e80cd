"""What staff read of a login that failed, each a real one: a password, a secret, a certificate, a home; and of a session they end."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from store import staff_sessions
from store.models import Role, Staff, Step
from store.session import engine, transaction
from tests.flow.city import CALLED, PASSWORD, REALMS, SWITCH, City, dashed, station, student, ways
from tests.peers import eapol, packets, twins
from tests.peers.controller import COMMAND
from tests.peers.freeradius import SECRET
from tests.peers.packets import CALLING
from tests.peers.program import Program, free_port, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.peers.certificates import Certificates

pytestmark = [pytest.mark.peer(name) for name in ("freeradius", "radsecproxy", "eapol_test")]
_TOKEN = re.compile(r'name="token" value="([0-9a-f]+)"')
_NAS_SAYS: dict[str, tuple[int, list[packets.Row]]] = {
    "ACK": (41, []),
    "NAK 503 Session-Context-Not-Found": (42, [(101, (503).to_bytes(4, "big"))]),
}


@dataclass
class Desk:
    """Somebody of network-ops at the served pages."""

    browser: httpx.Client

    def page(self, path: str, **query: str) -> str:
        answer = self.browser.get(path, params=query)
        assert 200 == answer.status_code, (path, answer.status_code)
        return answer.text.replace("&#39;", "'")

    def tells(self, words: str, mac: str) -> str:
        """The trace of this device, once it says so."""
        return until(lambda: page if words in (page := self.page("/trace", q=mac)) else "", words, 10)

    def post(self, path: str, **form: str) -> str:
        token = _TOKEN.search(self.page("/sessions"))
        assert token is not None
        answer = self.browser.post(path, data={"token": token[1], **form}, follow_redirects=True)
        assert 200 == answer.status_code, answer.text[:1000]
        return answer.text


@pytest.fixture(scope="module")
def desk(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The staff's pages over the shared city's database, by a process of their own; signed in by a row."""
    folder, port = tmp_path_factory.mktemp("staff"), free_port()
    data = city.controller.folder / "var"
    settings = folder / "proxeny.toml"
    settings.write_text(f'data_dir = "{data}"\n[radius]\nauth = ["127.0.0.1:1"]\n[staff]\nlisten = "127.0.0.1:{port}"\nthreads = 4\n')
    program = Program([str(COMMAND), "web", "--only", "staff", "--config", str(settings)], folder / "web.log", cwd=folder)
    database, now = engine(f"sqlite:///{data}/proxeny.db"), datetime.now(UTC)
    try:
        with transaction(database) as session:
            someone = Staff(name="ops@city.example", role=Role.NETWORK_OPS, created_at=now)
            session.add(someone)
            session.flush()
            cookie = staff_sessions.begin(session, someone, Step.WHOLE, "a test", staff_sessions.Limits(), now)
        url = f"http://localhost:{port}"
        with httpx.Client(
            base_url=url, cookies={"proxeny-staff": cookie}, headers={"Accept-Language": "en", "Origin": url}, timeout=20
        ) as browser:
            program.wait_for("ready", seconds=30)
            until(lambda: 200 == browser.get("/trace").status_code, "the staff's pages", 20)
            yield Desk(browser)
    finally:
        database.dispose()
        program.stop()
    assert "Traceback" not in (folder / "web.log").read_text()


def test_a_wrong_password(tmp_path: Path, city: City, desk: Desk, authority: Certificates) -> None:
    """The home said no, after how many round trips; usually a password, and only the home can see which."""
    mac, realm = station(), REALMS[0]
    eapol.sign_in(tmp_path, ways(authority, realm, "wrong")[0], city.auth, station=mac)
    page = desk.tells("Usually a mistyped or changed password", mac)
    assert re.search(rf"{realm} said no after \d+ round trips\. Usually a mistyped or changed password; only {realm} can see which\.", page)
    assert "The person, then the home institution" in page
    login = re.search(r"/trace/(\w+)/export\?format=json", page)
    assert login is not None
    said = json.loads(desk.page(f"/trace/{login[1]}/export", format="json"))
    assert (realm, "reject", "1wifi.city.example") == (said["realm"], said["verdict"], said["operator_name"])
    assert dashed(mac) not in page.replace(f'value="{mac}"', "")


def test_a_wrong_shared_secret(city: City, desk: Desk) -> None:
    """No login comes of such packets: where nothing is found of the device, the page tells whose packets were dropped, and how many."""
    mac, name = station(), student(REALMS[0])
    with twins.nas(secret="another-secret-than-ours") as nas:
        for number in range(3):
            nas.send(packets.pap(name, PASSWORD, nas.secret, (CALLING, dashed(mac).encode()), identifier=number), city.auth)
        page = desk.tells("Packets from nas are signed with a different secret than ours (", mac)
    assert "Nothing of this is in the trace" in page
    assert re.search(r"than ours \(\d+ in the last hour\)\.", page)
    assert "Set the shared secret anew on both sides." in page


def test_a_distrusted_certificate(tmp_path: Path, city: City, desk: Desk, authority: Certificates) -> None:
    """The device said so itself, by a TLS alert: the words are certain, though what came from the home is a Reject."""
    mac, realm = station(), REALMS[0]
    others = replace(authority, root=authority.client_chain)  # none of these has signed the home's
    eapol.sign_in(tmp_path, eapol.peap(student(realm), PASSWORD, others), city.auth, station=mac)
    page = desk.tells(f"The device stopped after seeing {realm}'s certificate: its profile does not trust it.", mac)
    assert "Install the profile again." in page


def test_a_dead_home(city: City, desk: Desk) -> None:
    """First it did not answer in time; once it is known to be dead, that is said of the next login, and since when."""
    mac = station()

    def told() -> str:
        with twins.nas() as nas:
            nas.ask(packets.pap("student@gone.example", PASSWORD, SECRET, (CALLING, dashed(mac).encode())), city.auth)
        page = desk.page("/trace", q=mac)
        return page if "Every server of University Gone is down or out of reach." in page else ""

    page = until(told, "the home to be known as dead", 20)
    assert "Home gone: does not answer" in page
    assert "University Gone did not answer in time." in page  # the first one, among those before


@pytest.mark.parametrize("answer", _NAS_SAYS)
def test_a_disconnect_is_shown_with_the_nass_answer(city: City, desk: Desk, answer: str) -> None:
    """Within the page's patience: asked over the wire, answered by the switch, on the page in its own words."""
    mac, name = station(), f"S-{answer[:3]}-{station()[-2:]}"
    rows = [
        (packets.USER_NAME, student(REALMS[0]).encode()),
        (CALLING, dashed(mac).encode()),
        (packets.CALLED, CALLED.encode()),
        (packets.SESSION_ID, name.encode()),
        (packets.STATUS_TYPE, b"\0\0\0\1"),
    ]
    with twins.nas(address=SWITCH) as nas:
        nas.ask(packets.accounting(rows, SECRET), city.acct)
    page = until(lambda: page if "Its session" in (page := desk.page("/trace", q=name)) else "", "the session", 10)
    where = re.search(r'href="(/sessions/\w+)"', page)
    assert where is not None
    with obeying(city, *_NAS_SAYS[answer]):
        page = desk.post(f"{where[1]}/disconnect", reason="Ticket 4711: moved out")
    # The page waits for the answer as long as pages may; on a machine with much else to do it is there when it is looked at again.
    until(lambda: f"<strong>Disconnect: {answer}</strong>" in page or f"Disconnect: {answer}" in desk.page(where[1]), "the answer")


@contextmanager
def obeying(city: City, code: int, rows: list[packets.Row]) -> Iterator[None]:
    """The switch answers the next order so; one that is forged (RFC 5176, 2.3) not at all."""

    def serve() -> None:
        octets, peer = city.orders.recvfrom(4096)
        whole = hashlib.md5(octets[:4] + packets.ZEROS + octets[20:] + SECRET.encode()).digest()
        if whole == octets[4:20]:
            city.orders.sendto(packets.answer(packets.read(octets), code, rows, SECRET), peer)

    city.orders.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while city.orders.recv(4096):  # what was repeated before the last answer came
            pass
    city.orders.settimeout(30)
    thread = threading.Thread(target=serve)
    thread.start()
    yield
    thread.join()
