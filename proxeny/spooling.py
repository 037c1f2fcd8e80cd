"""Between the road and its spool: records go to the spool's thread, outcomes come back into the loop, many at a time.

Never waits for the disk.
"""

from __future__ import annotations

import contextlib
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from radius.records import Accounting
    from store.spool import Spool


class SpoolLedger:
    """radius.ports.Ledger over the spool: its thread commits a group, the loop is woken once for all of it."""

    def __init__(self, spool: Spool, loop: asyncio.AbstractEventLoop) -> None:
        self._spool = spool
        self._loop = loop
        self._done: deque[tuple[Callable[[bool], None], bool]] = deque()
        self._woken = False

    def keep(self, record: Accounting, done: Callable[[bool], None]) -> None:
        self._spool.keep(tuple(record), partial(self._kept, done))

    def _kept(self, done: Callable[[bool], None], kept: bool) -> None:
        self._done.append((done, kept))
        if not self._woken:
            self._woken = True
            with contextlib.suppress(RuntimeError):  # the loop has ended: unanswered, so the NAS repeats it
                self._loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        self._woken = False  # before looking: what comes from now on wakes us again
        while self._done:
            done, kept = self._done.popleft()
            done(kept)
