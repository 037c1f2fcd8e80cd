"""The proof of deletion: a RetentionRun for each class at each purge, and what is there that should be gone.

A run is written when something went, else once a day, so that the proof does not outgrow what it proves. `overdue` looks
at the rows themselves and believes no run. Never names what went.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import func, select

from store import retention
from store.models import RetentionRun
from store.retention import Kept
from store.session import transaction

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

QUIET: Final = timedelta(days=1)  # between two runs of a class of which nothing goes
SLACK: Final = timedelta(hours=3)  # the purge comes hourly, and may take a while


class Overdue(NamedTuple):
    """A class with a row that should be gone."""

    kept: Kept
    oldest: datetime
    cutoff: datetime


def purge(database: Engine, kept: Mapping[Kept, timedelta], now: datetime) -> dict[Kept, int]:
    """Delete what is too old, and write down what went."""
    gone = retention.purge(database, kept, now)
    ages = retention.ages(kept)
    for kind, deleted in gone.items():
        with transaction(database) as session:
            _record(session, kind, now - ages[kind], deleted, now)
    return gone


def _record(session: Session, kind: Kept, cutoff: datetime, deleted: int, now: datetime) -> None:
    last = session.scalar(select(func.max(RetentionRun.at)).where(RetentionRun.kept == kind.value))
    if deleted or last is None or now - last >= QUIET:
        left = retention.oldest(session, kind)
        session.add(RetentionRun(at=now, kept=kind.value, cutoff=cutoff, deleted=deleted, oldest=left))


def last(session: Session) -> list[RetentionRun]:
    """The newest run of each class, in the classes' order."""
    newest = RetentionRun.at.desc(), RetentionRun.id.desc()
    mine = [select(RetentionRun.id).where(RetentionRun.kept == kind.value).order_by(*newest).limit(1).scalar_subquery() for kind in Kept]
    numbers = [number for number in session.execute(select(*mine)).one() if number is not None]
    found = {run.kept: run for run in session.scalars(select(RetentionRun).where(RetentionRun.id.in_(numbers)))}
    return [found[kind.value] for kind in Kept if kind.value in found]


def deleted_since(session: Session, since: datetime) -> dict[str, int]:
    """How many rows of each class went since then."""
    rows = session.execute(
        select(RetentionRun.kept, func.sum(RetentionRun.deleted)).where(RetentionRun.at >= since).group_by(RetentionRun.kept)
    )
    return {kept: int(count) for kept, count in rows}


def overdue(session: Session, kept: Mapping[Kept, timedelta], now: datetime) -> list[Overdue]:
    """The classes that hold more than they may."""
    cutoffs = {kind: now - age - SLACK for kind, age in retention.ages(kept).items()}
    return [Overdue(kind, oldest, cutoffs[kind]) for kind, oldest in retention.late(session, cutoffs).items()]
