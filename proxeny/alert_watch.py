"""When a finding becomes an alert, and when an alert is over: held for a while on both sides, so that nothing flaps.

A rule must be broken for as long as its entry says (`after`) before an alert is opened, and mended for `HOLD` seconds before
it is closed. What was not looked at is left as it is. Pure: time is an argument. Never reads or writes anything.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from portal.alert_rules import RULES
from store.alerts import Change, step

if TYPE_CHECKING:
    from collections.abc import Mapping, Set
    from datetime import datetime

    from store.alerts import Finding, Key
    from store.models import Alert

HOLD: Final = 60.0  # seconds that it must be mended
REFRESH: Final = timedelta(seconds=60)  # between two times that "still so" is written
MOST: Final = 10_000  # findings remembered that are no alerts yet


class Watch:
    """What was found before, in memory: after a restart an alert is opened or closed a little later."""

    def __init__(self) -> None:
        self._since: dict[Key, float] = {}  # broken, and not open
        self._mended: dict[Key, float] = {}  # open, and not broken

    def judge(self, found: Mapping[Key, Finding], looked: Set[str], have: Mapping[Key, Alert], now: datetime, clock: float) -> Change:
        """`looked`: the rules that were looked at; `have`: what is open; `clock`: monotonic seconds."""
        self._forget(found, looked, have)
        opens = [found[key] for key in found if key not in have and self._long_enough(key, clock)]
        holds = [found[key] for key, row in have.items() if key in found and _news(found[key], row, now)]
        closes = [key for key in have if key not in found and key.rule in looked and self._mended_for(key, clock) >= HOLD]
        for key in closes:
            del self._mended[key]
        return Change(opens, holds, closes)

    def _forget(self, found: Mapping[Key, Finding], looked: Set[str], have: Mapping[Key, Alert]) -> None:
        for key in [key for key in self._since if key in have or (key not in found and key.rule in looked)]:
            del self._since[key]
        for key in [key for key in self._mended if key not in have or key in found]:
            del self._mended[key]

    def _long_enough(self, key: Key, clock: float) -> bool:
        if len(self._since) < MOST:
            self._since.setdefault(key, clock)
        return clock - self._since.get(key, clock) >= RULES[key.rule].after

    def _mended_for(self, key: Key, clock: float) -> float:
        return clock - self._mended.setdefault(key, clock)


def _news(finding: Finding, row: Alert, now: datetime) -> bool:
    return finding.step > step(row) or now - row.seen_at >= REFRESH
