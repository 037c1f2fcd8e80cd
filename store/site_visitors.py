"""Different visitors of each site in a month, and how many of them came again on another day: counted without knowing them.

A mark is a hash, under the month's key (store/visitors.py), of the site and of who it was, so that marks of two sites have nothing in
common. Beside it stand the day it was made on and whether it was seen on another: who came again is counted once, and nothing says
when. The site "" is the whole city. Never a mark that outlives its month's key, and never a count into a month that is frozen.
"""

from __future__ import annotations

import hmac
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import case, delete, select, update

from store.models import SiteMark, SiteVisitors
from store.session import affected, transaction
from store.slices import slices
from store.upsert import unseen, upsert

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date, datetime

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

BATCH: Final = 1_000
_KEY: Final = ("begins_at", "site")
_ROW: Final = ("begins_at", "mark", "site", "day", "again")


class Seen:
    """Who was seen where, of one batch of logins."""

    def __init__(self) -> None:
        self._days: dict[datetime, dict[bytes, tuple[str, set[int]]]] = {}  # of each month's marks

    def add(self, key: bytes, begins: datetime, day: date, who: Iterable[tuple[str, str, bytes]]) -> None:
        """(site, institution, who) on this day of the month that begins then and has this key."""
        marks = self._days.setdefault(begins, {})
        for named, institution, name in who:
            for site in {named, ""}:
                marks.setdefault(_mark(key, site, institution, name), (site, set()))[1].add(day.day)

    def write(self, session: Session) -> None:
        """All of it. Months and marks in order: two writers never wait for one another in a circle."""
        for begins, marks in sorted(self._days.items()):
            rows = [(begins, mark, site, min(days), False) for mark, (site, days) in sorted(marks.items())]
            fresh = unseen(session, SiteMark, _ROW, rows, key=1)
            maybe = [mark for mark, (_site, days) in sorted(marks.items()) if mark not in fresh or len(days) > 1]
            again = _again(session, begins, {mark: marks[mark][1] for mark in maybe})
            visitors = Counter(marks[mark][0] for mark in fresh)
            counts = [
                {"begins_at": begins, "site": site, "visitors": visitors[site], "came_again": again[site]}
                for site in sorted(visitors.keys() | again.keys())
            ]
            upsert(session, SiteVisitors, counts, _KEY, _more)


def _mark(key: bytes, site: str, institution: str, who: bytes) -> bytes:
    return hmac.digest(key, b"\0".join((b"site", *(each.encode("utf-8", "surrogatepass") for each in (site, institution)), who)), "sha256")[
        :16
    ]


def _again(session: Session, begins: datetime, days: dict[bytes, Collection[int]]) -> Counter[str]:
    """How many of each site's are seen on a second day by these."""
    found: Counter[str] = Counter()
    for some in slices(list(days)):
        first = select(SiteMark.mark, SiteMark.site, SiteMark.day).where(
            SiteMark.begins_at == begins, SiteMark.mark.in_(some), SiteMark.again.is_(False)
        )
        rows = session.execute(first.order_by(SiteMark.mark).with_for_update()).all()
        came = {bytes(mark): site for mark, site, day in rows if set(days[bytes(mark)]) - {day}}
        if came:
            its = SiteMark.begins_at == begins, SiteMark.mark.in_(sorted(came))
            session.execute(update(SiteMark).where(*its).values(again=True).execution_options(synchronize_session=False))
        found.update(came.values())
    return found


def _more(new: Any) -> dict[str, Any]:
    """What is frozen stays as it is."""
    old = SiteVisitors
    return {
        name: case((old.frozen_at.is_(None), getattr(old, name) + new[name]), else_=getattr(old, name))
        for name in ("visitors", "came_again")
    }


def close(database: Engine, begins: datetime, now: datetime) -> int:
    """Freeze a month's counts and destroy its marks; how many went."""
    with transaction(database) as session:
        of_it = SiteVisitors.begins_at == begins, SiteVisitors.frozen_at.is_(None)
        session.execute(update(SiteVisitors).where(*of_it).values(frozen_at=now))
    some = select(SiteMark.mark).where(SiteMark.begins_at == begins).limit(BATCH)
    forget = delete(SiteMark).where(SiteMark.begins_at == begins, SiteMark.mark.in_(some)).execution_options(synchronize_session=False)
    gone, went = 0, BATCH
    while went >= BATCH:
        with transaction(database) as session:
            went = affected(session.execute(forget))
        gone += went
    return gone
