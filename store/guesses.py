"""Tries that may be guesses, counted by whose they are: after a few free ones each makes the next wait longer, to a bound.

Theory of operation. A try is counted before it is looked at, in one statement that also says whether it may be made; so
of many at once that are one device's, each sees those before it, in every process. What was no guess is taken back
(`forgive`): then only itself, so that who holds one good code does not buy free tries at others. A try that came too early
changes nothing: nobody is kept waiting by trying. `taken` counts against a number in a window instead: mails to an address.

Of each kind the MOST that were touched last are kept. Who has more devices than that to guess with is not slowed by being
counted, and is met by the codes' own length (store/crockford.py), the pages' rates (portal/rates.py) and the alert that `counted` is for.

Never counts a guest by address alone, so that no library is ever locked out; never keeps whose a count is but as a keyed hash.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import bindparam, case, delete, func, null, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from store.models import Guess
from store.session import affected

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import BindParameter, ColumnElement
    from sqlalchemy.orm import Session
    from sqlalchemy.sql.dml import ReturningInsert

    from store.privacy import Privacy

FREE: Final = 5  # tries that nobody waits after: who mistypes is no guesser
LONGEST: Final = timedelta(seconds=30)
WINDOW: Final = timedelta(hours=1)  # without a try: then all is forgotten
MOST: Final = 20_000  # rows of one kind: some 5 MB
SWEEP: Final = 256  # new rows, on average, between looks at how many there are
_ANY: Final = 2**31 - 1
_NOT_BEFORE: Final = select(Guess.not_before).where(Guess.name == bindparam("whose"))
_UNTIL: Final = select(Guess.until).where(Guess.name == bindparam("whose"))
DELAYS: Final = (*(timedelta(seconds=2**power) for power in range(5)), LONGEST)  # 1 s to 16 s; the last for good
STAFF: Final = tuple(timedelta(seconds=seconds) for seconds in (15, 30, 60, 180, 420, 900))  # of a password of staff


class Tried(NamedTuple):
    """What became of one try."""

    wait: datetime | None  # it is not to be looked at before this moment; None: it was counted, and may be
    times: int = 0  # in this window, with this one
    top: bool = False  # from this one on the wait grows no more: worth an alert, and told once


def named(privacy: Privacy, kind: str, whose: bytes, at: bytes = b"") -> str:
    """The name of what is counted: its kind ("voucher device"), and a keyed hash of whose it is; `at` tells several of one's apart."""
    octets = hmac.digest(privacy.account_key, f"guess {kind}\0".encode() + whose, "sha256")
    name = f"{kind} {octets[:16].hex()}"
    return f"{name}.{hmac.digest(privacy.account_key, name.encode() + at, 'sha256')[:8].hex()}" if at else name


def tried(
    session: Session, name: str, now: datetime, *, free: int = FREE, window: timedelta = WINDOW, delays: Sequence[timedelta] = DELAYS
) -> Tried:
    """Count one try, in a session that writes; `wait` where it comes too early: then it was not counted, nor may it be made.

    `delays`: as many as DELAYS, the last for good.
    """
    moments: dict[str, Any] = {f"after_{step}": now + delay for step, delay in enumerate(delays)}
    moments |= {"now": now, "ends": now + window, "first": None if free > 0 else now + delays[0]}
    connection = session.connection()  # a fifth of what the unit of work takes, which has no part in these rows
    times = connection.execute(_trying(connection.dialect.name), {"whose": name, "free": free, **moments}).scalar()
    if times is None:
        return Tried(connection.execute(_NOT_BEFORE, {"whose": name}).scalar_one())
    if times == 1:
        _sweep(session, name)
    return Tried(None, times, top=times == free + len(DELAYS))


@cache
def _trying(dialect: str) -> ReturningInsert[int]:
    """The statement of `tried`; no row comes back from a try that is too early."""
    now, first = _moment("now"), _moment("first")
    over, before = Guess.until <= now, Guess.count - bindparam("free", type_=Guess.count.type)  # tries that were not free
    *steps, last = (_moment(f"after_{step}") for step in range(len(DELAYS)))
    later = case((before < 0, null()), *((before == step, moment) for step, moment in enumerate(steps)), else_=last)
    row = _insert(dialect).values(name=bindparam("whose"), count=1, begins_at=now, until=_moment("ends"), not_before=first)
    changed = {
        "count": case((over, 1), else_=Guess.count + 1),
        "begins_at": case((over, now), else_=Guess.begins_at),
        "until": _moment("ends"),
        "not_before": case((over, first), else_=later),
    }
    may = or_(over, Guess.not_before.is_(None), Guess.not_before <= now)
    return row.on_conflict_do_update(index_elements=["name"], set_=changed, where=may).returning(Guess.count)


def taken(session: Session, name: str, now: datetime, *, most: int, window: timedelta) -> datetime | None:
    """Take one of `most` places in a window that begins with the first; where none is left, the moment the window ends."""
    if _take(session, name, now, most, window) is not None:
        return None
    return session.connection().execute(_UNTIL, {"whose": name}).scalar_one()


def counted(session: Session, name: str, now: datetime, window: timedelta = WINDOW) -> int:
    """How many there were in a window that begins with the first. Last in a transaction: nobody else counts here meanwhile."""
    return _take(session, name, now, _ANY, window) or _ANY


def _take(session: Session, name: str, now: datetime, most: int, window: timedelta) -> int | None:
    values = {"whose": name, "most": most, "now": now, "ends": now + window}
    connection = session.connection()
    count: int | None = connection.execute(_taking(connection.dialect.name), values).scalar()
    if count == 1:
        _sweep(session, name)
    return count


@cache
def _taking(dialect: str) -> ReturningInsert[int]:
    """The statement of `taken`; no row comes back where there is no place."""
    now, ends = _moment("now"), _moment("ends")
    over = Guess.until <= now
    row = _insert(dialect).values(name=bindparam("whose"), count=1, begins_at=now, until=ends)
    changed = {
        "count": case((over, 1), else_=Guess.count + 1),
        "begins_at": case((over, now), else_=Guess.begins_at),
        "until": case((over, ends), else_=Guess.until),
    }
    room = or_(over, Guess.count < bindparam("most", type_=Guess.count.type))
    return row.on_conflict_do_update(index_elements=["name"], set_=changed, where=room).returning(Guess.count)


def forgive(session: Session, name: str, at: datetime | None = None) -> None:
    """The try that was counted last was no guess; those before it stay.

    `at`: when it was counted, if that was in another transaction: what others have tried since goes on to be waited for.
    """
    if affected(session.execute(delete(Guess).where(Guess.name == name, Guess.count <= 1))):
        return
    mine = update(Guess).where(Guess.name == name).values(count=Guess.count - 1)
    session.execute(mine.values(not_before=null() if at is None else case((Guess.until > at + WINDOW, Guess.not_before), else_=null())))


def forget(session: Session, name: str) -> int:
    """Nothing was tried, here or at any `at` of it: what was counted was spent with its target, or staff say so. How many counts went."""
    return affected(session.execute(delete(Guess).where(_of(name))))


def waits(session: Session, name: str, now: datetime) -> datetime | None:
    """When the next try is taken, here and at every `at` of it; None: now."""
    return session.scalar(select(func.max(Guess.not_before)).where(_of(name), Guess.until > now, Guess.not_before > now))


def full(session: Session, name: str, now: datetime, *, most: int) -> datetime | None:
    """When there is a place again, where `taken` has none left; None: now. Takes none."""
    return session.scalar(select(Guess.until).where(Guess.name == name, Guess.until > now, Guess.count >= most))


def _of(name: str) -> ColumnElement[bool]:
    return or_(Guess.name == name, Guess.name.startswith(f"{name}.", autoescape=True))


def _insert(dialect: str) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(Guess) if dialect == "sqlite" else postgresql.insert(Guess)


def _moment(name: str) -> BindParameter[Any]:
    return bindparam(name, type_=Guess.until.type)


def _sweep(session: Session, name: str) -> None:
    """Now and then, of this row's kind, forget those beyond MOST that were left alone longest."""
    if secrets.randbelow(SWEEP):
        return
    kind = Guess.name.startswith(name.rpartition(" ")[0] + " ", autoescape=True)
    beyond = select(Guess.name).where(kind).order_by(Guess.until.desc(), Guess.name).offset(MOST)
    # SKIP LOCKED: a row that another counts in now is young, and two sweeps never wait for each other.
    session.execute(delete(Guess).where(Guess.name.in_(beyond.with_for_update(skip_locked=True))))
