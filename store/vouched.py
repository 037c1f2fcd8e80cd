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
from store.ids import new_id
from store.models import Staff
from store.session import insert

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
    found = _known(session, who)
    if found is not None and found.disabled_at is not None:
        return Unwelcome.DISABLED
    if role is None:
        if found is not None:
            staff_sessions.end_all(session, found.id)
        return Unwelcome.ROLELESS
    fit = [name for each in who.names if (name := people.canonical(each))]
    free = [name for name in fit if (other := people.named(session, name)) is None or other is found]
    if found is None and not free and (found := _known(session, who)) is None:  # else they pressed twice: the other was first
        return Unwelcome.TAKEN if fit else Unwelcome.NAMELESS
    staff = found if found is not None else _made(session, who, free[0], role, now)
    staff.name = free[0] if free else staff.name
    staff.role, staff.shown, staff.email = role, who.shown[:200], who.email[:200]
    session.flush()
    return staff


def _known(session: Session, who: Vouched) -> Staff | None:
    return session.scalars(select(Staff).where(Staff.source == who.source, Staff.subject == who.subject)).first()


def _made(session: Session, who: Vouched, name: str, role: Role, now: datetime) -> Staff:
    """A new row; of two sign-ins at once the second finds the first's."""
    row = {"id": new_id(), "name": name, "role": role, "source": who.source, "subject": who.subject, "created_at": now}
    session.execute(insert(session, Staff).values(row).on_conflict_do_nothing(index_elements=["source", "subject"]))
    made = _known(session, who)
    assert made is not None  # noqa: S101  for the type checker: it was written, or was there
    return made
