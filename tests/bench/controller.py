"""Proxeny as its operator runs it: settings, `apply`, `run`, recording on. Never a worker started by hand."""

from __future__ import annotations

import sqlite3
import subprocess
import time
import urllib.request
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from proxeny import __version__
from tests.bench import compiled
from tests.bench.generator import REALM, SECRET
from tests.bench.peers import Running
from tests.peers import controller as control

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def network(home: int, clients: int = 1, realms: int = 1) -> control.Rows:
    """One client prefix, one realm, one home, as the peers have; more rows beside them where asked for."""
    everyone = {"name": "everyone", "address": "127.0.0.0/8", "secret": SECRET}
    others = [
        {"name": f"ap-{i}", "address": f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}", "secret": f"{SECRET}-{i}"} for i in range(clients - 1)
    ]
    here = {"name": "home", "address": "127.0.0.1", "port": home, "secret": SECRET}
    named = [{"match": f"r{i}.bench.example", "homes": ["home"]} for i in range(1, realms)]
    return control.network(clients=[everyone, *others], homes=[here], realms=[{"match": REALM, "homes": ["home"]}, *named])


@contextmanager
def proxeny(folder: Path, home: int, workers: int, clients: int = 1, realms: int = 1, house: Path | None = None) -> Iterator[Running]:
    """The running controller, from another `house` (a compiled one) where given; its network was applied before it began."""
    environment = {"PYTHONPATH": str(house)} if house else None
    with control.controller(folder, network(home, clients, realms), workers=workers, start=False, environment=environment) as made:
        began = time.monotonic()
        made.start()
        for pid in made.workers:
            assert compiled.loaded(pid) == (house is not None), "the figures would be another road's"
        supervisor = made.program.pid
        recorder = made.recorder
        beside = {"supervisor": supervisor} | ({"recorder": recorder[0]} if recorder else {})
        yield Running(made.auth, tuple(made.workers), began, beside, made.metrics)


def accepted(running: Running) -> int:
    """Logins that ended in an Accept since the start, as its metrics have them."""
    time.sleep(2.5)  # the workers report once a second
    with urllib.request.urlopen(f"http://127.0.0.1:{running.metrics}/metrics", timeout=5) as page:
        lines = page.read().decode().splitlines()
    return int(sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith('proxeny_verdicts_total{verdict="accept"}')))


def written(folder: Path) -> int:
    """Logins in the database of a controller that has ended."""
    with closing(sqlite3.connect(folder / "var" / "proxeny.db")) as database:
        return int(database.execute("SELECT count(*) FROM auth_event").fetchone()[0])


def versions() -> dict[str, str]:
    """What is compared, in the words of each."""
    return {"proxeny": __version__, "freeradius": _version("freeradius", "-v"), "radsecproxy": _version("radsecproxy", "-v")}


def _version(*words: str) -> str:
    try:
        said = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "not installed"
    lines = (said.stdout + said.stderr).splitlines()
    return lines[0] if lines else "unknown"
