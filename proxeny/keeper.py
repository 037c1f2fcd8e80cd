"""The recorder's hands in the database: one thread that writes logins, drains spools, carries orders in and out, purges.

Theory of operation. A turn takes what waits, in small transactions, in this order: log lines, logins, drops, spools,
orders, guests' quotas. A database that is locked, slow or gone makes the turn fail; what it had taken stays where it was (logins in a
bounded queue, accounting in the spools) and the next turn, a little later, takes it again. Lines for the log and for
F-Ticks are written before the database is asked, so that they come in an outage too.

Never lets memory grow with the length of an outage, and never lets the loop wait.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import structlog

from proxeny import errands, translation
from proxeny.draining import AWAY, Draining
from proxeny.logins import BATCH, Logins
from proxeny.network_view import NetworkView
from proxeny.quota_watch import QuotaWatch
from proxeny.translation import Calendar
from radius import records
from store import audit_chain, deletions, keys, messages, sessions, trace
from store.privacy import Privacy, privacy
from store.retention import Kept
from store.session import engine, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Engine

    from proxeny.courier import Errand, Result
    from proxeny.journal import Entry as Told
    from proxeny.settings import Settings

MOST_SOURCES: Final = 1_000  # addresses told apart in one turn's drops; the others are counted together
TURN: Final = 0.2  # seconds between turns where nobody calls
GATHER: Final = 0.15  # seconds between the starts of two turns: what a transaction costs beside its rows is shared by more of them
SPOOL_TIME: Final = 0.4  # seconds of a turn for the spools: a login is written within a second of its end
SPOOL_TIME_BUSY: Final = 0.15  # the same while logins queue: accounting is safe on a disk, they are not
ORDERS: Final = 0.5  # seconds between looks into the outbox
SWEEP: Final = 60.0  # seconds between looks for stale sessions
PURGE: Final = 3600.0
BACK_OFF: Final = 0.5  # seconds after a turn that failed


class Keeper:
    """The thread and what waits for it."""

    def __init__(self, settings: Settings, carry: Callable[[Errand], None]) -> None:
        """`carry` is called in the keeper's thread with each order to carry out."""
        self.settings = settings
        self.results: deque[Result] = deque()
        self.counts: Counter[str] = Counter({"logins": 0, "logins_lost": 0, "database_faults": 0})
        self.fault = ""  # why the database was not written to, "" where it was
        self._carry = carry
        self.logins = Logins(self.counts)
        self._drops: Counter[trace.Drops] = Counter()
        self._changes: deque[trace.Change] = deque(maxlen=1_000)
        self._states: dict[str, str] = {}
        self.watch = QuotaWatch()
        self.draining = Draining(settings.spool_dir, self.watch)
        self._view = NetworkView()
        self._news = False  # settings came that the keeper's thread has not looked at
        self._database: Engine | None = None
        self._privacy: Privacy | None = None
        self._orders_at = self._began = 0.0
        self._sweep_at = self._purge_at = time.monotonic() + 10.0
        self._awake = threading.Event()
        self._lock = threading.Lock()
        self._end_at: float | None = None
        self._log = structlog.get_logger(part="recorder")
        self.thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    # In the loop's thread

    def take(self, told: Sequence[Told]) -> None:
        """Records of the workers."""
        calendar = Calendar()
        self.logins.take([record for record in told if isinstance(record, records.Login)])
        with self._lock:
            for record in told:
                if isinstance(record, records.Login):
                    continue
                if isinstance(record, records.Dropped):
                    self._count_drop(translation.drops(record, calendar), record.count)
                elif self._states.get(record.home) != record.state:  # every worker tells of it
                    self._states[record.home] = record.state
                    self._changes.append(translation.change(record, calendar))
        self._awake.set()

    def _count_drop(self, drop: trace.Drops, count: int) -> None:
        if drop not in self._drops and len(self._drops) >= MOST_SOURCES:
            drop = drop._replace(source="")  # a flood from invented addresses
        self._drops[drop] += count

    def settle(self, result: Result) -> None:
        """What became of an order."""
        self.results.append(result)
        self._awake.set()

    def end(self, seconds: float) -> None:
        """Write down what waits, for at most so long, and end."""
        self._end_at = time.monotonic() + seconds
        self._awake.set()

    @property
    def waiting(self) -> int:
        """Logins not yet in the database."""
        return len(self.logins)

    # In the keeper's thread

    def _run(self) -> None:
        more = False
        while not self._over(more):
            if not more:
                self._awake.wait(TURN)
            self._gather()
            self._awake.clear()
            more = self._safely()
        self.logins.log.close()

    def _gather(self) -> None:
        """After a turn just begun, let more come; who comes after a pause is written at once."""
        pause = self._began + GATHER - time.monotonic()
        if pause > 0 and self._end_at is None and self.logins.untold < BATCH:
            time.sleep(pause)
        self._began = time.monotonic()

    def _over(self, more: bool) -> bool:
        if self._end_at is None:
            return False
        done = not (more or self.waiting or self.results or self._drops or self.fault)
        return done or time.monotonic() >= self._end_at

    def _safely(self) -> bool:
        """One turn; whether there is more to do at once."""
        try:
            try:
                database, marks = self._opened()
                self._look(database, marks)
            finally:
                self.logins.speak(self._privacy, outage=bool(self.fault))
            more = self._turn(database, marks)
            if self.fault:
                self._log.warning("the database is written to again")
            self.fault = ""
        except Exception as fault:  # noqa: BLE001 - a turn that failed is a turn later; what it took is still there
            self._failed(fault)
            return False
        return more

    def _failed(self, fault: Exception) -> None:
        self.counts["database_faults"] += 1
        words = (str(getattr(fault, "orig", None) or fault).strip() or type(fault).__name__).splitlines()[0]
        if words != self.fault:
            if isinstance(fault, AWAY):
                self._log.error("the database is not written to; records wait", fault=words)
            else:
                self._log.exception("a turn of the recorder failed")
        self.fault = words
        try:
            self.draining.look()
        except Exception as second:  # noqa: BLE001 - only a count for /readyz
            self._log.warning("the spools cannot be counted", fault=str(second))
        time.sleep(BACK_OFF)

    def _turn(self, database: Engine, marks: Privacy) -> bool:
        self.logins.write(database, marks)
        self._write_drops(database)
        seconds = SPOOL_TIME if self.logins.untold < BATCH else SPOOL_TIME_BUSY
        more = self.draining.turn(database, marks, self._view.place, seconds, self._view.swaps)
        self._orders(database, marks)
        self._housekeeping(database)
        self.watch.turn(database, self._view.network, marks)
        return more or bool(self.logins.untold)

    def _look(self, database: Engine, marks: Privacy) -> None:
        """The newest network and settings."""
        if self._view.refresh(database, marks.seal) or self._news:
            self._news = False
            self.logins.log.adopt(self.settings.fticks, self._view.network)
            self.logins.visits.adopt(self._view.network)

    def _opened(self) -> tuple[Engine, Privacy]:
        if self._database is None:
            self._database = engine(self.settings.database.url, busy=True)
        if self._privacy is None:
            with transaction(self._database) as session:
                seal = keys.unlock(session, self.settings.seal_key)
                self._privacy = privacy(session, seal, datetime.now(UTC))
        return self._database, self._privacy

    def adopt(self, settings: Settings) -> None:
        """In another thread: new settings, from the next turn on."""
        self.settings = settings
        self._news = True

    # Drops

    def _write_drops(self, database: Engine) -> None:
        with self._lock:
            drops, self._drops = self._drops, Counter()
            changes = list(self._changes)
            self._changes.clear()
        if not drops and not changes:
            return
        try:
            with transaction(database) as session:
                trace.record_drops(session, drops)
                trace.record_changes(session, changes)
        except Exception:
            with self._lock:
                self._drops.update(drops)
                self._changes.extendleft(reversed(changes))
            raise

    # Orders, and what time does

    def _orders(self, database: Engine, marks: Privacy) -> None:
        if not self.results and time.monotonic() < self._orders_at:
            return
        self._orders_at = time.monotonic() + ORDERS
        settled = [self.results.popleft() for _ in range(len(self.results))]
        try:
            with transaction(database) as session:
                errands.settle(session, settled)
                ready, hopeless = errands.claim(session, self._view, marks)
                errands.settle(session, hopeless)
        except Exception:
            self.results.extendleft(reversed(settled))
            raise
        for errand in ready:
            self._carry(errand)

    def _housekeeping(self, database: Engine) -> None:
        now, moment = datetime.now(UTC), time.monotonic()
        if moment >= self._sweep_at:
            self._sweep_at = moment + SWEEP
            with transaction(database) as session:
                sessions.mark_stale(session, now)
                messages.give_up(session, now)  # also where nobody sends any more: their words go in time
        if moment >= self._purge_at:
            self._purge_at = moment + PURGE
            threading.Thread(target=self._purge, args=(database, now), name="purge", daemon=True).start()
            self._checkpoint(database, now)

    def _checkpoint(self, database: Engine, now: datetime) -> None:
        """Where the audit log ends, told to our own log: that leaves the machine, and whoever cuts the one cannot cut the other."""
        assert self._privacy is not None  # noqa: S101  for the type checker: `_opened` made it
        with transaction(database) as session:
            made = audit_chain.checkpoint(session, self._privacy, now)
        if made is not None:
            self._log.info("audit checkpoint", row=made.number, checkpoint=str(made))

    def _purge(self, database: Engine, now: datetime) -> None:
        """In a thread of its own: a million rows take minutes, and logins do not wait."""
        kept = {Kept(name): age for name, age in self.settings.retention.kept.items()}
        try:
            gone = deletions.purge(database, kept, now)
        except Exception as fault:  # noqa: BLE001 - in an hour there is another
            self._log.warning("the purge was cut short", fault=str(fault).splitlines()[0])
            return
        if any(gone.values()):
            self._log.info("purged", **{kind.value: count for kind, count in gone.items() if count})
