"""Somebody for whom the city's directory or its provider vouches, as one of staff: made at the first sign-in, read anew at each.

Who they are is the subject, which stays when a name changes. Their role is what the groups say now. Never enables whom
somebody disabled here, and never takes the name of somebody else.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from store import staff as people
from store import staff_sessions
from store.models import Staff

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.models import Role, Source


class Vouched(NamedTuple):
    """Who they are, as the one who vouches says it; `names`: what they may be called, the best first."""

    source: Source
    subject: str
    names: tuple[str, ...]
    shown: str = ""
    email: str = ""


class Unwelcome(Enum):
    """Why they do not come in all the same; the value is its line of documentation."""

    ROLELESS = "None of their groups is one that the settings give a role."
    DISABLED = "They were disabled here."
    NAMELESS = "They have no name that staff can have."
    TAKEN = "Somebody else has their name here."


def admit(session: Session, who: Vouched, role: Role | None, now: datetime) -> Staff | Unwelcome:
    """Their row, with this role; who has none any more is signed out everywhere."""
    found = session.scalars(select(Staff).where(Staff.source == who.source, Staff.subject == who.subject)).first()
    if found is not None and found.disabled_at is not None:
        return Unwelcome.DISABLED
    if role is None:
        if found is not None:
            staff_sessions.end_all(session, found.id)
        return Unwelcome.ROLELESS
    fit = [name for each in who.names if (name := people.canonical(each))]
    free = [name for name in fit if (other := people.named(session, name)) is None or other is found]
    if found is None and not free:
        return Unwelcome.TAKEN if fit else Unwelcome.NAMELESS
    staff = found or Staff(source=who.source, subject=who.subject, created_at=now)
    staff.name = free[0] if free else staff.name
    staff.role, staff.shown, staff.email = role, who.shown[:200], who.email[:200]
    session.add(staff)
    session.flush()
    return staff
