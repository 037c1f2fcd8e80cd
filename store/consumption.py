"""What a batch of accounting says of guests: whose grant a session runs under, and what was used of it.

A session belongs to the grant that our Class names (b"g." and the grant's id), else to the grant that its device had
when it began, else to the one it has since; a user of a home institution is nobody's guest. A Class is only what a NAS
repeats: it is believed for the very device it was given to, and where accounting names no device, only from the client
that the guest signed in at. So no NAS charges a guest whose device it does not name. Growth counts for the grant's
account, else its device.
Beside store/sums.py: collected in memory, written once. Never holds a station's address, and never counts a growth twice.
"""

from __future__ import annotations

import re
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

_CLASS: Final = re.compile(rb"g\.([0-9A-Za-z]{16})")  # of a guest's Accept
EARLY: Final = timedelta(seconds=60)  # a Start may tell a time before its grant: clocks differ


class _Loose(NamedTuple):
    """A session without a grant, and when its device was seen."""

    session: Tally
    device: bytes
    at: datetime


class _Said(NamedTuple):
    """A session whose Class names a grant."""

    session: Tally
    grant: str
    device: bytes
    client: str


class _Grown(NamedTuple):
    session: Tally
    at: datetime
    seconds: int
    octets: int


class Consumption:
    """One batch's. After `write`, `subjects` are those who used something or whose sessions began or ended."""

    def __init__(self, zone: tzinfo) -> None:
        self.subjects: set[str] = set()
        self.zone = zone
        self._classes: dict[str, _Said] = {}  # of each session
        self._devices: dict[str, _Loose] = {}
        self._touched: dict[str, Tally] = {}
        self._grown: list[_Grown] = []

    def grow(self, entry: Entry, session: Tally, growth: Growth, privacy: Privacy) -> None:
        """A record was counted into its session."""
        said = _CLASS.fullmatch(entry.class_)
        strange = session.grant_id is None and not session.realm and b"@" not in entry.user_name
        device = privacy.device(entry.station) if said is not None or strange else b""
        if said is not None and entry.at >= session.updated_at and (named := said[1].decode()) != session.grant_id:
            self._classes[session.id] = _Said(session, named, device, entry.client)  # authenticated anew, it runs under another grant
        if strange and device:
            self._devices[session.id] = _Loose(session, device, entry.at)
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
            self.zone,
        )

    def _grants(self, database: Database) -> dict[str | None, Grant]:
        """The grants that sessions have, or that their Class names."""
        names = {row.grant_id for row in self._touched.values() if row.grant_id} | {said.grant for said in self._classes.values()}
        found: dict[str | None, Grant] = {}
        for some in slices(sorted(names)):
            found |= {grant.id: grant for grant in database.scalars(select(Grant).where(Grant.id.in_(some)))}
        return found

    def _tie(self, database: Database, known: dict[str | None, Grant]) -> None:
        """Give sessions their grants."""
        for said in self._classes.values():
            if (grant := known.get(said.grant)) is not None and _believed(said, grant):
                said.session.grant_id = grant.id
        loose = [each for each in self._devices.values() if each.session.grant_id is None]
        first = min((min(each.session.started_at, each.at) for each in loose), default=None)
        began: defaultdict[bytes, list[Grant]] = defaultdict(list)
        for some in slices(sorted({each.device for each in loose})):
            for grant in database.scalars(select(Grant).where(Grant.device_hash.in_(some), Grant.ends_at > first)):
                began[bytes(grant.device_hash)].append(grant)
        for each in loose:
            mine = began[each.device]
            if (then := _at(mine, each.session.started_at) or _at(mine, each.at)) is not None:
                each.session.grant_id = then.id
                known[then.id] = then
        database.flush()


def _believed(said: _Said, grant: Grant) -> bool:
    """Whether this Class was handed out for this session."""
    return said.device == grant.device_hash if said.device else said.client == grant.client


def _at(found: list[Grant], began: datetime) -> Grant | None:
    """The newest grant that was live at this moment."""
    lived = [
        grant
        for grant in found
        if grant.starts_at - EARLY <= began < grant.ends_at and (grant.revoked_at is None or began < grant.revoked_at)
    ]
    return max(lived, key=lambda grant: grant.starts_at, default=None)
