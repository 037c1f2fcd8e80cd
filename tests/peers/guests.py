"""A city with a guest portal beside a street: the real controller with [guest], one gateway, one plan, one portal.

The controller listens on the street's own address, which is no loopback: a browser trusts nothing there by mistake.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.peers.controller import Rows, controller, network
from tests.peers.program import PeerError, Program, free_port, until
from tests.peers.street import OPEN_WEB, PORTAL_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.sync_api import Page

    from tests.peers.controller import Controller
    from tests.peers.street import Street

HOME = Path(__file__).parent.parent.parent
KEY = "testgatewaykey23"
GATEWAY = "library-gate"
PLAN: Rows = {"name": "visitor", "session": "2h", "day_data": "1 GB", "up": "5 Mbit/s", "down": "20 Mbit/s"}
PORTAL: Rows = {"name": "city", "ways": ["terms"], "plan": "visitor", "languages": ["en", "fr"]}
SITE: Rows = {"id": "central-library", "name": "Central Library", "timezone": "America/Toronto", "portal": "city"}


@dataclass(frozen=True, slots=True)
class Town:
    """The running city."""

    street: Street
    running: Controller
    port: int  # of the guest app
    origin: str

    def entrance(self, family: str) -> str:
        """Where a gateway of this family sends its guests."""
        return f"{self.origin}/in/{family}/{KEY}"

    def spec(self, **more: Any) -> str:
        """What a gateway of the tests' own is told (tests/peers/uam.py, cwa.py)."""
        running = self.running
        told = {"server": self.street.here, "auth": running.auth, "acct": running.acct, "address": self.street.wan, "nasid": GATEWAY}
        return json.dumps(told | more)

    def gateway(self, module: str, spec: str) -> Program:
        """Start a gateway of the tests' own inside the gateway's namespace, until it says that it is ready."""
        log = self.street.folder / f"{module}-{free_port()}.log"
        program = Program(self.street.inside(self.street.gateway, sys.executable, "-m", f"tests.peers.{module}", spec), log, cwd=HOME)
        program.wait_for('"event": "ready"')
        return program

    def sessions(self, *flags: str) -> list[Rows]:
        return self.running.sessions(*flags)


def events(program: Program, name: str) -> list[dict[str, Any]]:
    """What a gateway of the tests' own has told, of one kind."""
    lines = (line for line in program.text.splitlines() if line.startswith("{") and line.endswith("}"))
    return [told for told in map(json.loads, lines) if told["event"] == name]


def online(street: Street) -> bool:
    """Whether the open web answers the guest's device; asked by curl, which follows nothing."""
    argv = street.inside(street.guest, "curl", "-s", "-m", "4", f"http://{street.web}/")
    return OPEN_WEB in subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False).stdout


def wait_online(street: Street, wanted: bool, seconds: float = 45) -> None:
    until(lambda: online(street) is wanted, f"the guest to be {'online' if wanted else 'offline'}", seconds, 0.2)


def connect(page: Page, street: Street) -> None:
    """What a resident does: open any page, be sent to the portal, press the one button."""
    page.goto(f"http://{street.web}/")
    page.get_by_role("button", name="Connect", exact=True).click()


@contextmanager
def town(
    folder: Path,
    street: Street,
    family: str,
    *,
    plan: Mapping[str, Any] | None = None,
    portal: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    tls: Mapping[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
    **client: Any,
) -> Iterator[Town]:
    """The controller with one client of this family; `plan` is laid over PLAN, `portal` over PORTAL, `tls` over [guest].

    `settings` are further sections.
    """
    port = free_port(address=street.here)
    origin = f"https://{PORTAL_NAME}:{port}" if tls else f"http://{street.here}:{port}"
    row: Rows = {"name": GATEWAY, "nas": family, "key": KEY, "site": SITE["id"], **client}
    if row.get("radius", True):
        row |= {"address": street.wan, "secret": "a-gateway-secret-of-the-tests"}
    if options:
        row["options"] = dict(options)
    tables = network(
        clients=[row],
        homes=[],
        realms=[],
        site=[SITE],
        plan=[{**PLAN, **(plan or {})}],
        portal=[{**PORTAL, **(portal or {})}],
        ssid=[{"name": "City Wi-Fi", "profile": "portal"}],
    )
    guest = {"listen": f"{street.here}:{port}", "url": origin, **(tls or {})}
    with controller(folder, tables, address=street.here, settings={"guest": guest, **(settings or {})}) as running:
        try:
            yield Town(street, running, port, origin)
            running.fault_free()
        except Exception as fault:
            raise PeerError(f"{type(fault).__name__}: {fault}\n--- controller ---\n{running.log[-4000:]}") from fault
