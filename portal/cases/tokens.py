"""Making a token for the API: what was asked for is judged whole, by the maker's own role; then it is made, within the bound.

The page and the command line both come here. Never gives a token what its maker may not do, or what needs a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_network
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from portal.permissions import OF_STAFF, grantable, granted
from store import tokens
from store.models import ApiToken, Role, Staff

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.permissions import Permission

NAME: Final = 60  # characters
NETWORKS: Final = 16
LASTS: Final = {days: timedelta(days=days) for days in (7, 30, 90, 180, 366)}
SOON: Final = timedelta(days=14)  # before its end a token is to be renewed
OFFERED: Final = tuple(role for role in Role if role in OF_STAFF)


class Unfit(StrEnum):
    """What of it cannot be; its value is the field."""

    NAME = "name"
    TAKEN = "taken"  # a token of this name works
    ROLE = "role"
    SCOPES = "scopes"
    NETWORKS = "networks"
    LASTS = "lasts"
    MANY = "many"


class State(StrEnum):
    """How a token is."""

    WORKS = "works"
    ENDS = "ends"  # within `SOON`
    ENDED = "ended"
    REVOKED = "revoked"
    ORPHANED = "orphaned"  # whoever made it may not work here any more


@dataclass(frozen=True, slots=True)
class Wanted:
    """A token as it was asked for."""

    name: str
    role: str
    scopes: Iterable[str]  # names of permissions
    networks: Iterable[str] = ()
    days: int = 90


def judge(session: Session, wanted: Wanted, maker: Staff, now: datetime) -> list[Unfit]:
    """Everything that is wrong with it."""
    name, scopes = wanted.name.strip(), set(wanted.scopes)
    role = next((role for role in OFFERED if role.value == wanted.role), None)
    least = grantable(maker.role)
    beyond = role is None or not grantable(role) <= least
    found = [
        (Unfit.NAME, not (0 < len(name) <= NAME and name.isprintable())),
        (Unfit.TAKEN, _taken(session, name, now)),
        (Unfit.ROLE, beyond),
        (Unfit.SCOPES, not scopes or (role is not None and not scopes <= {each.name for each in grantable(role)})),
        (Unfit.NETWORKS, networks(wanted.networks) is None),
        (Unfit.LASTS, not 0 < wanted.days <= tokens.LONGEST.days),
        (Unfit.MANY, tokens.count(session, now) >= tokens.MOST),
    ]
    return [unfit for unfit, so in found if so]


def make(session: Session, wanted: Wanted, maker: Staff, now: datetime) -> tuple[ApiToken, str] | list[Unfit]:
    """The token's row and the token, or why there is none."""
    if wrongs := judge(session, wanted, maker, now):
        return wrongs
    prefixes = networks(wanted.networks) or []
    lasts = timedelta(days=wanted.days)
    return tokens.make(session, maker, wanted.name.strip(), Role(wanted.role), wanted.scopes, prefixes, lasts, now)


def networks(said: Iterable[str]) -> list[str] | None:
    """As prefixes, each once; None where one is none, or there are too many."""
    found: dict[str, None] = {}
    for each in said:
        if len(found) >= NETWORKS or len(each) > 49 or "%" in each:
            return None
        try:
            found[str(ip_network(each.strip(), strict=False))] = None
        except ValueError:
            return None
    return list(found)


def fields(row: ApiToken) -> dict[str, tuple[None, object]]:
    """What the audit log says of a new one."""
    return {
        "name": (None, row.name),
        "role": (None, row.role.value),
        "scopes": (None, list(row.scopes)),
        "networks": (None, list(row.networks)),
        "ends": (None, row.expires_at.isoformat(timespec="seconds")),
    }


def state(found: tokens.Found, now: datetime) -> State:
    """How it is now."""
    token, maker = found
    if token.revoked_at is not None:
        return State.REVOKED
    if token.expires_at <= now:
        return State.ENDED
    if maker.disabled_at is not None:
        return State.ORPHANED
    return State.ENDS if token.expires_at <= now + SOON else State.WORKS


def effective(found: tokens.Found) -> frozenset[Permission]:
    """What it may do today."""
    return granted(found.token.scopes, found.token.role, found.maker.role)


def _taken(session: Session, name: str, now: datetime) -> bool:
    """The audit log names programs: no two that work have one name."""
    same = select(ApiToken.id).join(Staff, Staff.id == ApiToken.staff_id).where(ApiToken.name == name, tokens.working(now)).limit(1)
    return session.scalar(same) is not None
