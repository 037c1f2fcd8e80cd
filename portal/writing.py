"""The one way for a page to change anything: a transaction, where there is a place for it.

A database that is locked or hangs holds whoever writes for as long as its patience; were that every thread, the pages that need
no database would be gone, too. So a third of the threads may wait there, and who finds no place is told at once. Never waits long.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from portal.kit import kit
from portal.troubles import Trouble, TroubleError
from store.session import transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

FOR_A_PLACE: Final = 0.25  # seconds: a transaction takes some milliseconds


@contextmanager
def writing() -> Iterator[Session]:
    """A session whose work is committed at the end, or undone whole when anything is raised."""
    tools = kit()
    if not tools.places.acquire(timeout=FOR_A_PLACE):
        raise TroubleError(Trouble.DATABASE, "every place at the database is taken")
    try:
        with transaction(tools.database) as session:
            yield session
    finally:
        tools.places.release()
