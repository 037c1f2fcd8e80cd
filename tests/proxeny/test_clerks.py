"""The porter's threads: how many questions wait, and that every one is answered."""

from __future__ import annotations

import asyncio
import threading

from sqlalchemy.exc import OperationalError

from proxeny import clerks as module
from proxeny.clerks import Clerks
from proxeny.verdicts import refused
from radius.actions import Reason
from radius.questions import Verdict

GOOD = Verdict(True)


def play(story, threads: int = 2, most: int = 3) -> None:
    async def main() -> None:
        clerks = Clerks("test", threads, most, Reason.PORTER_BUSY, asyncio.get_running_loop())
        try:
            await story(clerks)
        finally:
            clerks.dismiss()

    asyncio.run(asyncio.wait_for(main(), 30))


async def wait(true, seconds: float = 20.0) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.005)


def test_one_too_many_is_refused_at_once() -> None:
    """Two at work and three waiting: the sixth is told so without a thread; then all five are answered, and there is room."""

    async def story(clerks: Clerks) -> None:
        gate, told = threading.Event(), []
        for _ in range(6):
            clerks.take(lambda: gate.wait(10) and GOOD, told.append)
        assert [refused(Reason.PORTER_BUSY)] == told
        assert 5 == clerks.waiting
        gate.set()
        await wait(lambda: len(told) == 6)
        assert ([GOOD] * 5, 0) == (told[1:], clerks.waiting)
        clerks.take(lambda: GOOD, told.append)
        await wait(lambda: len(told) == 7)

    play(story)


def test_what_goes_wrong_is_an_answer_too() -> None:
    """A database that is locked, and a fault of our own: PORTER_SILENT, counted, and the thread goes on."""

    async def story(clerks: Clerks) -> None:
        told = []
        for fault in (OperationalError("BEGIN", {}, Exception("database is locked")), RuntimeError("ours"), OSError("gone")):

            def work(fault: Exception = fault) -> Verdict:
                raise fault

            clerks.take(work, told.append)
        await wait(lambda: len(told) == 3)
        assert ([refused(Reason.PORTER_SILENT)] * 3, 3) == (told, clerks.faults)
        clerks.take(lambda: GOOD, told.append)
        await wait(lambda: told[3:] == [GOOD])

    play(story, threads=1, most=5)


def test_who_waited_too_long_is_not_tried_any_more(monkeypatch) -> None:
    """A queue behind a dead database empties at once when it comes back: nobody waits for those answers any more."""

    async def story(clerks: Clerks) -> None:
        begun, gate, told, tried = threading.Event(), threading.Event(), [], []
        clerks.take(lambda: begun.set() or (gate.wait(10) and GOOD), told.append)
        await wait(begun.is_set)
        monkeypatch.setattr(module, "PATIENCE", 0.0)  # from now on whoever waits does so for too long
        clerks.take(lambda: tried.append(1) or GOOD, told.append)
        gate.set()
        await wait(lambda: len(told) == 2)
        assert ([GOOD, refused(Reason.PORTER_BUSY)], []) == (told, tried)

    play(story, threads=1)


def test_as_many_at_work_as_there_are_threads_just_now() -> None:
    """One more is at work at once; one less ends when it has nothing at hand, and nobody waits for it."""

    async def story(clerks: Clerks) -> None:
        at_work, gate, told = threading.Semaphore(0), threading.Event(), []

        def work() -> Verdict:
            at_work.release()
            gate.wait(10)
            return GOOD

        for _ in range(3):
            clerks.take(work, told.append)
        clerks.staff(3)
        assert [True] * 3 == [await asyncio.to_thread(at_work.acquire, timeout=10) for _ in range(3)]
        gate.set()
        await wait(lambda: len(told) == 3)
        clerks.staff(1)
        gate.clear()
        await wait(lambda: sum(thread.name.startswith("test ") for thread in threading.enumerate()) == 1)
        for _ in range(2):
            clerks.take(work, told.append)
        assert await asyncio.to_thread(at_work.acquire, timeout=10)
        assert not at_work.acquire(blocking=False)
        gate.set()
        await wait(lambda: len(told) == 5)

    play(story)
