"""What a batch of accounting says of guests: whose grant a session runs under, and what was used of it.

A session belongs to the grant that our Class names (b"g." and the grant's id), else to the grant that its device had
when it began; a user of a home institution is nobody's guest. Growth counts for the grant's account, else its device.
Beside store/sums.py: collected in memory, written once. Never holds a station's address, and never counts a growth twice.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import select

from store import grants, usage
from store.models import Grant
from store.slices import slices

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from sqlalchemy.orm import Session as Database

    from store.entries import Entry
    from store.matching import Growth
    from store.privacy import Privacy
    from store.tally import Tally

CLASS: Final = b"g."  # begins the Class of a guest's Accept
_ID: Final = 16
EARLY: Final = timedelta(seconds=60)  # a Start may tell a time before its grant: clocks differ


class _Grown(NamedTuple):
    session: Tally
    at: datetime
    seconds: int
    octets: int


class Consumption:
    """One batch's. After `write`, `subjects` are those who used something or whose sessions began or ended."""

    def __init__(self, zone: tzinfo) -> None:
        self.subjects: set[str] = set()
        self._zone = zone
        self._classes: dict[str, tuple[Tally, str]] = {}  # session -> the grant that its Class names
        self._devices: dict[str, tuple[Tally, bytes]] = {}  # session -> its device, where there is no Class
        self._touched: dict[str, Tally] = {}
        self._grown: list[_Grown] = []

    def begin(self, entry: Entry, session: Tally, privacy: Privacy) -> None:
        """A session was made from this record."""
        if entry.station and b"@" not in entry.user_name:
            self._devices[session.id] = (session, privacy.device(entry.station))

    def grow(self, entry: Entry, session: Tally, growth: Growth) -> None:
        """A record was counted into its session."""
        named = entry.class_[len(CLASS) :].decode("ascii", "replace") if entry.class_.startswith(CLASS) else ""
        if len(named) == _ID and named != session.grant_id and entry.at >= session.updated_at:
            self._classes[session.id] = (session, named)  # a session that was authenticated anew runs under another grant
        if session.grant_id is not None or session.id in self._classes or session.id in self._devices:
            self._touched[session.id] = session
            if any(growth):
                self._grown.append(_Grown(session, entry.at, growth.seconds, growth.input_octets + growth.output_octets))

    def write(self, database: Database) -> None:
        """All of it, into the caller's transaction."""
        if not self._touched:
            return
        known = self._grants(database)
        self._tie(database, known)
        whose = {id_: grants.subject(known[row.grant_id]) for id_, row in self._touched.items() if row.grant_id in known}
        self.subjects |= set(whose.values())
        usage.spend(
            database,
            [(whose[each.session.id], each.at, each.seconds, each.octets) for each in self._grown if each.session.id in whose],
            self._zone,
        )

    def _grants(self, database: Database) -> dict[str | None, Grant]:
        """The grants that sessions have, or that their Class names."""
        names = {row.grant_id for row in self._touched.values() if row.grant_id} | {name for _, name in self._classes.values()}
        found: dict[str | None, Grant] = {}
        for some in slices(sorted(names)):
            found |= {grant.id: grant for grant in database.scalars(select(Grant).where(Grant.id.in_(some)))}
        return found

    def _tie(self, database: Database, known: dict[str | None, Grant]) -> None:
        """Give sessions their grants."""
        for session, name in self._classes.values():
            if name in known:
                session.grant_id = name
        loose = [(device, session.started_at) for session, device in self._devices.values() if session.grant_id is None]
        first = min((began for _, began in loose), default=None)
        began: defaultdict[bytes, list[Grant]] = defaultdict(list)
        for some in slices(sorted({device for device, _ in loose})):
            for grant in database.scalars(select(Grant).where(Grant.device_hash.in_(some), Grant.ends_at > first)):
                began[bytes(grant.device_hash)].append(grant)
        for session, device in self._devices.values():
            if session.grant_id is None and (then := _at(began[device], session.started_at)) is not None:
                session.grant_id = then.id
                known[then.id] = then
        database.flush()


def _at(found: list[Grant], began: datetime) -> Grant | None:
    """The newest grant that was live at this moment."""
    lived = [
        grant
        for grant in found
        if grant.starts_at - EARLY <= began < grant.ends_at and (grant.revoked_at is None or began < grant.revoked_at)
    ]
    return max(lived, key=lambda grant: grant.starts_at, default=None)
