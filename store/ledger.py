"""The accounting ledger: records in, sessions, hops, addresses and hours of usage out; each record counted once.

`record_accounting` takes a batch in one transaction of the caller's: the idempotence key goes in first, and only a
record whose key was new changes anything. Sessions are matched by store/matching.py. Whatever fits no session is kept
as it came (OddRecord). Commit before telling the spool that a batch is done.

Never changes a total outside the transaction that inserted the record's key; never stores a station or a name in clear.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_

from store import matching, session_events
from store.consumption import Consumption
from store.dwell import Lengths
from store.entries import Entry, Kind
from store.hops import move
from store.ids import new_id
from store.links import link_sessions
from store.matching import Inferred
from store.models import AccountingKey, OddRecord, Session, SessionStatus
from store.sealed import Where
from store.sums import Sums
from store.tallies import Tallies
from store.tally import Identity, Leg, Tally
from store.upsert import unseen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session as Database

    from store.privacy import Privacy


_REALM: Final = re.compile(rb"@([A-Za-z0-9_.-]{1,253})\Z")
_SECOND: Final = timedelta(seconds=1)


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
        self.held = Tallies(database)
        self.sums = Sums()
        self.lengths = Lengths(consumption.zone)
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
        for tally in self.held:
            tally.settle()
            self.sums.grow(tally)
            self.lengths.count(tally, self.held.length_before(tally.id))
        self.consumption.write(self.database)
        self.database.flush()
        made = self.held.write()
        move(self.database, self.held)
        self.sums.write(self.database)
        self.lengths.write(self.database)
        link_sessions(self.database, made, self.privacy)
        if self.entries:
            session_events.tell(self.database, self.held, made, max(entry.received_at for entry in self.entries))
        self.held.forget()

    def _load(self) -> None:
        """Every session these records may belong to."""
        self.held.find({entry.acct_session_id for entry in self.entries if entry.acct_session_id})
        strange = {entry.multi_session_id for entry in self.entries if entry.multi_session_id and not self.held.legs(self._identity(entry))}
        self.held.find_moving(strange)

    def _identity(self, entry: Entry) -> Identity:
        return Identity(entry.client, entry.source, entry.nas_identifier, entry.acct_session_id, self.privacy.station(entry.station))

    def _count(self, entry: Entry) -> None:
        mine = self._identity(entry)
        known = self.held.legs(mine)
        leg = matching.owner(entry, known)
        if leg is None and known and (found := matching.despite_its_clock(entry, known)):
            leg, behind = found
            if behind:
                leg.set_clock(behind)
            else:
                entry = replace(entry, at=entry.received_at, told=False)
        leg = leg or self._begin(entry, mine)
        tally = leg.tally
        growth = matching.apply(entry, leg)
        leg.say(entry)
        if len(known) > 1:
            known.sort(key=lambda each: each.started_at)
            for older in known[:-1]:  # a NAS does not use one id twice at once
                matching.infer_end(older, Inferred.REUSED)
        self._describe(entry, tally)
        self.consumption.grow(entry, tally, growth, self.privacy)

    def _begin(self, entry: Entry, mine: Identity) -> Leg:
        """A leg nobody knew: of a session that moved here, or of a new one."""
        begun = matching.reckoned_start(entry)
        for tally in self.held.moving(mine, entry.multi_session_id):
            if matching.goes_on(entry, begun, tally):
                leg = tally.another(mine, begun)
                break
        else:
            leg = self._make(entry, mine, begun).another(mine, begun)
        self.held.add_leg(leg)
        return leg

    def _make(self, entry: Entry, mine: Identity, begun: datetime) -> Tally:
        tally = Tally(
            new_id(), mine.client, mine.source, mine.nas_identifier, mine.acct_session_id, "", mine.station_hash, b"", "", "", None, None,
            entry.access_point, entry.bssid, entry.ssid, entry.site, entry.local, "", "", begun, False, None, begun, None,
            SessionStatus.OPEN, "", 0, 0, 0, 0, "",
        )  # fmt: skip
        tally.sealed["station_sealed"] = self.privacy.sealed(entry.station.encode(), "session", tally.id, "station_sealed")
        self.held.add(tally)
        return tally

    def _describe(self, entry: Entry, tally: Tally) -> None:
        """What the record says beside its figures; the newest word counts, silence does not."""
        newest = entry.at >= tally.updated_at
        if entry.addresses:
            self._hold(entry, tally, newest=newest)
        tally.updated_at = max(tally.updated_at, entry.at)
        if newest or not tally.local:
            tally.local = entry.local or tally.local
        if newest or not tally.framed_ip:
            tally.framed_ip = entry.addresses[0] if entry.addresses else tally.framed_ip
        tally.nas_address = tally.nas_address or entry.nas_address
        if entry.multi_session_id and not tally.multi_session_id:
            tally.multi_session_id = entry.multi_session_id
            self.held.carries(tally, entry.multi_session_id)
        if entry.user_name and (newest or not tally.user_hash):
            self._name(entry.user_name, tally)
        if entry.class_ and not tally.has_class:
            tally.has_class, tally.sealed["class"] = True, self.privacy.sealed(entry.class_, "session", tally.id, "class")
        if not tally.has_cui and entry.cui.strip(b"\0"):
            tally.has_cui, tally.sealed["cui"] = True, self.privacy.sealed(entry.cui, "session", tally.id, "cui")

    def _hold(self, entry: Entry, tally: Tally, *, newest: bool) -> None:
        """The addresses it says. What is only said once more needs no word: who holds an address holds it until it ends or changes."""
        if newest and entry.addresses == (tally.framed_ip,) and entry.kind is not Kind.STOP:
            return
        if newest and tally.framed_ip and tally.framed_ip not in entry.addresses:
            self.sums.hold(tally.id, tally.framed_ip, tally.updated_at)
        for address in entry.addresses:
            self.sums.hold(tally.id, address, entry.at)

    def _name(self, user_name: bytes, tally: Tally) -> None:
        user_hash = self.privacy.user(user_name)
        if user_hash != tally.user_hash:
            tally.user_hash, tally.sealed["user_sealed"] = user_hash, self.privacy.sealed(user_name, "session", tally.id, "user_sealed")
            if tally.login is None and (said := _REALM.search(user_name)):  # the login will know better
                tally.realm = said[1].decode("ascii").lower()

    def _close_all(self, entry: Entry) -> None:
        """RFC 2866, 5.1: the NAS (or with Called-Station-Id one of its radios) begins anew: what ran before has ended.

        A session that was heard of later goes on. Where the NAS does not say when it began anew, that is known by our
        clock, and the start of a session by its NAS's, to a second: then what arrived later began later.
        """
        self.held.read(
            and_(
                Session.client == entry.client, Session.source == entry.source, Session.nas_identifier == entry.nas_identifier,
                Session.status != SessionStatus.ENDED, Session.started_at < entry.at,
            )
        )  # fmt: skip
        for leg in self.held.of_nas(entry.client, entry.source, entry.nas_identifier):
            here = not entry.bssid or leg.here.bssid == entry.bssid
            if here and leg.updated_at <= entry.at and _before(leg, entry):
                matching.infer_end(leg, Inferred.RESTARTED, entry.at)

    def _keep_as_it_came(self, entry: Entry) -> None:
        odd = new_id()
        why = "no Acct-Session-Id" if entry.kind is not Kind.OTHER else "an unknown Acct-Status-Type"
        sealed = self.privacy.seal.close(entry.octets, Where("odd_record", odd, "octets"))
        self.database.add(OddRecord(id=odd, at=entry.at, client=entry.client, source=entry.source, why=entry.doubt or why, octets=sealed))


def _before(leg: Leg, entry: Entry) -> bool:
    """Whether a session had begun when its NAS began anew."""
    if entry.told:
        return leg.started_at < entry.at
    return leg.heard_at < entry.at if leg.heard_at else leg.started_at + _SECOND <= entry.at
