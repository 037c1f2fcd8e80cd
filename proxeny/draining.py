"""Spools into the ledger: a batch is read, counted in one transaction, and only then deleted.

A batch is as large as what waits, up to what can be counted in the time that was given: the more records of one session
are counted together, the less each costs. A batch that the database refuses for what is in it is tried by halves; a
record that fails alone is kept as it came, with the reason. Never deletes what is not committed.
"""

from __future__ import annotations

import gc
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError

from proxeny import translation
from proxeny.quota_watch import QuotaWatch
from store.drain import Batch, Drain
from store.faults import StoreError
from store.ledger import record_accounting
from store.session import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from proxeny.translation import Placing, Swapping
    from store.consumption import Consumption
    from store.drain import Row
    from store.entries import Entry
    from store.privacy import Privacy

AWAY: Final = (OperationalError, InterfaceError, StoreError, OSError)  # the same may succeed in a moment
LEAST: Final = 500  # records of a batch
MOST_AT_ONCE: Final = 20_000  # the same: some 100 MB with the sessions they belong to
COUNT_EVERY: Final = 1.0  # seconds between counts of the backlog


class Draining:
    """All spools of one folder, and where they go."""

    def __init__(self, folder: Path, watch: QuotaWatch | None = None) -> None:
        self._drain = Drain(folder)
        self._watch = watch or QuotaWatch()
        self.counts: Counter[str] = Counter({"accounting": 0, "accounting_repeated": 0, "accounting_set_apart": 0})
        self.backlog = 0
        self.unreadable = 0  # spool files that hold records nobody can read
        self._count_at = 0.0
        self._most = LEAST
        self._log = structlog.get_logger(part="recorder")

    def turn(self, database: Engine, privacy: Privacy, placing: Placing, seconds: float, swapping: Swapping = translation.never) -> bool:
        """Drain for about so long; whether something is left. The database's errors are the caller's."""
        read = partial(translation.entry, placing=placing, swapping=swapping)
        end = time.monotonic() + seconds
        left = True
        while left and time.monotonic() < end:
            left = False
            for batch in self._drain.batches(self._most):
                began, full = time.monotonic(), len(batch.rows) >= self._most
                self._count(batch, database, privacy, read)
                if full:
                    left = True
                    self._suit(len(batch.rows), time.monotonic() - began, seconds)
        if time.monotonic() >= self._count_at:
            self._count_at = time.monotonic() + COUNT_EVERY
            self.look()
        return left

    def _suit(self, count: int, took: float, wanted: float) -> None:
        """The next batch takes about as long as is wanted; at most four times as large, as a small one says little of a large one."""
        fitting = int(count * wanted / max(took, 0.001))
        self._most = max(LEAST, min(fitting, 4 * count, MOST_AT_ONCE))

    def look(self) -> None:
        """Only count what waits, and what nobody can read."""
        self.backlog = self._drain.backlog()
        self.unreadable = len(self._drain.unreadable)

    def _count(self, batch: Batch, database: Engine, privacy: Privacy, read: Callable[[Row], Entry]) -> None:
        with _uncollected():
            entries = [read(row) for row in batch.rows]
            new = self._some(entries, database, privacy)
        self._drain.done(batch)
        self.counts["accounting"] += new
        self.counts["accounting_repeated"] += len(entries) - new

    def _some(self, entries: Sequence[Entry], database: Engine, privacy: Privacy) -> int:
        """These, together if that can be; how many were new."""
        try:
            return self._record(entries, database, privacy)
        except AWAY:
            raise
        except Exception as fault:  # noqa: BLE001 - whatever one record holds, the others are counted
            if len(entries) == 1:
                return self._apart(entries[0], fault, database, privacy)
            self._log.warning("accounting was refused, and is tried by halves", records=len(entries), fault=type(fault).__name__)
        half = len(entries) // 2
        return self._some(entries[:half], database, privacy) + self._some(entries[half:], database, privacy)

    def _apart(self, entry: Entry, fault: Exception, database: Engine, privacy: Privacy) -> int:
        """A record that cannot be counted is kept as it came."""
        self._log.error("an accounting record is set apart", exc_info=fault)
        self.counts["accounting_set_apart"] += 1
        odd = translation.set_apart(entry, f"{type(fault).__name__} while it was counted")
        return self._record([odd], database, privacy)

    def _record(self, entries: Sequence[Entry], database: Engine, privacy: Privacy) -> int:
        """One transaction; a second try where another controller inserted the same rows meanwhile."""
        for last in (False, True):
            consumption = self._watch.consumption()
            try:
                with transaction(database) as session:
                    new = record_accounting(session, entries, privacy, consumption)
                    self._spent(session, consumption)
            except IntegrityError:
                if last:
                    raise
            else:
                self._watch.committed()
                return new
        raise AssertionError("unreachable")

    def _spent(self, session: Session, consumption: Consumption) -> None:
        """What guests used is looked at in the transaction that counts it, which does not fail for what comes of that."""
        if not consumption.subjects:
            return
        try:
            with session.begin_nested():
                self._watch.spent(session, consumption.subjects, datetime.now(UTC))
        except AWAY:
            raise
        except Exception:  # noqa: BLE001 - whatever comes of looking, what was used is counted
            self._log.exception("guests' quotas were not looked at")


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looks for circles of garbage: a batch makes none, and each look at all that it holds costs an eighth of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
