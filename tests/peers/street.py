"""A street with open Wi-Fi, as network namespaces: a guest's device, a gateway, this host, and a web page beyond.

    [guest] 10.77.0.x --- 10.77.0.1 [gateway] 198.18.N.2 --- 198.18.N.1 this host (the controller)
                                                             198.18.N.5 the open web: one page on port 80

The gateway forwards and masks addresses as any access controller does, and serves DHCP and DNS by dnsmasq; what it lets
through is the affair of the program under test. Addresses are no loopback, so that a browser trusts nothing by mistake.
Needs root; leaves no namespace, interface or process behind.
"""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from tests.peers import spaces
from tests.peers.program import PeerError, Program, found, until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LAN = "10.77.0.1"  # the gateway, as the guest sees it
OPEN_WEB = "The open web: this page is beyond the gateway."
PORTAL_NAME, WEB_NAME = "wifi.city.example", "web.example"  # names the gateway's DNS knows


def ip(*words: str) -> None:
    """One `ip` command that has to succeed."""
    ended = subprocess.run([found("ip"), *words], capture_output=True, text=True, check=False)
    if ended.returncode:
        raise PeerError(f"ip {' '.join(words)}: {ended.stderr.strip()}")


@dataclass(frozen=True, slots=True)
class Street:
    """The namespaces and who is where."""

    folder: Path
    gateway: str  # namespace
    guest: str  # namespace
    here: str  # this host, as the gateway sees it
    wan: str  # the gateway, as this host sees it
    web: str  # the open web

    def inside(self, namespace: str, program: str, *arguments: str) -> list[str]:
        """The command that runs a program in a namespace."""
        return [found("ip"), "netns", "exec", namespace, found(program), *arguments]

    def run(self, namespace: str, program: str, *arguments: str, seconds: float = 20) -> str:
        """What a program in a namespace prints; it has to succeed."""
        argv = self.inside(namespace, program, *arguments)
        ended = subprocess.run(argv, capture_output=True, text=True, timeout=seconds, check=False)
        if ended.returncode:
            raise PeerError(f"{' '.join(argv)}: {ended.returncode}\n{ended.stdout}\n{ended.stderr}")
        return ended.stdout

    @property
    def mac(self) -> str:
        """The guest's station, AA-BB-CC-DD-EE-FF."""
        return self.run(self.guest, "cat", "/sys/class/net/eth0/address").strip().upper().replace(":", "-")

    @property
    def address(self) -> str:
        """The guest's IP address."""
        words = self.run(self.guest, "ip", "-4", "-o", "address", "show", "dev", "eth0").split()
        return words[words.index("inet") + 1].partition("/")[0]

    def lease(self) -> None:
        """The guest asks for an address, as a device that has just joined."""
        self.run(self.guest, "busybox", "udhcpc", "-i", "eth0", "-n", "-q", "-f", "-s", str(self.folder / "lease.sh"), seconds=30)

    def newcomer(self) -> str:
        """Another device stands where the guest's was: a station of its own, and the address that it asks for. Its station."""
        station = ":".join(f"{octet:02x}" for octet in (0x02, *random.randbytes(5)))
        for words in (("down",), ("address", station), ("up",)):
            self.run(self.guest, "ip", "link", "set", "dev", "eth0", *words)
        self.lease()
        return station.upper().replace(":", "-")


@contextmanager
def street(folder: Path, names: Mapping[str, str] | None = None) -> Iterator[Street]:
    """Lay it out, with DHCP and DNS; `names` are further names of the gateway's DNS."""
    folder.mkdir(parents=True, exist_ok=True)
    tag, net = spaces.tag(), spaces.network()
    made = Street(folder, f"pxgw{tag}", f"pxgu{tag}", f"198.18.{net}.1", f"198.18.{net}.2", f"198.18.{net}.5")
    up = f"pxu{tag}"
    with contextlib.ExitStack() as undo:
        undo.callback(_away, made, up)
        _wire(made, up)
        for name in (made.gateway, made.guest):  # the resolver of whoever runs in there; a namespace's own /etc/resolv.conf
            _resolver(name, undo)
        undo.enter_context(_page(made.web))
        undo.enter_context(_dnsmasq(made, names or {}))
        (folder / "lease.sh").write_text(_LEASE)
        (folder / "lease.sh").chmod(0o755)
        made.lease()
        yield made


def _wire(made: Street, up: str) -> None:
    for namespace in (made.gateway, made.guest):
        ip("netns", "add", namespace)
        ip("-n", namespace, "link", "set", "lo", "up")
    ip("link", "add", up, "type", "veth", "peer", "name", "wan", "netns", made.gateway)
    ip("-n", made.gateway, "link", "add", "lan", "type", "veth", "peer", "name", "eth0", "netns", made.guest)
    for address in (made.here, made.web):
        ip("address", "add", f"{address}/24", "dev", up)
    ip("-n", made.gateway, "address", "add", f"{made.wan}/24", "dev", "wan")
    ip("-n", made.gateway, "address", "add", f"{LAN}/24", "dev", "lan")
    ip("link", "set", up, "up")
    for namespace, device in ((made.gateway, "wan"), (made.gateway, "lan"), (made.guest, "eth0")):
        ip("-n", namespace, "link", "set", device, "up")
    ip("-n", made.gateway, "route", "add", "default", "via", made.here)
    made.run(made.gateway, "sysctl", "-qw", "net.ipv4.ip_forward=1")
    made.run(made.gateway, "iptables-legacy", "-t", "nat", "-A", "POSTROUTING", "-o", "wan", "-j", "MASQUERADE")


def _away(made: Street, up: str) -> None:
    for namespace in (made.gateway, made.guest):  # our own namespaces: whatever still runs in there was started by the test
        ended = subprocess.run([found("ip"), "netns", "pids", namespace], capture_output=True, text=True, check=False)
        for pid in map(int, ended.stdout.split()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
        with contextlib.suppress(PeerError):
            ip("netns", "delete", namespace)
    with contextlib.suppress(PeerError):
        ip("link", "delete", up)


def _resolver(namespace: str, undo: contextlib.ExitStack) -> None:
    """`ip netns exec` shows /etc/netns/NAME/* as /etc/*."""
    from pathlib import Path

    folder = Path("/etc/netns") / namespace
    folder.mkdir(parents=True)
    undo.callback(_forget, folder)
    (folder / "resolv.conf").write_text(f"nameserver {LAN}\n")


def _forget(folder: Path) -> None:
    (folder / "resolv.conf").unlink(missing_ok=True)
    folder.rmdir()
    with contextlib.suppress(OSError):  # others may have theirs in it
        folder.parent.rmdir()


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"<!doctype html><html lang=en><title>The open web</title><h1>{OPEN_WEB}</h1>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def _page(address: str) -> Iterator[None]:
    server = ThreadingHTTPServer((address, 80), _Page)  # an address of this street's own: nobody else can have its port 80
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def _dnsmasq(made: Street, names: Mapping[str, str]) -> Iterator[None]:
    known = {PORTAL_NAME: made.here, WEB_NAME: made.web, **names}
    config = made.folder / "dnsmasq.conf"
    lines = ["interface=lan", "bind-interfaces", "no-resolv", "no-hosts", "user=root", f"dhcp-range={LAN[:-1]}10,{LAN[:-1]}50,1h"]
    config.write_text("\n".join([*lines, *(f"address=/{name}/{address}" for name, address in known.items())]) + "\n")
    leases = made.folder / "dnsmasq.leases"
    argv = made.inside(made.gateway, "dnsmasq", "-k", "-C", str(config), "-l", str(leases), f"--pid-file={made.folder / 'dnsmasq.pid'}")
    program = Program([*argv, "--log-facility=-"], made.folder / "dnsmasq.log")
    try:
        program.wait_for("started")
        until(lambda: program.alive, "dnsmasq")
        yield
    finally:
        program.stop()


_LEASE = """#!/bin/sh
case $1 in bound|renew)
    busybox ip address flush dev $interface
    busybox ip address add $ip/24 dev $interface
    busybox ip route replace default via $router ;;
esac
"""
