"""A voucher's code proves who a guest is: whoever holds it. Each try is counted, and who guesses waits.

A code that is one of ours was no guess, whatever became of its voucher: its holder is told when it was used or ended. Who
tries codes that are none of ours is told that, and after a few to wait; staff are told of who goes on.

Never says of an unknown code more than that it is unknown; never lets one guest's tries keep another waiting.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from portal.cases.proof import Denied, No, Proof
from store import guesses, vouchers
from store.models import Way
from store.vouchers import Bad, Redeemed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.cases.proof import Prove
    from radius.nas.plan import Plan
    from store.privacy import Privacy

    Alert = Callable[[str, int], None]  # whose tries, and how many within the hour

MANY: Final = 1000  # unknown codes within an hour, whoever tried them: more than a city mistypes
_WHY: Final = {Bad.UNKNOWN: No.WRONG, Bad.USED: No.USED, Bad.EXPIRED: No.EXPIRED, Bad.REVOKED: No.REVOKED}


def by_code(privacy: Privacy, plans: Mapping[str, Plan], device: bytes, whose: bytes, code: str, alert: Alert) -> Prove:
    """The proof of whoever typed this code, in its normal form (store/crockford.py).

    `whose` its tries are: the device, and whence it comes, where anyone could say to be that device.
    """

    def prove(session: Session, now: datetime) -> Proof | Denied:
        name = guesses.named(privacy, "voucher device", device, whose)
        tried = guesses.tried(session, name, now)
        if tried.wait is not None:
            return Denied(No.WAIT, tried.wait.timestamp())
        offered = {each.name: each.session for each in plans.values()}
        found = vouchers.redeem(session, privacy, code, device, offered, now)
        if isinstance(found, Redeemed):
            guesses.forgive(session, name)
            left = max(timedelta(seconds=1), found.ends_at - now)
            return Proof(Way.VOUCHER, plans[found.plan], found.account, int(left.total_seconds()))
        if found.why is not Bad.UNKNOWN:
            guesses.forgive(session, name)
        else:
            _tell(session, privacy, alert, tried, now)
        return Denied(_WHY[found.why], found.at.timestamp() if found.at is not None else None)

    return prove


def _tell(session: Session, privacy: Privacy, alert: Alert, tried: guesses.Tried, now: datetime) -> None:
    """Staff, once an hour, of a device that guesses, and of many that do."""
    if tried.top:
        alert("device", tried.times)
    if guesses.counted(session, guesses.named(privacy, "voucher all", b""), now) == MANY:
        alert("all devices", MANY)
