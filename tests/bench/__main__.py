"""`make bench`: one command, one run, one table, and the same as JSON in build/bench.json.

Each round starts every program afresh, one after the other, and asks it the same with 4, 64, 1,024 and 4,096 endpoints;
figures are medians of the rounds, ratios are taken within a round. `--quick` is one short round.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from proxeny import compiling
from tests.bench import compiled, controller, desks, durable, figures, generator, guests, memory, pages, peers, report, routes, years
from tests.bench.result import Result
from tests.bench.rounds import cell, first_answer
from tests.peers.program import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.peers import Running

ENDPOINTS = (4, 64, 1024, 4096)
PROGRAMS = ("Proxeny, 1 worker", "Proxeny, 1 worker, compiled", "Proxeny, 2 workers", "FreeRADIUS", "radsecproxy")


@contextmanager
def started(name: str, folder: Path, home: int, house: Path) -> Iterator[Running]:
    """One of the programs, running; `house` is the copy that was compiled."""
    if name.startswith("Proxeny"):
        with controller.proxeny(folder, home, int(name.split()[1]), house=house if name.endswith("compiled") else None) as running:
            yield running
    else:
        with getattr(peers, name.lower())(folder, home, max(ENDPOINTS)) as running:
            yield running


def one_round(program: Path, names: list[str], seconds: float, house: Path, say: Console, result: Result) -> None:
    """Every program with every number of endpoints, once; and each program's seconds to its first answer."""
    for name in names:
        with tempfile.TemporaryDirectory() as folder, generator.home(program) as home:
            base = free_port()
            with started(name, Path(folder), home, house) as running:
                result.starts.setdefault(name, []).append(first_answer(program, running, base))
                for endpoints in ENDPOINTS:
                    say.print(f"  {name}, {endpoints} endpoints", style="dim")
                    result.seen.setdefault((name, endpoints), []).append(cell(program, running, endpoints, seconds, base))
                if running.metrics:
                    result.journal["accepted"] += controller.accepted(running)
            if running.metrics:
                result.journal["written"] += controller.written(Path(folder))


def main() -> int:
    """The command."""
    wanted = argparse.ArgumentParser(prog="make bench", description=__doc__)
    wanted.add_argument("--quick", action="store_true", help="one short round, some 90 s")
    wanted.add_argument("--only", choices=PROGRAMS, action="append", help="these programs alone")
    wanted.add_argument("--json", type=Path, default=generator.ROOT / "build" / "bench.json", help="where the JSON goes")
    options = wanted.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every `finally` runs
    say, out = Console(stderr=True), Console(width=None if sys.stdout.isatty() else 170)
    names = [name for name in options.only or PROGRAMS if name.startswith("Proxeny") or peers.installed(name.lower())]
    if why := compiling.lacking():
        names = [name for name in names if not name.endswith("compiled")]
        out.print(f"Nothing is compiled here: {why}")
    for absent in set(options.only or PROGRAMS) - set(names):
        out.print(f"{absent} is not installed: left out")
    rounds, seconds = (1, 0.8) if options.quick else (3, 1.6)
    program = generator.compiled()
    began = time.monotonic()
    with generator.home(program) as home:  # the generator against the home alone: the ceiling of every rate below
        ceiling = generator.load(program, home, seconds=1.0, endpoints=64)
    result = Result(ceiling.rate, figures.processor(), controller.versions())
    with tempfile.TemporaryDirectory() as house:
        if any(name.endswith("compiled") for name in names):
            say.print("compiling a copy")
            compiled.copy(Path(house))
        for number in range(rounds):
            say.print(f"round {number + 1} of {rounds}")
            one_round(program, names[number % len(names) :] + names[: number % len(names)], seconds, Path(house), say, result)
            if guests.PROGRAM in names:
                say.print(f"  {guests.PROGRAM}, {guests.DEVICES:,} devices of guests", style="dim")
                with tempfile.TemporaryDirectory() as folder:
                    result.guests.append(guests.measure(program, Path(folder), seconds, free_port()))
            if durable.PROGRAM in names:
                say.print(f"  {durable.PROGRAM}, accounting on disk before it is answered", style="dim")
                with tempfile.TemporaryDirectory() as folder:
                    result.durable.append(durable.measure(program, Path(folder), seconds, free_port()))
            if pages.PROGRAM in names:
                say.print(f"  {pages.PROGRAM}, guests' pages", style="dim")
                with tempfile.TemporaryDirectory() as folder:
                    result.pages.append(pages.measure(Path(folder), 5.0))
    say.print("staff pages")
    with tempfile.TemporaryDirectory() as folder:
        result.desks = desks.measure(Path(folder), *((desks.SMALL, desks.FEW) if options.quick else (desks.LARGE, desks.CROWD)))
    say.print("pages of a year")
    with tempfile.TemporaryDirectory() as folder:
        result.years = years.measure(Path(folder), years.SMALL if options.quick else years.LARGE)
    say.print("route look-up, memory")
    result.looks += [routes.cost(size) for size in routes.SIZES]
    if any(name.startswith("Proxeny") for name in names):
        with tempfile.TemporaryDirectory() as folder:
            result.weight = memory.weigh(program, Path(folder), free_port())
    result.seconds = time.monotonic() - began
    report.show(result, out)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(report.as_json(result), indent=1) + "\n")
    out.print(f"JSON: {options.json}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
