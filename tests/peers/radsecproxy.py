"""radsecproxy with UDP on both sides, as eduroam's proxies run it: a client below a controller, or a home above it.

Each of its two ports takes any code; the second is there for clients that expect accounting one above.
Never given a realm that it should not carry: it answers those with silence.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.peers.freeradius import SECRET, Upstream
from tests.peers.program import Program, found, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


@dataclass(slots=True)
class RadsecProxy:
    """A running radsecproxy."""

    program: Program
    port: int
    secret: str


_MAIN = """
ListenUDP 127.0.0.1:{port}
ListenUDP 127.0.0.1:{acct}
LogLevel 2
LogDestination file:///{log}
LoopPrevention off

client below {{
    host 127.0.0.0/8
    type udp
    secret {secret}
}}
server above {{
    host {up.address}
    port {up.port}
    type udp
    secret {up.secret}
    StatusServer {check}
    RetryCount 2
    RetryInterval 5
}}
server above-accounting {{
    host {up.address}
    port {up_acct}
    type udp
    secret {up.secret}
}}
{realms}
"""


@contextmanager
def radsecproxy(
    folder: Path, upstream: Upstream, *, realms: Sequence[str] = ("*",), secret: str = SECRET, port: int = 0
) -> Iterator[RadsecProxy]:
    """Start one that sends `realms` to `upstream`."""
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port(beside=1)
    accounting = "    accountingServer above-accounting\n" if upstream.accounting else ""
    rows = "".join(f"realm {realm} {{\n    server above\n{accounting}}}\n" for realm in realms)
    config = folder / "radsecproxy.conf"
    check = "on" if upstream.status_check else "off"
    config.write_text(
        _MAIN.format(
            port=port,
            acct=port + 1,
            log=folder / "log.txt",
            secret=secret,
            up=upstream,
            up_acct=upstream.port + 1,
            check=check,
            realms=rows,
        )
    )
    program = Program([found("radsecproxy"), "-f", "-c", str(config)], folder / "log")
    try:
        program.wait_for("listening for udp on 127.0.0.1")
        yield RadsecProxy(program, port, secret)
    finally:
        program.stop()
