"""7. kill -9 of workers at random moments under accounting load: what was acknowledged is counted exactly once."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.flow.city import student
from tests.peers import controller, packets, twins
from tests.peers.controller import client, home, network, realm
from tests.peers.freeradius import SECRET
from tests.peers.packets import ACCOUNTING_RESPONSE, CALLING, DELAY, NAS_IDENTIFIER, SESSION_ID, STATUS_TYPE, USER_NAME
from tests.peers.program import until

if TYPE_CHECKING:
    from pathlib import Path

INPUT, OUTPUT, SECONDS = 42, 43, 46
KILLS, ACCESS_POINTS = 12, 4


@dataclass(slots=True)
class AccessPoint:
    """Runs sessions of a start, two interims and a stop; repeats each record until it is acknowledged, as a NAS must."""

    name: str
    port: int
    chance: random.Random
    acknowledged: dict[str, int] = field(default_factory=dict)  # session -> octets of its last acknowledged record
    repeated: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        with twins.nas() as nas:
            number = 0
            while not self.ended.is_set():
                self._session(nas, f"{self.name}-{number:05d}")
                number += 1

    def _session(self, nas: twins.Nas, session: str) -> None:
        octets = 0
        for status, more in ((1, 0), (3, 100), (3, 250), (2, 400)):
            octets += more
            record = self._record(session, status, octets)
            while not self._acknowledged(nas, record):
                self.repeated += 1
            self.acknowledged[session] = octets

    def _acknowledged(self, nas: twins.Nas, record: bytes) -> bool:
        nas.inbox.clear()
        answer = nas.ask(record, self.port, seconds=0.5)
        return answer is not None and answer.code == ACCOUNTING_RESPONSE

    def _record(self, session: str, status: int, octets: int) -> bytes:
        rows = [
            (USER_NAME, student("uni-a.example").encode()),
            (STATUS_TYPE, status.to_bytes(4, "big")),
            (SESSION_ID, session.encode()),
            (NAS_IDENTIFIER, self.name.encode()),
            (CALLING, b"02-00-00-00-00-01"),
            (INPUT, octets.to_bytes(4, "big")),
            (OUTPUT, (2 * octets).to_bytes(4, "big")),
            (SECONDS, octets.to_bytes(4, "big")),
            (DELAY, bytes(4)),
        ]
        return packets.accounting(rows, SECRET, identifier=self.chance.randrange(256))


def test_acknowledged_records_are_counted_exactly_once(tmp_path: Path) -> None:
    """Twelve kills of workers and one of the recorder: every acknowledged session is there once, with exactly its octets."""
    chance = random.Random(7)
    with twins.home() as twin:
        tables = network(clients=[client()], homes=[home("uni-a", twin.port)], realms=[realm("uni-a.example", "uni-a")])
        with controller.controller(tmp_path, tables, workers=2) as running:
            points = [AccessPoint(f"ap{each}", running.acct, random.Random(each)) for each in range(ACCESS_POINTS)]
            threads = [threading.Thread(target=point.run) for point in points]
            for thread in threads:
                thread.start()
            try:
                for kill in range(KILLS):
                    time.sleep(chance.uniform(0.1, 0.9))  # the random moment
                    alive = until(lambda: running.workers, "a worker", 10)
                    running.kill_worker(chance.choice(alive))
                    if kill == KILLS // 2:
                        for pid in running.recorder:
                            running.kill_worker(pid)
            finally:
                for point in points:
                    point.ended.set()
                for thread in threads:
                    thread.join(60)
            wanted = {name: octets for point in points for name, octets in point.acknowledged.items()}
            assert sum(point.repeated for point in points) > 0  # the kills were felt
            stored = until(lambda: _drained(running, len(wanted)), "the spools to be drained", 60, 0.5)
            until(lambda: len(running.workers) == 2, "both workers back")
            running.fault_free()

        assert len(wanted) > 10
        assert sorted(wanted) == sorted(each["acct_session_id"] for each in stored)  # none lost, none twice
        assert wanted == {each["acct_session_id"]: each["input_octets"] for each in stored}
        assert {"ended"} == {each["status"] for each in stored}
        assert sum(wanted.values()) == sum(each["output_octets"] for each in stored) // 2
        assert sum(wanted.values()) == _hourly(tmp_path / "var" / "proxeny.db")


def _drained(running: controller.Controller, sessions: int) -> list[dict[str, Any]]:
    """The stored sessions once the last record of each was counted: its stop, sent when the others were acknowledged; none before."""
    stored = running.sessions("--all")
    return stored if len(stored) >= sessions and all(each["status"] == "ended" for each in stored) else []


def _hourly(database: Path) -> int:
    """The uploads of the hourly statistics: written in the same transactions, so a record counted twice would show here."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return int(connection.execute("SELECT sum(input_octets) FROM usage_hour").fetchone()[0])
