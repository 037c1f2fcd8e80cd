"""How much the network's rows are used: what is at a site, how a home's and a realm's logins went, when a home last changed.

Each question is one statement, whatever the number of rows asked about. Never a person: sums only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, cast, func, or_, select

from store.models import AccessPoint, AuthEvent, Client, HomeChange, LoginVerdict, Realm, Session, SessionStatus

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session as Transaction


@dataclass(slots=True)
class Use:
    """What is at a site."""

    points: int = 0
    clients: int = 0
    sessions: int = 0  # open


@dataclass(slots=True)
class Logins:
    """How logins of some time went."""

    accepted: int = 0
    rejected: int = 0  # by the home
    unanswered: int = 0  # no home spoke, or the conversation was not brought to its end
    refused: int = 0  # by us
    milliseconds: float | None = None  # an accepted login's mean

    @property
    def all(self) -> int:
        return self.accepted + self.rejected + self.unanswered + self.refused

    @property
    def share(self) -> float | None:
        """Accepted, of those that somebody decided or should have."""
        return self.accepted / self.all if self.all else None


def at_sites(session: Transaction, sites: Collection[str]) -> dict[str, Use]:
    """Site -> what is there; every site asked about is in it."""
    found = {site: Use() for site in sites}
    for name, column, where in (
        ("points", AccessPoint.site, ()),
        ("clients", Client.site, ()),
        ("sessions", Session.site, (Session.status == SessionStatus.OPEN,)),
    ):
        counted = select(column, func.count()).where(column.in_(found), *where).group_by(column)
        for site, number in session.execute(counted):
            setattr(found[str(site)], name, number)
    return found


def by_home(session: Transaction, homes: Collection[str], since: datetime) -> dict[str, Logins]:
    """Home -> how the logins that went to it went."""
    return _logins(session, AuthEvent.home, homes, since)


def by_rule(session: Transaction, rules: Collection[str], since: datetime) -> dict[str, Logins]:
    """Realm entry -> how the logins that it decided went."""
    return _logins(session, AuthEvent.rule, rules, since)


def _logins(session: Transaction, column: Any, names: Collection[str], since: datetime) -> dict[str, Logins]:
    found = {name: Logins() for name in names}
    counted = (
        select(column, AuthEvent.verdict, func.count(), func.avg(AuthEvent.milliseconds))
        .where(AuthEvent.at >= since, column.in_(found))
        .group_by(column, AuthEvent.verdict)
    )
    for name, verdict, number, mean in session.execute(counted):
        logins = found[name]
        match verdict:
            case LoginVerdict.ACCEPT:
                logins.accepted, logins.milliseconds = number, float(mean)
            case LoginVerdict.REJECT:
                logins.rejected = number
            case LoginVerdict.REFUSED:
                logins.refused = number
            case _:
                logins.unanswered += number
    return found


def names_home(name: str) -> ColumnElement[bool]:
    """Realms whose list has this home, however the database writes its text."""
    written = cast(Realm.homes, String)
    return or_(*(written.contains(text, autoescape=True) for text in {json.dumps(name), json.dumps(name, ensure_ascii=False)}))


def last_changes(session: Transaction, homes: Collection[str]) -> dict[str, HomeChange]:
    """Home -> the last change of its health that a worker told; a home that never changed is not in it."""
    newest = (
        select(HomeChange.home, func.max(HomeChange.at).label("at")).where(HomeChange.home.in_(homes)).group_by(HomeChange.home).subquery()
    )
    rows = select(HomeChange).join(newest, (HomeChange.home == newest.c.home) & (HomeChange.at == newest.c.at)).order_by(HomeChange.id)
    return {change.home: change for change in session.scalars(rows)}


def changes(session: Transaction, home: str, most: int) -> list[HomeChange]:
    """The newest changes of one home's health."""
    return list(session.scalars(select(HomeChange).where(HomeChange.home == home).order_by(HomeChange.at.desc()).limit(most)))
