"""A worker's side of accounting, as a process that may be killed: packets in by standard input, acknowledgements out.

    python -m tests.flow.million.writer SPOOL

A packet comes behind its length in two octets. What goes out is, in four octets, how many of them the spool has said are
done, in their order. Never acknowledges what the spool did not.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from radius import accounting
from radius.wire import parse
from store.spool import Spool
from tests.flow.million.city import CLIENT, LOCAL, SOURCE

EVERY = 64  # records told together


class Telling:
    """Counts what is done, and says so."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self._lock = threading.Lock()
        self._done = 0
        self._came = -1  # how many there are, once that is known

    def keep(self, kept: bool) -> None:
        """The spool's word for one record."""
        if not kept:
            os._exit(3)  # the test hears of it by our death
        with self._lock:
            self._done += 1
            if self._done % EVERY == 0 or self._done == self._came:
                self._tell()

    def end(self, came: int) -> None:
        """So many there were."""
        with self._lock:
            self._came = came
            self._tell()

    def _tell(self) -> None:
        os.write(1, self._done.to_bytes(4, "big"))
        if self._done == self._came:
            self.over.set()


def main() -> None:
    """Until standard input ends."""
    spool, telling, came = Spool(Path(sys.argv[1]), most=100_000), Telling(), 0
    rest = b""
    while octets := os.read(0, 1 << 18):
        rest, at = rest + octets, 0
        while len(rest) - at >= 2 and len(rest) - at >= 2 + (size := rest[at] << 8 | rest[at + 1]):
            packet = rest[at + 2 : at + 2 + size]
            at += 2 + size
            came += 1
            spool.keep((accounting.key(parse(packet), CLIENT), CLIENT, SOURCE, LOCAL, packet), telling.keep)
        rest = rest[at:]
    telling.end(came)
    telling.over.wait(60)
    spool.close()


if __name__ == "__main__":
    main()
