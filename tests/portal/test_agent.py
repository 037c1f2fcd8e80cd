"""config/gateways/opennds/proxeny-agent, run by busybox's and dash's shells against a portal of the test's own."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from portal.cases import kicks
from tests.peers.program import Program, until
from tests.portal.catalogues import HOME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AGENT = HOME / "config" / "gateways" / "opennds" / "proxeny-agent"
KEY = "the fas key, with 'quotes' and $(signs)"
SHELLS = [["dash"], ["busybox", "sh"]]
NDSCTL = """#!/bin/sh
echo "$*" >>"$LOG"
[ "$1" = json ] && echo '{"clients":{}}'
exit 0
"""


class Portal(ThreadingHTTPServer):
    """Keeps what it is told, and answers what the test says."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.told: list[tuple[str, bytes]] = []
        self.answers: list[tuple[int, bytes]] = []


class Answering(BaseHTTPRequestHandler):
    server: Portal

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append((self.path, body))
        status, words = self.server.answers.pop(0) if self.server.answers else (200, b"")
        self.send_response(status)
        self.send_header("Content-Length", str(len(words)))
        self.end_headers()
        self.wfile.write(words)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def portal() -> Iterator[Portal]:
    with Portal() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(params=SHELLS, ids=lambda words: words[0])
def agent(request: pytest.FixtureRequest, tmp_path: Path, portal: Portal) -> Iterator[Program]:
    if shutil.which(request.param[0]) is None:
        pytest.skip(f"{request.param[0]} is not installed")
    (tmp_path / "ndsctl").write_text(NDSCTL)
    (tmp_path / "ndsctl").chmod(0o755)
    quoted = KEY.replace("'", "'\\''")
    (tmp_path / "agent.conf").write_text(f"url=http://127.0.0.1:{portal.server_port}/in/opennds/k\nkey='{quoted}'\nevery=1\nusage=2\n")
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "LOG": str(tmp_path / "did"), "TMPDIR": str(tmp_path)}
    program = Program([*request.param, str(AGENT), str(tmp_path / "agent.conf")], tmp_path / "log", env=env)
    yield program
    program.stop()
    assert [] == list(tmp_path.glob("tmp.*"))


def test_it_reports_and_puts_out(agent: Program, portal: Portal, tmp_path: Path) -> None:
    """Each report is proven over all its octets; orders are done once, told with the next report, and odd lines are not obeyed."""
    portal.answers = [
        (200, b"deauth 02:00:5e:00:00:07 41\ndeauth $(reboot) 7\ndeauth 02:00:5e:00:00:08 4;1\nreboot now 3\ndeauth\n"),
        (500, b"deauth 02:00:5e:00:00:09 9\n"),
    ]
    until(lambda: len(portal.told) >= 4, "four reports", 20)
    did = (tmp_path / "did").read_text().splitlines()
    assert ["deauth 02:00:5e:00:00:07"] == [line for line in did if line != "json"]
    reports = [kicks.report(body) for _, body in portal.told[:4]]
    assert [(), (41,), (41,), ()] == [told[1] for told in reports if told is not None]  # told again until it was heard
    assert [{"clients": {}}, {}] == [told[2] for told in reports[:2] if told is not None]
    for path, body in portal.told:
        inner = hashlib.sha256(KEY.encode() + body).hexdigest()
        proof = hashlib.sha256(f"{KEY}{inner}".encode()).hexdigest()
        assert ("/in/opennds/k/usage", [proof]) == (urlsplit(path).path, parse_qs(urlsplit(path).query)["proof"])
    assert "" == agent.text.replace("curl: (22) The requested URL returned error: 500\n", "")


def test_it_is_no_longer_than_a_gateway_bears() -> None:
    """At most 80 lines of plain sh."""
    lines = AGENT.read_text().splitlines()
    assert "#!/bin/sh" == lines[0]
    assert len(lines) <= 80
