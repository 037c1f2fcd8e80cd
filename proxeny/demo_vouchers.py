"""The sample city's vouchers: one batch, of which the demo prints two codes that nobody has used yet.

Made anew once they are used up. Never in a network that is not the sample city's (proxeny/demo.py sees to that).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from store import batches, crockford, minting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.privacy import Privacy

BATCH: Final = "front desk"
PLAN: Final = "day pass"
COUNT: Final = 20
SHOWN: Final = 2
VALID: Final = timedelta(days=30)


def codes(session: Session, privacy: Privacy, now: datetime) -> list[str]:
    """Two codes as they would be printed."""
    left = list(_left(session, privacy, now))[:SHOWN]
    if len(left) < SHOWN:
        _, made = minting.make(session, privacy, minting.Wanted(BATCH, PLAN, COUNT, now + VALID, devices=2), now)
        left += [crockford.readable(code) for code in made]
    return left[:SHOWN]


def _left(session: Session, privacy: Privacy, now: datetime) -> Iterator[str]:
    """Those of the batches of that name that are still good; a day before the end is too late to show them."""
    for batch in batches.named(session, BATCH):
        if batch.closed_at is None and batch.expires_at > now + timedelta(days=1):
            fresh = (row for row in batches.vouchers(session, batch) if row.used_at is None and row.revoked_at is None)
            yield from (batches.code(privacy, row) for row in fresh)
