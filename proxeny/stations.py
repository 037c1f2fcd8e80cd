"""The questions about stations, as many at once as wait: one thread, one statement for all of them, one word back.

Theory of operation. Everything but the look-up itself is the loop's. While the thread is busy questions gather, and for a
moment longer where several came together before; then they go to it together. So a lone question waits for nobody, and of
a flood each costs little: what a question costs by itself is mostly the way into the thread, through the database and back.

A question that finds no room is refused at once; one that waited too long is refused instead of tried. Never waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from proxeny import porter_wire as wire
from proxeny.clerks import PATIENCE, Clerks
from proxeny.verdicts import refused
from radius.actions import Reason

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from proxeny.window import Window
    from radius.questions import ByStation, Verdict

    LookUp = Callable[[Sequence[ByStation]], list[Verdict]]

AT_ONCE: Final = 128  # questions in one statement
PAUSE: Final = 0.001  # seconds from one statement to the next, unless it is full: no access point notices


class Asked(NamedTuple):
    """One question, and who wants to know."""

    window: Window
    life: int
    ticket: int
    question: ByStation
    at: float  # the loop's time


class Stations:
    """`look_up` is called in the thread; `most` questions may wait for it."""

    def __init__(self, look_up: LookUp, most: int, loop: asyncio.AbstractEventLoop) -> None:
        self._look_up = look_up
        self._most = most
        self._loop = loop
        self._clerk: Clerks[list[Verdict]] = Clerks("stations", 1, 0, Reason.PORTER_BUSY, loop)
        self._gathered: list[Asked] = []
        self._away = 0  # questions that are with the thread
        self._next = 0.0  # the loop's time at which others may go there
        self.answered = self.refused = 0

    @property
    def waiting(self) -> int:
        """Asked and not answered."""
        return len(self._gathered) + self._away

    @property
    def faults(self) -> int:
        """Look-ups that failed."""
        return self._clerk.faults

    def take(self, window: Window, ticket: int, question: ByStation) -> None:
        """Have it answered, with the others that come in this turn of the loop."""
        asked = Asked(window, window.life, ticket, question, self._loop.time())
        if self.waiting >= self._most:
            self._tell(asked, refused(Reason.PORTER_BUSY))
            return
        if not self.waiting:
            self._soon()
        self._gathered.append(asked)

    def _soon(self) -> None:
        pause = self._next - self._loop.time()
        if pause > 0 and len(self._gathered) < AT_ONCE:
            self._loop.call_later(pause, self._send)
        else:
            self._loop.call_soon(self._send)

    def _send(self) -> None:
        """To the thread, with those who still wait for an answer."""
        now = self._loop.time()
        some, self._gathered = self._gathered[:AT_ONCE], self._gathered[AT_ONCE:]
        self._away = len(some)
        self._next = now + (PAUSE if len(some) > 1 else 0)
        oldest = now - PATIENCE
        tried = []
        for asked in some:
            if asked.life != asked.window.life:  # who asked is gone
                continue
            if asked.at < oldest:
                self._tell(asked, refused(Reason.PORTER_BUSY))
            else:
                tried.append(asked)
        if not tried:
            self._back([], [])
            return
        questions = [asked.question for asked in tried]
        self._clerk.take(lambda: self._look_up(questions), lambda verdicts: self._back(tried, verdicts))

    def _back(self, tried: list[Asked], verdicts: list[Verdict] | Verdict) -> None:
        for asked, verdict in zip(tried, verdicts if isinstance(verdicts, list) else [verdicts] * len(tried), strict=True):
            self._tell(asked, verdict)
        self._away = 0
        if self._gathered:
            self._soon()

    def _tell(self, asked: Asked, verdict: Verdict) -> None:
        if verdict.accept:
            self.answered += 1
        else:
            self.refused += 1
        asked.window.answer(asked.life, wire.told(asked.ticket, verdict))

    def dismiss(self) -> None:
        """No more questions."""
        self._clerk.dismiss()
