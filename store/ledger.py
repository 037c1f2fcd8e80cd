"""The accounting ledger: records in, sessions, hops, addresses and hours of usage out; each record counted once.

`record_accounting` takes a batch in one transaction of the caller's: the idempotence key goes in first, and only a
record whose key was new changes anything. Sessions are matched by store/matching.py. Whatever fits no session is kept
as it came (OddRecord). Commit before telling the spool that a batch is done.

Never changes a total outside the transaction that inserted the record's key; never stores a station or a name in clear.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import select

from store import matching
from store.consumption import Consumption
from store.entries import Entry, Kind
from store.ids import new_id
from store.links import link_sessions
from store.matching import Inferred
from store.models import AccountingKey, OddRecord, Session, SessionHop, SessionStatus
from store.sealed import Where
from store.slices import slices
from store.sums import Sums
from store.upsert import unseen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session as Database

    from store.privacy import Privacy


# What a session has before any record says otherwise; the columns' defaults come too late, at the flush.
_UNTOLD: Final[dict[str, Any]] = {
    **dict.fromkeys(("realm", "home", "framed_ip", "nas_address", "multi_session_id", "quarantined", "terminate_cause"), ""),
    **dict.fromkeys(("updates", "seconds", "input_octets", "output_octets"), 0),
    "status": SessionStatus.OPEN,
    "start_seen": False,
    "user_hash": b"",
}


_REALM: Final = re.compile(rb"@([A-Za-z0-9_.-]{1,253})\Z")


class Identity(NamedTuple):
    """What a NAS names a session by; the start tells those of one identity apart."""

    client: str
    source: str
    nas_identifier: str
    acct_session_id: str
    station_hash: bytes


def record_accounting(database: Database, entries: Iterable[Entry], privacy: Privacy, consumption: Consumption | None = None) -> int:
    """Count a batch of records; how many of them were new. `consumption` learns what guests used."""
    fresh = _unseen(database, entries)
    _Batch(database, privacy, fresh, consumption or Consumption(UTC)).count()
    return len(fresh)


def _unseen(database: Database, entries: Iterable[Entry]) -> list[Entry]:
    """Insert the keys; the entries whose key was not there, in order of the time they tell of."""
    by_key = {entry.key: entry for entry in reversed(list(entries))}
    if not by_key:
        return []
    added = unseen(database, AccountingKey, ("key", "at"), sorted((key, entry.received_at) for key, entry in by_key.items()))
    return sorted((entry for key, entry in by_key.items() if key in added), key=lambda entry: (entry.at, entry.received_at))


class _Batch:
    """The work on one batch: what it looked up, and the sums it will write at the end."""

    def __init__(self, database: Database, privacy: Privacy, entries: Sequence[Entry], consumption: Consumption) -> None:
        self.database = database
        self.privacy = privacy
        self.entries = entries
        self.hashes = {station: privacy.station(station) for station in {entry.station for entry in entries}}
        self.known: defaultdict[Identity, list[Session]] = defaultdict(list)
        self.made: list[Session] = []
        self.sums = Sums()
        self.consumption = consumption

    def count(self) -> None:
        self._load()
        for entry in self.entries:
            if entry.kind in (Kind.ON, Kind.OFF):
                self._close_all(entry)
            elif entry.kind is Kind.OTHER or not entry.acct_session_id:
                self._keep_as_it_came(entry)
            else:
                self._count(entry)
            self.sums.see(entry)
        self.database.flush()
        link_sessions(self.database, self.made, self.privacy)
        self.sums.write(self.database)
        self.consumption.write(self.database)

    def _load(self) -> None:
        """Every session these records may belong to, locked, in order of start."""
        for ids in slices(sorted({entry.acct_session_id for entry in self.entries if entry.acct_session_id})):
            query = select(Session).where(Session.acct_session_id.in_(ids)).order_by(Session.started_at).with_for_update()
            for session in self.database.scalars(query):
                self.known[_identity(session)].append(session)

    def _count(self, entry: Entry) -> None:
        mine = Identity(entry.client, entry.source, entry.nas_identifier, entry.acct_session_id, self.hashes[entry.station])
        known = self.known[mine]
        session = matching.owner(entry, known)
        if session is None:
            session = self._make(entry, mine)
            known.append(session)
        self._place(entry, session)
        growth = matching.apply(entry, session)
        known.sort(key=lambda each: each.started_at)
        for older in known[:-1]:  # a NAS does not use one id twice at once
            matching.infer_end(older, Inferred.REUSED)
        self._describe(entry, session)
        self.sums.grow(entry.at, session, growth)
        self.consumption.grow(entry, session, growth)

    def _make(self, entry: Entry, mine: Identity) -> Session:
        begun = matching.reckoned_start(entry)
        place = {"access_point": entry.access_point, "bssid": entry.bssid, "ssid": entry.ssid, "site": entry.site}
        session = Session(id=new_id(), **mine._asdict(), **place, **_UNTOLD, started_at=begun, updated_at=begun, local=entry.local)
        session.station_sealed = self.privacy.sealed(entry.station.encode(), "session", session.id, "station_sealed")
        self.database.add(session)
        self.made.append(session)
        self.sums.begin(session)
        self.consumption.begin(entry, session, self.privacy)
        return session

    def _place(self, entry: Entry, session: Session) -> None:
        """A station that roamed under the same session id has moved: where it was and where it is are hops."""
        here, there = session.bssid or session.access_point, entry.bssid or entry.access_point
        if entry.at < session.updated_at or not there or there == here:
            return
        if here:
            if self.database.scalars(select(SessionHop.id).where(SessionHop.session_id == session.id).limit(1)).first() is None:
                self._hop(session, session.started_at, session)
            self._hop(session, entry.at, entry)
        session.access_point, session.bssid, session.ssid, session.site = entry.access_point, entry.bssid, entry.ssid, entry.site

    def _hop(self, session: Session, at: datetime, place: Session | Entry) -> None:
        self.database.add(SessionHop(session_id=session.id, at=at, access_point=place.access_point, bssid=place.bssid, ssid=place.ssid))

    def _describe(self, entry: Entry, session: Session) -> None:
        """What the record says beside its figures; the newest word counts, silence does not."""
        self.sums.hold(session, entry)
        newest = entry.at >= session.updated_at
        if newest or not session.local:
            session.local = entry.local or session.local
        if newest or not session.framed_ip:
            session.framed_ip = entry.addresses[0] if entry.addresses else session.framed_ip
        session.nas_address = session.nas_address or entry.nas_address
        session.multi_session_id = session.multi_session_id or entry.multi_session_id
        if entry.user_name and (newest or not session.user_hash):
            self._name(entry.user_name, session)
        if entry.class_ and session.class_ is None:
            session.class_ = self.privacy.sealed(entry.class_, "session", session.id, "class")
        if entry.cui.strip(b"\0") and session.cui is None:
            session.cui = self.privacy.sealed(entry.cui, "session", session.id, "cui")

    def _name(self, user_name: bytes, session: Session) -> None:
        user_hash = self.privacy.user(user_name)
        if user_hash != session.user_hash:
            session.user_hash, session.user_sealed = user_hash, self.privacy.sealed(user_name, "session", session.id, "user_sealed")
            if session.login is None and (said := _REALM.search(user_name)):  # the login will know better
                session.realm = said[1].decode("ascii").lower()

    def _close_all(self, entry: Entry) -> None:
        """RFC 2866, 5.1: the NAS (or with Called-Station-Id one of its radios) begins anew: what ran before has ended."""
        self.database.flush()
        query = select(Session).where(
            Session.client == entry.client, Session.source == entry.source, Session.nas_identifier == entry.nas_identifier,
            Session.status != SessionStatus.ENDED, Session.started_at < entry.at,
        ).with_for_update()  # fmt: skip
        if entry.bssid:
            query = query.where(Session.bssid == entry.bssid)
        for session in self.database.scalars(query):
            matching.infer_end(session, Inferred.RESTARTED, max(entry.at, session.updated_at))

    def _keep_as_it_came(self, entry: Entry) -> None:
        odd = new_id()
        why = "no Acct-Session-Id" if entry.kind is not Kind.OTHER else "an unknown Acct-Status-Type"
        sealed = self.privacy.seal.close(entry.octets, Where("odd_record", odd, "octets"))
        self.database.add(OddRecord(id=odd, at=entry.at, client=entry.client, source=entry.source, why=entry.doubt or why, octets=sealed))


def _identity(session: Session) -> Identity:
    return Identity(session.client, session.source, session.nas_identifier, session.acct_session_id, bytes(session.station_hash))
