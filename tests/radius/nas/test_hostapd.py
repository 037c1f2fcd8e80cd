"""hostapd itself takes the orders of its family: a Disconnect by the station alone, and none that names more than it knows."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from radius import coa
from radius.dictionary import load
from radius.message import Attribute, Code
from radius.nas import FAMILIES
from radius.nas.family import Attributes, Change, Target
from radius.secret import Secret
from tests.peers import certificates, eapol, wired
from tests.peers.freeradius import SECRET, freeradius
from tests.peers.program import until
from tests.radius.nas.gateways import gateway

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.root, *(pytest.mark.peer(name) for name in ("freeradius", "hostapd", "wpa_supplicant"))]
HOSTAPD = FAMILIES["hostapd"]


def sent(address: str, attributes: Attributes) -> coa.Outcome:
    """hostapd's answer to a Disconnect with these attributes."""
    known, secret = load(), Secret(SECRET.encode())
    named = [Attribute(key, known.value(key, value)) for name, value in attributes if isinstance(key := known.key(name), int)]
    octets = coa.build(Code.DISCONNECT_REQUEST, 7, named, secret, time.time())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(5)
        link.sendto(octets, (address, wired.DAS_PORT))
        answer = coa.read(link.recv(4_096), octets, secret)
    assert isinstance(answer, coa.Outcome), answer
    return answer


def test_hostapd_ends_a_session_by_its_station(tmp_path: Path) -> None:
    """The family's order is ACKed and brings the Stop; for a station that is not there it is refused with 503."""
    authority = certificates.make(tmp_path / "certificates")
    name, password = "student@uni-a.example", "right"
    with (
        wired.wires() as wires,
        freeradius(tmp_path / "home", certificates=authority, users={name: password}, address=wires.here, clients="0.0.0.0/0") as home,
        wired.access_point(tmp_path / "ap", wires, port=home.port, acct=home.port + 1),
        wired.supplicant(tmp_path / "student", wires, eapol.peap(name, password, authority)) as student,
    ):
        student.wait_online()
        until(lambda: "Acct-Status-Type = Start" in home.accounting, "the start record")
        at = gateway("hostapd")

        absent = HOSTAPD.disconnect(Target("02-00-00-00-00-77"), at)
        assert isinstance(absent, Change)
        assert "NAK 503 Session-Context-Not-Found" == sent(wires.there, absent.attributes).text

        target = Target(student.mac.replace(":", "-").upper(), b"not what hostapd calls it", "nor this")
        order = HOSTAPD.disconnect(target, at)
        assert isinstance(order, Change)
        assert "ACK" == sent(wires.there, order.attributes).text
        until(lambda: "Acct-Status-Type = Stop" in home.accounting, "the stop record")
