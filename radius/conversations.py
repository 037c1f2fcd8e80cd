"""Open logins by their State, so that every round goes to the home that issued it and one story is told of all.

Bounded in number and in time: a conversation without its next round for a minute is abandoned, usually because the
device distrusts the home's certificate. Never touches State itself (RFC 2865, 5.24).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from radius.exchange import Conversation

Key = tuple[str, bytes]


class Conversations:
    """(client, State) -> Conversation; at most `most`, each open for `seconds` after its last Challenge."""

    __slots__ = ("_most", "_opened", "_seconds", "_table")

    def __init__(self, most: int, seconds: float) -> None:
        self._table: dict[Key, Conversation] = {}
        self._opened: deque[tuple[float, Key, Conversation]] = deque()
        self._most = most
        self._seconds = seconds

    def resume(self, client: str, state: bytes, user_name: bytes) -> Conversation | None:
        """The open login that this State belongs to.

        Only for the identity that began it: a second User-Name in mid-login is another login (CVE-2012-4741).
        """
        found = self._table.get((client, state))
        return found if found is not None and found.user_name == user_name else None

    def challenged(self, conversation: Conversation, client: str, state: bytes, now: float) -> list[Conversation]:
        """A Challenge went out with this State: expect the next round. Returns those that gave way, if any."""
        self.leave(conversation)
        key = conversation.state = (client, state)
        self._table[key] = conversation
        self._opened.append((now + self._seconds, key, conversation))
        return [old for old in self._spill() if not old.over] if len(self._table) > self._most else []

    def leave(self, conversation: Conversation) -> None:
        """Its State has been answered, or the login is over."""
        key = conversation.state
        if key is not None:
            conversation.state = None
            if self._table.get(key) is conversation:
                del self._table[key]

    def abandoned(self, now: float) -> Iterator[Conversation]:
        """Logins whose next round never came."""
        opened = self._opened
        while opened and opened[0][0] <= now:
            _, key, conversation = opened.popleft()
            if conversation.state is key:
                self.leave(conversation)
                yield conversation

    def _spill(self) -> Iterator[Conversation]:
        while self._opened and len(self._table) > self._most:
            _, key, conversation = self._opened.popleft()
            if conversation.state is key:
                self.leave(conversation)
                yield conversation

    def next(self) -> float | None:
        """When the next one may have to be given up."""
        return self._opened[0][0] if self._opened else None

    def __len__(self) -> int:
        return len(self._table)
