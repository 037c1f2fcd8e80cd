"""The e-mail way: a code by mail, and some minutes online in which to read it (decisions-portal 11).

Never gives the minutes twice for one device in a day, and never to whom the day has nothing left for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.cases import codes, remainders
from portal.cases.proof import Denied, No, Proof
from store import challenges, grants
from store.challenges import DAILY, DAY, Cap
from store.models import Way

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.cases.codes import Desk
    from portal.cases.proof import Prove
    from radius.nas.plan import Plan
    from store.challenges import Wanted
    from store.models import Grant


def caps(address: str) -> tuple[Cap, ...]:
    """What is counted beside the address and the device: the mailbox, of which there may be any number of addresses."""
    return (Cap("mailbox", challenges.mailbox(address).encode(), DAILY, DAY),)


def until_read(desk: Desk, wanted: Wanted, plan: Plan, seconds: int, zone: str) -> Prove:
    """A mail is on its way: a provisional proof of `seconds`; NOT_YET where the guest waits for it offline, or is online already."""

    def prove(session: Session, now: datetime) -> Proof | Denied:
        asked = codes.ask(session, desk, wanted, now)
        if isinstance(asked, Denied):
            return asked
        lasts = _seconds(session, desk, wanted, plan, seconds, zone, now)
        if lasts <= 0:
            return Denied(No.NOT_YET)

        def link(grant: Grant) -> None:
            asked.grant_id = grant.id

        return Proof(Way.EMAIL, plan, seconds=lasts, provisional=True, then=link)

    return prove


def _seconds(session: Session, desk: Desk, wanted: Wanted, plan: Plan, seconds: int, zone: str, now: datetime) -> int:
    """That the device may be online before it has answered; 0 for none."""
    held = grants.live(session, wanted.device, now)
    if held is not None:  # another address, or the button once more: nothing is added
        return min(seconds, int((held.ends_at - now).total_seconds())) if held.provisional else 0
    used = remainders.used(session, f"d{wanted.device.hex()}", now, zone)
    if seconds <= 0 or remainders.left(plan, used, None, now).spent is not None:
        return 0
    return seconds if challenges.provisional(session, desk.privacy, wanted.device, wanted.identity, now) else 0
