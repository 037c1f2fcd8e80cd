"""What was published as open data: given out as it was, withdrawn with a reason, and never changed.

Of each dataset's period the newest publication alone counts; a withdrawn one is kept, for whoever publishes that month again must
know what is out already. Never deletes one.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import func, select

from store.models import Dataset, Publication, RetentionRun, SiteHour
from store.retention import Kept

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

MOST_OF_A_MONTH: Final = 20  # publications of one month: beyond, it is not published again
HISTORY: Final = 200  # shown at most
LONGEST_WHY: Final = 300


class Brief(NamedTuple):
    """A publication without its octets."""

    id: str
    dataset: Dataset
    period: str
    number: int
    published_at: datetime
    published_by: str
    digest: str
    told: int
    withheld: int
    withdrawn_at: datetime | None
    withdrawn_by: str
    withdrawn_why: str


_COLUMNS: Final = tuple(getattr(Publication, name) for name in Brief._fields)


def newest(session: Session) -> list[Brief]:
    """The last of every period, withdrawn ones too: hotspots first, then the months, by time."""
    number = func.max(Publication.number).label("number")
    last = select(Publication.dataset, Publication.period, number).group_by(Publication.dataset, Publication.period).subquery()
    same = (Publication.dataset == last.c.dataset) & (Publication.period == last.c.period) & (Publication.number == last.c.number)
    rows = session.execute(select(*_COLUMNS).join(last, same).order_by(Publication.dataset, Publication.period))
    return [Brief(*row) for row in rows]


def octets(session: Session, ids: Sequence[str]) -> dict[str, bytes]:
    """What these publications gave out, by their id."""
    rows = session.execute(select(Publication.id, Publication.octets).where(Publication.id.in_(ids)))
    return {name: bytes(said) for name, said in rows}


def history(session: Session) -> list[Brief]:
    """The newest first."""
    rows = session.execute(select(*_COLUMNS).order_by(Publication.published_at.desc(), Publication.id.desc()).limit(HISTORY))
    return [Brief(*row) for row in rows]


def earlier(session: Session, dataset: Dataset, period: str) -> list[Brief]:
    """Every publication of this period, the newest first; of hotspots the newest alone, which is all that matters."""
    mine = select(*_COLUMNS).where(Publication.dataset == dataset, Publication.period == period)
    rows = session.execute(mine.order_by(Publication.number.desc()).limit(1 if dataset is Dataset.HOTSPOTS else MOST_OF_A_MONTH))
    return [Brief(*row) for row in rows]


def find(session: Session, name: str) -> Publication | None:
    """This one."""
    return session.get(Publication, name)


def publish(session: Session, made: Publication, before: Sequence[Brief]) -> None:
    """Give it out after those of its period. Two at once: the database refuses the later."""
    made.number = before[0].number + 1 if before else 1
    made.digest = digest(made.octets)
    session.add(made)
    session.flush()


def withdraw(row: Publication, by: str, why: str, now: datetime) -> None:
    """From now on it is not given out."""
    row.withdrawn_at, row.withdrawn_by, row.withdrawn_why = now, by, why


def first_hour(session: Session) -> datetime | None:
    """When the counting by site begins; None where nothing was counted."""
    return session.scalar(select(func.min(SiteHour.hour)))


def cut(session: Session) -> datetime | None:
    """Before this, retention has deleted what was counted by site; None where it never had to."""
    went = select(func.max(RetentionRun.cutoff)).where(RetentionRun.kept == Kept.USAGE_HOUR.value, RetentionRun.deleted > 0)
    return session.scalar(went)


def digest(said: bytes) -> str:
    """What these octets are known by."""
    return hashlib.sha256(said).hexdigest()
