"""What every view of the staff app may reach for, in one value: handed to the factory, found again by `desk()`.

What a page changes of the network goes through `change`, which is `proxeny apply`'s own code. Never a setting read from
anywhere, never a clock or chance of our own.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from flask import current_app
from sqlalchemy import event

from portal.admin.help import NOBODY
from portal.pace import Rates
from portal.permissions import OF_STAFF
from store import session as databases
from store.staff_sessions import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from portal.admin.help import Help
    from store.models import Role
    from store.privacy import Privacy

SLOWEST: Final = 2.0  # seconds of one page's statements (decisions-portal 28)
HASHES: Final = 2  # passwords that are weighed at once: each takes 19 MiB and some 30 ms of a processor


class Edit(NamedTuple):
    """One entry of the network to be written: the keys as the network file has them, over what is stored.

    A key whose value is None is taken out. `fields` None removes the entry; `name` "" adds one, whose name is among its keys.
    """

    section: str
    name: str
    fields: Mapping[str, Any] | None
    take_over: bool = False  # an entry that the network file declares is the app's from now on


class Wrong(NamedTuple):
    """What cannot stand: at which edit (-1: among others), which key ("" for the whole entry), why, and what to do."""

    at: int
    key: str
    what: str
    remedy: str = ""


class Made(NamedTuple):
    """What was written: one line for each entry that differs, as `proxeny apply` prints it; the version that has it."""

    changes: tuple[str, ...]
    version: int


class Change(Protocol):
    """Writes edits, all or nothing, with one audit entry each, or says everything that is wrong with them."""

    def __call__(self, session: Session, edits: Sequence[Edit], actor: Actor, *, dry: bool = False) -> Made | list[Wrong]: ...


class Actor(NamedTuple):
    """Who does it, for the audit log."""

    name: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Office:
    """What the settings say to the staff app."""

    url: str = "http://localhost:8081"
    hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    tiles: str = ""  # of the map; "" for none
    attribution: str = ""  # what those tiles' makers want to be said
    demo: bool = False  # a second factor may be skipped
    guest_url: str = ""
    staff_url: str = ""  # of the staff's pages and of the shops', for mails that lead to them; "": these are those
    business_url: str = ""
    mails: bool = False  # whether any are sent
    roles: frozenset[Role] = OF_STAFF  # whose pages these are: nobody else signs in here
    cookie: str = "proxeny-staff"  # its name, of each audience another
    second: bool = True  # nobody is signed in without a second factor
    review: timedelta = timedelta(days=2)  # in which the city promises to look at what a shop submits
    help: Help = NOBODY  # whom shops ask
    api_rate: int = 600  # requests a minute of one token; 0: there is no API
    api_places: int = 4  # requests of programs at once: the other threads are people's

    @property
    def secure(self) -> bool:
        return self.url.startswith("https:")


@dataclass(frozen=True, slots=True)
class Desk:
    """The staff app's world."""

    office: Office
    database: Engine
    privacy: Privacy
    now: Callable[[], datetime]
    entropy: Callable[[int], bytes]
    said: Callable[[str, Mapping[str, Any]], None]  # one line of the log: event, fields
    change: Change
    entry: Callable[[Session, str, str], dict[str, Any] | None]  # section, name -> its keys as the network file has them, without secrets
    status: Callable[[], Mapping[str, Any]]  # the running controller's own words, some seconds old; {} where none answers
    zone: Callable[[], str]  # the operator's: an IANA name
    tools: Mapping[str, Callable[..., Any]] = field(default_factory=dict)  # what single pages need of the composition root, by name
    rates: Rates = field(default_factory=Rates)
    hashing: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(HASHES))

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One state of the database, and `SLOWEST` seconds for all that is asked of it; afterwards the database says stop."""
        with databases.reading(self.database) as session, _hurried(session):
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction: committed whole, or not at all."""
        with databases.transaction(self.database) as session:
            yield session


@contextmanager
def _hurried(session: Session) -> Iterator[None]:
    import time  # noqa: PLC0415  only here, for the database's own clock

    connection, until = session.connection(), time.monotonic() + SLOWEST
    if connection.dialect.name == "postgresql":
        told = float("-inf")

        def rest(_connection: Any, cursor: Any, *_rest: Any) -> None:
            """PostgreSQL's limit is each statement's: it is told again, now and then, how much there is left."""
            nonlocal told
            if (now := time.monotonic()) - told >= SLOWEST / 10:
                told = now
                with suppress(cursor.connection.Error):  # the statement itself will say so
                    cursor.connection.execute(f"SET LOCAL statement_timeout = {max(round((until - now) * 1000), 1)}")

        event.listen(connection, "before_cursor_execute", rest)
        yield
        return
    raw = connection.connection.driver_connection
    assert raw is not None  # noqa: S101  for the type checker
    raw.set_progress_handler(lambda: time.monotonic() > until, 50_000)  # some milliseconds' worth of its steps
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)


@contextmanager
def counted(database: Engine) -> Iterator[list[str]]:
    """Every statement that is executed meanwhile: for the tests that no list asks once per row."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(database, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database, "before_cursor_execute", note)


def desk() -> Desk:
    """The running app's."""
    found: Desk = current_app.extensions["staff"]
    return found
