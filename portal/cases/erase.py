"""A guest's account is erased, at the guest's own word or by staff: its devices are put out, its rows go. Never without both.

What was used goes, too, so that whoever erases and signs in again has the whole day's plan anew: so often a day, and no more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from portal.cases.devices import tell
from store import erasure, grants, guesses
from store.models import Account

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from portal.cases.devices import World
    from store.erasure import Erased
    from store.privacy import Privacy

MOST: Final = 2  # of one identity a day
DAY: Final = timedelta(days=1)


def erase(session: Session, world: World, account: str, now: datetime) -> Erased | datetime | None:
    """What went and what stays; None where it was erased before; a moment where it can only be done again from then on."""
    row = session.get(Account, account)
    if row is None:
        return None
    if (again := guesses.taken(session, counter(world.privacy, row), now, most=MOST, window=DAY)) is not None:
        return again
    return gone(session, world, account, now)


def gone(session: Session, world: World, account: str, now: datetime) -> Erased | None:
    """The same however often it was done: for staff, who are asked in writing. None where it was erased before."""
    for grant in grants.devices(session, account, now):
        tell(session, world, grant, now)
    return erasure.erase(session, account, now)


def counter(privacy: Privacy, account: Account) -> str:
    """The name under which it is counted how often whoever this is had everything erased."""
    return guesses.named(privacy, "erased", account.way.value.encode() + bytes(account.identity_hash))
