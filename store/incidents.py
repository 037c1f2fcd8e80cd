"""Incident openings: sealed records of one time and place are asked for by one person, allowed by another, seen for a while.

Theory of operation. What is asked for is a `Scope`: a window of time, and a place or one exact mark. It is sealed: what somebody
looks for may name a person. An opening waits until somebody else says yes or no; a week later it has lapsed. From the yes on the
two of them may look, for `LASTS`; each look is the caller's to audit. Afterwards the row tells who asked, why, who decided and how
many records it was, for as long as the settings keep it. What is seen is store/incident_records.py's.

Whoever asked never decides, nor does anybody who came after it was asked, and nobody allows it whose account somebody else had in
hand within a week: one person with a link of another's account would be two. `alone` is another matter: the settings allow it, the row
says so, and the caller tells everybody. Never a record of what was opened, and never an opening without an end.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from store.ids import new_id
from store.models import AuditEntry, IncidentOpening, Staff
from store.session import take

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from store.privacy import Privacy

REASON: Final = 20  # characters at least
REFERENCE: Final = 3
LONGEST: Final = 1_000  # characters of a reason
WIDE: Final = timedelta(hours=24)  # of a place
WIDE_EXACT: Final = timedelta(days=31)  # of one device, address, stay or session
WAITS: Final = timedelta(days=7)  # for somebody to decide
LASTS: Final = timedelta(hours=72)
MOST: Final = 10_000  # records of one opening
WAITING: Final = 10  # of one person at a time
SETTLED: Final = timedelta(days=7)  # before the question, from which on others' hands are off the account of whoever decides
EXACT: Final = ("session", "station", "address", "number")
PLACES: Final = ("site", "access_point", "client")


class State(Enum):
    """Where an opening stands."""

    WAITS = "waits"
    LAPSED = "lapsed"  # nobody decided
    REFUSED = "refused"
    OPEN = "open"
    CLOSED = "closed"


class No(Enum):
    """Why it is not done; the value is its line of documentation."""

    WHAT = "Neither a place nor an exact mark is named: a time alone is everybody's."
    BACKWARDS = "The window ends before it begins."
    FUTURE = "The window is not over: nobody is watched from now on."
    WIDE = "A place is opened for at most 24 hours."
    WIDE_EXACT = "One device, address, stay or session is opened for at most 31 days."
    REASON = "The reason has fewer than 20 characters, or more than 1,000."
    REFERENCE = "The authority's file number is missing."
    NOTHING = "Nothing that is kept is in it."
    MANY = "It would show more than 10,000 records."
    WAITING = "Ten of theirs wait already."
    SAME = "Whoever asks does not decide."
    LATER = "Whoever decides was here before it was asked."
    HANDED = "Whoever decides came in by their own hand: nobody gave them role or way in, on the pages, within a week before or since."
    DECIDED = "It was decided, or has lapsed."
    ALONE = "The settings want two people."


@dataclass(frozen=True, slots=True)
class Scope:
    """A window, and what is looked for in it; all that is given must be so."""

    since: datetime
    until: datetime
    session: str = ""  # Session.id
    station: str = ""  # AA-BB-CC-DD-EE-FF
    address: str = ""  # v4 or v6, as the device had it
    number: str = ""  # a support number, or a grant
    site: str = ""
    access_point: str = ""
    client: str = ""
    points: tuple[str, ...] | None = None  # access points of `site` when it was asked; None: as they are

    @property
    def given(self) -> tuple[str, ...]:
        """The names of what is looked for: they name nobody."""
        return tuple(name for name in (*EXACT, *PLACES) if getattr(self, name))

    @property
    def exact(self) -> bool:
        return any(getattr(self, name) for name in EXACT)


def wrong(scope: Scope, reason: str, reference: str, now: datetime) -> list[No]:
    """Everything that does not stand about a question."""
    wide = scope.until - scope.since
    return [
        why
        for why, so in (
            (No.WHAT, not scope.given),
            (No.BACKWARDS, scope.until <= scope.since),
            (No.FUTURE, scope.until > now),
            (No.WIDE_EXACT if scope.exact else No.WIDE, wide > (WIDE_EXACT if scope.exact else WIDE)),
            (No.REASON, not REASON <= len(reason) <= LONGEST),
            (No.REFERENCE, not REFERENCE <= len(reference) <= 200),
        )
        if so
    ]


def ask(session: Session, privacy: Privacy, scope: Scope, by: str, reason: str, reference: str, records: int, now: datetime) -> (
    IncidentOpening | list[No]
):  # fmt: skip
    """Write the question down; or why it cannot be asked. `records`: how many it would show now."""
    found = wrong(scope, reason, reference, now)
    if not found and not 0 < records <= MOST:
        found.append(No.MANY if records else No.NOTHING)
    mine = select(func.count()).select_from(IncidentOpening)
    mine = mine.where(IncidentOpening.asked_by == by, IncidentOpening.granted.is_(None), IncidentOpening.asked_at > now - WAITS)
    if not found and (session.scalar(mine) or 0) >= WAITING:
        found.append(No.WAITING)
    if found:
        return found
    name = new_id()
    row = IncidentOpening(
        id=name,
        asked_by=by,
        asked_at=now,
        reason=reason,
        reference=reference,
        scope=privacy.sealed(_written(scope).encode(), "incident_opening", name, "scope"),
        alone=False,
        records=records,
    )
    session.add(row)
    session.flush()
    return row


def _written(scope: Scope) -> str:
    return json.dumps({name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(scope).items()})


def scope_of(privacy: Privacy, row: IncidentOpening) -> Scope:
    """What it is about."""
    said = json.loads(privacy.opened(row.scope, "incident_opening", row.id, "scope"))
    since, until = (datetime.fromisoformat(said.pop(name)).astimezone(UTC) for name in ("since", "until"))
    points = said.pop("points")
    return Scope(since, until, points=tuple(points) if points is not None else None, **said)


def decide(session: Session, row: IncidentOpening, by: str, now: datetime, *, granted: bool) -> No | None:
    """Yes or no, by somebody else who was here when it was asked."""
    take(session, row)
    if by == row.asked_by:
        return No.SAME
    came = session.scalar(select(Staff.created_at).where(Staff.name == by))
    if came is None or came > row.asked_at:
        return No.LATER
    if granted and _handed(session, by, row.asked_at - SETTLED):
        return No.HANDED
    return _decided(session, row, by, now, granted=granted)


def _handed(session: Session, name: str, since: datetime) -> bool:
    """Whether somebody else made this account, or gave it a role, a link or another second factor, on the pages: then it may be theirs."""
    deeds = AuditEntry.action.in_(("add", "role", "enable", "link", "change"))
    theirs = AuditEntry.kind == "staff", AuditEntry.object == name, AuditEntry.actor != name, AuditEntry.source != "", deeds
    return session.scalar(select(AuditEntry.id).where(*theirs, AuditEntry.at > since).limit(1)) is not None


def open_alone(session: Session, row: IncidentOpening, by: str, now: datetime) -> No | None:
    """By whoever asked: where the settings say `break_glass`, which the caller has looked at, and tells everybody."""
    take(session, row)
    if by != row.asked_by:
        return No.SAME
    row.alone = True
    return _decided(session, row, by, now, granted=True)


def _decided(session: Session, row: IncidentOpening, by: str, now: datetime, *, granted: bool) -> No | None:
    if state(row, now) is not State.WAITS:
        session.expire(row)
        return No.DECIDED
    row.granted, row.decided_by, row.decided_at = granted, by, now
    row.ends_at = now + LASTS if granted else None
    session.flush()
    return None


def close(session: Session, row: IncidentOpening, now: datetime) -> bool:
    """Nobody looks any more; a question that waits is taken back. False where it was over already."""
    take(session, row)
    stands = state(row, now)
    if stands is State.OPEN:
        row.ends_at = now
    elif stands is State.WAITS:
        row.granted, row.decided_by, row.decided_at = False, row.asked_by, now
    session.flush()
    return stands in (State.OPEN, State.WAITS)


def state(row: IncidentOpening, now: datetime) -> State:
    """Where it stands now."""
    if row.granted is None:
        return State.WAITS if now - row.asked_at < WAITS else State.LAPSED
    if not row.granted:
        return State.REFUSED
    return State.OPEN if row.ends_at is not None and now < row.ends_at else State.CLOSED


def shows(row: IncidentOpening, by: str, now: datetime) -> bool:
    """Whether this person may see its records now: the one who asked, and the one who decided."""
    return state(row, now) is State.OPEN and by in (row.asked_by, row.decided_by)


def waiting(session: Session, now: datetime) -> Sequence[IncidentOpening]:
    """What nobody has decided yet, the oldest first."""
    query = select(IncidentOpening).where(IncidentOpening.granted.is_(None), IncidentOpening.asked_at > now - WAITS)
    return session.scalars(query.order_by(IncidentOpening.asked_at).limit(100)).all()
