"""The sessions of one batch: found by the names that records give them, locked, and written back.

Found by Acct-Session-Id, of any leg, and by Acct-Multi-Session-Id; rows are read in order of their ids, so that two
writers do not wait for each other in a circle. Never writes a column that did not change, and never one row by itself.
"""

from __future__ import annotations

import json
from collections import defaultdict
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, literal_column, select

from store.models import Session, SessionTrail
from store.slices import among
from store.tally import Identity, Leg, Tally, micros, places, restored
from store.trail import Trail
from store.upsert import change, load

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Table
    from sqlalchemy.orm import Session as Database

    from store.models import SessionStatus

_NOTHING: Final[ColumnElement[str]] = literal_column("''")  # in the statement's text, as the indexes without empty names have it
_COLUMNS: Final = tuple(name for name in Tally.__slots__ if name not in ("has_class", "has_cui", "sealed", "legs"))
_TABLE: Final[Table] = Session.__table__  # type: ignore[assignment]
_TRAIL: Final[Table] = SessionTrail.__table__  # type: ignore[assignment]
_ORDER: Final = {column.name: place for place, column in enumerate(_TABLE.columns)}
_SEALED: Final = ("station_sealed", "user_sealed", "class", "cui")
_WRITTEN: Final = tuple(sorted((*_COLUMNS, *_SEALED), key=_ORDER.__getitem__))
_READ: Final = (
    select(
        *(_TABLE.c[name] for name in _COLUMNS), _TABLE.c["class"].is_not(None), _TABLE.c.cui.is_not(None),
        _TRAIL.c.leg, _TRAIL.c.state, _TRAIL.c.places, _TRAIL.c.points,
    )
    .outerjoin_from(_TABLE, _TRAIL, _TRAIL.c.session_id == _TABLE.c.id)
)  # fmt: skip
_LOCKED: Final = _READ.order_by(_TABLE.c.id).with_for_update(of=_TABLE)  # SQLite has one writer anyway
_state: Final = attrgetter(*_COLUMNS)
_STATUS: Final = _COLUMNS.index("status")
_STARTED, _SITE, _SECONDS = (_COLUMNS.index(name) for name in ("started_at", "site", "seconds"))


class Tallies:
    """Every session that one batch touches."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, Tally] = {}
        self._rows: dict[str, tuple[Any, ...]] = {}  # as they were read
        self._legs: defaultdict[Identity, list[Leg]] = defaultdict(list)
        self._moving: defaultdict[tuple[str, bytes, str], list[Tally]] = defaultdict(list)  # by Acct-Multi-Session-Id
        self._of_nas: defaultdict[tuple[str, str, str], list[Leg]] = defaultdict(list)

    def __iter__(self) -> Iterator[Tally]:
        return iter(self._known.values())

    def legs(self, identity: Identity) -> list[Leg]:
        """What is known under this name, in order of start: the list itself, to be added to."""
        return self._legs[identity]

    def moving(self, identity: Identity, multi: str) -> list[Tally]:
        """The sessions of this station that carry this Acct-Multi-Session-Id."""
        return self._moving.get((identity.client, identity.station_hash, multi), []) if multi and identity.station_hash else []

    def of_nas(self, client: str, source: str, nas_identifier: str) -> list[Leg]:
        """Every leg at this NAS that is known here."""
        return self._of_nas.get((client, source, nas_identifier), [])

    def find(self, ids: set[str]) -> None:
        """Read the sessions that records of these Acct-Session-Ids may belong to."""
        wanted = sorted(ids)
        self.read(among(self._database, _TABLE.c.acct_session_id, wanted))
        legs = select(_TRAIL.c.session_id).where(
            _TRAIL.c.acct_session_id != _NOTHING, among(self._database, _TRAIL.c.acct_session_id, wanted)
        )
        if others := sorted(set(self._database.scalars(legs)) - self._known.keys()):
            self.read(among(self._database, _TABLE.c.id, others))

    def find_moving(self, multis: set[str]) -> None:
        """The same by Acct-Multi-Session-Id."""
        if multis:
            self.read(and_(_TABLE.c.multi_session_id != _NOTHING, among(self._database, _TABLE.c.multi_session_id, sorted(multis))))

    def read(self, which: ColumnElement[bool]) -> None:
        """Read and lock these sessions, but those that are here."""
        fresh: dict[str, Tally] = {}
        query = _READ if self._database.get_bind().dialect.name == "sqlite" else _LOCKED
        for row in self._database.execute(query.where(which)).all():
            if (name := row[0]) in self._known:
                continue
            if name not in fresh:
                fresh[name] = Tally(*row[: len(_COLUMNS) + 2])
                self._rows[name] = row[: len(_COLUMNS)]
            self._restore(fresh[name], row)
        for tally in fresh.values():
            self._settle_read(tally)
            self.add(tally)

    def _restore(self, tally: Tally, row: Sequence[Any]) -> None:
        number, state, where, points = row[-4:]
        leg = restored(tally, state) if state else tally.leg()
        leg.number = number or 0
        leg.began = micros(leg.started_at)
        if number is None:  # an older version counted it
            leg.places = [tally.place]
            leg.trail = Trail.base(micros(leg.updated_at), 0, leg.figures)
        else:
            leg.places = list(places(where, roaming=bool(tally.realm)))
            leg.trail = Trail(bytes(points))
            leg.stored = len(leg.places)

    def _settle_read(self, tally: Tally) -> None:
        """Its legs in their order; whoever calls sessions stale writes only the row."""
        if len(tally.legs) > 1:
            tally.legs.sort(key=lambda leg: leg.number)
            newest = tally.newest
            newest.status, newest.ended_at, newest.terminate_cause = tally.status, tally.ended_at, tally.terminate_cause

    def add(self, tally: Tally) -> None:
        """One more session, read or made."""
        self._known[tally.id] = tally
        for leg in tally.legs:
            self.add_leg(leg)
        if tally.multi_session_id:
            self.carries(tally, tally.multi_session_id)

    def add_leg(self, leg: Leg) -> None:
        """One more leg."""
        self._legs[leg.identity].append(leg)
        self._legs[leg.identity].sort(key=lambda each: each.started_at)
        self._of_nas[leg.identity[:3]].append(leg)

    def carries(self, tally: Tally, multi: str) -> None:
        """A session was heard of under this Acct-Multi-Session-Id."""
        self._moving[tally.client, tally.station_hash, multi].append(tally)

    # Writing ---------------------------------------------------------------------------------------------------------

    def write(self) -> list[str]:
        """All that changed; the ids of the sessions that are new."""
        made = [tally for tally in self if tally.id not in self._rows]
        load(self._database, Session, _WRITTEN, [_whole(tally) for tally in made])
        self._write_changes()
        self._write_trails()
        return [tally.id for tally in made]

    def before(self, name: str) -> SessionStatus | None:
        """How a session stood when it was read; None for a new one."""
        row = self._rows.get(name)
        return row[_STATUS] if row is not None else None

    def length_before(self, name: str) -> tuple[datetime, str, int] | None:
        """When a session began, where it was and for how many seconds, when it was read; None for a new one."""
        row = self._rows.get(name)
        return (row[_STARTED], row[_SITE], row[_SECONDS]) if row is not None else None

    def forget(self) -> None:
        """Let go of legs, which know their sessions: who counts much does not wait for the collector of such circles."""
        for tally in self:
            tally.legs.clear()

    def _write_changes(self) -> None:
        """One statement for each set of columns that changed together."""
        changes: defaultdict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
        for tally in self:
            was = self._rows.get(tally.id)
            if was is None:
                continue
            now = _state(tally)
            places = tuple(place for place, value in enumerate(now) if value != was[place])
            if tally.sealed:
                new = {_COLUMNS[place]: now[place] for place in places} | tally.sealed
                names = tuple(sorted(new, key=_ORDER.__getitem__))
                changes[names].append((*(new[name] for name in names), tally.id))
            elif places:
                changes[_named(places)].append((*(now[place] for place in places), tally.id))
        for names, rows in changes.items():
            change(self._database, Session, names, ("id",), rows)

    def _write_trails(self) -> None:
        new: list[tuple[Any, ...]] = []
        longer: list[tuple[Any, ...]] = []
        other: list[tuple[Any, ...]] = []
        for tally in self:
            for leg in tally.legs:
                several = len(tally.legs) > 1
                if not (leg.trail.changed or several):
                    continue
                named = (leg.identity.acct_session_id, leg.told()) if several else ("", "")
                if leg.stored == len(leg.places) and not several:
                    longer.append((leg.trail.packed(), tally.id, leg.number))
                elif leg.stored is not None:
                    other.append((*named, json.dumps(leg.places), leg.trail.packed(), tally.id, leg.number))
                else:
                    new.append((tally.id, leg.number, *named, json.dumps(leg.places), leg.trail.packed()))
        load(self._database, SessionTrail, ("session_id", "leg", "acct_session_id", "state", "places", "points"), new)
        change(self._database, SessionTrail, ("points",), ("session_id", "leg"), longer)
        change(self._database, SessionTrail, ("acct_session_id", "state", "places", "points"), ("session_id", "leg"), other)


@lru_cache(maxsize=1_024)
def _named(places: tuple[int, ...]) -> tuple[str, ...]:
    """These columns, which a Tally has in the table's order."""
    return tuple(_COLUMNS[place] for place in places)


def _whole(tally: Tally) -> tuple[Any, ...]:
    """A new row, as _WRITTEN names it."""
    return tuple(tally.sealed.get(name) if name in _SEALED else getattr(tally, name) for name in _WRITTEN)
