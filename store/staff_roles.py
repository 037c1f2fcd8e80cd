"""What somebody who works here may be made: another role, disabled, enabled; within two rules that keep the door open.

Nobody changes what they are themselves, and the last city admin who can sign in stays one. Both are looked at in the
transaction of the change, with every city admin's row locked: two of them cannot take the role from each other at once.
Never changes who vouches for somebody.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from sqlalchemy import select

from store import staff as people
from store.models import Role, Source, Staff

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


class Stays(Enum):
    """Why somebody stays what they are; the value is its line of documentation."""

    OWN = "Nobody changes what they are themselves."
    LAST = "There would be no city admin left who can sign in."
    ELSEWHERE = "Their role comes from the directory or the provider, at each sign-in."


def change(session: Session, staff: Staff, role: Role, by: str) -> Stays | None:
    """Another role, by the person with this id; None where it was done."""
    if staff.source is not Source.LOCAL:
        return Stays.ELSEWHERE
    if (why := _stays(session, staff, by, leaves=role is not Role.CITY_ADMIN)) is None:
        staff.role = role
    return why


def disable(session: Session, staff: Staff, by: str, now: datetime) -> Stays | None:
    """They may not work here any more, and are signed out everywhere; None where it was done."""
    if (why := _stays(session, staff, by, leaves=True)) is None:
        people.disable(session, staff, now)
    return why


def _stays(session: Session, staff: Staff, by: str, *, leaves: bool) -> Stays | None:
    if staff.id == by:
        return Stays.OWN
    query = select(Staff.id).where(Staff.role == Role.CITY_ADMIN, Staff.disabled_at.is_(None)).order_by(Staff.id)
    admins = list(session.scalars(query.with_for_update()))
    return Stays.LAST if leaves and admins == [staff.id] else None
