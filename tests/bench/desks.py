"""The staff's pages over a large city: the median of each main page, SQLite and PostgreSQL, in the server.

A part of `make bench`; alone: `.venv/bin/python -m tests.bench.desks [--quick]`. 500 access points, 2,000 realms, 100,000 sessions,
1,000,000 rows of the trace, 100,000 accounts with their stays, 100,000 vouchers; each page of tests/screens/desks.py is asked for
several times by one city admin, one after the other, of the app itself without a socket between. Never a browser: what is
measured is the server.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from proxeny import demo_guests
from proxeny.demo_guests import Guests
from proxeny.demo_history import Amounts
from store.models import Role
from store.schema import prepare
from store.sealed import Seal, create_keys
from store.session import engine, transaction
from tests.peers.postgres import cluster
from tests.portal import staffroom
from tests.screens.desks import DESKS, furnish

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Engine

WANTED = 300.0  # ms of a page
OF_DESKS = "Staff pages (500 access points, 2,000 realms, 100,000 sessions, 1,000,000 logins, 100,000 accounts)"
TIMES = 7  # each page is asked for so often; the first is not counted: it compiles the template
LARGE = Amounts(logins=1_000_000, days=84, online=2_000, sessions=100_000)
SMALL = Amounts(logins=10_000, days=84, online=200, sessions=1_000)
CROWD = Guests(accounts=100_000, online=1_000, batches=tuple((f"Batch {number}", 10_000) for number in range(10)))
FEW = Guests(accounts=1_000, online=10)


@dataclass(frozen=True, slots=True)
class Pages:
    """One database: what the past took to write, and ms of each page."""

    database: str
    written: float  # seconds
    pages: Mapping[str, float]


def measure(folder: Path, amounts: Amounts = LARGE, guests: Guests = CROWD) -> list[Pages]:
    """Both databases, one after the other."""
    gc.freeze()  # as the pages' process does
    found = [_measured("SQLite", f"sqlite:///{folder}/proxeny.db", folder / "sqlite", amounts, guests)]
    with cluster() as server, server.database() as url:
        found.append(_measured("PostgreSQL", url, folder / "postgresql", amounts, guests))
    return found


def _measured(name: str, url: str, folder: Path, amounts: Amounts, guests: Guests) -> Pages:
    folder.mkdir()
    create_keys(folder / "keys" / "seal.key")
    prepare(url).dispose()
    database = engine(url)
    room = staffroom.over(database, Seal(folder / "keys" / "seal.key"), folder)
    began = time.monotonic()
    furnish(room, access_points=500, realms=2_000, amounts=amounts)
    with transaction(database) as session:
        demo_guests.write(session, room.privacy, guests, room.time)
    settled(database)
    written = time.monotonic() - began
    pages = {
        name: middle(room, desk.path)
        for name, desk in DESKS.items()
        if desk.role is Role.CITY_ADMIN and room.get(desk.path).status_code == 200
    }
    database.dispose()
    return Pages(name, written, pages)


def settled(database: Engine) -> None:
    """As a database is that has run for a while: its statistics are there."""
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def middle(room: staffroom.Room, path: str, who: Any = Role.CITY_ADMIN) -> float:
    """The median ms of a page that answers."""
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        room.page(path, who)
        times.append((time.perf_counter() - began) * 1000)
    return median(times[1:])


def judged(found: Sequence[Pages], what: str = "staff pages") -> Iterator[tuple[bool, str]]:
    """Whether each page is as fast as wanted."""
    for each in found:
        slowest = max(each.pages, key=lambda name: each.pages[name])
        words = f"{what} on {each.database}: the slowest of {len(each.pages)} is {slowest} with {each.pages[slowest]:.0f} ms"
        yield each.pages[slowest] < WANTED, f"{words} (under {WANTED:.0f} wanted)"


def table(found: Sequence[Pages], what: str = OF_DESKS) -> Table:
    """Every page, side by side."""
    shown = Table(title=f"{what}: median ms in the server")
    shown.add_column("page")
    for each in found:
        shown.add_column(each.database, justify="right")
    for name in found[0].pages:
        shown.add_row(name, *(f"{each.pages.get(name, float('nan')):.0f}" for each in found))
    return shown


def main() -> int:
    """The command."""
    wanted = argparse.ArgumentParser(prog="python -m tests.bench.desks", description=__doc__)
    wanted.add_argument("--quick", action="store_true", help="a hundredth of the rows")
    wanted.add_argument("--json", action="store_true")
    options = wanted.parse_args()
    out = Console(width=None if sys.stdout.isatty() else 140)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), *((SMALL, FEW) if options.quick else (LARGE, CROWD)))
    if options.json:
        print(json.dumps([{"database": each.database, "written": each.written, "pages": dict(each.pages)} for each in found]))
        return 0
    out.print(table(found))
    for each in found:
        out.print(f"{each.database}: the past was written in {each.written:.0f} s")
    for met, words in judged(found):
        out.print(f"{'met ' if met else 'LOST'}  {words}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
