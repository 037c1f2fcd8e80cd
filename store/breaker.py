"""A circuit breaker: whoever fails again and again is left alone for a while, then tried by one request before the others.

Closed: all go. After `failures` in a row it opens, and for `pause` seconds nobody goes. Then it is half-open: one goes,
and what becomes of it closes or opens it again. Never looks at a clock, never waits.
"""

from __future__ import annotations

import threading
from enum import Enum


class State(Enum):
    """Where a breaker stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker:
    """One breaker; moments are seconds of any clock that does not go back."""

    def __init__(self, failures: int = 3, pause: float = 5.0) -> None:
        self._most = failures
        self._pause = pause
        self._lock = threading.Lock()
        self._failures = 0
        self._again_at = 0.0
        self._trying = False
        self.opened = 0  # how often it has opened
        self.state = State.CLOSED

    def admits(self, now: float) -> bool:
        """Whether this request may go; whoever may must tell afterwards what became of it."""
        with self._lock:
            if self.state is State.CLOSED:
                return True
            if self._trying or now < self._again_at:
                return False
            self.state, self._trying = State.HALF_OPEN, True
            return True

    def succeeded(self) -> None:
        """It worked."""
        with self._lock:
            self.state, self._failures, self._trying = State.CLOSED, 0, False

    def failed(self, now: float) -> None:
        """It did not."""
        with self._lock:
            self._failures += 1
            if self.state is State.HALF_OPEN or self._failures >= self._most:
                self.opened += self.state is not State.OPEN
                self.state, self._again_at = State.OPEN, now + self._pause
            self._trying = False

    def untold(self) -> None:
        """It did not get far enough to say: the next one may try."""
        with self._lock:
            self._trying = False
