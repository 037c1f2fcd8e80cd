"""What the runner needs from outside, as Protocols: who keeps records, carries octets, knows the guests. Names no implementation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from radius.actions import Origin
    from radius.questions import Question, Verdict
    from radius.records import Accounting, Dropped, HomeChange, Login


class Ledger(Protocol):
    """Makes accounting records durable, off the loop."""

    def keep(self, record: Accounting, done: Callable[[bool], None]) -> None:
        """Take the record; call `done(True)` in the loop once it is on disk, `done(False)` if it cannot be kept."""


class Journal(Protocol):
    """Carries records to the recorder; drops and counts when its bound is reached, never waits."""

    def write(self, record: Login | Dropped | HomeChange) -> None: ...


class Porter(Protocol):
    """Knows what the road must not wait for: the store's grants and tokens, the directory."""

    def ask(self, question: Question, done: Callable[[Verdict], None]) -> None:
        """Take the question; call `done` in the loop, once, later. Where that is never, the engine ends the wait."""


class Listener(Protocol):
    """Where requests come from and replies go."""

    def reply(self, octets: bytes, origin: Origin) -> None: ...
