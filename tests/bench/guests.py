"""Local MAC authentication with 100,000 devices: known ones, answered from memory, and strangers, of whom the porter is asked.

The controller runs as its operator runs it, recorder and porter beside the worker; the grants are in its database before
it starts. Never one of them signs in by a page: that is not what is measured.
"""

from __future__ import annotations

import hmac
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from proxeny import opening
from proxeny.settings import load as settings_of
from store import keys
from store.ids import new_ids
from store.models import Device, Grant, GrantFeed, Way
from store.session import transaction
from tests.bench import figures, generator
from tests.bench.generator import SECRET
from tests.bench.peers import Running
from tests.bench.rounds import PACE, TIMEOUT, WINDOW, settle
from tests.peers import controller as control
from tests.peers.program import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.peers.controller import Controller

DEVICES = 100_000
STRANGERS = 1 << 24  # the number of the first of them
ENDPOINTS = 64


@dataclass(frozen=True, slots=True)
class Doors:
    """What one worker did for one kind of device. µs are per answered request."""

    rate: float  # answered requests a second, 64 outstanding
    cpu: float  # µs of the worker
    porter: float  # µs
    recorder: float  # µs
    p50: float  # ms, paced
    p99: float
    paced: float  # requests a second really answered while paced
    sent: int
    lost: int
    bad: int
    rejects: int


@dataclass(frozen=True, slots=True)
class Guests:
    """One round."""

    known: Doors
    strangers: Doors
    loaded: float  # seconds from start until the worker knew every grant
    resident: float  # MB of the worker then


def measure(program: Path, folder: Path, seconds: float, base: int, devices: int = DEVICES) -> Guests:
    """Start a controller with so many live grants, and ask."""
    with _running(folder, devices) as (running, made):
        until(lambda: _known(made) >= devices, f"{devices:,} grants in the worker's memory", 60)
        loaded = time.monotonic() - running.began
        resident = figures.megabytes(running.road[0], "VmRSS")
        known = _doors(program, running, {"seconds": seconds, "base": base, "devices": devices, "first": 0})
        strangers = _doors(program, running, {"seconds": seconds, "base": base, "devices": devices, "first": STRANGERS})
        made.fault_free()
    return Guests(known, strangers, loaded, resident)


@contextmanager
def _running(folder: Path, devices: int) -> Iterator[tuple[Running, Controller]]:
    everyone = {"name": "everyone", "address": "127.0.0.0/8", "secret": SECRET}
    network = control.network(clients=[everyone], homes=[], realms=[], plan=[{"name": "visitor", "session": "1d", "idle": "15m"}])
    with control.controller(folder, network, start=False) as made:
        _seed(made, devices)
        began = time.monotonic()
        made.start()
        beside = {"supervisor": made.program.pid, "recorder": made.recorder[0], "porter": made.porter[0]}
        yield Running(made.auth, tuple(made.workers), began, beside, made.metrics), made


def _seed(made: Controller, devices: int) -> None:
    """A device and a live grant for each station that the generator will name."""
    database, seal = opening.store(settings_of(made.settings, {}))
    now = datetime.now(UTC)
    grant: dict[str, Any] = {"plan": "visitor", "way": Way.TERMS, "starts_at": now, "ends_at": now + timedelta(days=1)}
    with transaction(database) as session:
        key = keys.named(session, seal, keys.DEVICE, now)
        for start in range(0, devices, 5_000):
            hashes = [hmac.digest(key, _station(number), "sha256")[:16] for number in range(start, min(start + 5_000, devices))]
            session.execute(insert(Device), [{"hash": octets, "first_seen": now, "last_seen": now} for octets in hashes])
            names = enumerate(zip(new_ids(len(hashes)), hashes, strict=True), start + 1)
            session.execute(insert(Grant), [{"id": name, "device_hash": hashed, "changed": n, **grant} for n, (name, hashed) in names])
        session.execute(insert(GrantFeed), [{"id": 1, "number": devices}])
    database.dispose()


def _station(number: int) -> bytes:
    """As radload.c counts them."""
    return b"02-00-" + number.to_bytes(4, "big").hex("-").upper().encode()


def _known(made: Controller) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{made.metrics}/metrics", timeout=5) as page:
        lines = page.read().decode().splitlines()
    return int(sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("proxeny_worker_grants{")))


def _doors(program: Path, running: Running, options: dict[str, float]) -> Doors:
    """One kind of device, measured as proxied logins are."""
    keys = {"kind": "mac", "endpoints": ENDPOINTS, "timeout": TIMEOUT, **options}
    generator.load(program, running.port, number=512, window=WINDOW, **{**keys, "seconds": 5.0})
    settle(running)
    paced = generator.load(program, running.port, window=60_000, pace=PACE, **keys)
    before = {pid: figures.seconds(pid) for pid in (*running.road, *running.beside.values())}
    full = generator.load(program, running.port, window=WINDOW, **keys)
    settle(running)
    spent = {pid: (figures.seconds(pid) - was) * 1e6 / max(1, full.done) for pid, was in before.items()}
    return Doors(
        full.rate, sum(spent[pid] for pid in running.road), spent[running.beside["porter"]], spent[running.beside["recorder"]],
        paced.p50_ms, paced.p99_ms, paced.rate, paced.sent + full.sent, paced.lost + full.lost, paced.bad + full.bad,
        paced.rejects + full.rejects,
    )  # fmt: skip


def middle(rounds: list[Doors]) -> Doors:
    """The median of each figure; what is counted is summed."""
    summed = {"sent", "lost", "bad", "rejects"}
    return Doors(
        **{field.name: (sum if field.name in summed else median)([getattr(one, field.name) for one in rounds]) for field in fields(Doors)}
    )
