"""Names of the sample city, shared by the flows: realms, students, devices, ways to sign in."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.peers import eapol, packets
from tests.peers.freeradius import SECRET

if TYPE_CHECKING:
    import socket

    from tests.peers import twins
    from tests.peers.certificates import Certificates
    from tests.peers.controller import Controller
    from tests.peers.freeradius import FreeRadius

PASSWORD = "right-password"
REALMS = ("uni-a.example", "uni-b.example", "uni-c.example")
ABOVE_FREERADIUS, ABOVE_RADSECPROXY = "far.freeradius.example", "far.radsecproxy.example"
SWITCH = "127.0.0.99"  # a client of its own, which takes orders
CALLED = "02-00-00-AA-00-01:eduroam"

_numbers = itertools.count(1)


def station() -> str:
    """A student's device nobody has seen before, as eapol_test wants it: 02:00:00:00:00:01."""
    number = next(_numbers)
    return f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}"


def dashed(mac: str) -> str:
    """The same as RADIUS writes it: 02-00-00-00-00-01."""
    return mac.replace(":", "-").upper()


def student(realm_: str) -> str:
    return f"student@{realm_}"


@dataclass(slots=True)
class City:
    """The controller and everything it talks to."""

    controller: Controller
    institutions: dict[str, FreeRadius]
    twin: twins.Home  # the home of twin.example: accepts everything and remembers what it saw
    orders: socket.socket  # where the switch takes orders

    @property
    def auth(self) -> int:
        return self.controller.auth

    @property
    def acct(self) -> int:
        return self.controller.acct


def ways(authority: Certificates, realm_: str, password: str = PASSWORD) -> list[eapol.Student]:
    """The four ways to sign in that eduroam's homes use."""
    name = student(realm_)
    return [
        eapol.peap(name, password, authority),
        eapol.ttls(name, password, authority, inner="PAP", outer=f"anonymous@{realm_}"),
        eapol.ttls(name, password, authority, inner="MSCHAPV2"),
        eapol.tls(name, authority),
    ]


@dataclass(slots=True)
class Road:
    """A controller with one worker before a home that accepts everything."""

    controller: Controller
    twin: twins.Home

    def serves(self, nas: twins.Nas) -> None:
        """A good request is answered: everything before it has been dealt with (one worker, one queue)."""
        answer = nas.ask(packets.pap("bob@twin.example", "x", SECRET, (packets.CALLING, dashed(station()).encode())), self.controller.auth)
        assert packets.ACCESS_ACCEPT == (answer and answer.code)
