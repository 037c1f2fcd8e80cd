"""Names for namespaces and numbers for networks that no other test has at the same time, whichever process it runs in.

A name tells the run it belongs to, so that what is left behind is found. Never gives a network that this host is in.
"""

from __future__ import annotations

import os
import random
import subprocess

from tests.peers.program import PeerError, found

SHARE = 60  # of the networks 198.18.1.0/24 to 198.18.240.0/24: four processes side by side have their own


def tag() -> str:
    """Eight hexadecimal digits: the run's process, and chance."""
    run = int(os.environ.get("PROXENY_TEST_RUN", str(os.getpid())).partition(".")[0])
    return f"{run % 65536:04x}{random.randrange(65536):04x}"


def network() -> int:
    """N of 198.18.N.0/24; 198.18.0.0/15 is for benchmarking (RFC 2544): no real network has it."""
    beside = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 4
    ours = subprocess.run([found("ip"), "-4", "-o", "address", "show"], capture_output=True, text=True, check=True).stdout
    free = [number for number in range(1 + beside * SHARE, 1 + (beside + 1) * SHARE) if f" 198.18.{number}." not in ours]
    if not free:
        raise PeerError("every network of this process' share is in use")
    return random.choice(free)
