"""What every view may reach for, in one value: handed to the factory, found again by `kit()`.

Never a setting read from anywhere, never a clock or chance of our own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock, Semaphore
from typing import TYPE_CHECKING, Any, Final

from flask import current_app

from portal.doors import House
from portal.figures import Figures
from portal.open_shelf import Shelf
from portal.pace import Rates
from portal.pictures import Pictures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from portal.doors import Doors
    from portal.provider import Provider
    from radius.nas.family import Family
    from radius.nas.tokens import Tokens
    from store.adverts import Run
    from store.directory import Person
    from store.entries import Entry
    from store.privacy import Privacy
    from store.refusal import Refusal

WRITERS: Final = 5  # a third of the threads that [guest] has by default
ASKERS: Final = 5  # the same: those who ask the directory
WAITERS: Final = 3  # those who wait for a gateway, or are answered late on purpose; the rest of the last third is for who does none of it
EXCHANGES: Final = 2  # those who wait for a provider of OpenID Connect, whom none of the former may keep out


@dataclass(slots=True)
class Turn:
    """Whose it is to write (portal/writing.py)."""

    lock: Lock = field(default_factory=Lock)
    failures: int = 0
    since: float | None = None  # monotonic seconds: when whoever writes now began


@dataclass(frozen=True, slots=True)
class Kit:
    """The guest app's world."""

    doors: Callable[[], Doors]  # the newest that stand
    database: Engine
    privacy: Privacy
    tokens: Tokens
    families: Mapping[str, Family]
    now: Callable[[], float]  # seconds since 1970
    entropy: Callable[[int], bytes]
    count: Callable[[Session, Sequence[Entry]], None]  # accounting records into the ledger, in the caller's transaction
    said: Callable[[str, Mapping[str, Any]], None]  # one line of the log: event, fields
    wait: Callable[[float], None]  # sleeps
    house: House = field(default_factory=House)
    places: Semaphore = field(default_factory=lambda: Semaphore(WRITERS))  # for those who write (portal/writing.py)
    turn: Turn = field(default_factory=Turn)
    rates: Rates = field(default_factory=Rates)
    directory: Callable[[bytes, bytes, Callable[[str], bool]], Person | Refusal] | None = None  # store.directory.Directory.guest
    oidc: Mapping[str, Provider] = field(default_factory=dict)  # by the name that a way has after "oidc:"
    asking: Semaphore = field(default_factory=lambda: Semaphore(ASKERS))  # for those who wait for the directory
    waiting: Semaphore = field(default_factory=lambda: Semaphore(WAITERS))  # for those who wait for a gateway
    exchanging: Semaphore = field(default_factory=lambda: Semaphore(EXCHANGES))  # for those who wait for a provider
    adverts: Callable[[], Sequence[Run]] = tuple  # the campaigns that run, as they were read last
    figures: Figures = field(default_factory=Figures)
    pictures: Pictures = field(default_factory=Pictures)
    shelf: Shelf = field(default_factory=Shelf)  # of open data
    still: bool = False  # a preview: no link leads anywhere


def kit() -> Kit:
    """The running app's."""
    found: Kit = current_app.extensions["guest"]
    return found
