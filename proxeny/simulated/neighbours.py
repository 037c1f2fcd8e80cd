"""Starting the sample city's neighbours: one process for each home institution, one for the access points.

Each is handed its orders on standard input and ends when that closes, so none outlives the demo, however the demo
ends. Never signals a process it did not start.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from proxeny.faults import Fault, FaultyError

if TYPE_CHECKING:
    from types import TracebackType

    from proxeny.simulated.sample import Sample

PHONE: Final = "02-00-5E-30-00-01"  # the station behind the gateway
PATIENCE = 5.0  # seconds a neighbour may take to end once asked


class Neighbour:
    """A process of the city, and the end of its standard input that keeps it alive."""

    def __init__(self, name: str, module: str, orders: dict[str, Any]) -> None:
        self.name = name
        argv = [sys.executable, "-P", "-m", f"proxeny.simulated.{module}"]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603  # our own modules
        assert self._process.stdin is not None  # noqa: S101  # for the type checker
        self._process.stdin.write(json.dumps(orders) + "\n")
        self._process.stdin.flush()

    def wait_ready(self) -> None:
        """Wait until its ports are open; FaultyError where it ended instead (its last words are on standard error)."""
        assert self._process.stdout is not None  # noqa: S101  # for the type checker
        if self._process.stdout.readline() != "ready\n":
            raise FaultyError([Fault("the demo", self.name, "ended while starting; its last words are above")])

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def __enter__(self) -> Neighbour:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        assert self._process.stdin is not None  # noqa: S101  # for the type checker
        self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def home(sample: Sample, institution: dict[str, Any]) -> Neighbour:
    """One home institution's server, at the address and with the secret that the network file has for it."""
    row = next(row for row in sample.tables["home"] if row["name"] == institution["home"])
    orders = {key: row[key] for key in ("address", "port", "secret")} | {key: institution[key] for key in ("accounts", "delay")}
    return Neighbour(row["name"], "home_process", orders)


def access_points(sample: Sample) -> Neighbour:
    """Every client of the network file with its access points, sending to the controller."""
    radius = sample.settings.radius
    assert radius is not None  # noqa: S101  # for the type checker
    controllers = [
        {
            "name": client["name"],
            "address": client["address"].partition("/")[0],
            "secret": client["secret"],
            "coa_port": client["coa_port"],
            "radios": [[row["name"], row["mac"]] for row in sample.tables["access_point"] if row["client"] == client["name"]],
        }
        for client in sample.tables["client"]
        if "options" not in client  # a gateway with pages of its own, and no controller of access points
    ]
    orders = {"auth": _reached(radius.auth[0]), "acct": _reached(radius.acct[0]), "accounts": sample.accounts, "controllers": controllers}
    return Neighbour("access points", "access_point_process", orders)


def gateway(sample: Sample) -> Neighbour:
    """The gateway of the open network, the phone behind it, and those of passers-by."""
    radius, guest = sample.settings.radius, sample.settings.guest
    assert radius is not None  # noqa: S101  # for the type checker
    assert guest is not None  # noqa: S101  # the sample city has guests
    client = next(row for row in sample.tables["client"] if "options" in row)
    radios = [row["mac"] for row in sample.tables["access_point"] if row["client"] == client["name"]]
    ssid = next(row for row in sample.tables["ssid"] if row["profile"] == "portal")
    orders = {
        "name": client["name"],
        "address": client["address"].partition("/")[0],
        "port": urlsplit(client["options"]["login_url"]).port,
        "mac": radios[0],
        "radios": radios,
        "ssid": ssid["name"],
        "station": PHONE,
        "secret": client["secret"],
        "uam_secret": client["options"]["uam_secret"],
        "entrance": f"{guest.origin}/in/{client['nas']}/{client['key']}",
        "coa_port": client["coa_port"],
    }
    return Neighbour(
        client["name"], "gateway_process", {"auth": _reached(radius.auth[0]), "acct": _reached(radius.acct[0]), "gateway": orders}
    )


def outbox(sample: Sample) -> Neighbour | None:
    """The mail server and the SMS gateway of the settings, where they are this machine's: what is sent is shown, and goes no further."""
    if (shown := sample.outbox) is None:
        return None
    mail = sample.settings.mail
    server = mail.server if mail is not None and mail.server.scheme == "smtp" else None
    return Neighbour("outbox", "outbox_process", {"mail": [server.host, server.port] if server else None, "pages": list(shown)})


def _reached(listen: tuple[str, int]) -> list[Any]:
    """Where a listener is reached from this machine."""
    return ["127.0.0.1" if listen[0] == "0.0.0.0" else listen[0], listen[1]]
