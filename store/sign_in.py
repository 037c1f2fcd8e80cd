"""One-time credentials that a gateway repeats to us by RADIUS: made for one grant and client, redeemed once.

A gateway that missed our answer asks again: within a minute the same client and device are the same sign-in. Never
holds a guest's own secret, and never says more about a bad token than why.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from store.ids import new_key
from store.models import Grant, SignInToken
from store.sealed import Where

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.sealed import Seal

LIFETIME: Final = timedelta(minutes=5)  # from the page to the gateway's question
AGAIN: Final = timedelta(seconds=60)
PREFIX: Final = "t-"


class Bad(Enum):
    """Why a token is not taken; the value is its line of documentation."""

    UNKNOWN = "There is no such token."
    EXPIRED = "It is too old, or the grant it was made for has ended."
    USED = "It was used before."
    FOREIGN = "It was made for another gateway or another device."


def token(session: Session, seal: Seal, grant: Grant, client: str, now: datetime) -> tuple[str, str]:
    """(name, password) for this grant at this client."""
    name, password = PREFIX + new_key(), new_key()
    secret = seal.close(password.encode(), Where(SignInToken.__tablename__, name, "secret"))
    session.add(SignInToken(name=name, secret=secret, grant_id=grant.id, client=client, expires_at=now + LIFETIME))
    session.flush()
    return name, password


def fresh(session: Session, seal: Seal, grant: Grant, client: str, now: datetime) -> tuple[str, str] | None:
    """Credentials of before for the same, still unused and good for a while: a second press of a button needs no others."""
    mine = select(SignInToken).where(SignInToken.grant_id == grant.id, SignInToken.client == client, SignInToken.used_at.is_(None))
    row = session.scalar(mine.where(SignInToken.expires_at > now + LIFETIME / 2).limit(1))
    if row is None:
        return None
    return row.name, seal.open(row.secret, Where(SignInToken.__tablename__, row.name, "secret")).decode()


def issued(session: Session, name: str) -> bool:
    """Whether there was ever such a token, in a session that only reads: a guess is not worth the database's write lock."""
    return session.scalar(select(SignInToken.name).where(SignInToken.name == name)) is not None


def redeem(session: Session, seal: Seal, name: str, client: str, device: bytes, now: datetime) -> tuple[Grant, bytes] | Bad:
    """The grant and the password, once, in a session that writes; `device` is b"" where the gateway names no station."""
    query = select(SignInToken).where(SignInToken.name == name).with_for_update()
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        return Bad.UNKNOWN
    grant = session.get_one(Grant, row.grant_id)
    if row.client != client or (device and device != bytes(grant.device_hash)):
        return Bad.FOREIGN
    if row.used_at is not None and now - row.used_at > AGAIN:
        return Bad.USED
    if grant.revoked_at is not None or now >= grant.ends_at or (row.used_at is None and now >= row.expires_at):
        return Bad.EXPIRED
    row.used_at = row.used_at or now
    session.flush()
    return grant, seal.open(row.secret, Where(SignInToken.__tablename__, name, "secret"))
