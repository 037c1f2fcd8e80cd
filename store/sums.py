"""What a batch of accounting adds up to beside its sessions: hours of usage, addresses held, access points nobody declared.

Collected in memory, written by upserts that add, widen or count. Never holds a person: hours and places only.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import case, delete, func, select

from store.hours import HOUR
from store.models import SessionAddress, UnknownAccessPoint, UsageHour
from store.tally import micros, moment
from store.trail import BASE, used
from store.upsert import upsert

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session as Database

    from store.entries import Entry
    from store.tally import Leg, Place, Tally
    from store.trail import Point

MOST_UNKNOWN: Final = 10_000  # access points nobody declared; the longest unseen give way
_PLACE: Final = ("hour", "site", "access_point", "ssid")
_FIGURES: Final = ("sessions", "seconds", "input_octets", "output_octets")
_UNKNOWN: Final = ("client", "bssid", "nas_identifier")


class Sums:
    """One batch's."""

    def __init__(self) -> None:
        self._usage: defaultdict[tuple[int, str, str, str], list[int]] = defaultdict(lambda: [0] * len(_FIGURES))
        self._addresses: dict[tuple[str, str], tuple[datetime, datetime]] = {}
        self._unknown: dict[tuple[str, str, str], tuple[str, datetime, datetime, int]] = {}

    def grow(self, tally: Tally) -> None:
        """What this batch told of a session, in the hours and at the places it happened."""
        for leg in tally.legs:
            began = micros(leg.started_at)
            if leg.trail.changed or began != leg.began:
                self._compare(leg, began, counted=leg.number == 0)

    def _compare(self, leg: Leg, began: int, *, counted: bool) -> None:
        """The difference between what was known of a leg and what is."""
        unnamed = leg.moved and not all(place.name for place in leg.places)
        was, now, beginning = leg.trail.window(whole=unnamed or began != leg.began)
        for points, start, sign in ((was, leg.began, -1), (now, began, 1)):
            if points:
                self._add(leg, leg.resolved(points) if unnamed else points, start if beginning else None, sign, counted=counted)

    def _add(self, leg: Leg, points: list[Point], began: int | None, sign: int, *, counted: bool) -> None:
        """What these points tell of, or once more without them."""
        if counted and began is not None and not points[0].place & BASE:
            self._row(began // HOUR, leg.places[points[0].place])[0] += sign
        for hour, place, (seconds, up, down) in used(points, began):
            row = self._row(hour, leg.places[place])
            row[1] += sign * seconds
            row[2] += sign * up
            row[3] += sign * down

    def _row(self, hour: int, place: Place) -> list[int]:
        return self._usage[hour, place.site, place.access_point, place.ssid]

    def hold(self, session: str, entry: Entry) -> None:
        """A session holds these addresses."""
        for address in entry.addresses:
            first, last = self._addresses.get((session, address), (entry.at, entry.at))
            self._addresses[session, address] = (min(first, entry.at), max(last, entry.at))

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
        rows = [
            dict(zip(_PLACE, (moment(hour * HOUR), *place), strict=True)) | dict(zip(_FIGURES, figures, strict=True))
            for (hour, *place), figures in sorted(self._usage.items())  # sorted: two writers never wait for one another in a circle
            if any(figures)
        ]
        upsert(database, UsageHour, rows, _PLACE, lambda new: {name: getattr(UsageHour, name) + new[name] for name in _FIGURES})

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
