"""What a fault of the database's means for whoever asked: one mapping for the staff's pages and for the API.

Never a fault's own words for anyone but the log.
"""

from __future__ import annotations

import errno
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError

from portal.writing import GONE

_TAKEN: Final = ("UNIQUE constraint", "FOREIGN KEY constraint")  # in SQLite's words
_TAKEN_STATES: Final = ("23505", "23503")  # PostgreSQL's for the same
_STOPPED_STATE: Final = "57014"  # a server speaks its operator's language, so its words say nothing
_MACHINE: Final = frozenset(  # what a file of a form waits in has no room, or cannot be written or opened
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
)


def known(fault: Exception) -> tuple[int, str] | None:
    """(status, why) of a statement that took too long and was stopped (`Desk.reading`), of a row that somebody else wrote or
    removed in the same moment, of a database that does not answer, and of a disk without room; None for what is a fault of ours.
    """
    if isinstance(fault, DBAPIError):
        words, state = str(fault.orig), getattr(fault.orig, "sqlstate", "")
        if "interrupted" in words or state == _STOPPED_STATE:
            return 504, "too slow a question"
        if any(each in words for each in _TAKEN) or state in _TAKEN_STATES:
            return 409, "somebody was faster"
    if isinstance(fault, StaleDataError):
        return 409, "somebody was faster"
    if isinstance(fault, GONE):
        return 503, str(getattr(fault, "orig", None) or fault).splitlines()[0]
    if isinstance(fault, OSError) and fault.errno in _MACHINE:
        return 503, fault.strerror or "the machine"
    return None
