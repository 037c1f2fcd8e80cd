"""The one way for a page to change anything: a transaction, where there is a place for it.

Theory of operation. A database that is locked or hangs holds whoever writes for as long as its patience; were that every
thread, the pages that need no database would be gone, too. So a third of the threads at most are here. One of them writes
at a time: SQLite has one writer, and lets others of the same process wait by sleeping, the unlucky for seconds; and what
fails for the one fails for those behind it at once, instead of for each after its own patience.

Never waits longer than its turn: a page tells a fault of ours within three seconds.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from portal.kit import kit
from portal.troubles import Trouble, TroubleError
from store.faults import StoreError
from store.session import transaction

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

GONE: Final = (OperationalError, InterfaceError, NoConnectionError, StoreError)  # the database does not answer
FOR_A_PLACE: Final = 0.5  # seconds: a transaction takes some ten milliseconds; nobody waits behind one that takes longer than this
FOR_A_TURN: Final = 2.0


@contextmanager
def writing() -> Iterator[Session]:
    """A session whose work is committed at the end, or undone whole when anything is raised."""
    tools = kit()
    turn = tools.turn
    stuck = turn.since is not None and time.monotonic() - turn.since > FOR_A_PLACE
    with _held(tools.places, 0.0 if stuck else FOR_A_PLACE):
        failures = turn.failures
        with _held(turn.lock, FOR_A_TURN):
            if turn.failures != failures:
                raise TroubleError(Trouble.DATABASE, "the database has just failed another")
            turn.since = time.monotonic()
            try:
                with transaction(tools.database) as session:
                    yield session
            except GONE:
                turn.failures += 1
                raise
            finally:
                turn.since = None


@contextmanager
def _held(what: threading.Semaphore | threading.Lock, seconds: float) -> Iterator[None]:
    if not what.acquire(timeout=seconds):
        raise TroubleError(Trouble.DATABASE, "too many wait for the database")
    try:
        yield
    finally:
        what.release()
