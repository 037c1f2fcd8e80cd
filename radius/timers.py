"""Things to look at again later, in constant time: one queue for each distinct delay.

With a fixed delay, what is put in first is due first, so no heap is needed and putting costs one append. Nothing is
ever taken out early: whoever asks for what is due checks whether it still matters. Never reads a clock.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

Thing = TypeVar("Thing")


class Timers(Generic[Thing]):
    """Queues of (due, thing), one a delay; delays come from settings, so they are few."""

    __slots__ = ("_queues",)

    def __init__(self) -> None:
        self._queues: dict[float, deque[tuple[float, Thing]]] = {}

    def after(self, delay: float, now: float, thing: Thing) -> None:
        """Have `thing` come out of `due` once `delay` seconds have passed."""
        try:
            self._queues[delay].append((now + delay, thing))
        except KeyError:
            self._queues[delay] = deque(((now + delay, thing),))

    def due(self, now: float) -> Iterator[Thing]:
        """Everything whose time has come, oldest first within a delay."""
        for queue in tuple(self._queues.values()):
            while queue and queue[0][0] <= now:
                yield queue.popleft()[1]

    def next(self) -> float | None:
        """When the next thing is due; None when nothing waits."""
        return min((queue[0][0] for queue in self._queues.values() if queue), default=None)

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))
