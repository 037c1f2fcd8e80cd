"""What the jobs process does: orders for controllers' APIs, mails and SMS, batches of vouchers, adverts whose days have come.

Theory of operation. A sweep looks into the database five times a second for what may be taken, and hands the ids to the line
of their kind (proxeny/lines.py), whose threads take the rows under a lease, converse, and write down the outcome; a try that
is worth repeating is put off in the row itself. A process that dies takes nothing with it: the lease ends, and the sweep of
the next one finds the row.

Never waits for a database or anybody else in the loop, and never answers a guest.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Final

import structlog

from proxeny.campaign_watch import Campaigns
from proxeny.dispatch import Messages
from proxeny.hooking import Hooks
from proxeny.http_orders import Orders
from proxeny.job_queue import KEY
from proxeny.lines import Line, Tools, moment
from proxeny.network_view import NetworkView
from proxeny.snapshot import with_settings
from proxeny.voucher_jobs import Vouchers
from store import keys
from store.privacy import privacy
from store.session import engine, reading, transaction

if TYPE_CHECKING:
    from proxeny.network import Network
    from proxeny.settings import Settings

LOOK: Final = 0.2  # seconds between looks: a guest waits 2.5 for the whole of it
BACK_OFF: Final = 1.0  # seconds after a look that failed
TIDY: Final = 5.0  # seconds between looks for what is too old


class Sweep:
    """Looks, and hands over."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.faults = 0
        self.fault = ""  # why the last look failed, "" where it did not
        self._lines = (Line(Orders()), Line(Messages()), Line(Vouchers()), Line(Hooks()), Line(Campaigns()))
        self._view = NetworkView()
        self._ending = threading.Event()
        self._tools: Tools | None = None
        self._tidied = 0.0
        self._log = structlog.get_logger(part="jobs")
        self.thread = threading.Thread(target=self._run, name="sweep", daemon=True)

    def adopt(self, settings: Settings) -> None:
        """New settings, from the next look on."""
        self.settings = settings

    def end(self, seconds: float) -> None:
        """Begin nothing more; wait for what is under way."""
        self._ending.set()
        deadline = time.monotonic() + seconds
        self.thread.join(seconds)
        for line in self._lines:
            line.end(max(deadline - time.monotonic(), 0.0))

    def _run(self) -> None:
        while not self._ending.wait(LOOK):
            try:
                self._look()
                self.fault = ""
            except Exception as fault:  # noqa: BLE001 - a look that failed is a look later; the rows are still there
                self.faults += 1
                words = (str(getattr(fault, "orig", None) or fault).strip() or type(fault).__name__).splitlines()[0]
                if words != self.fault:
                    self._log.warning("the outbox cannot be looked at", fault=words)
                self.fault = words
                self._ending.wait(BACK_OFF)

    def _look(self) -> None:
        tools = self._open()
        self._view.refresh(tools.database, tools.marks.seal)
        now = moment()
        if time.monotonic() - self._tidied > TIDY:
            for line in self._lines:
                line.tidy(tools, now)
            self._tidied = time.monotonic()
        with reading(tools.database) as session:
            for line in self._lines:
                line.look(session, tools, self.settings.data_dir, now)

    def _open(self) -> Tools:
        if self._tools is None:
            database = engine(self.settings.database.url)
            with transaction(database) as session:
                marks = privacy(session, keys.unlock(session, self.settings.seal_key), moment())
                key = keys.named(session, marks.seal, KEY, moment())
            self._tools = Tools(database, marks, key, lambda: self.settings, self._network)
        return self._tools

    def _network(self) -> Network | None:
        found = self._view.network
        return with_settings(found, self.settings) if found else None

    def told(self) -> dict[str, Any]:
        """Plain numbers for the supervisor's metrics."""
        counts = {name: count for line in self._lines for name, count in line.told().items()}
        return {**counts, "database_faults": self.faults, "fault": self.fault}
