"""Grants for tests, and work done by several connections at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from store import grants
from store.models import Way
from store.session import engine
from tests.store.rows import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from store.models import Grant

PHONE = b"p" * 16
LAPTOP = b"l" * 16
PATIENCE = 60  # seconds


def noon() -> ZoneInfo:
    """A zone where it is noon or so: none of its days ends in the middle of a test that takes the time from the machine."""
    return ZoneInfo(f"Etc/GMT{datetime.now(UTC).hour - 12:+d}")  # whose signs are those of POSIX


def admit(session: Session, device: bytes = PHONE, now: datetime = NOW, **changes: Any) -> Grant:
    """A guest accepts the terms in the library, for two hours."""
    fields: dict[str, Any] = {
        "plan": "visitor",
        "seconds": 7200,
        "portal": "library",
        "way": Way.TERMS,
        "terms": "a" * 16,
        "language": "en",
        "client": "library-wlc",
        "access_point": "lib-1",
        "ssid": "City Wi-Fi",
        "site": "central-library",
        "account": None,
        "provisional": False,
    }
    return grants.admit(session, device=device, now=now, **{**fields, **changes})


def at_once(url: str, work: list[Callable[[Engine], Any]]) -> list[Any]:
    """Each with a database connection of its own, all begun together; what they returned, in order.

    SQLite's writers stand in no queue, and on a busy disk one may have to wait until the others are done with everything.
    """
    results: list[Any] = [None] * len(work)
    faults: list[BaseException] = []
    gate = threading.Barrier(len(work))

    def run(place: int) -> None:
        database = engine(url, patience=PATIENCE)
        try:
            gate.wait(30)
            results[place] = work[place](database)
        except BaseException as fault:  # noqa: BLE001 - told in the test's own thread
            faults.append(fault)
        finally:
            database.dispose()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * PATIENCE)
    if faults:
        raise faults[0]
    return results
