"""A worker of a large city: 10,000 clients, 2,000 realms, 5,000 exchanges in flight. Never answers one of them."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench import controller, figures, generator

if TYPE_CHECKING:
    from pathlib import Path

CLIENTS, REALMS, IN_FLIGHT = 10_000, 2_000, 5_000


@dataclass(frozen=True, slots=True)
class Weight:
    """MB of the one worker."""

    idle: float  # after start
    loaded: float  # with all exchanges in flight
    peak: float
    waiting: int  # exchanges in flight when it was read
    start: float  # seconds from start to its `ready`


def weigh(program: Path, folder: Path, base: int) -> Weight:
    """Start it with the large network before a home that never answers; send; read its memory."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        with controller.proxeny(folder, silent.getsockname()[1], 1, CLIENTS, REALMS) as running:
            start = time.monotonic() - running.began
            worker = running.road[0]
            idle = figures.megabytes(worker, "VmRSS")
            load = generator.load(program, running.port, number=IN_FLIGHT, window=IN_FLIGHT, endpoints=64, timeout=2.0, base=base)
            return Weight(idle, figures.megabytes(worker, "VmRSS"), figures.megabytes(worker), load.lost, start)
