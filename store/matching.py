"""Which session a record belongs to, and what it does to it. Pure: rows in, rows changed; no database, no clock.

Theory of operation. A NAS names a session by an Acct-Session-Id that it may use again after a reboot, and its records
arrive late, twice, in any order, or not at all. Sessions of one identity (client, source, NAS-Identifier,
Acct-Session-Id, station) follow one another in time. A Start says when its session began; every other record says it
too, less exactly, as its time minus Acct-Session-Time. Times that the NAS told are trusted to a second; a time of
arrival only says "not later than". A session is closed by a Stop, or by inference (its NAS restarted, its id was used
again), which any later word of it refutes.

Totals are the largest value ever said: order and repetition do not matter to them. Never lets a total go down.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from store.entries import Kind
from store.models import SessionStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from store.entries import Entry
    from store.tally import Leg, Tally

SAME_START: Final = timedelta(seconds=5)  # two Starts this close are one
DRIFT: Final = timedelta(seconds=60)  # between a Start and the start reckoned from Acct-Session-Time, and a tenth of that
DRIFT_TOLD: Final = timedelta(seconds=15)  # where the NAS told the time of its record, and a hundredth
LATE_START: Final = timedelta(seconds=60)  # a Start whose time nobody told may come this long after its Stop
ROAMING: Final = timedelta(minutes=5)  # a station that moved is heard of at its new access point within this time
_TOLD: Final = timedelta(seconds=1)  # Event-Timestamp's grain (RFC 2869, 5.3)
_NONE: Final = timedelta()


class Inferred(StrEnum):
    """Why a session is thought to have ended though no Stop came; stands in `terminate_cause`."""

    RESTARTED = "NAS restarted"
    REUSED = "session id used again"


INFERRED: Final = frozenset(map(str, Inferred))


class Growth(NamedTuple):
    """By how much a record raised a session's totals."""

    seconds: int
    input_octets: int
    output_octets: int


def owner(entry: Entry, known: Sequence[Leg]) -> Leg | None:
    """The session of this identity that the record belongs to, `known` in order of start; None: one not known yet."""
    if entry.kind is Kind.START:
        return _owner_of_start(entry, known)
    return _owner_of_update(entry, known)


def despite_its_clock(entry: Entry, known: Sequence[Leg]) -> tuple[Leg, timedelta] | None:
    """The session of a record that fits none by the times its NAS told, because its clock was set; and by how much it was behind.

    Either the clock was behind when the session began (an access point that booted without the time): then the record
    reckons a start that was the Start's arrival here. Or it is behind now: then the record's own arrival reckons a start
    that the NAS told in good time; nothing was behind then.
    """
    if not entry.told or entry.seconds is None:
        return None
    begun, arrived = reckoned_start(entry), entry.received_at - timedelta(seconds=entry.seconds)
    for leg in known:
        if leg.heard_at is None or not leg.start_seen:
            continue
        behind = leg.heard_at - leg.started_at
        if behind > DRIFT_TOLD and abs(leg.heard_at - begun) <= DRIFT_TOLD:
            return leg, behind
        late = _stopped(leg) is not None and entry.received_at > leg.updated_at + DRIFT
        if behind <= DRIFT_TOLD and abs(leg.started_at - arrived) <= DRIFT_TOLD and not late:
            return leg, _NONE
    return None


def _owner_of_start(entry: Entry, known: Sequence[Leg]) -> Leg | None:
    begun = entry.at
    near = [session for session in known if abs(session.started_at - begun) <= SAME_START and not _over(session, entry)]
    if near:
        return min(near, key=lambda session: abs(session.started_at - begun))
    for session in known:  # reckoned from a record that overtook its Start
        if session.started_at > begun and not session.start_seen and _may_begin(session, entry):
            return session
    for session in reversed(known):
        if session.started_at <= begun:
            return None if _over(session, entry) else session
    return None


def _over(session: Leg, entry: Entry) -> bool:
    """Whether a Start at this time is too late to be this session's own."""
    last = session.ended_at or session.updated_at
    if entry.at <= last:
        return False
    if session.start_seen:  # a Start said again, before any figure, is still the same
        counted = session.seconds or session.input_octets or session.output_octets
        return session.status is not SessionStatus.OPEN or bool(counted) or entry.at - session.started_at > SAME_START
    return entry.told or entry.at - last > LATE_START


def _may_begin(session: Leg, entry: Entry) -> bool:
    """Whether a session whose start was only reckoned may have begun with this Start."""
    return not session.seconds or session.started_at - entry.at <= _drift(session.seconds, told=entry.told)


def _drift(seconds: int, *, told: bool) -> timedelta:
    """How far a reckoned start may be from the true one."""
    return max(DRIFT_TOLD, timedelta(seconds=seconds // 100)) if told else max(DRIFT, timedelta(seconds=seconds // 10))


def _owner_of_update(entry: Entry, known: Sequence[Leg]) -> Leg | None:
    grain = _TOLD if entry.told else _NONE
    begun = reckoned_start(entry)
    if entry.told and entry.seconds is not None:
        near = [each for each in known if abs(each.started_at - begun) <= DRIFT_TOLD and not _after(entry, begun, each, grain)]
        if near:
            return min(near, key=lambda session: abs(session.started_at - begun))
    begun_before = [session for session in known if session.started_at <= entry.at + grain]
    if not begun_before:
        return next((session for session in known if not session.start_seen and not session.seconds), None)
    newest = begun_before[-1]
    if entry.seconds is not None and begun < newest.started_at - grain:
        following = newest
        for older in reversed(begun_before[:-1]):
            if entry.at <= (_stopped(older) or following.started_at) + grain:
                return older
            following = older
    return None if _another(entry, begun, newest, grain) else newest


def _stopped(session: Leg) -> datetime | None:
    """When the NAS said that it ended; None where nobody did, or it is only inferred."""
    return None if session.terminate_cause in INFERRED or session.status is not SessionStatus.ENDED else session.ended_at


def _after(entry: Entry, begun: datetime, session: Leg, grain: timedelta) -> bool:
    """Whether the record, and what it tells of, lies wholly behind the session's end."""
    end = None if session.terminate_cause == Inferred.REUSED else session.ended_at
    return end is not None and entry.at > end + grain and begun >= end - grain


def _another(entry: Entry, begun: datetime, session: Leg, grain: timedelta) -> bool:
    """Whether the record can only be of a session that began after this one and whose Start we have not seen."""
    if entry.seconds is None:
        return False
    if _after(entry, begun, session, grain):
        return True
    if begun - session.started_at <= _drift(entry.seconds, told=entry.told):
        return False
    return entry.told or _fell(entry, session)


def _fell(entry: Entry, session: Leg) -> bool:
    """Whether a counter stands lower than it stood."""
    pairs = ((entry.input_octets, session.input_octets), (entry.output_octets, session.output_octets), (entry.seconds, session.seconds))
    return any(now is not None and now < before for now, before in pairs)


def goes_on(entry: Entry, begun: datetime, tally: Tally) -> bool:
    """Whether a record of an unknown Acct-Session-Id tells of this session, which carries its Acct-Multi-Session-Id, elsewhere.

    A station that left and came back to the same access point, or after a while, has a session of its own.
    """
    here = entry.bssid or entry.access_point
    newest = tally.newest
    near = begun <= newest.updated_at + ROAMING and entry.at >= min(leg.started_at for leg in tally.legs) - ROAMING
    return bool(here) and near and here != newest.here.name


def reckoned_start(entry: Entry) -> datetime:
    """When the session of this record began, as far as the record says."""
    return entry.at if entry.kind is Kind.START else entry.at - timedelta(seconds=entry.seconds or 0)


def apply(entry: Entry, session: Leg) -> Growth:
    """Count the record into its session."""
    if entry.at > session.updated_at and session.updates and _fell(entry, session):
        session.quarantined = session.quarantined or "its counters went down"
    session.quarantined = session.quarantined or entry.doubt
    _begin(entry, session)
    _end_or_open(entry, session)
    session.updated_at = max(session.updated_at, entry.at)
    session.updates += 1
    return _count(entry, session)


def _begin(entry: Entry, session: Leg) -> None:
    if entry.kind is Kind.START:
        session.started_at = min(session.started_at, entry.at) if session.start_seen else entry.at
        session.start_seen = True
        session.heard_at = min(session.heard_at or entry.received_at, entry.received_at)
    elif not session.start_seen:
        session.started_at = min(session.started_at, reckoned_start(entry))


def _end_or_open(entry: Entry, session: Leg) -> None:
    if entry.kind is Kind.STOP:
        before = _stopped(session)
        session.ended_at = max(before, entry.at) if before else entry.at
        session.terminate_cause = entry.terminate_cause or (session.terminate_cause if before else "")
        session.status = SessionStatus.ENDED
    elif session.status is SessionStatus.STALE:
        session.status, session.ended_at = SessionStatus.OPEN, None
    elif session.terminate_cause == Inferred.RESTARTED and session.ended_at and entry.at > session.ended_at:
        session.status, session.ended_at, session.terminate_cause = SessionStatus.OPEN, None, ""
    elif session.terminate_cause == Inferred.REUSED:
        session.ended_at = max(session.ended_at or entry.at, entry.at)


def _count(entry: Entry, session: Leg) -> Growth:
    seconds = entry.seconds
    if session.start_seen and not (seconds or session.seconds) and (end := _stopped(session)):  # RFC 2866, 5.7: it is optional
        seconds = int((end - session.started_at).total_seconds())
    before = Growth(session.seconds, session.input_octets, session.output_octets)
    session.seconds = max(session.seconds, seconds or 0)
    session.input_octets = max(session.input_octets, entry.input_octets or 0)
    session.output_octets = max(session.output_octets, entry.output_octets or 0)
    return Growth(session.seconds - before[0], session.input_octets - before[1], session.output_octets - before[2])


def infer_end(session: Leg, why: Inferred, at: datetime | None = None) -> None:
    """Close a session that no Stop has closed: at this moment, or when it was last heard of."""
    if session.status is not SessionStatus.ENDED:
        session.status, session.terminate_cause = SessionStatus.ENDED, why
        session.ended_at = at or session.updated_at
