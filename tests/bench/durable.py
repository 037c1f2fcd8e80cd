"""Accounting that is on the disk before it is answered: through the controller as its operator runs it, SQLite beside it.

Sessions of twenty records each, five hundred at a time. Paced, to see how long an acknowledgement takes; as fast as
WINDOW outstanding let, to see how many become durable; then until the last is counted, to see how fast the store follows.
At the end strace stands beside the workers for a moment. Never counts a record as durable that was not answered.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from rich.table import Table

from tests.bench import figures, generator
from tests.bench.generator import SECRET
from tests.bench.peers import Running
from tests.bench.rounds import PACE, TIMEOUT, settle
from tests.bench.synced import covered, traced
from tests.peers import controller as control
from tests.peers.program import PeerError, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.peers.controller import Controller

PROGRAM = "Proxeny, 2 workers"
WINDOW, ENDPOINTS = 256, 64
SLOWEST = 25.0  # ms that the slowest hundredth may wait, paced
LOOKED_AT = 2_000  # records with strace beside


@dataclass(frozen=True, slots=True)
class Durable:
    """One round. µs are per answered record."""

    paced: float  # records a second really answered while paced
    p50: float  # ms, paced
    p99: float
    slowest: float
    behind: float  # seconds that the store was behind when the paced load ended
    rate: float  # records a second, WINDOW outstanding
    counted: float  # records a second into the store, from the first of these to the last
    cpu: float  # µs of the workers, spool included
    recorder: float  # µs
    sent: int
    lost: int
    bad: int
    answered: int  # while strace stood beside
    covered: int  # of these, after a sync that covers them
    syncs: int


def measure(program: Path, folder: Path, seconds: float, base: int) -> Durable:
    """Start a controller, and tell it of sessions."""
    network = control.network(clients=[{"name": "everyone", "address": "127.0.0.0/8", "secret": SECRET}], homes=[], realms=[])
    options = {"kind": "acct", "endpoints": ENDPOINTS, "base": base, "timeout": TIMEOUT}
    with control.controller(folder, network, workers=2, start=False) as made:
        began = time.monotonic()
        made.start()
        beside = {"supervisor": made.program.pid, "recorder": made.recorder[0]}
        running = Running(made.acct, tuple(made.workers), began, beside, made.metrics)
        generator.load(program, made.acct, number=1_024, window=64, **options)
        settle(running)
        paced = generator.load(program, made.acct, seconds=2 * seconds, window=60_000, pace=PACE, **options)
        behind = _caught_up(made, 1_024 + paced.done)
        before = {pid: figures.seconds(pid) for pid in (*running.road, *running.beside.values())}
        began = time.monotonic()
        full = generator.load(program, made.acct, seconds=2 * seconds, window=WINDOW, **options)
        _caught_up(made, 1_024 + paced.done + full.done)
        counted = time.monotonic() - began
        spent = {pid: (figures.seconds(pid) - was) * 1e6 / max(1, full.done) for pid, was in before.items()}
        seen = _beside(program, made, options)
        made.fault_free()
    return Durable(
        paced.rate, paced.p50_ms, paced.p99_ms, paced.max_ms, behind, full.rate, full.done / counted,
        sum(spent[pid] for pid in running.road), spent[beside["recorder"]],
        paced.sent + full.sent, paced.lost + full.lost, paced.bad + full.bad, *seen,
    )  # fmt: skip


def _caught_up(made: Controller, records: int) -> float:
    """Wait until the store has counted so many; how long that took."""
    began = time.monotonic()
    with closing(sqlite3.connect(f"file:{made.folder}/var/proxeny.db?mode=ro", uri=True)) as database:
        until(lambda: (database.execute("SELECT sum(updates) FROM session").fetchone()[0] or 0) >= records, f"{records:,} records", 120)
    return time.monotonic() - began


def _beside(program: Path, made: Controller, options: dict[str, float]) -> tuple[int, int, int]:
    """(answered, covered, syncs) while strace looks on; zeros where it is not to be had."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with traced(made.workers, Path(folder) / "trace"):
                generator.load(program, made.acct, number=LOOKED_AT, window=64, **{**options, "timeout": 10.0})
        except PeerError:
            return 0, 0, 0
        seen = covered(Path(folder) / "trace")
    return seen.answered, seen.covered, seen.syncs


def table(rounds: list[Durable]) -> Table:
    """Medians of the rounds, for people."""
    one = middle(rounds)
    shown = Table(title=f"Durable accounting, {PROGRAM}, SQLite, {ENDPOINTS} endpoints")
    for heading in (
        f"paced at {PACE:,}:\nanswers/s", "p50\nms", "p99\nms", "slowest\nms", "store\nbehind s", f"{WINDOW} out:\nanswers/s",
        "into the\nstore/s", "workers\nµs/req", "recorder\nµs/req", "sent", "lost", "wrongly\nsigned", "answers after\ntheir sync",
    ):  # fmt: skip
        shown.add_column(heading, justify="right")
    shown.add_row(
        f"{one.paced:,.0f}", f"{one.p50:.2f}", f"{one.p99:.2f}", f"{one.slowest:.1f}", f"{one.behind:.1f}", f"{one.rate:,.0f}",
        f"{one.counted:,.0f}", f"{one.cpu:.1f}", f"{one.recorder:.1f}", f"{one.sent:,}", f"{one.lost:,}", f"{one.bad:,}",
        f"{one.covered:,} of {one.answered:,}" if one.answered else "no strace",
    )  # fmt: skip
    return shown


def judged(rounds: list[Durable]) -> Iterator[tuple[bool, str]]:
    """What is wanted of accounting, and whether this run shows it."""
    one = middle(rounds)
    met = one.paced > 0.95 * PACE and one.p99 <= SLOWEST
    yield met, f"durable accounting: {one.paced:,.0f} of {PACE:,} records/s answered, p99 {one.p99:.1f} ms ({SLOWEST:g} ms wanted)"
    yield one.counted >= PACE, f"durable accounting: the store takes {one.counted:,.0f} records/s while answers go on ({PACE:,} wanted)"
    yield one.lost == 0, f"durable accounting: {one.lost:,} of {one.sent:,} lost"
    yield one.bad == 0, f"durable accounting: {one.bad:,} wrongly signed"
    if one.answered:
        words = f"{one.covered:,} of {one.answered:,} answers came after an fdatasync that covers their record, {one.syncs:,} syncs in all"
        yield one.covered == one.answered, f"durable accounting: {words}"


def middle(rounds: list[Durable]) -> Durable:
    """The median of each figure; what is counted is summed."""
    summed = {"sent", "lost", "bad", "answered", "covered", "syncs"}
    seen = {field.name: [getattr(one, field.name) for one in rounds] for field in fields(Durable)}
    return Durable(**{name: (sum if name in summed else median)(values) for name, values in seen.items()})
