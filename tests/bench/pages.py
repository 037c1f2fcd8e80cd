"""The guests' pages: views of page one and complete sign-ins, through the controller as its operator runs it, SQLite beside it.

A part of `make bench`; alone: `.venv/bin/python -m tests.bench.pages [--rounds N]`. Paced at what is wanted, to see how long a
guest waits; then as fast as eight guests at a time let. A complete sign-in is page one, the button, the gateway's question by
RADIUS, its Accept, and the record that the session began. Never a browser: what is measured is the server.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from tests.bench import figures
from tests.bench.generator import ROOT, SECRET
from tests.peers import controller as control
from tests.peers.program import PeerError, free_port, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.peers.controller import Controller

PROGRAM = "Proxeny, 1 worker"
WANTED, SLOWEST = 100, 50.0  # page views a second; ms that the slowest twentieth may take in the server
PACED_SIGN_INS = 20  # a second
HANDS, CLOSED = 32, 8  # connections at a time: paced, and as fast as they can
KEY, UAM = "benchgatewaykey2", "the-uam-secret-of-the-bench"


@dataclass(frozen=True, slots=True)
class Pages:
    """One round of one kind. Times are ms; `server` is what the log says that each request took."""

    paced: float  # done a second while paced
    p50: float
    p95: float
    server50: float  # of every request, paced
    server95: float
    rate: float  # done a second, CLOSED at a time
    cpu: float  # ms of the pages' process for each that was done, as fast as they can
    resident: float  # MB of the pages' process then
    largest: float  # octets of page one
    done: int
    faults: int


def measure(folder: Path, seconds: float) -> dict[str, Pages]:
    """One controller, both kinds."""
    port = free_port()
    client = {"name": "gate", "address": "127.0.0.0/8", "secret": SECRET, "nas": "coova", "key": KEY, "site": "library"}
    client["options"] = {"uam_secret": UAM, "login_url": "http://10.1.0.1:3990"}
    network = control.network(
        clients=[client], homes=[], realms=[], site=[{"id": "library", "name": "Library", "portal": "city"}],
        plan=[{"name": "visitor", "session": "2h", "day_data": "1 GB"}], portal=[{"name": "city", "ways": ["terms"], "plan": "visitor"}],
        ssid=[{"name": "City Wi-Fi", "profile": "portal"}],
    )  # fmt: skip
    guest = {"listen": f"127.0.0.1:{port}", "url": f"http://127.0.0.1:{port}"}
    with control.controller(folder, network, settings={"guest": guest}) as made:
        (pages,) = until(lambda: made.pages, "the pages' process")
        spec: dict[str, Any] = {
            "host": f"127.0.0.1:{port}", "entrance": f"/in/coova/{KEY}", "uamsecret": UAM, "secret": SECRET,
            "auth": made.auth, "acct": made.acct,
        }  # fmt: skip
        until(lambda: visit({**spec, "kind": "view", "rate": 1, "seconds": 1, "hands": 1, "first": 0})["done"], "page one", 20)
        found = {}
        for index, (kind, pace) in enumerate((("view", WANTED), ("sign-in", PACED_SIGN_INS)), 1):
            found[kind] = _kind(made, pages, {**spec, "kind": kind, "first": index << 24}, pace, seconds)
        made.fault_free()
    return found


def _kind(made: Controller, pages: int, spec: dict[str, Any], pace: int, seconds: float) -> Pages:
    told = len(made.log)
    paced = visit({**spec, "rate": pace, "seconds": seconds, "hands": HANDS})
    server = _server(made.log[told:])
    before = figures.seconds(pages)
    full = visit({**spec, "rate": 0, "seconds": seconds, "hands": CLOSED, "first": spec["first"] + (1 << 22)})
    cpu = (figures.seconds(pages) - before) * 1000 / max(full["done"], 1)
    return Pages(
        paced["done"] / paced["seconds"], *_percentiles(paced["latencies"]), *_percentiles(server), full["done"] / full["seconds"], cpu,
        figures.megabytes(pages, "VmRSS"), paced["largest"], paced["done"] + full["done"], paced["faults"] + full["faults"],
    )  # fmt: skip


def visit(spec: dict[str, Any]) -> dict[str, Any]:
    """What the visitors saw."""
    argv = [sys.executable, "-m", "tests.bench.visitors", json.dumps(spec)]
    ended = subprocess.run(argv, capture_output=True, text=True, timeout=spec["seconds"] + 60, check=False, cwd=ROOT)
    if ended.returncode:
        raise PeerError(ended.stderr[-2000:])
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def _server(log: str) -> list[float]:
    """The ms of each request, as the pages' own log has them."""
    lines = (json.loads(line) for line in log.splitlines() if '"event": "request"' in line or '"event":"request"' in line)
    return sorted(float(line["ms"]) for line in lines)


def _percentiles(ordered: list[float]) -> tuple[float, float]:
    """(p50, p95)."""
    if len(ordered) < 2:
        return (ordered or [0.0])[0], (ordered or [0.0])[0]
    cuts = quantiles(ordered, n=20)
    return cuts[9], cuts[18]


def table(rounds: list[dict[str, Pages]]) -> Table:
    """Medians of the rounds, for people."""
    shown = Table(title=f"Guests' pages, {PROGRAM}, SQLite")
    for heading in (
        "",
        "wanted/s",
        "done/s",
        "p50 ms",
        "p95 ms",
        "server\np50 ms",
        "server\np95 ms",
        "as fast\nas can/s",
        "CPU ms\neach",
        "MB",
        "failed",
    ):
        shown.add_column(heading, justify="right" if heading else "left")
    for kind, words, pace in (("view", "page one", WANTED), ("sign-in", "complete sign-in", PACED_SIGN_INS)):
        one = middle([each[kind] for each in rounds])
        cells = (f"{one.paced:.0f}", f"{one.p50:.1f}", f"{one.p95:.1f}", f"{one.server50:.1f}", f"{one.server95:.1f}", f"{one.rate:.0f}")
        shown.add_row(words, str(pace), *cells, f"{one.cpu:.1f}", f"{one.resident:.0f}", f"{one.faults:,} of {one.done + one.faults:,}")
    return shown


def judged(rounds: list[dict[str, Pages]]) -> Iterator[tuple[bool, str]]:
    """What is wanted of the pages."""
    view, sign_in = (middle([each[kind] for each in rounds]) for kind in ("view", "sign-in"))
    yield view.paced >= 0.97 * WANTED, f"{view.paced:.0f} page views a second of {WANTED}"
    yield view.server95 <= SLOWEST, f"page views: p95 {view.server95:.1f} ms in the server, {SLOWEST:.0f} wanted"
    yield view.faults + sign_in.faults == 0, f"{view.faults + sign_in.faults:,} of {view.done + sign_in.done:,} views and sign-ins failed"


def middle(rounds: list[Pages]) -> Pages:
    """The median of each figure; what is counted is summed."""
    counted = {"done", "faults"}
    return Pages(
        **{field.name: (sum if field.name in counted else median)([getattr(one, field.name) for one in rounds]) for field in fields(Pages)}
    )


def main() -> int:
    """These rounds alone."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--rounds", type=int, default=3)
    rounds, out = [], Console(width=None if sys.stdout.isatty() else 170)
    for _ in range(wanted.parse_args().rounds):
        with tempfile.TemporaryDirectory() as folder:
            rounds.append(measure(Path(folder), 8.0))
    out.print(table(rounds), f"Load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors.")
    verdicts = list(judged(rounds))
    for met, words in verdicts:
        out.print("met " if met else "LOST", words)
    return not all(met for met, _ in verdicts)


if __name__ == "__main__":
    raise SystemExit(main())
