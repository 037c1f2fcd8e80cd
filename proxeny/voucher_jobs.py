"""Batches of vouchers that staff ordered, made by the jobs process: the one that waits longest, a slice at a time.

Never makes what nobody ordered: what is to be made, and how it stays whole, says store/minting.py.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from proxeny.lines import Carried, Waiting, moment
from store import minting

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session as Database

    from proxeny.lines import Tools

NAME: Final = "vouchers.db"
TURN: Final = timedelta(seconds=5)  # then others have theirs; shorter than proxeny.lines.FORGOTTEN
OLDEST: Final = 0  # in place of a row's number: whichever batch waits longest


class Vouchers:
    """The work."""

    name, done, quiet, file, threads = "batches", "made", "makers_quiet", NAME, 1

    def waiting(self, session: Database, tools: Tools, now: datetime) -> list[Waiting]:  # noqa: ARG002  as other work asks
        return [Waiting(OLDEST, "")] if minting.waiting(session, now) else []

    def tidy(self, tools: Tools, now: datetime) -> int:  # noqa: ARG002  a batch is never too old to be made
        return 0

    def carry(self, row: int, tools: Tools) -> Carried | None:  # noqa: ARG002  the oldest
        carried = minting.carry(tools.database, tools.marks, moment, moment() + TURN)
        return Carried("", heard=True, end="done") if carried is not None and carried[1] else None
