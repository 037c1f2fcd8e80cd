"""Open logins by their State, so that every round goes to the home that issued it and one story is told of all.

Bounded in number and in time: a conversation without its next round for a minute is abandoned, usually because the
device distrusts the home's certificate. A State outlives its round for that minute, so that a request repeated under
another identifier still meets the home that knows it. Never touches State itself (RFC 2865, 5.24).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from radius.exchange import Conversation

Key = Hashable  # (client, State), known by identity: of a type that says tuple, the compiled road keeps only the parts


class Conversations:
    """(client, State) -> Conversation; at most `most`, each open for `seconds` after its last Challenge."""

    __slots__ = ("_most", "_opened", "_seconds", "_table")

    def __init__(self, most: int, seconds: float) -> None:
        self._table: dict[Key, Conversation] = {}
        self._opened: deque[tuple[float, Key, Conversation]] = deque()
        self.bound(most, seconds)

    def bound(self, most: int, seconds: float) -> None:
        """How many at once, and how long one waits for its next round."""
        self._most = most
        self._seconds = seconds

    def resume(self, client: str, state: bytes, user_name: bytes) -> Conversation | None:
        """The open login that this State belongs to, which is busy from now on.

        Only for the identity that began it: a second User-Name in mid-login is another login (CVE-2012-4741).
        """
        found = self._table.get((client, state))
        if found is None or found.busy or found.over or found.user_name != user_name:
            return None
        found.busy = True
        return found

    def holder(self, client: str, state: bytes, user_name: bytes) -> str:
        """The home that issued a State which resumes nothing, its round being in flight or over; "" where unknown."""
        found = self._table.get((client, state))
        return found.held if found is not None and found.user_name == user_name else ""

    def challenged(self, conversation: Conversation, client: str, state: bytes, now: float) -> list[Conversation]:
        """A Challenge went out with this State: expect the next round. Returns those that gave way, if any."""
        self._leave(conversation)
        conversation.busy = False
        key: Key = (client, state)
        conversation.state = key
        self._table[key] = conversation
        self._opened.append((now + self._seconds, key, conversation))
        return list(self._spill()) if self._crowded() else []

    def abandoned(self, now: float) -> Iterator[Conversation]:
        """Logins whose next round never came."""
        while self._opened and self._opened[0][0] <= now:
            yield from self._let_go()

    def _crowded(self) -> bool:
        return len(self._table) > self._most or len(self._opened) > 2 * self._most  # the queue holds States long answered too

    def _spill(self) -> Iterator[Conversation]:
        while self._crowded():
            yield from self._let_go()

    def _let_go(self) -> Iterator[Conversation]:
        """The oldest State; its login is yielded where it still waited for the next round."""
        _, key, conversation = self._opened.popleft()
        if conversation.state is key:
            self._leave(conversation)
            if not conversation.busy and not conversation.over:
                yield conversation

    def _leave(self, conversation: Conversation) -> None:
        key = conversation.state
        if key is not None:
            conversation.state = None
            if self._table.get(key) is conversation:
                del self._table[key]

    def next(self) -> float | None:
        """When the next one may have to be given up."""
        return self._opened[0][0] if self._opened else None

    def __len__(self) -> int:
        return len(self._table)
