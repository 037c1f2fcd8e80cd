"""Where staff are signed in: begun, found again by their cookie, moved on, ended.

A cookie is 256 random bits; the database has its digest alone. It is another one after each step that makes it worth more
(ASVS 7.2.4). Idle and absolute limits are the settings'. Never found: the session of somebody who may not work here any more.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select, update

from store.models import Staff, StaffSession, Step

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

MOST: Final = 20  # sessions of one person at one step: the oldest goes
SHORT: Final = timedelta(minutes=10)  # to get from the password to the second factor
TOUCH: Final = timedelta(seconds=30)  # `seen_at` is no more exact than this: a page view seldom writes


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lasts."""

    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=12)


def begin(session: Session, staff: Staff, step: Step, agent: str, limits: Limits, now: datetime) -> str:
    """A new session at this step; what its cookie holds."""
    purge(session, now)
    same = select(StaffSession).where(StaffSession.staff_id == staff.id, StaffSession.step == step)  # a password alone signs nobody out
    kept = list(session.scalars(same.order_by(StaffSession.seen_at.desc())))
    for old in kept[MOST - 1 :]:
        session.delete(old)
    cookie = secrets.token_urlsafe(32)
    ends = now + (limits.absolute if step is Step.WHOLE else SHORT)
    session.add(
        StaffSession(
            digest=digest(cookie), staff_id=staff.id, step=step, agent=agent[:80], created_at=now, seen_at=now, proven_at=now, ends_at=ends
        )
    )
    if step is Step.WHOLE:
        staff.seen_at = now
    session.flush()
    return cookie


def find(session: Session, cookie: str, limits: Limits, now: datetime) -> tuple[StaffSession, Staff] | None:
    """Whose this cookie is, unless it is over or they may not work here any more. Reads only."""
    if not 32 <= len(cookie) <= 64:
        return None
    found = session.execute(
        select(StaffSession, Staff).join(Staff, Staff.id == StaffSession.staff_id).where(StaffSession.digest == digest(cookie))
    ).first()
    if found is None:
        return None
    row, staff = found
    if staff.disabled_at is not None or row.ends_at <= now or row.seen_at + limits.idle <= now:
        return None
    return row, staff


def stale(row: StaffSession, now: datetime) -> bool:
    """Whether `touch` has something to write."""
    return now - row.seen_at > TOUCH


def touch(session: Session, row: StaffSession, now: datetime) -> None:
    """They are still there."""
    if (kept := session.get(StaffSession, row.digest)) is not None:
        kept.seen_at = now


def advance(session: Session, row: StaffSession, step: Step, limits: Limits, now: datetime) -> str:
    """The next step, under another cookie: the one before is worth nothing now."""
    staff = session.get_one(Staff, row.staff_id)
    session.delete(session.get_one(StaffSession, row.digest))
    session.flush()
    return begin(session, staff, step, row.agent, limits, now)


def proven(session: Session, row: StaffSession, now: datetime) -> str:
    """They proved once more who they are: the same session, which ends when it would have, under another cookie."""
    cookie = secrets.token_urlsafe(32)
    mine = update(StaffSession).where(StaffSession.digest == row.digest)
    session.execute(mine.values(digest=digest(cookie), proven_at=now, seen_at=now))
    return cookie


def of(session: Session, staff_id: str) -> Sequence[StaffSession]:
    """Every browser of theirs, the latest seen first."""
    return session.scalars(select(StaffSession).where(StaffSession.staff_id == staff_id).order_by(StaffSession.seen_at.desc())).all()


def end(session: Session, staff_id: str, name: str) -> None:
    """This one of theirs, by its id."""
    session.execute(delete(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.id == name))


def end_all(session: Session, staff_id: str, but: bytes = b"") -> None:
    """All of theirs, but for the one with this digest."""
    session.execute(delete(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.digest != but))


def purge(session: Session, now: datetime) -> None:
    """Those that are over; not those that somebody else is about to: two who sign in at once would wait for each other in a circle."""
    over = select(StaffSession.digest).where(StaffSession.ends_at <= now).with_for_update(skip_locked=True)
    session.execute(delete(StaffSession).where(StaffSession.digest.in_(over)))


def digest(cookie: str) -> bytes:
    """What the database keeps of a cookie, or of a link."""
    return hashlib.sha256(cookie.encode()).digest()
