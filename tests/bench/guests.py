"""Local MAC authentication with 100,000 devices: known ones, answered from memory, and strangers, of whom the porter is asked.

A part of `make bench`; alone: `.venv/bin/python -m tests.bench.guests [--rounds N]`. The controller runs as its operator
runs it, recorder and porter beside the worker; the grants are in its database before it starts. Never one of them signs
in by a page: that is not what is measured.
"""

from __future__ import annotations

import argparse
import hmac
import os
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
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
from tests.peers.program import free_port, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.peers.controller import Controller

PROGRAM = "Proxeny, 1 worker"
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


def table(rounds: list[Guests]) -> Table:
    """Medians of the rounds, for people."""
    shown = Table(title=f"Local MAC authentication, {PROGRAM}, {DEVICES:,} devices, {ENDPOINTS} endpoints")
    for heading in ("", "answers/s", "worker\nµs/req", "porter\nµs/req", "recorder\nµs/req", f"p50 ms\n{PACE:,}/s", f"p99 ms\n{PACE:,}/s"):
        shown.add_column(heading, justify="right" if heading else "left")
    for heading in ("paced:\nanswers/s", "sent", "lost", "rejected", "wrongly\nsigned"):
        shown.add_column(heading, justify="right")
    for words, one in (
        ("known, from memory", middle([each.known for each in rounds])),
        ("strangers, asked", middle([each.strangers for each in rounds])),
    ):
        cells = (f"{one.rate:,.0f}", f"{one.cpu:.1f}", f"{one.porter:.1f}", f"{one.recorder:.1f}", f"{one.p50:.2f}", f"{one.p99:.2f}")
        shown.add_row(words, *cells, f"{one.paced:,.0f}", f"{one.sent:,}", f"{one.lost:,}", f"{one.rejects:,}", f"{one.bad:,}")
    return shown


def in_words(rounds: list[Guests]) -> str:
    """What the table has no column for."""
    loaded, resident = (median(getattr(each, name) for each in rounds) for name in ("loaded", "resident"))
    return f"A worker knows {DEVICES:,} grants {loaded:.1f} s after the controller's start, and then holds {resident:.0f} MB."


def judged(rounds: list[Guests]) -> Iterator[tuple[bool, str]]:
    """Nothing may be lost or wrongly signed, and each kind gets its answer."""
    known, strangers = middle([each.known for each in rounds]), middle([each.strangers for each in rounds])
    lost = known.lost + strangers.lost
    yield lost == 0, f"local MAC authentication: {lost:,} of {known.sent + strangers.sent:,} lost"
    yield known.bad + strangers.bad == 0, f"local MAC authentication: {known.bad + strangers.bad:,} wrongly signed"
    yield known.rejects == 0, f"{known.rejects:,} of {known.sent:,} known devices were rejected"
    let_in = strangers.sent - strangers.lost - strangers.rejects
    yield let_in == 0, f"{let_in:,} of {strangers.sent:,} strangers were let in"


def main() -> int:
    """These rounds alone."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--rounds", type=int, default=3)
    program, rounds, out = generator.compiled(), [], Console(width=None if sys.stdout.isatty() else 170)
    for _ in range(wanted.parse_args().rounds):
        with tempfile.TemporaryDirectory() as folder:
            rounds.append(measure(program, Path(folder), 1.6, free_port()))
    out.print(table(rounds), in_words(rounds), f"Load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors.")
    verdicts = list(judged(rounds))
    for met, words in verdicts:
        out.print("met " if met else "LOST", words)
    return not all(met for met, _ in verdicts)


def middle(rounds: list[Doors]) -> Doors:
    """The median of each figure; what is counted is summed."""
    summed = {"sent", "lost", "bad", "rejects"}
    return Doors(
        **{field.name: (sum if field.name in summed else median)([getattr(one, field.name) for one in rounds]) for field in fields(Doors)}
    )


if __name__ == "__main__":
    raise SystemExit(main())
