"""What the jobs process does: finds the orders that a controller's API must be told, and has them carried out.

Theory of operation. A sweep looks into the outbox five times a second for orders by HTTP that may be taken, and puts their
ids into the queue; a few for each gateway at a time, so that one that hangs holds up nobody else's guests, and none for a
gateway that has just not answered until a pause is over. The queue's threads take the rows under a lease, converse, and
write down the outcome; a try that is worth repeating is put off in the row itself. A process that dies takes nothing with it:
the lease ends, and the sweep of the next one finds the row.

Never waits for a database or a controller in the loop, and never answers a guest.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import structlog

from proxeny import calling, http_orders
from proxeny.job_queue import KEY, JobQueue
from proxeny.network_view import NetworkView
from proxeny.snapshot import with_settings
from store import keys, leases
from store.models import Via
from store.privacy import privacy
from store.session import engine, reading, transaction

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from proxeny.network import Network
    from proxeny.settings import Settings
    from store.privacy import Privacy

ORDER: Final = "order"
LOOK: Final = 0.2  # seconds between looks: a guest waits 2.5 for the whole of it
BACK_OFF: Final = 1.0  # seconds after a look that failed
EACH: Final = 3  # conversations with one gateway at a time, of the queue's eight threads
FORGOTTEN: Final = 30.0  # seconds until an order that was queued and not heard of again is queued once more
QUIET: Final = (1.0, 30.0)  # seconds that a gateway which did not answer is left alone: at first, at most


class Sweep:
    """Looks, queues, carries out."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.counts: Counter[str] = Counter({"orders_done": 0, "orders_failed": 0, "orders_put_off": 0, "database_faults": 0})
        self.fault = ""  # why the last look failed, "" where it did not
        self._under_way: dict[int, tuple[str, float]] = {}  # order -> its client, when it was queued
        self._quiet: dict[str, tuple[float, float]] = {}  # client -> until when it is left alone, how long that pause was
        self._lock = threading.Lock()
        self._view = NetworkView()
        self._ending = threading.Event()
        self._opened: tuple[Engine, Privacy, JobQueue] | None = None
        self._log = structlog.get_logger(part="jobs")
        self.thread = threading.Thread(target=self._run, name="sweep", daemon=True)

    def adopt(self, settings: Settings) -> None:
        """New settings, from the next look on."""
        self.settings = settings

    def end(self, seconds: float) -> None:
        """Begin nothing more; wait for what is under way."""
        self._ending.set()
        self.thread.join(seconds)
        if self._opened is not None:
            self._opened[2].end(seconds)

    # The sweep

    def _run(self) -> None:
        while not self._ending.wait(LOOK):
            try:
                self._look()
                self.fault = ""
            except Exception as fault:  # noqa: BLE001 - a look that failed is a look later; the rows are still there
                self.counts["database_faults"] += 1
                words = (str(getattr(fault, "orig", None) or fault).strip() or type(fault).__name__).splitlines()[0]
                if words != self.fault:
                    self._log.warning("the outbox cannot be looked at", fault=words)
                self.fault = words
                self._ending.wait(BACK_OFF)

    def _look(self) -> None:
        database, marks, queue = self._open()
        self._view.refresh(database, marks.seal)
        now = time.monotonic()
        with reading(database) as session:
            found = leases.waiting(session, Via.HTTP, http_orders.moment())
        for each in self._chosen(found, now):
            queue.put(ORDER, each)

    def _chosen(self, found: list[leases.Waiting], now: float) -> list[int]:
        """Those to begin: not under way, their gateway neither busy with others nor left alone."""
        chosen = []
        with self._lock:
            self._under_way = {order: kept for order, kept in self._under_way.items() if now - kept[1] < FORGOTTEN}
            busy = Counter(client for client, _ in self._under_way.values())
            for order, client in found:
                if order in self._under_way or busy[client] >= EACH or self._quiet.get(client, (0.0, 0.0))[0] > now:
                    continue
                busy[client] += 1
                self._under_way[order] = (client, now)
                chosen.append(order)
        return chosen

    def _open(self) -> tuple[Engine, Privacy, JobQueue]:
        if self._opened is None:
            database = engine(self.settings.database.url)
            with transaction(database) as session:
                marks = privacy(session, keys.unlock(session, self.settings.seal_key), http_orders.moment())
                key = keys.named(session, marks.seal, KEY, http_orders.moment())
            queue = JobQueue(self.settings.data_dir, key, {ORDER: self.carry})
            queue.begin()
            self._opened = database, marks, queue
        return self._opened

    # The work

    def carry(self, order: int) -> None:
        """Carry out one order, in a thread of the queue."""
        try:
            self._carry(order)
        except Exception:  # noqa: BLE001 - the thread's one boundary: the order's lease ends, and it is tried again
            self._log.exception("an order was not carried out", order=order)
        finally:
            with self._lock:
                self._under_way.pop(order, None)

    def _carry(self, order: int) -> None:
        database, marks, _ = self._open()
        network = self._network()
        if network is None or self._ending.is_set():
            return
        with transaction(database) as session:
            errand = http_orders.take(session, order, network, marks, http_orders.moment())
        if errand is None:
            return
        outcome, heard = calling.perform(errand.calls.begin, self._authority(errand.ca))
        self._heed(errand.client, heard=heard)
        with transaction(database) as session:
            settled = http_orders.settle(session, errand, outcome, http_orders.moment())
        if settled and not outcome.done:
            self._log.warning("an order failed", order=order, client=errand.client, tries=errand.tries, outcome=outcome.text)
        self.counts["orders_done" if outcome.done else "orders_failed" if settled else "orders_put_off"] += 1

    def _network(self) -> Network | None:
        found = self._view.network
        return with_settings(found, self.settings) if found else None

    def _authority(self, path: str) -> Path | None:
        """A path of the network file, relative to the settings' folder."""
        folder = self.settings.file.parent if self.settings.file else self.settings.data_dir
        return folder / path if path else None

    def _heed(self, client: str, *, heard: bool) -> None:
        """Leave a gateway alone that did not answer: a little longer each time."""
        with self._lock:
            if heard:
                self._quiet.pop(client, None)
                return
            pause = min(self._quiet.get(client, (0.0, QUIET[0] / 2))[1] * 2, QUIET[1])
            self._quiet[client] = (time.monotonic() + pause, pause)

    def told(self) -> dict[str, Any]:
        """Plain numbers for the supervisor's metrics."""
        return {**self.counts, "orders_under_way": len(self._under_way), "gateways_quiet": len(self._quiet), "fault": self.fault}
