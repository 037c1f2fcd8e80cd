"""How logins go just now, in sums: by rule and verdict, and by the minute; and how many are online where.

Each statement reads a window of the index of times, and no other row. A device that nobody has signed in with yet knocks and
is led to the portal: that is no login that failed, and counts nowhere here. Never a person, a station or a single login.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import String, case, func, select, type_coerce

from store.models import AuthEvent, LoginVerdict, SessionStatus
from store.models import Session as Accounting

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

SLOW: Final = 2_000.0  # milliseconds from which a login is slow


_COUNTS: Final = AuthEvent.reason != "NO_GRANT"  # as store/models/trace.py's FAILED has it


class Sum(NamedTuple):
    """Logins of one rule that ended in one way."""

    rule: str
    verdict: LoginVerdict
    logins: int
    milliseconds: float
    slow: int


def sums(session: Session, since: datetime, until: datetime) -> list[Sum]:
    """Of the logins in this window."""
    slow = func.sum(case((AuthEvent.milliseconds >= SLOW, 1), else_=0))
    query = select(AuthEvent.rule, AuthEvent.verdict, func.count(), func.sum(AuthEvent.milliseconds), slow)
    query = query.where(AuthEvent.at >= since, AuthEvent.at < until, _COUNTS).group_by(AuthEvent.rule, AuthEvent.verdict)
    return [Sum(rule, verdict, int(count), float(spent or 0), int(slow)) for rule, verdict, count, spent, slow in session.execute(query)]


def together(some: Iterable[Sum]) -> list[Sum]:
    """Several windows as one."""
    found: dict[tuple[str, LoginVerdict], Sum] = {}
    for each in some:
        key = each.rule, each.verdict
        have = found.get(key)
        found[key] = (
            each if have is None else Sum(*key, have.logins + each.logins, have.milliseconds + each.milliseconds, have.slow + each.slow)
        )
    return list(found.values())


def by_minute(session: Session, since: datetime) -> dict[str, int]:
    """ "2026-03-09 14:05", in UTC -> logins that ended in it."""
    minute: Any = (
        func.substr(type_coerce(AuthEvent.at, String), 1, 16)
        if session.get_bind().dialect.name == "sqlite"
        else func.to_char(AuthEvent.at, "YYYY-MM-DD HH24:MI")
    )
    query = select(minute.label("minute"), func.count()).where(AuthEvent.at >= since, _COUNTS).group_by("minute")
    return {str(name): int(count) for name, count in session.execute(query)}


def online(session: Session) -> dict[str, int]:
    """Site -> open sessions."""
    query = select(Accounting.site, func.count()).where(Accounting.status == SessionStatus.OPEN).group_by(Accounting.site)
    return {site: int(count) for site, count in session.execute(query)}
