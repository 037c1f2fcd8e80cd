"""FreeRADIUS and radsecproxy as an operator would run them as a proxy: defaults, one client prefix, one realm, one home.

FreeRADIUS: Debian's radiusd.conf values (threads, cleanup_delay, no login log), the `realm` module alone in authorize
(Debian's default site runs a dozen more, which would only slow it), max_requests by its own rule of 256 per client,
status_check off. radsecproxy: defaults. Never gives a peer less than its package would.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.bench.generator import REALM, SECRET
from tests.peers.program import SEARCH, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FREERADIUS = """
prefix = /usr
libdir = /usr/lib/freeradius
name = bench
logdir = {folder}
run_dir = {folder}
pidfile = {folder}/bench.pid
max_request_time = 30
cleanup_delay = 5
max_requests = {most}
hostname_lookups = no
log {{
    destination = files
    file = {folder}/radius.log
    auth = no
}}
security {{
    max_attributes = 200
    reject_delay = 1
    status_server = yes
}}
proxy_requests = yes
proxy server {{
    default_fallback = no
}}
home_server home {{
    type = auth
    ipaddr = 127.0.0.1
    port = {home}
    secret = {secret}
    response_window = 20
    zombie_period = 40
    revive_interval = 120
    status_check = none
    max_outstanding = 65536
}}
home_server_pool homes {{
    type = fail-over
    home_server = home
}}
realm {realm} {{
    auth_pool = homes
    nostrip
}}
client everyone {{
    ipaddr = 127.0.0.0/8
    secret = {secret}
    require_message_authenticator = yes
}}
thread pool {{
    start_servers = 5
    max_servers = 32
    min_spare_servers = 3
    max_spare_servers = 10
    max_requests_per_server = 0
    auto_limit_acct = no
}}
modules {{
    realm suffix {{
        format = suffix
        delimiter = "@"
    }}
}}
server bench {{
    listen {{
        type = auth
        ipaddr = 127.0.0.1
        port = {port}
    }}
    authorize {{
        suffix
    }}
    authenticate {{
    }}
}}
"""

RADSECPROXY = """
ListenUDP 127.0.0.1:{port}
client everyone {{
    host 127.0.0.0/8
    type udp
    secret {secret}
}}
server home {{
    host 127.0.0.1
    port {home}
    type udp
    secret {secret}
}}
realm {realm} {{
    server home
}}
"""


@dataclass(frozen=True, slots=True)
class Running:
    """A program under load: where it listens and which processes carry the road."""

    port: int
    road: tuple[int, ...]
    began: float  # when its command was given, on the monotonic clock
    beside: dict[str, int] = field(default_factory=dict)  # recorder, supervisor: process ids
    metrics: int = 0  # the port of its metrics; 0 where it has none


def bound(words: list[str]) -> list[str]:
    """The command, ended by the kernel should the bench be killed (util-linux setpriv)."""
    words = [shutil.which(words[0], path=SEARCH) or words[0], *words[1:]]
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", *words] if setpriv else words


@contextmanager
def _running(words: list[str], port: int, folder: Path) -> Iterator[Running]:
    began = time.monotonic()
    with (folder / "output").open("wb") as output, subprocess.Popen(bound(words), stdout=output, stderr=output) as process:
        try:
            yield Running(port, (process.pid,), began)
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def freeradius(folder: Path, home: int, endpoints: int) -> Iterator[Running]:
    """Debian's FreeRADIUS as a proxy on a free port."""
    port = free_port()
    text = FREERADIUS.format(folder=folder, home=home, port=port, secret=SECRET, realm=REALM, most=256 * max(64, endpoints))
    (folder / "radiusd.conf").write_text(text)
    (folder / "dictionary").write_text("$INCLUDE /usr/share/freeradius/dictionary\n")
    with _running(["freeradius", "-f", "-d", str(folder), "-n", "radiusd", "-l", f"{folder}/radius.log"], port, folder) as running:
        yield running


@contextmanager
def radsecproxy(folder: Path, home: int, endpoints: int) -> Iterator[Running]:
    """Debian's radsecproxy on a free port."""
    del endpoints  # it has nothing to size
    port = free_port()
    (folder / "radsecproxy.conf").write_text(RADSECPROXY.format(home=home, port=port, secret=SECRET, realm=REALM))
    with _running(["radsecproxy", "-f", "-c", str(folder / "radsecproxy.conf")], port, folder) as running:
        yield running


def installed(name: str) -> bool:
    """Whether a peer's program is on this machine."""
    return any(
        shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/usr/local/sbin")
        for program in ((name, "radiusd") if name == "freeradius" else (name,))
    )
