"""The sample city's staff: one city admin, with a link that lets whoever runs the demo in, and weeks of the city's past to look at.

The link is another one at each start. Never in a network that is not the sample city's (proxeny/demo.py sees to that).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from portal.cases import publishing
from portal.cases.remainders import time_zone
from proxeny import demo_guests, demo_history
from store import requests, staff
from store.models import Account, AuthEvent, Dataset, Operator, RequestKind, Role, Way

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.privacy import Privacy

NAME: Final = "ops@city.example"


def link(session: Session, now: datetime) -> str:
    """What the address of the set-up page ends with."""
    someone = staff.named(session, NAME)
    return staff.invite(session, NAME, Role.CITY_ADMIN, now)[1] if someone is None else staff.link(session, someone, now)


def past(session: Session, privacy: Privacy, now: datetime) -> None:
    """Twelve weeks, where nothing has happened yet."""
    if session.scalar(select(AuthEvent.id).limit(1)) is None:
        demo_history.write(session, privacy, demo_history.Amounts(recent=120), now)
        demo_guests.write(session, privacy, demo_guests.Guests(), now)
        _requests(session, privacy, now)
        _open_data(session, now)


def _open_data(session: Session, now: datetime) -> None:
    """The list of hotspots, and every month but the newest, which whoever looks around may publish."""
    zone = time_zone(session.scalars(select(Operator.timezone)).first() or "UTC")
    publishing.publish(session, Dataset.HOTSPOTS, "", publishing.hotspots(session, now.date()), NAME, now)
    for first in reversed(publishing.months(session, zone, now)[1:]):
        draft, _preview = publishing.usage(session, zone, first)
        publishing.publish(session, Dataset.USAGE, publishing.period(first), draft, NAME, now)


def _requests(session: Session, privacy: Privacy, now: datetime) -> None:
    """Two guests ask about their data: one waits for an answer, one has had it."""
    asked = session.scalars(select(Account).where(Account.way == Way.EMAIL).order_by(Account.last_seen).limit(2)).all()
    for account, kind, days in zip(asked, (RequestKind.ERASE, RequestKind.ACCESS), (26, 9), strict=False):
        contact = privacy.opened(account.contact, "account", account.id, "contact").decode()
        row = requests.receive(session, privacy, kind, account.id, contact, NAME, now - timedelta(days=days))
        if kind is RequestKind.ACCESS:
            requests.settle(session, row, "Written out and sent.", NAME, now - timedelta(days=days - 2))
