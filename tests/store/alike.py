"""One memory of compiled statements for every SQLite database of a process's tests.

A program has one engine, and compiles each statement once; the tests have thousands, and compiling was a third of what those
of the pages took. Never shares connections: a database of one test is no other's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine
from sqlalchemy.util import LRUCache

from store import session

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

_MOST = 5_000  # statements


def share() -> None:
    """From now on."""
    first = create_engine("sqlite://")
    first.connect().close()  # what a dialect knows of SQLite it asks the first connection
    dialect, compiled = first.dialect, LRUCache(_MOST)
    first.dispose()

    def alike(url: str | URL, **more: Any) -> Engine:
        made = create_engine(url, **more)
        if made.dialect.name == dialect.name:
            made.dialect, made._compiled_cache = dialect, compiled
        return made

    session.create_engine = alike
