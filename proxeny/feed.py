"""The feed of live grants: what has changed in the store, to every worker that follows, in a thread of its own.

Theory of operation. Every change of a grant has a number (store.grants.touch), committed in order, so that one cursor
for each follower says what it knows. Who begins is told to forget everything and is given the grants that live, up to
the number of that moment; from then on every change, also those that end a grant. Followers at one cursor share the
reading. Who does not take what was brought is left where it is and goes on from there later.

A database that cannot be read stops the feed and clears nobody's memory. Never holds the grants itself.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from proxeny import porter_wire as wire
from radius.grants import LiveGrant
from store import holders, usage
from store.session import looking

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import tzinfo

    from sqlalchemy import Engine

    from proxeny.window import Window
    from store.holders import Holder, Rows

EVERY: Final = 0.2  # seconds between looks
PAGE: Final = 1_000  # grants read at once
TAKES: Final = 5.0  # seconds for the loop to take what was brought


@dataclass(slots=True)
class Follower:
    """How far one window is."""

    window: Window
    life: int
    cursor: int = 0
    horizon: int = -1  # while it is given what lives: the number at which that was begun; -1 before
    whole: bool = False  # it knows everything up to its cursor

    @property
    def at(self) -> tuple[int, int, bool]:
        """Whoever is at the same place reads the same page."""
        return self.cursor, self.horizon, self.whole


class Feed:
    """The followers. `bring` is called in the feed's thread and hands the datagrams to the loop."""

    def __init__(self, bring: Callable[[Window, int, list[bytes], threading.Event], None]) -> None:
        self._bring = bring
        self._followers: dict[int, Follower] = {}
        self._lock = threading.Lock()
        self.streamed = 0

    def follow(self, window: Window) -> None:
        """From the beginning, whatever it was given before."""
        with self._lock:
            self._followers[window.number] = Follower(window, window.life)

    def turn(self, database: Engine, zone: tzinfo, room: int) -> bool:
        """A page for everybody who has room for it; whether there may be more at once."""
        places = defaultdict(list)
        with self._lock:
            for each in self._followers.values():
                if each.window.waiting < room:
                    places[each.at].append(each)
        more = False
        if places:
            with looking(database) as connection:
                for followers in places.values():
                    more |= self._page(connection.execute, followers, zone)
        return more

    def _page(self, rows: Rows, followers: Sequence[Follower], zone: tzinfo) -> bool:
        """The next page for these, who are all at one place."""
        first, now = followers[0], datetime.now(UTC)
        newest = holders.newest(rows)
        if newest < first.cursor:  # a backup was put in the database's place
            for each in followers:
                each.cursor, each.horizon, each.whole = 0, -1, False
        begins = first.horizon < 0
        horizon = newest if begins else first.horizon
        found = holders.changed_since(rows, first.cursor, PAGE, alive_at=None if first.whole else now)
        datagrams = list(wire.granted(spoken(rows, found, now, zone)))
        if begins:
            datagrams = [wire.clear(), *datagrams, wire.beat()]
        ended = len(found) < PAGE or found[-1].changed >= horizon
        cursor = found[-1].changed if found else first.cursor
        if not first.whole and ended:  # what changed after the horizon comes again, with what has ended since
            cursor = horizon
        self.streamed += len(found) * len(followers)
        for each in followers:
            self._deliver(each, datagrams)
            each.cursor, each.horizon, each.whole = cursor, horizon, first.whole or ended
        return len(found) == PAGE

    def _deliver(self, follower: Follower, datagrams: list[bytes]) -> None:
        if datagrams:
            taken = threading.Event()
            self._bring(follower.window, follower.life, datagrams, taken)
            taken.wait(TAKES)


def told(rows: Rows, found: Sequence[Holder], now: datetime, zone: tzinfo) -> list[LiveGrant]:
    """The grants as the road remembers them, with what their guests have used."""
    return [LiveGrant._make(each) for each in spoken(rows, found, now, zone)]


def spoken(rows: Rows, found: Sequence[Holder], now: datetime, zone: tzinfo) -> list[wire.Row]:
    """The same as plain tuples, for the many that only pass."""
    used = usage.read(rows, {each.subject for each in found}, now, zone)
    return [
        (each.device, each.id, each.plan, each.ends_at.timestamp(), *used[each.subject], each.account or "",
         each.revoked_at is None and each.ends_at > now)
        for each in found
    ]  # fmt: skip
