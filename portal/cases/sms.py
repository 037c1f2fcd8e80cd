"""The SMS way: a code by text message, which arrives without Wi-Fi, so that nobody goes online before it is typed.

Each message costs money, and there are those who are paid for what they make others send ("SMS pumping"): so many go to one
number, for one device, to one range of numbers and to all in a day, and no more. Never says which of these was reached.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from portal.cases import codes
from portal.cases.proof import Denied, No
from store.challenges import DAY, Cap

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.cases.codes import Desk
    from portal.cases.proof import Proof, Prove
    from store.challenges import Wanted

RANGE: Final = 3  # the last digits: numbers that differ in these alone are rented together
PER_RANGE: Final = 10  # messages to one such thousand within HOUR
HOUR: Final = timedelta(hours=1)


def caps(number: str, per_day: int) -> tuple[Cap, ...]:
    """What is counted beside the number and the device; `per_day` messages in all."""
    return Cap("sms range", number[:-RANGE].encode(), PER_RANGE, HOUR), Cap("sms day", b"", per_day, DAY)


def sent(desk: Desk, wanted: Wanted) -> Prove:
    """A message is on its way: no proof yet."""

    def prove(session: Session, now: datetime) -> Proof | Denied:
        asked = codes.ask(session, desk, wanted, now)
        return asked if isinstance(asked, Denied) else Denied(No.NOT_YET)

    return prove
