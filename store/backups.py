"""The rows of backups: asked for, begun, ended; which are due, and which are more than are kept. Never touches a file."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select, update

from store.models import BackupRun, BackupState
from store.session import affected

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

AGAIN: Final = timedelta(hours=1)  # after one that failed, or sooner where they are made more often
WAITING: Final = 5  # asked for at once: more say nothing new


def ask(session: Session, by: str, now: datetime) -> BackupRun | None:
    """Have one made as soon as may be; None where enough wait."""
    if len(session.scalars(select(BackupRun.id).where(BackupRun.state == BackupState.QUEUED).limit(WAITING)).all()) >= WAITING:
        return None
    made = BackupRun(at=now, by=by, state=BackupState.QUEUED)
    session.add(made)
    session.flush()
    return made


def wanted(session: Session, every: timedelta, now: datetime) -> BackupRun | None:
    """The one to make now: what somebody asked for, else what the clock does, even one that was ahead; not yet stored."""
    asked = session.scalars(select(BackupRun).where(BackupRun.state == BackupState.QUEUED).order_by(BackupRun.id).limit(1)).first()
    if asked is not None:
        return asked
    last = session.execute(select(BackupRun.at, BackupRun.state).order_by(BackupRun.id.desc()).limit(1)).first()
    if last is None or abs(now - last.at) >= (every if last.state is BackupState.GOOD else min(every, AGAIN)):
        return BackupRun(at=now, state=BackupState.QUEUED)
    return None


def begin(session: Session, run: BackupRun, now: datetime) -> int:
    """It is being made; its number."""
    kept = session.merge(run)
    kept.at, kept.state = now, BackupState.RUNNING
    session.flush()
    return kept.id


def cut_short(session: Session) -> int:
    """Whatever was being made when its process ended; how many."""
    running = update(BackupRun).where(BackupRun.state == BackupState.RUNNING)
    return affected(
        session.execute(
            running.values(state=BackupState.FAILED, fault="it was cut short: the process ended, or the database did not answer")
        )
    )


def good(session: Session) -> datetime | None:
    """When the last good one was made: the last of them, whatever the clock said then."""
    runs = select(BackupRun.at).where(BackupRun.state == BackupState.GOOD)
    return session.scalars(runs.order_by(BackupRun.id.desc()).limit(1)).first()


def too_many(session: Session, keep: int) -> Sequence[BackupRun]:
    """Good ones that are there beyond those that are kept."""
    good = select(BackupRun).where(BackupRun.state == BackupState.GOOD, BackupRun.removed_at.is_(None))
    return session.scalars(good.order_by(BackupRun.id.desc()).offset(keep)).all()


def purge(session: Session, age: timedelta, now: datetime) -> None:
    """Forget runs of that age whose file is gone, or never was."""
    gone = (BackupRun.state == BackupState.FAILED) | BackupRun.removed_at.is_not(None)
    session.execute(delete(BackupRun).where(BackupRun.at <= now - age, gone))
