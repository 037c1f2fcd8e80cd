"""802.1X over a wire, whole: wpa_supplicant (the student) and hostapd (the access point) in network namespaces over veth.

    this host --- 198.18.N.1 / .2 --- [access point's namespace] --- no addresses, EAPOL only --- [student's namespace]

hostapd speaks RADIUS to this host like any access point and takes Disconnect-Requests on its DAS port. Needs root; leaves
no namespace and no interface behind.
"""

from __future__ import annotations

import contextlib
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.peers import spaces
from tests.peers.freeradius import SECRET
from tests.peers.program import PeerError, Program, found, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.peers.eapol import Student


def _ip(*words: str) -> None:
    ended = subprocess.run([found("ip"), *words], capture_output=True, text=True, check=False)
    if ended.returncode:
        raise PeerError(f"ip {' '.join(words)}: {ended.stderr.strip()}")


@dataclass(frozen=True, slots=True)
class Wires:
    """Two namespaces and the addresses between the access point and this host."""

    access_point: str  # namespace
    student: str  # namespace
    port: str  # the access point's interface towards the student
    device: str  # the student's interface
    here: str  # this host's address
    there: str  # the access point's address


@contextmanager
def wires() -> Iterator[Wires]:
    """Lay both wires; take them up again afterwards."""
    tag, net = spaces.tag(), spaces.network()
    made = Wires(f"pxap{tag}", f"pxst{tag}", f"pxp{tag}", f"pxd{tag}", f"198.18.{net}.1", f"198.18.{net}.2")
    up, down = f"pxu{tag}", f"pxn{tag}"
    try:
        for namespace in (made.access_point, made.student):
            _ip("netns", "add", namespace)
            _ip("-n", namespace, "link", "set", "lo", "up")
        _ip("link", "add", up, "type", "veth", "peer", "name", down, "netns", made.access_point)
        _ip("-n", made.access_point, "link", "add", made.port, "type", "veth", "peer", "name", made.device, "netns", made.student)
        _ip("address", "add", f"{made.here}/30", "dev", up)
        _ip("-n", made.access_point, "address", "add", f"{made.there}/30", "dev", down)
        _ip("link", "set", up, "up")
        for namespace, device in ((made.access_point, down), (made.access_point, made.port), (made.student, made.device)):
            _ip("-n", namespace, "link", "set", device, "up")
        yield made
    finally:
        for words in (("link", "delete", up), ("netns", "delete", made.access_point), ("netns", "delete", made.student)):
            with contextlib.suppress(PeerError):
                _ip(*words)


_HOSTAPD = """
interface={wires.port}
driver=wired
logger_stdout=-1
logger_stdout_level=0
ctrl_interface={folder}/hostapd
ieee8021x=1
eap_reauth_period=3600
nas_identifier={identifier}
own_ip_addr={wires.there}
auth_server_addr={wires.here}
auth_server_port={port}
auth_server_shared_secret={secret}
acct_server_addr={wires.here}
acct_server_port={acct}
acct_server_shared_secret={secret}
radius_acct_interim_interval={interim}
radius_das_port={das}
radius_das_client={wires.here} {secret}
radius_das_require_event_timestamp=1
radius_das_require_message_authenticator=1
"""

DAS_PORT = 3799  # in a namespace of its own, where nobody else can have it


@dataclass(slots=True)
class AccessPoint:
    """A running hostapd."""

    program: Program
    wires: Wires
    folder: Path
    mac: str  # its BSSID, AA-BB-CC-DD-EE-FF

    def stations(self) -> str:
        """What hostapd knows of its stations."""
        return _ask(self.wires.access_point, "hostapd_cli", self.folder / "hostapd", self.wires.port, "all_sta")


@contextmanager
def access_point(
    folder: Path, on: Wires, *, port: int, acct: int, secret: str = SECRET, interim: int = 1, identifier: str = "ap-test"
) -> Iterator[AccessPoint]:
    """Start hostapd; its RADIUS servers are `port` and `acct` on this host."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "hostapd.conf"
    config.write_text(
        _HOSTAPD.format(wires=on, folder=folder, port=port, acct=acct, secret=secret, das=DAS_PORT, interim=interim, identifier=identifier)
    )
    program = Program(_inside(on.access_point, "hostapd", "-dd", "-t", str(config)), folder / "hostapd.log")
    try:
        program.wait_for("AP-ENABLED")
        yield AccessPoint(program, on, folder, _mac(on.access_point, on.port))
    finally:
        program.stop()


@dataclass(slots=True)
class Supplicant:
    """A running wpa_supplicant on the student's end of the wire."""

    program: Program
    wires: Wires
    folder: Path
    mac: str  # AA-BB-CC-DD-EE-FF

    def status(self) -> dict[str, str]:
        """wpa_cli's status, by key."""
        lines = _ask(self.wires.student, "wpa_cli", self.folder / "supplicant", self.wires.device, "status").splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def command(self, *words: str) -> str:
        return _ask(self.wires.student, "wpa_cli", self.folder / "supplicant", self.wires.device, *words)

    @property
    def online(self) -> bool:
        return self.status().get("suppPortStatus") == "Authorized"

    def wait_online(self, seconds: float = 30) -> None:
        try:
            until(lambda: self.online, "the student's port to be authorised", seconds, 0.1)
        except PeerError as fault:
            raise PeerError(f"{fault}\n{self.program.text[-3000:]}") from None


@contextmanager
def supplicant(folder: Path, on: Wires, student: Student) -> Iterator[Supplicant]:
    """Start wpa_supplicant with this way to sign in."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "supplicant.conf"
    config.write_text(f"ctrl_interface={folder}/supplicant\nap_scan=0\n{student.block('IEEE8021X', 'eapol_flags=0')}")
    argv = _inside(on.student, "wpa_supplicant", "-D", "wired", "-i", on.device, "-c", str(config), "-d", "-t")
    program = Program(argv, folder / "supplicant.log")
    try:
        until(lambda: (folder / "supplicant" / on.device).exists() or not program.alive, "wpa_supplicant's control socket")
        yield Supplicant(program, on, folder, _mac(on.student, on.device))
    finally:
        program.stop()


def _inside(namespace: str, program: str, *arguments: str) -> list[str]:
    return [found("ip"), "netns", "exec", namespace, found(program), *arguments]


def _mac(namespace: str, device: str) -> str:
    shown = subprocess.run(_inside(namespace, "cat", f"/sys/class/net/{device}/address"), capture_output=True, text=True, check=True)
    return shown.stdout.strip().upper().replace(":", "-")


def _ask(namespace: str, program: str, folder: Path, device: str, *words: str) -> str:
    argv = _inside(namespace, program, "-p", str(folder), "-i", device, *words)
    return subprocess.run(argv, capture_output=True, text=True, timeout=15, check=False).stdout
