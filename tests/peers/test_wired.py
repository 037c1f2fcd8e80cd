"""hostapd and wpa_supplicant over a wire are proved straight against FreeRADIUS."""

from __future__ import annotations

import re
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.peers import certificates, eapol, radclient, wired
from tests.peers.freeradius import freeradius
from tests.peers.program import until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.root, *(pytest.mark.peer(name) for name in ("freeradius", "radclient", "hostapd", "wpa_supplicant"))]


def test_a_student_gets_online_is_accounted_for_and_is_disconnected(tmp_path: Path) -> None:
    """802.1X over veth: On, Start and Interim arrive; a Disconnect-Request is ACKed and brings the Stop; nothing stays behind."""
    authority = certificates.make(tmp_path / "certificates")
    name, password = "student@uni-a.example", "right"
    with (
        wired.wires() as wires,
        freeradius(tmp_path / "home", certificates=authority, users={name: password}, address=wires.here, clients="0.0.0.0/0") as home,
        wired.access_point(tmp_path / "ap", wires, port=home.port, acct=home.port + 1) as access_point,
        wired.supplicant(tmp_path / "student", wires, eapol.peap(name, password, authority)) as student,
    ):
        student.wait_online()
        until(lambda: "Interim-Update" in home.accounting, "an interim record")
        assert f'Calling-Station-Id = "{student.mac}"' in home.accounting
        assert f'Called-Station-Id = "{access_point.mac}:"' in home.accounting

        session = re.findall(r'Acct-Session-Id = "(.*)"', home.accounting)[-1]
        order = f"Acct-Session-Id={session}\nEvent-Timestamp={int(time.time())}\nMessage-Authenticator=0x00"
        assert radclient.ask(wired.DAS_PORT, order, kind="disconnect", address=wires.there).code == "Disconnect-ACK"
        until(lambda: "Acct-Status-Type = Stop" in home.accounting, "the stop record")
    shown = subprocess.run(["ip", "netns"], capture_output=True, text=True, check=True).stdout
    assert wires.student not in shown
    assert wires.access_point not in shown
