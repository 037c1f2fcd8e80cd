"""The pages as they are served: the supervisor's child with gunicorn's threads, its socket, its ends; and `proxeny web` alone."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from proxeny import threads
from tests.peers.authority import Authority
from tests.peers.controller import COMMAND, Controller, client, controller, network
from tests.peers.program import Program, busy, free_port, until
from tests.portal.guests import forms, heading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "testgatewaykey23"
PORTS: dict[Path, str] = {}  # folder of a controller -> where its pages are
GUEST = f"/in/coova/{KEY}?res=notyet&challenge=00112233445566778899aabbccddeeff&called=02-00-5E-77-00-01&mac=02-00-5E-00-00-07"


def tables(**changes: Any) -> dict[str, Any]:
    gateway = client("library-gate", "192.0.2.0/24", nas="coova", key=KEY, options={"login_url": "http://10.1.0.1:3990"})
    return {
        **network(clients=[gateway], homes=[], realms=[]),
        "plan": [{"name": "visitor", "session": "2h", **changes}],
        "portal": [{"name": "library", "plan": "visitor"}],
        "ssid": [{"name": "City Wi-Fi"}],
    }


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    port = free_port()
    settings = {"guest": {"listen": f"127.0.0.1:{port}", "threads": 4}}
    with controller(tmp_path_factory.mktemp("pages"), tables(), settings=settings) as made:
        PORTS[made.folder] = f"http://127.0.0.1:{port}"
        until(lambda: made.readiness()["guest"] == "alive", "the pages", 20)
        yield made
        made.fault_free()


def url(made: Controller, path: str) -> str:
    return f"{PORTS[made.folder]}{path}"


def address(made: Controller) -> tuple[str, int]:
    return "127.0.0.1", int(PORTS[made.folder].rpartition(":")[2])


def serving(made: Controller) -> list[int]:
    """The process ids of the pages' child."""
    return until(lambda: made.pages, "the pages' process", 10)


def test_a_guest_is_served(running: Controller) -> None:
    """Page one by http, the button, the gateway's own login."""
    with httpx.Client(base_url=url(running, ""), timeout=5) as browser:
        page = browser.get(GUEST)
        assert (200, "Free Wi-Fi") == (page.status_code, heading(page))
        answer = browser.post(forms(page.text)[0])
        assert (303, True) == (answer.status_code, answer.headers["Location"].startswith("http://10.1.0.1:3990/logon?username=t-"))
        assert "You are online" == heading(browser.get("/", follow_redirects=True))


def test_a_changed_network_is_a_changed_page(running: Controller) -> None:
    """Within two seconds or so, without a restart."""
    before = serving(running)
    running.network(tables(day_data="3 GB"))
    until(lambda: "3\u00a0GB a day" in httpx.get(url(running, GUEST), timeout=5).text, "the new plan", 10)
    assert before == serving(running)


def test_settings_are_adopted_by_a_hang_up(running: Controller) -> None:
    """Another retention is another sentence, told by what is kept longest; the port stays as it was."""
    good = running.settings.read_text()
    running.settings.write_text(good + "\n[retention]\nlogins = 730\n")
    running.hang_up()
    until(lambda: "after 24 months" in httpx.get(url(running, GUEST), timeout=5).text, "the new sentence", 10)
    running.settings.write_text(good)
    running.hang_up()
    until(lambda: "after 12 months" in httpx.get(url(running, GUEST), timeout=5).text, "the old one", 10)


def test_a_killed_child_is_replaced_and_nobody_is_refused(running: Controller) -> None:
    """Who connects meanwhile waits in the socket's queue."""
    (pid,) = serving(running)
    os.kill(pid, signal.SIGKILL)
    assert 200 == httpx.get(url(running, GUEST), timeout=20).status_code
    assert [pid] != serving(running)
    assert running.readiness()["guest"] == "alive"
    page = httpx.get(f"http://127.0.0.1:{running.metrics}/metrics", timeout=5).text
    assert "proxeny_guest_restarts 1.0" in page


def test_what_is_no_request_is_refused_and_not_logged(running: Controller) -> None:
    """Nonsense, long lines, many headers: an answer or a close, and no octet of it in the log."""
    mark = len(running.log)
    many = b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n"
    for octets in (b"nonsense-of-a-stranger\r\n\r\n", b"GET /" + b"q" * 9_000 + b" HTTP/1.1\r\n\r\n", many):
        with socket.create_connection(address(running), 5) as sock:
            sock.sendall(octets)
            sock.settimeout(5)
            assert b" 2" not in sock.recv(64)[:12]
    assert 200 == httpx.get(url(running, "/healthz"), timeout=5).status_code
    assert "stranger" not in running.log[mark:]
    assert "qqqq" not in running.log[mark:]


SLOW = {
    "silent": b"",
    "head": b"GET / HT",
    "body": b"POST /in/opennds/x/usage HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 60000\r\n\r\nx",
    "long body": b"POST /in/opennds/x/usage HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4000000\r\n\r\nx",
    "chunks": b"POST /in/opennds/x/usage HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx",
    "last request": b"GET /healthz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n",
    "nonsense": b"nonsense\r\n\r\n",
    "next request": b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /",
}


@pytest.mark.parametrize("said", SLOW.values(), ids=SLOW)
def test_slow_clients_hold_no_thread(running: Controller, said: bytes) -> None:
    """Fifty that have not said all, or do not hang up, over four threads: a guest is answered at once all the same."""
    with contextlib.ExitStack() as held:
        for _ in range(50):
            held.enter_context(socket.create_connection(address(running), 5)).sendall(said)
        began = time.monotonic()
        for _ in range(3):
            assert 200 == httpx.get(url(running, GUEST), timeout=20).status_code
        assert time.monotonic() - began < 10 * busy()


def test_too_many_connections(running: Controller) -> None:
    """Beyond the most, the one that has been slow for longest goes; a guest is answered."""
    with contextlib.ExitStack() as held:
        slow = [held.enter_context(socket.create_connection(address(running), 5)) for _ in range(threads.CONNECTIONS + 50)]
        assert 200 == httpx.get(url(running, GUEST), timeout=20).status_code
        slow[0].settimeout(5)
        assert b"" == slow[0].recv(1)


def test_a_locked_database(running: Controller) -> None:
    """Another program holds it: whoever connects is told within seconds, the other pages are served, and it is over when it is over."""
    arrivals = [GUEST.replace("00-07", f"01-{each:02X}") for each in range(20)]
    with httpx.Client(base_url=url(running, ""), timeout=20) as browser:
        actions = [forms(browser.get(each).text)[0] for each in arrivals]

    def press(action: str) -> tuple[int, bool]:
        began = time.monotonic()
        status = httpx.post(url(running, action), timeout=20).status_code
        return status, time.monotonic() - began < 8 * busy()

    with (
        contextlib.closing(sqlite3.connect(running.folder / "var" / "proxeny.db", isolation_level=None)) as other,
        ThreadPoolExecutor(20) as guests,
    ):
        other.execute("BEGIN EXCLUSIVE")
        pressed = [guests.submit(press, action) for action in actions]
        began = time.monotonic()
        assert 200 == httpx.get(url(running, "/help"), timeout=20).status_code
        assert time.monotonic() - began < 8 * busy()
        assert {(503, True)} == {each.result() for each in pressed}
        other.execute("ROLLBACK")
    assert (303, True) == press(actions[0])


def test_a_taken_port_is_named(running: Controller, tmp_path: Path) -> None:
    """With the key and a remedy, before anything is served."""
    settings = {"guest": {"listen": f"127.0.0.1:{address(running)[1]}"}}
    with controller(tmp_path, tables(), settings=settings, start=False) as second:
        ended = second.cli("run")
        assert (1, True, True) == (ended.returncode, "guest.listen" in ended.stderr, "is taken by another program" in ended.stderr)
        assert f"ss -ltnp 'sport = :{address(running)[1]}'" in ended.stderr


def test_alone_with_tls(tmp_path: Path) -> None:
    """`proxeny web`: https with a certificate, Secure cookies; a key that does not belong is named; SIGTERM ends it."""
    authority = Authority(tmp_path / "tls")
    made, other = authority.issue("localhost"), authority.issue("localhost")
    port = free_port()
    tls = {"certificate": str(made.certificate), "key": str(made.key)}
    settings = {"guest": {"listen": f"127.0.0.1:{port}", "url": f"https://localhost:{port}", **tls}}
    with controller(tmp_path / "city", tables(), settings=settings, start=False) as city:
        program = Program([str(COMMAND), "web", "--config", str(city.settings)], tmp_path / "log")
        try:
            program.wait_for("proxeny web is ready: https://localhost")
            trust = ssl.create_default_context(cafile=authority.file)
            with httpx.Client(base_url=f"https://localhost:{port}", verify=trust, timeout=10) as browser:
                answer = browser.post(forms(browser.get(GUEST).text)[0])
                assert "Secure; HttpOnly; Path=/; SameSite=Lax" in answer.headers["Set-Cookie"]
        finally:
            program.signal(signal.SIGTERM)
        assert 0 == program.process.wait(15)
        text = city.settings.read_text()
        city.settings.write_text(text.replace(str(made.key), str(other.key)))
        ended = city.cli("web")
        assert (1, True) == (ended.returncode, "guest.certificate" in ended.stderr)
        assert "Traceback" not in ended.stderr + program.text
