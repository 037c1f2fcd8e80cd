"""What the staff app's pages ask of the installation itself: its certificates, and `proxeny check` as a value.

Handed to the pages as `Desk.tools`. The survey is made in a thread, at most once in ten seconds, and a page never waits for it
longer than a moment: it shows the one before. Never a secret, and never changes anything.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from portal.cases.certificates import hosts
from proxeny import survey
from proxeny.alert_facts import leaves
from store import listener_keys
from store.session import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Engine

    from proxeny.faults import Fault
    from proxeny.settings import Settings

AGAIN: Final = 10.0  # seconds between two surveys
MOMENT: Final = 1.0  # seconds that a page waits for the first


class Certificate(NamedTuple):
    """One of our listeners'."""

    name: str  # the section of the settings
    names: tuple[str, ...]
    ends: datetime
    days: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What a survey found; `at` None: the first is under way."""

    at: datetime | None = None
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    failed: str = ""  # why the survey itself could not be made


@dataclass
class House:
    """The installation."""

    settings: Callable[[], Settings]
    kept: Callable[[], Mapping[str, str]] = dict  # listener -> the chain that the app keeps for it
    look: Callable[[Settings], survey.Survey] = survey.survey
    clock: Callable[[], float] = time.monotonic
    _found: Checked = field(default_factory=Checked)
    _thread: threading.Thread | None = None
    _begun: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def certificates(self, now: datetime) -> list[Certificate]:
        """Those that can be read; of the others the survey tells."""
        found = leaves(self.settings(), self.kept)
        return [
            Certificate(name, hosts(leaf), (ends := leaf.not_valid_after_utc), (ends - now) // timedelta(days=1)) for name, leaf, _ in found
        ]

    def survey(self) -> Checked:
        """The newest there is; a new one is begun where that is old."""
        with self._lock:
            if (self._thread is None or not self._thread.is_alive()) and self.clock() - self._begun >= AGAIN:
                self._begun = self.clock()
                self._thread = threading.Thread(target=self._look, name="survey", daemon=True)
                self._thread.start()
            thread = self._thread
        if thread is not None:
            thread.join(MOMENT)
        return self._found

    def _look(self) -> None:
        now = datetime.now(UTC)
        try:
            found = self.look(self.settings())
        except Exception as fault:  # noqa: BLE001 - a fault of ours is shown as one, and the thread ends in order
            self._found = Checked(now, failed=type(fault).__name__)
            return
        self._found = Checked(now, tuple(found.faults), tuple(found.warnings), tuple(found.notes))


def tools(settings: Callable[[], Settings], database: Engine) -> Mapping[str, Callable[..., Any]]:
    """By name, for `Desk.tools`."""

    def kept() -> Mapping[str, str]:
        with reading(database) as session:
            return listener_keys.chains(session)

    house = House(settings, kept)
    return {"certificates": house.certificates, "survey": house.survey}
