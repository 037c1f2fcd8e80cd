"""2. The whole of 802.1X: wpa_supplicant - hostapd - Proxeny - FreeRADIUS, accounting stored, then `proxeny kick`."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.flow.city import PASSWORD, REALMS, student
from tests.peers import controller, eapol, wired
from tests.peers.controller import client, home, network, realm
from tests.peers.program import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.peers.certificates import Certificates
    from tests.peers.controller import Controller
    from tests.peers.freeradius import FreeRadius
    from tests.peers.wired import Wires

pytestmark = [pytest.mark.root, *(pytest.mark.peer(name) for name in ("freeradius", "hostapd", "wpa_supplicant"))]


@pytest.fixture(scope="module")
def wires() -> Iterator[Wires]:
    with wired.wires() as made:
        yield made


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, wires: Wires, institutions: dict[str, FreeRadius]) -> Iterator[Controller]:
    """A controller on this host's end of the wire; its client is hostapd."""
    tables = network(
        clients=[client("ap", f"{wires.there}/32", nas="hostapd", coa_port=wired.DAS_PORT)],
        homes=[home("uni-a", institutions[REALMS[0]].port)],
        realms=[realm(REALMS[0], "uni-a")],
    )
    with controller.controller(tmp_path_factory.mktemp("wire"), tables, address=wires.here) as made:
        yield made
        made.fault_free()


def test_from_the_wire_to_the_kick(tmp_path: Path, wires: Wires, running: Controller, authority: Certificates) -> None:
    """Online; Start and Interim stored; `kick` is ACKed, the Stop is stored, and the trace tells both."""
    with (
        wired.access_point(tmp_path / "ap", wires, port=running.auth, acct=running.acct) as access_point,
        wired.supplicant(tmp_path / "student", wires, eapol.peap(student(REALMS[0]), PASSWORD, authority)) as device,
    ):
        device.wait_online()
        session = until(lambda: _of(running.sessions(), device.mac), "the session", 45, 0.2)
        assert {"client": "ap", "realm": REALMS[0], "status": "open", "ended_at": None, "ssid": ""} == {
            key: session[key] for key in ("client", "realm", "status", "ended_at", "ssid")
        }
        station = device.mac.replace("-", ":").lower()
        assert station in (known := access_point.stations())
        assert session["acct_session_id"] in known

        # The interim records move the session's last word forward.
        until(lambda: (now := _of(running.sessions(), device.mac)) and now["seconds"] >= 1, "an interim record", 45, 0.2)

        device.program.signal(signal.SIGSTOP)  # else it would be back in a moment, and hostapd call its session by the same name
        kicked = running.cli("kick", session["acct_session_id"])
        assert (0, "ACK") == (kicked.returncode, kicked.stdout.strip().splitlines()[-1]), kicked.stdout + kicked.stderr
        ended = until(lambda: _ended(running.sessions("--all"), session["id"]), "the stop record", 45, 0.2)
        assert ended["ended_at"] is not None
        assert session["id"] not in {each["id"] for each in running.sessions()}

        told = running.must("trace", session["acct_session_id"])
        assert "ACK" in told
        logins = running.trace(device.mac)
        assert [("accept", "uni-a")] == [(row["verdict"], row["home"]) for row in logins][-1:]

        until(lambda: station not in access_point.stations(), "hostapd to forget the station", 30, 0.2)  # it takes 5 s
        gone = running.cli("kick", session["acct_session_id"])
        assert gone.returncode == 1, gone.stdout


def test_a_wrong_password_stays_outside(tmp_path: Path, wires: Wires, running: Controller, authority: Certificates) -> None:
    """No port is opened and no session begun; the trace has the home's Reject."""
    with (
        wired.access_point(tmp_path / "ap", wires, port=running.auth, acct=running.acct),
        wired.supplicant(tmp_path / "student", wires, eapol.peap(student(REALMS[0]), "wrong", authority)) as device,
    ):
        until(lambda: "reject" in {row["verdict"] for row in running.trace(device.mac)}, "the reject", 30, 0.2)
        assert not device.online


def _of(sessions: list[dict[str, object]], mac: str) -> dict[str, object] | None:
    return next((session for session in sessions if session["station"] == mac), None)


def _ended(sessions: list[dict[str, object]], identity: object) -> dict[str, object] | None:
    return next((session for session in sessions if session["id"] == identity and session["status"] == "ended"), None)
