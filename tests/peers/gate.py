"""What an access controller does to packets, inside the gateway's namespace: closed guests reach only the portal and a redirect.

    closed: port 80 is sent to our redirecting server; the portal's address is reached; all else is refused
    open:   everything passes, and its octets are counted

By the kernel's own filter, so that "online" means that a packet really passes. Run only inside a street's gateway.
"""

from __future__ import annotations

import re
import subprocess

FILTER = "iptables-legacy"


def _filter(*words: str) -> str:
    return subprocess.run([FILTER, "-w", *words], capture_output=True, text=True, check=True).stdout


def close_all(portal: str, redirect_port: int) -> None:
    """The state of a gateway with nobody signed in."""
    _filter("-A", "FORWARD", "-i", "lan", "-d", portal, "-j", "ACCEPT")
    _filter("-A", "FORWARD", "-i", "lan", "-p", "tcp", "-j", "REJECT", "--reject-with", "tcp-reset")
    _filter("-A", "FORWARD", "-i", "lan", "-j", "REJECT")
    _filter(
        "-t",
        "nat",
        "-A",
        "PREROUTING",
        "-i",
        "lan",
        "!",
        "-d",
        portal,
        "-p",
        "tcp",
        "--dport",
        "80",
        "-j",
        "REDIRECT",
        "--to-ports",
        str(redirect_port),
    )


def open_for(address: str) -> None:
    """Let this guest through."""
    _filter("-I", "FORWARD", "1", "-i", "lan", "-s", address, "-j", "ACCEPT")
    _filter("-I", "FORWARD", "1", "-o", "lan", "-d", address, "-j", "ACCEPT")
    _filter("-t", "nat", "-I", "PREROUTING", "1", "-i", "lan", "-s", address, "-j", "ACCEPT")


def close_for(address: str) -> None:
    """Shut the guest out again; connections that stand are refused packet by packet."""
    _filter("-D", "FORWARD", "-i", "lan", "-s", address, "-j", "ACCEPT")
    _filter("-D", "FORWARD", "-o", "lan", "-d", address, "-j", "ACCEPT")
    _filter("-t", "nat", "-D", "PREROUTING", "-i", "lan", "-s", address, "-j", "ACCEPT")


def octets(address: str) -> tuple[int, int]:
    """(from the guest, to the guest) since it was let through."""
    counts = {"up": 0, "down": 0}
    for line in _filter("-L", "FORWARD", "-v", "-x", "-n").splitlines():
        if (found := re.match(r"\s*\d+\s+(\d+)\s+ACCEPT\s+\S+\s+\S+\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)", line)) is None:
            continue
        amount, _, _, source, destination = found.groups()
        if source == address:
            counts["up"] += int(amount)
        if destination == address:
            counts["down"] += int(amount)
    return counts["up"], counts["down"]


def station(address: str) -> str:
    """AA-BB-CC-DD-EE-FF of a neighbour."""
    shown = subprocess.run(["ip", "neigh", "show", address], capture_output=True, text=True, check=True).stdout
    found = re.search(r"lladdr ([0-9a-f:]{17})", shown)
    return found[1].upper().replace(":", "-") if found else ""
