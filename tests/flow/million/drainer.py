"""The recorder's side of accounting, as a process that may be killed: spools into the database, by the recorder's own drain.

    python -m tests.flow.million.drainer SPOOLS DATABASE KEYFILE

This process only loads the program, once, and forks: the child drains and is killed, its process id is said on standard
output, and after each death there is another. The word "end" in the folder of the spools, once all are written, lets the
child end when nothing is left. Never drains in the process that forks.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from proxeny import draining
from proxeny.draining import Draining
from radius import accounting
from radius.tables import Place
from store.keys import unlock
from store.privacy import privacy
from store.session import engine, transaction
from tests.flow.million.city import site

SECONDS = 8.0  # of a turn: the recorder gives 0.4, as it has logins to write too
TOGETHER = 60_000  # records of a batch at most: with the recorder's 20,000 each meets a session that no other of its batch does


@lru_cache
def place(called: bytes, nas_identifier: bytes, client: str) -> Place:
    """What the network declares of these access points."""
    bssid, ssid = accounting.place(called)
    point = int(bssid[-2:], 16)
    return Place(f"ap-{point}", bssid, ssid, site(point))


def drain(spools: Path, url: str, key: Path) -> None:
    """Until the end is told and nothing is left."""
    database = engine(url, busy=True)
    with transaction(database) as session:
        marks = privacy(session, unlock(session, key), datetime.now(UTC))
    draining.MOST_AT_ONCE = TOGETHER
    drained = Draining(spools)
    over = False
    while not over:
        over = (spools / "end").exists()
        while drained.turn(database, marks, place, SECONDS):
            pass
        drained.look()
        over = over and not drained.backlog
    database.dispose()


def die_with_the_parent() -> None:
    """Whoever ends the test leaves nothing behind (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)


def main() -> None:
    """Fork, wait, and fork again."""
    die_with_the_parent()
    spools, url, key = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    while True:
        if not (child := os.fork()):
            die_with_the_parent()
            drain(spools, url, key)
            os._exit(0)
        os.write(1, f"{child}\n".encode())
        if not os.waitpid(child, 0)[1]:
            return


if __name__ == "__main__":
    main()
