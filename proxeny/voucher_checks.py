"""Vouchers that were handed out, and that a network lets nobody in by: their plan is gone, or no portal asks for a code.

Never names a code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxeny.network_checks import Finding
from store import batches

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from proxeny.network import Network


def warnings(session: Session, network: Network, now: datetime) -> Iterator[Finding]:
    """Each batch with good vouchers whose guests this network would refuse."""
    plans = network.rows["plan"]
    asked = any("voucher" in portal.ways for portal in network.of("portal"))
    for batch, good in batches.good(session, now):
        whose = f"{good} voucher{'s' * (good > 1)} that would be good let nobody in"
        back = f"or take them back: proxeny voucher revoke {batch.id}"
        if batch.plan not in plans:
            yield Finding("voucher batch", batch.name, "plan", f'there is no plan "{batch.plan}": {whose}', f"Declare the [[plan]], {back}")
        elif not asked:
            words = f'no [[portal]] has "voucher" among its ways: {whose}'
            yield Finding("voucher batch", batch.name, "", words, f"Write it there, {back}")
