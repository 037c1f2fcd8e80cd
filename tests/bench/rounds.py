"""One cell of the table: one program, one number of endpoints, measured three ways. Never compares; that is the table's.

Paced at 2,000 a second without waiting for answers; as fast as 64 outstanding requests let; and 200 outstanding, to see
what is lost. Each begins with a program at rest.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, fields
from statistics import median
from typing import TYPE_CHECKING

from tests.bench import figures, generator

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.peers import Running

WINDOW, CROWD, PACE = 64, 200, 2000
TIMEOUT = 2.0


@dataclass(frozen=True, slots=True)
class Cell:
    """What one program did with one number of endpoints in one round. µs are per answered request."""

    rate: float  # answered requests a second, 64 outstanding
    cpu: float  # µs of the process under test, its workers summed
    recorder: float  # µs; 0 for programs that have none
    supervisor: float  # µs
    p50: float  # ms, paced
    p99: float
    paced: float  # requests a second really answered while paced
    peak: float  # MB, workers summed
    largest: float  # MB, the largest worker
    sent: int
    lost: int  # of all three ways
    crowd_lost: int  # of these, with 200 outstanding
    bad: int
    rejects: int
    others: float  # of the machine, what programs that are none of ours took meanwhile (0 to 1)


def cell(program: Path, running: Running, endpoints: int, seconds: float, base: int) -> Cell:
    """Measure a running program once."""
    for pid in running.road:
        figures.forget_peak(pid)
    options = {"endpoints": endpoints, "base": base, "timeout": TIMEOUT}
    generator.load(program, running.port, number=max(endpoints, 512), window=WINDOW, **options)  # every endpoint is known from here on
    settle(running)
    paced = generator.load(program, running.port, seconds=seconds, window=60_000, pace=PACE, **options)
    before = {pid: figures.seconds(pid) for pid in (*running.road, *running.beside.values())}
    began, busy, ours = time.monotonic(), sum(figures.everybody()), figures.ours(running)
    full = generator.load(program, running.port, seconds=seconds, window=WINDOW, **options)
    busy, ours, passed = sum(figures.everybody()) - busy, figures.ours(running) - ours, time.monotonic() - began
    spent = {pid: (figures.seconds(pid) - was) * 1e6 / max(1, full.done) for pid, was in before.items()}
    settle(running)
    crowd = generator.load(program, running.port, seconds=seconds / 2, window=CROWD, **options)
    peaks = [figures.megabytes(pid) for pid in running.road]
    loads = (full, crowd, paced)
    return Cell(
        full.rate, sum(spent[pid] for pid in running.road),
        spent.get(running.beside.get("recorder", 0), 0.0), spent.get(running.beside.get("supervisor", 0), 0.0),
        paced.p50_ms, paced.p99_ms, paced.rate, sum(peaks), max(peaks),
        sum(one.sent for one in loads), sum(one.lost for one in loads), crowd.lost,
        sum(one.bad for one in loads), sum(one.rejects for one in loads), max(0.0, (busy - ours) / passed / figures.PROCESSORS),
    )  # fmt: skip


def settle(running: Running, most: float = 4.0) -> None:
    """Let the program finish what the last load left it (a recorder its writing, FreeRADIUS its cleaning up)."""
    everyone, deadline = (*running.road, *running.beside.values()), time.monotonic() + most
    spent = sum(map(figures.seconds, everyone))
    while time.monotonic() < deadline:
        time.sleep(0.2)
        spent, before = sum(map(figures.seconds, everyone)), spent
        if spent - before < 0.02:
            return


def first_answer(program: Path, running: Running, base: int, within: float = 20.0) -> float:
    """Seconds from its start until a request is answered."""
    while (passed := time.monotonic() - running.began) < within:
        if generator.load(program, running.port, number=1, window=1, endpoints=1, timeout=0.05, base=base).done:
            return passed
    raise SystemExit(f"bench: nothing answered on port {running.port} within {within:g} s")


def middle(cells: list[Cell]) -> Cell:
    """The median of each figure over the rounds; losses and wrong signatures are summed, peaks the highest."""
    summed, highest = {"sent", "lost", "crowd_lost", "bad", "rejects"}, {"peak", "largest"}
    values = {}
    for name in (field.name for field in fields(Cell)):
        seen = [getattr(one, name) for one in cells]
        values[name] = sum(seen) if name in summed else max(seen) if name in highest else median(seen)
    return Cell(**values)
