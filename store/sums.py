"""What a batch of accounting adds up to beside its sessions: hours of usage, addresses held, access points nobody declared.

Collected in memory, written by upserts that add, widen or count. Never holds a person: hours and places only.
"""

from __future__ import annotations

from collections import defaultdict
from operator import add
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import case, delete, func, select

from store import site_sums
from store.hours import HOUR, spread
from store.models import SessionAddress, UnknownAccessPoint, UsageHour
from store.tally import micros, moment
from store.trail import BASE, stretches
from store.upsert import upsert

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session as Database

    from store.entries import Entry
    from store.hours import Figures
    from store.tally import Leg, Place, Tally
    from store.trail import Values

MOST_UNKNOWN: Final = 10_000  # access points nobody declared; the longest unseen give way
_PLACE: Final = ("hour", "site", "access_point", "ssid")
_SITE: Final = ("hour", "site", "roaming")
_FIGURES: Final = site_sums.FIGURES
_UNKNOWN: Final = ("client", "bssid", "nas_identifier")


class Sums:
    """One batch's."""

    def __init__(self) -> None:
        self._usage: defaultdict[tuple[int, Place], list[int]] = defaultdict(lambda: [0] * len(_FIGURES))
        self._addresses: dict[tuple[str, str], tuple[datetime, datetime]] = {}
        self._unknown: dict[tuple[str, str, str], tuple[str, datetime, datetime, int]] = {}

    def grow(self, tally: Tally) -> None:
        """What this batch told of a session, in the hours and at the places it happened."""
        for leg in tally.legs:
            began = micros(leg.started_at)
            if leg.trail.odd or began != leg.began or (leg.moved and leg.unnamed):
                self._compare(leg, began)
            else:
                for sign, begin, end in leg.trail.steps:
                    self._use(leg, sign, begin, end)

    def _compare(self, leg: Leg, began: int) -> None:
        """The difference between all that was known of a leg and what is."""
        for before, start, sign in ((True, leg.began, -1), (False, began, 1)):
            points = leg.resolved(leg.trail.points(before=before))
            if not points or start is None:
                continue
            if leg.number == 0 and not points[0].place & BASE:
                self._row(start // HOUR, leg.places[points[0].place])[0] += sign
            for begin, end in stretches(points, start):
                self._use(leg, sign, begin, end)

    def _use(self, leg: Leg, sign: int, begin: Values, end: Values) -> None:
        """A stretch more, or less. What was used before a station was seen elsewhere counts where it was seen last."""
        before, after = begin[2:], end[2:]
        if before == after:
            return
        place, hour = leg.places[begin[1] & ~BASE], begin[0] // HOUR
        if hour == (end[0] - 1) // HOUR:
            self._grow(hour, place, sign, (after[0] - before[0], after[1] - before[1], after[2] - before[2]))
        else:
            for each, growth in spread(begin[0], end[0], before, after):
                self._grow(each, place, sign, growth)

    def _grow(self, hour: int, place: Place, sign: int, growth: Figures) -> None:
        row = self._row(hour, place)
        row[1] += sign * growth[0]
        row[2] += sign * growth[1]
        row[3] += sign * growth[2]

    def _row(self, hour: int, place: Place) -> list[int]:
        return self._usage[hour, place]

    def hold(self, session: str, address: str, at: datetime) -> None:
        """A session held this address at this time."""
        first, last = self._addresses.get((session, address), (at, at))
        self._addresses[session, address] = (min(first, at), max(last, at))

    def see(self, entry: Entry) -> None:
        """A record came from this access point, which may be nobody's yet."""
        if entry.bssid and not entry.access_point:
            self.see_unknown((entry.client, entry.bssid, entry.nas_identifier), entry.ssid, entry.received_at)

    def see_unknown(self, point: tuple[str, str, str], ssid: str, at: datetime) -> None:
        """An undeclared access point (client, BSSID, NAS-Identifier) spoke."""
        _, first, last, sightings = self._unknown.get(point, (ssid, at, at, 0))
        self._unknown[point] = (ssid, min(first, at), max(last, at), sightings + 1)

    def write(self, database: Database) -> None:
        """All of it, into the caller's transaction."""
        self._write_usage(database)
        self._write_addresses(database)
        self._write_unknown(database)

    def _write_usage(self, database: Database) -> None:
        spots: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * len(_FIGURES))
        sites: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * len(_FIGURES))
        for (hour, place), figures in self._usage.items():  # a BSSID is told apart by hops alone
            for row in (spots[hour, place.site, place.access_point, place.ssid], sites[hour, place.site, place.roaming]):
                row[:] = map(add, row, figures)
        upsert(
            database, UsageHour, _rows(_PLACE, spots), _PLACE, lambda new: {name: getattr(UsageHour, name) + new[name] for name in _FIGURES}
        )
        site_sums.add_hours(database, _rows(_SITE, sites))

    def _write_addresses(self, database: Database) -> None:
        rows = [
            {"session_id": one, "address": address, "first_at": first, "last_at": last}
            for (one, address), (first, last) in sorted(self._addresses.items())
        ]
        upsert(database, SessionAddress, rows, ("session_id", "address"), _wider)

    def _write_unknown(self, database: Database) -> None:
        rows = [
            dict(zip(_UNKNOWN, point, strict=True)) | {"ssid": ssid, "first_seen": first, "last_seen": last, "sightings": sightings}
            for point, (ssid, first, last, sightings) in sorted(self._unknown.items())
        ]
        upsert(database, UnknownAccessPoint, rows, _UNKNOWN, _newer)
        if rows:
            _forget_oldest(database)


def _rows(key: tuple[str, ...], sums: dict[tuple[Any, ...], list[int]]) -> list[dict[str, Any]]:
    """Those that say something; sorted: two writers never wait for one another in a circle."""
    return [
        dict(zip(key, (moment(hour * HOUR), *place), strict=True)) | dict(zip(_FIGURES, figures, strict=True))
        for (hour, *place), figures in sorted(sums.items())
        if any(figures)
    ]


def _wider(new: Any) -> dict[str, Any]:
    old = SessionAddress
    return {
        "first_at": case((old.first_at < new.first_at, old.first_at), else_=new.first_at),
        "last_at": case((old.last_at > new.last_at, old.last_at), else_=new.last_at),
    }


def _newer(new: Any) -> dict[str, Any]:
    return {"ssid": new.ssid, "last_seen": new.last_seen, "sightings": UnknownAccessPoint.sightings + new.sightings}


def _forget_oldest(database: Database) -> None:
    """Keep the list at its bound."""
    over = (database.scalar(select(func.count()).select_from(UnknownAccessPoint)) or 0) - MOST_UNKNOWN
    if over > 0:
        oldest = select(UnknownAccessPoint.id).order_by(UnknownAccessPoint.last_seen, UnknownAccessPoint.id).limit(over)
        gone = delete(UnknownAccessPoint).where(UnknownAccessPoint.id.in_(oldest))
        database.execute(gone.execution_options(synchronize_session=False))
