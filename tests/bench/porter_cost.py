"""What the porter costs by itself: `.venv/bin/python -m tests.bench.porter_cost [--devices N] [--postgresql]`.

A porter over a store of its own, in which every device has a live grant and has used something today and this month; one
worker's end of its line, here. CPU is the porter's (`/proc/PID/stat`, all threads): from its start until the worker
knows every grant, then of questions about strangers, 64 outstanding and one at a time. Never opens a port.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import tempfile
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from proxeny import porter_wire as wire
from proxeny import settings as written
from proxeny.portering import Portering
from radius.grants import Grants
from radius.questions import ByStation
from store import keys, usage
from store.schema import prepare
from store.session import transaction
from tests.bench import figures
from tests.peers import postgres
from tests.proxeny import guests

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = 5_000  # grants written at once


class Worker:
    """A worker's end: it remembers grants and counts answers."""

    def __init__(self, sock: int) -> None:
        self._socket = socket.socket(fileno=os.dup(sock))
        self._socket.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket.fileno(), self._read)
        self.grants = Grants(1_000_000)
        self.answered = self.wrong = 0
        self._want = 0
        self._done = asyncio.Event()

    def _read(self) -> None:
        for _ in range(64):
            try:
                said = wire.downward(self._socket.recv(wire.LARGEST))
            except BlockingIOError:
                return
            if isinstance(said, wire.Granted):
                self.grants.put(said.grants)
            elif isinstance(said, wire.Told):
                self.answered += 1
                self.wrong += said.verdict.reason != "NO_GRANT"
                self._next()

    def _next(self) -> None:
        if (number := next(self._numbers)) < self._want:
            self._socket.send(wire.ask(number, ByStation(b"stranger" + number.to_bytes(8, "big"), "nas", "192.0.2.1")))
        elif self.answered == self._want:
            self._done.set()

    async def ask(self, number: int, outstanding: int) -> None:
        """So many questions about strangers."""
        self.answered, self._want, self._numbers = 0, number, count()
        self._done.clear()
        for _ in range(outstanding):
            self._next()
        await self._done.wait()

    def hello(self) -> None:
        self._socket.send(wire.hello())

    def close(self) -> None:
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()


def fill(store: guests.Store, devices: int) -> None:
    """Grants that live, and what their guests have used."""
    zone, now = ZoneInfo("America/Toronto"), datetime.now(UTC)
    for start in range(0, devices, PAGE):
        several = range(start, min(start + PAGE, devices))
        store.crowd(start, len(several))
        with transaction(store.engine) as session:
            usage.spend(session, [("d" + each.to_bytes(16, "big").hex(), now, 60, 1_000) for each in several], zone)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")  # as a database has it that was not filled a moment ago


async def measure(folder: Path, url: str, devices: int) -> None:
    """Print what it costs."""
    (folder / "proxeny.toml").write_text(f'[radius]\nworkers = 1\n[database]\nurl = "{url}"\n')
    read = written.load(folder / "proxeny.toml", {})
    store = _store(read)
    fill(store, devices)
    portering = Portering(1, read, guests.network())
    worker = Worker(portering.doors[0])
    portering.begin()
    worker.hello()
    try:
        began = time.perf_counter()
        await _until(lambda: portering._child is not None)
        pid = portering._child.pid
        await _until(lambda: len(worker.grants) == devices)
        print(f"from its start to {devices:,} grants: {figures.seconds(pid):.2f} s of CPU, {time.perf_counter() - began:.1f} s in all")
        await asyncio.sleep(1)
        before = figures.seconds(pid)
        worker.hello()
        began = time.perf_counter()
        worker.grants.clear()
        await _until(lambda: len(worker.grants) == devices)
        print(f"once more, to another worker: {figures.seconds(pid) - before:.2f} s of CPU, {time.perf_counter() - began:.1f} s in all")
        await asyncio.sleep(1)
        for number, outstanding in ((2_000, 64), (30_000, 64), (10_000, 8), (5_000, 1)):
            before, began = figures.seconds(pid), time.perf_counter()
            await worker.ask(number, outstanding)
            spent, took = figures.seconds(pid) - before, time.perf_counter() - began
            print(
                f"{number:,} strangers, {outstanding} outstanding: {spent / number * 1e6:.0f} us of CPU each, {number / took:,.0f} a second"
            )
        print(f"answered otherwise than NO_GRANT: {worker.wrong}")
    finally:
        worker.close()
        await portering.end()
        store.engine.dispose()


async def _until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110  another process has no events
        await asyncio.sleep(0.02)


def _store(read: written.Settings) -> guests.Store:
    read.data_dir.mkdir(exist_ok=True)
    database = prepare(read.database.url)
    with transaction(database) as session:
        seal = keys.unlock(session, read.seal_key)
        keys.named(session, seal, keys.ACCOUNT, datetime.now(UTC))
    return guests.Store(read.database.url, database, seal)


def main() -> None:
    """The command."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--devices", type=int, default=100_000)
    wanted.add_argument("--postgresql", action="store_true", help="over a PostgreSQL of its own, which keeps no promise to a disk")
    options = wanted.parse_args()
    print(f"machine shared: load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as folder:
        if not options.postgresql:
            asyncio.run(measure(Path(folder), f"sqlite:///{folder}/proxeny.db", options.devices))
            return
        with postgres.cluster() as cluster, cluster.database() as url:
            asyncio.run(measure(Path(folder), url, options.devices))


if __name__ == "__main__":
    main()
