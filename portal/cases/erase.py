"""A guest's account is erased, at the guest's own word: its devices are put out, its rows go. Never without both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.cases.devices import tell
from store import erasure, grants

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.cases.devices import World
    from store.erasure import Erased


def erase(session: Session, world: World, account: str, now: datetime) -> Erased | None:
    """What went and what stays; None where it was erased before."""
    for grant in grants.devices(session, account, now):
        tell(session, world, grant, now)
    return erasure.erase(session, account, now)
