"""The sample city's staff: one city admin, with a link that lets whoever runs the demo in, and weeks of the city's past to look at.

The link is another one at each start. Never in a network that is not the sample city's (proxeny/demo.py sees to that).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from proxeny import demo_guests, demo_history
from store import staff
from store.models import AuthEvent, Role

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
