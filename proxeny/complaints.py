"""What a worker says aloud about packets it dropped: one line a minute and reason, however many there were.

An access point that nobody declared, a wrong shared secret and a proxy loop are an operator's matter; the rest is in
the metrics. Never a line per packet: anyone can send packets.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import Final

from radius.actions import Reason

EVERY: Final = 60.0  # seconds between two lines of one reason
NAMED: Final = 5  # senders named in a line
MOST: Final = 1000  # senders remembered between two lines
_ALOUD: Final = frozenset(
    reason.name
    for reason in (
        Reason.UNKNOWN_CLIENT,
        Reason.BAD_AUTHENTICATOR,
        Reason.BAD_MESSAGE_AUTHENTICATOR,
        Reason.NO_MESSAGE_AUTHENTICATOR,
        Reason.PROXY_STATE_UNSIGNED,
        Reason.LOOP,
        Reason.NO_SLOT,
        Reason.NOT_KEPT,
    )
)
_log = logging.getLogger("proxeny.drops")


class Complaints:
    """Drops by reason, until their minute is over."""

    def __init__(self) -> None:
        self._senders: dict[str, Counter[str]] = {}
        self._said: dict[str, float] = {}

    def note(self, source: str, client: str, reason: str, count: int) -> None:
        """Some drops of one sender."""
        if reason in _ALOUD:
            senders = self._senders.setdefault(reason, Counter())
            sender = f"{source} ({client})" if client else source
            senders[sender if sender in senders or len(senders) < MOST else "others"] += count

    def say(self, now: float) -> None:
        """Log what is due: the first of a reason at once, then once a minute."""
        for reason in [each for each in self._senders if now - self._said.get(each, -EVERY) >= EVERY]:
            senders = self._senders.pop(reason)
            self._said[reason] = now
            named = ", ".join(f"{sender}: {count}" for sender, count in senders.most_common(NAMED))
            more = f" and {len(senders) - NAMED} more senders" if len(senders) > NAMED else ""
            _log.warning("%s %d packets dropped, from %s%s", Reason[reason].value, senders.total(), named, more)
