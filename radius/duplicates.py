"""Is this request new, in flight, or one to answer with the same octets? (RFC 5080, 2.2.2)

Answered exchanges are kept for a few seconds, the oldest giving way when the table is full; those in flight are never
evicted. Never creates an entry for a packet that was not admitted.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from radius.actions import Origin
    from radius.exchange import Exchange

Key = tuple["Origin", int]


class Duplicates:
    """(origin, code and identifier) -> Exchange; at most `most`, answers kept `seconds`."""

    __slots__ = ("_answered", "_most", "_seconds", "_table")

    def __init__(self, most: int, seconds: float) -> None:
        self._table: dict[Key, Exchange] = {}
        self._answered: deque[tuple[float, Exchange]] = deque()
        self.bound(most, seconds)

    def bound(self, most: int, seconds: float) -> None:
        """How many at once, and how long an answer is kept."""
        self._most = most
        self._seconds = seconds

    def find(self, key: Key) -> Exchange | None:
        """The exchange that last used this key."""
        return self._table.get(key)

    def begin(self, exchange: Exchange) -> bool:
        """Enter a request in flight, in the place of one superseded; False when the table is full of those in flight."""
        table = self._table
        if len(table) >= self._most and exchange.key not in table and not self._evict():
            return False
        table[exchange.key] = exchange
        return True

    def answered(self, exchange: Exchange, reply: bytes, now: float) -> None:
        """Its reply went out: keep it for repeating, for a while."""
        exchange.finish(reply)
        self._answered.append((now + self._seconds, exchange))
        if len(self._answered) > self._most:  # those superseded since stand in the queue only
            self.forget(self._answered.popleft()[1])

    def forget(self, exchange: Exchange) -> None:
        """Dropped or refused work leaves no entry: the client may try again."""
        if self._table.get(exchange.key) is exchange:
            del self._table[exchange.key]

    def expire(self, now: float) -> None:
        """Let go of the answers whose time is over."""
        answered = self._answered
        while answered and answered[0][0] <= now:
            self.forget(answered.popleft()[1])

    def _evict(self) -> bool:
        while self._answered:
            old = self._answered.popleft()[1]
            if self._table.get(old.key) is old:
                del self._table[old.key]
                return True
        return False

    def __len__(self) -> int:
        return len(self._table)
