"""Where a session was: its hops, written anew where late word of it changes them.

A session that was never seen elsewhere has none; one that was has its first access point too. Never a hop between two
records that name the same access point.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from store.models import SessionHop
from store.slices import slices
from store.upsert import load

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session as Database

    from store.tally import Stay, Tally

_COLUMNS = ("session_id", "at", "access_point", "bssid", "ssid")


def move(database: Database, tallies: Iterable[Tally]) -> None:
    """Write the hops of sessions that moved."""
    rows: list[tuple[Any, ...]] = []
    again: list[str] = []
    for tally in tallies:
        if len(tally.legs) == 1 and not tally.legs[0].moved:
            continue
        before, now = _hops(tally.stays(before=True)), _hops(tally.stays())
        if now == before:
            continue
        if tally.based:  # its older hops are known to the table alone
            now = now[1:] if _there(database, tally.id) else now
            now, before = [stay for stay in now if stay not in before], []
        elif now[: len(before)] != before:
            again.append(tally.id)
            before = []
        rows += [(tally.id, stay.at, stay.place.access_point, stay.place.bssid, stay.place.ssid) for stay in now[len(before) :]]
    for some in slices(again):
        database.execute(delete(SessionHop).where(SessionHop.session_id.in_(some)).execution_options(synchronize_session=False))
    load(database, SessionHop, _COLUMNS, rows)


def _hops(stays: list[Stay]) -> list[Stay]:
    return stays if len(stays) > 1 else []


def _there(database: Database, session: str) -> bool:
    return database.scalars(select(SessionHop.id).where(SessionHop.session_id == session).limit(1)).first() is not None
