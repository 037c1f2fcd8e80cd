"""How a worker's accounting goes to its spool and comes back."""

from __future__ import annotations

import asyncio
import threading

from proxeny.spooling import SpoolLedger
from radius.records import Accounting

RECORD = Accounting(b"k" * 32, "nas", "127.0.0.1 5", "127.0.0.1 1813", b"octets")


class Spool:
    """Commits what it was given when told to, in a thread, as store.spool does."""

    def __init__(self) -> None:
        self.waiting: list = []

    def keep(self, record, done) -> None:
        self.waiting.append((record, done))

    def commit(self, kept: bool) -> None:
        waiting, self.waiting = self.waiting, []
        thread = threading.Thread(target=lambda: [done(kept) for _, done in waiting])
        thread.start()
        thread.join()


def test_outcomes_come_back_in_the_loop() -> None:
    """Each `done` once, in order, in the loop's own thread, whatever the spool's thread says."""

    async def main() -> list:
        spool, told = Spool(), []
        ledger = SpoolLedger(spool, asyncio.get_running_loop())
        for number in range(3):
            ledger.keep(
                RECORD, lambda kept, number=number: told.append((number, kept, threading.current_thread() is threading.main_thread()))
            )
        spool.commit(True)
        ledger.keep(RECORD, lambda kept: told.append((3, kept, True)))
        spool.commit(False)
        for _ in range(5):
            await asyncio.sleep(0)
        assert all(isinstance(record, tuple) for record, _ in spool.waiting)
        return told

    assert [(0, True, True), (1, True, True), (2, True, True), (3, False, True)] == asyncio.run(main())


def test_a_loop_that_ended_leaves_the_record_unanswered() -> None:
    """The commit of a worker's last moment raises nothing: the NAS repeats, and the idempotence key counts it once."""
    spool = Spool()

    async def main() -> None:
        SpoolLedger(spool, asyncio.get_running_loop()).keep(RECORD, lambda kept: None)

    asyncio.run(main())
    spool.commit(True)
