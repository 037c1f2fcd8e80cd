"""Tokens of programs that use the API: made, found again by what a request carries, touched, revoked, forgotten.

A token is `pxy_`, 32 random octets and a check of both, in letters and digits: whoever searches source code for secrets knows
it by its shape, and a mistyped one is no question to the database. That has the digest alone. A token is worth nothing once it
has ended, was revoked, or whoever made it may not work here any more. Never longer than a year, and never shown twice.
"""

from __future__ import annotations

import hashlib
import secrets
import zlib
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import and_, func, or_, select, update

from store.models import ApiToken, Staff

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from store.models import Role

PREFIX: Final = "pxy_"
LONGEST: Final = timedelta(days=366)
MOST: Final = 100  # that work, of one installation
TOUCH: Final = timedelta(minutes=1)  # `used_at` is no more exact than this: a request seldom writes
_OCTETS: Final = 32
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BODY, _CHECK = 43, 6  # of base 62: 32 octets, and a CRC-32
LENGTH: Final = len(PREFIX) + _BODY + _CHECK


class Found(NamedTuple):
    """A token that works, and whoever made it: it may do nothing that they may not."""

    token: ApiToken
    maker: Staff


def fresh() -> str:
    """A new one: the only moment at which anybody has it."""
    said = PREFIX + _written(int.from_bytes(secrets.token_bytes(_OCTETS)), _BODY)
    return said + _check(said)


def shaped(said: str) -> bool:
    """Whether this can be a token at all: its shape, and its check."""
    whole = len(said) == LENGTH and said.isascii() and said.startswith(PREFIX)
    return whole and said[-_CHECK:] == _check(said[:-_CHECK])


def digest(secret: str) -> bytes:
    """What the database keeps of it."""
    return hashlib.sha256(secret.encode()).digest()


def make(
    session: Session, maker: Staff, name: str, role: Role, scopes: Iterable[str], networks: Iterable[str], lasts: timedelta, now: datetime
) -> tuple[ApiToken, str]:
    """A new token's row, and the token."""
    secret = fresh()
    row = ApiToken(
        name=name,
        digest=digest(secret),
        tail=secret[-4:],
        role=role,
        scopes=sorted(scopes),
        networks=list(networks),
        staff_id=maker.id,
        created_at=now,
        expires_at=now + min(lasts, LONGEST),
    )
    session.add(row)
    session.flush()
    return row, secret


def find(session: Session, secret: str, now: datetime) -> Found | None:
    """Whose request this is: one statement, and none for what can be no token. Reads only."""
    if not shaped(secret):
        return None
    found = session.execute(_whole().where(ApiToken.digest == digest(secret), working(now))).first()
    return Found(*found) if found is not None else None


def named(session: Session, name: str) -> Found | None:
    """By its id, whatever became of it."""
    found = session.execute(_whole().where(ApiToken.id == name)).first()
    return Found(*found) if found is not None else None


def every(session: Session) -> Sequence[Found]:
    """All that are kept, the newest first."""
    return [Found(*row) for row in session.execute(_whole().order_by(ApiToken.created_at.desc(), ApiToken.id.desc()))]


def _whole() -> Select[ApiToken, Staff]:
    return select(ApiToken, Staff).join(Staff, Staff.id == ApiToken.staff_id)


def working(now: datetime) -> ColumnElement[bool]:
    """Neither over nor revoked, and of somebody who still works here."""
    return and_(ApiToken.expires_at > now, ApiToken.revoked_at.is_(None), Staff.disabled_at.is_(None))


def count(session: Session, now: datetime) -> int:
    """How many work."""
    query = select(func.count()).select_from(ApiToken).join(Staff, Staff.id == ApiToken.staff_id)
    return int(session.scalar(query.where(working(now))) or 0)


def admits(token: ApiToken, address: str) -> bool:
    """Whether it may be used from there: from anywhere, where it names no network."""
    if not token.networks:
        return True
    try:
        here = ip_address(address)
    except ValueError:
        return False
    here = getattr(here, "ipv4_mapped", None) or here
    return any(here in ip_network(each) for each in token.networks)


def stale(token: ApiToken, now: datetime) -> bool:
    """Whether `touch` has something to write."""
    return token.used_at is None or now - token.used_at >= TOUCH


def touch(session: Session, token: ApiToken, now: datetime) -> None:
    """It was used just now."""
    old = or_(ApiToken.used_at.is_(None), ApiToken.used_at <= now - TOUCH)
    session.execute(update(ApiToken).where(ApiToken.id == token.id, old).values(used_at=now))


def revoke(session: Session, token: ApiToken, now: datetime) -> bool:
    """It is worth nothing from now on; False where it was not any more."""
    row = session.get(ApiToken, token.id, with_for_update=True, populate_existing=True)
    if row is None or row.revoked_at is not None or row.expires_at <= now:
        return False
    row.revoked_at = now
    session.flush()
    return True


def ending(session: Session, now: datetime, within: timedelta) -> Sequence[ApiToken]:
    """Those that work, and will end within this time; the first first."""
    query = select(ApiToken).join(Staff, Staff.id == ApiToken.staff_id).where(working(now), ApiToken.expires_at <= now + within)
    return session.scalars(query.order_by(ApiToken.expires_at, ApiToken.id)).all()


def _check(said: str) -> str:
    return _written(zlib.crc32(said.encode()), _CHECK)


def _written(number: int, length: int) -> str:
    """In base 62, with zeros before it."""
    said = ""
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        said = _DIGITS[digit] + said
    return said
