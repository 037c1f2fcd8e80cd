"""What a batch of accounting adds up to beside its sessions: hours of usage, addresses held, access points nobody declared.

Collected in memory, written by upserts that add, widen or count. Never holds a person: hours and places only.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import case, delete, func, select

from store.models import SessionAddress, UnknownAccessPoint, UsageHour
from store.upsert import upsert

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session as Database

    from store.entries import Entry
    from store.matching import Growth
    from store.models import Session

MOST_UNKNOWN: Final = 10_000  # access points nobody declared; the longest unseen give way
_PLACE: Final = ("hour", "site", "access_point", "ssid")
_FIGURES: Final = ("sessions", "seconds", "input_octets", "output_octets")
_UNKNOWN: Final = ("client", "bssid", "nas_identifier")


class Sums:
    """One batch's."""

    def __init__(self) -> None:
        self._usage: defaultdict[tuple[datetime, str, str, str], list[int]] = defaultdict(lambda: [0] * len(_FIGURES))
        self._addresses: dict[tuple[str, str], tuple[datetime, datetime]] = {}
        self._unknown: dict[tuple[str, str, str], tuple[str, datetime, datetime, int]] = {}

    def begin(self, session: Session) -> None:
        """A session more, in the hour it began."""
        self._row(session.started_at, session)[0] += 1

    def grow(self, at: datetime, session: Session, growth: Growth) -> None:
        """What a record raised its session by, in the hour the record tells of."""
        if any(growth):
            row = self._row(at, session)
            for place, more in enumerate(growth, 1):
                row[place] += more

    def _row(self, at: datetime, session: Session) -> list[int]:
        hour = at.replace(minute=0, second=0, microsecond=0)
        return self._usage[hour, session.site, session.access_point, session.ssid]

    def hold(self, session: Session, entry: Entry) -> None:
        """A session holds these addresses."""
        for address in entry.addresses:
            first, last = self._addresses.get((session.id, address), (entry.at, entry.at))
            self._addresses[session.id, address] = (min(first, entry.at), max(last, entry.at))

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
            dict(zip(_PLACE, place, strict=True)) | dict(zip(_FIGURES, figures, strict=True))
            for place, figures in sorted(self._usage.items())  # sorted: two writers never wait for one another in a circle
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
