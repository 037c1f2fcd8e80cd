"""Alerts: opened, refreshed, closed; taken notice of; silenced for a while. One open row for each rule and object.

What a look found is settled in one transaction, together with the mails that tell of it. Never decides what is worth an
alert, and never closes what was not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, delete, func, or_, select, update

from store import events
from store.events import EventKind
from store.models import Alert, Silence
from store.session import affected, insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy.orm import Session

MOST: Final = 2_000  # open at once: a city without power is one alert a street, not one a lamp post


class Key(NamedTuple):
    """What an open alert is known by."""

    rule: str
    on: str


class Finding(NamedTuple):
    """A rule that is broken now. `step` rises as it hurries more: each step is told anew."""

    key: Key
    details: Mapping[str, Any] = {}
    step: int = 0
    since: datetime | None = None  # where that is known, and not now


class Change(NamedTuple):
    """What a look makes of the rows."""

    opens: Sequence[Finding] = ()
    holds: Sequence[Finding] = ()
    closes: Sequence[Key] = ()

    def __bool__(self) -> bool:
        return bool(self.opens or self.holds or self.closes)


def opened(session: Session) -> dict[Key, Alert]:
    """Every open one."""
    return {Key(row.rule, row.object): row for row in session.scalars(select(Alert).where(Alert.closed_at.is_(None)))}


def settle(session: Session, change: Change, now: datetime) -> list[Alert]:
    """Write it down; the alerts that were closed by it. Two who look at once open one row."""
    have = opened(session)
    room = MOST - len(have)
    for finding in change.opens[: max(room, 0)]:
        new: dict[str, Any] = {
            "rule": finding.key.rule,
            "object": finding.key.on,
            "details": _details(finding),
            "opened_at": finding.since or now,
        }
        new |= {"seen_at": now}
        made = session.scalar(insert(session, Alert).values(new).on_conflict_do_nothing().returning(Alert.id))
        if made is not None:
            events.emit(session, EventKind.ALERT_OPENED, made, _told(finding.key, new["opened_at"], new["details"]), now)
    for finding in change.holds:
        if (kept := have.get(finding.key)) is not None:
            _hold(kept, finding, now)
    closed = [row for key in change.closes if (row := have.get(key)) is not None]
    for row in closed:
        row.closed_at = now
        _tell(session, EventKind.ALERT_CLOSED, row, now)
    session.flush()
    return closed


def _tell(session: Session, kind: EventKind, row: Alert | None, now: datetime) -> Alert | None:
    if row is not None:
        events.emit(session, kind, row.id, _told(Key(row.rule, row.object), row.opened_at, row.details), now)
    return row


def _told(key: Key, opened_at: datetime, details: Mapping[str, Any]) -> dict[str, Any]:
    """What other systems learn of an alert: the address of a client among its details stays here."""
    plain = {name: value for name, value in details.items() if name != "source"}
    return {"rule": key.rule, "object": key.on, "opened_at": opened_at.isoformat(), "details": plain}


def _hold(row: Alert, finding: Finding, now: datetime) -> None:
    """Still so; a step further it is news again, whoever took notice before."""
    if finding.step > step(row):
        row.told_at = row.acknowledged_at = None
        row.acknowledged_by = ""
    row.seen_at, row.details = now, _details(finding)


def _details(finding: Finding) -> dict[str, Any]:
    return {**finding.details, **({"step": finding.step} if finding.step else {})}


def step(row: Alert) -> int:
    """How far it had come when it was last seen."""
    return int(row.details.get("step", 0))


def untold(session: Session, now: datetime) -> list[Alert]:
    """Open ones that nobody was told of: not those that are silenced, and not those of which somebody took notice."""
    query = select(Alert).where(Alert.closed_at.is_(None), Alert.told_at.is_(None), Alert.acknowledged_at.is_(None))
    return list(session.scalars(query.where(~_hushed(now)).order_by(Alert.opened_at, Alert.id)))


def hushed(session: Session, rows: Iterable[Alert], now: datetime) -> set[str]:
    """Which of these are silenced, by id."""
    silences = {(each.rule, each.object) for each in silent(session, now)}
    return {row.id for row in rows if (row.rule, row.object) in silences or (row.rule, "") in silences}


def _hushed(now: datetime) -> Any:
    same = and_(Silence.rule == Alert.rule, or_(Silence.object == Alert.object, Silence.object == ""), Silence.until > now)
    return select(Silence.rule).where(same).exists()


def silent(session: Session, now: datetime) -> Sequence[Silence]:
    """The silences that last."""
    return session.scalars(select(Silence).where(Silence.until > now).order_by(Silence.until)).all()


def acknowledge(session: Session, name: str, by: str, now: datetime) -> Alert | None:
    """Somebody took notice of an open one; None where it is not open, or somebody did before."""
    free = (Alert.id == name, Alert.closed_at.is_(None), Alert.acknowledged_at.is_(None))
    taken = update(Alert).where(*free).values(acknowledged_at=now, acknowledged_by=by).returning(Alert)
    row = session.scalars(taken.execution_options(synchronize_session=False, populate_existing=True)).one_or_none()
    return _tell(session, EventKind.ALERT_ACKNOWLEDGED, row, now)


def close(session: Session, name: str, now: datetime) -> Alert | None:
    """Close an open one by hand; where it is still so, the next look opens another."""
    taken = update(Alert).where(Alert.id == name, Alert.closed_at.is_(None)).values(closed_at=now).returning(Alert)
    row = session.scalars(taken.execution_options(synchronize_session=False, populate_existing=True)).one_or_none()
    return _tell(session, EventKind.ALERT_CLOSED, row, now)


def silence(session: Session, key: Key, until: datetime, by: str, why: str) -> None:
    """Tell nobody until then; `key.on` "" is every object of the rule. One that is there is replaced."""
    row = {"rule": key.rule, "object": key.on, "until": until, "by": by, "why": why}
    made = insert(session, Silence).values(row)
    session.execute(
        made.on_conflict_do_update(index_elements=["rule", "object"], set_={name: row[name] for name in ("until", "by", "why")})
    )


def speak(session: Session, key: Key) -> bool:
    """End a silence; False where there was none."""
    gone = delete(Silence).where(Silence.rule == key.rule, Silence.object == key.on)
    return affected(session.execute(gone)) > 0


def counts(session: Session) -> dict[str, int]:
    """How many are open, by rule."""
    found = select(Alert.rule, func.count()).where(Alert.closed_at.is_(None)).group_by(Alert.rule)
    return {rule: int(count) for rule, count in session.execute(found)}


def purge(session: Session, age: timedelta, now: datetime) -> int:
    """Forget closed ones of that age, and silences that are over; how many alerts went."""
    session.execute(delete(Silence).where(Silence.until <= now - age))
    return affected(session.execute(delete(Alert).where(Alert.closed_at <= now - age)))
