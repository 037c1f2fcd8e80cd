"""Keys and certificates of our own listeners: asked for, uploaded, used, and kept for a way back.

One of each listener is in use at most. Never gives out a private key but to whoever opens its seal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select, update

from store.ids import new_id
from store.models import ListenerKey
from store.sealed import Where

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.sealed import Seal

MOST: Final = 12  # kept of one listener: requests, certificates that wait, and former ones


def in_use(session: Session, listener: str) -> ListenerKey | None:
    """The one that the listener serves with."""
    mine = select(ListenerKey).where(ListenerKey.listener == listener, ListenerKey.used_from.is_not(None), ListenerKey.retired_at.is_(None))
    return session.scalar(mine.order_by(ListenerKey.used_from.desc(), ListenerKey.id).limit(1))


def chains(session: Session) -> dict[str, str]:
    """What each listener that has one serves with, in PEM: no key is read."""
    used = select(ListenerKey.listener, ListenerKey.chain).where(ListenerKey.used_from.is_not(None), ListenerKey.retired_at.is_(None))
    return {row.listener: row.chain for row in session.execute(used.order_by(ListenerKey.used_from, ListenerKey.id))}


def serving(session: Session) -> dict[str, ListenerKey]:
    """The same of every listener that has one."""
    used = select(ListenerKey).where(ListenerKey.used_from.is_not(None), ListenerKey.retired_at.is_(None))
    return {row.listener: row for row in session.scalars(used.order_by(ListenerKey.used_from, ListenerKey.id))}


def of(session: Session, listener: str) -> Sequence[ListenerKey]:
    """All that are kept, the newest first."""
    mine = select(ListenerKey).where(ListenerKey.listener == listener)
    return session.scalars(mine.order_by(ListenerKey.created_at.desc(), ListenerKey.id).limit(MOST * 2)).all()


def find(session: Session, listener: str, name: str) -> ListenerKey | None:
    """One of this listener's."""
    found = session.get(ListenerKey, name, populate_existing=True)
    return found if found is not None and found.listener == listener else None


def room(session: Session, listener: str) -> bool:
    """Whether one more is kept."""
    count = session.scalar(select(func.count()).select_from(ListenerKey).where(ListenerKey.listener == listener)) or 0
    return count < MOST


def add(
    session: Session, seal: Seal, listener: str, key: bytes, *, by: str, now: datetime, request: str = "", chain: str = "",
    ends_at: datetime | None = None,
) -> ListenerKey:  # fmt: skip
    """A key with its request, or with its certificate; not in use yet."""
    name = new_id()
    row = ListenerKey(id=name, listener=listener, request=request, chain=chain, created_at=now, created_by=by, ends_at=ends_at)
    row.key = seal.close(key, _where(name))
    session.add(row)
    session.flush()
    return row


def use(session: Session, row: ListenerKey, now: datetime) -> None:
    """The listener serves with this one from now on; the one that it had is kept for a way back."""
    mine = select(ListenerKey.id).where(ListenerKey.listener == row.listener)
    session.execute(mine.order_by(ListenerKey.id).with_for_update())  # of two at once the later is alone in use
    others = update(ListenerKey).where(ListenerKey.listener == row.listener, ListenerKey.id != row.id)
    session.execute(others.where(ListenerKey.used_from.is_not(None), ListenerKey.retired_at.is_(None)).values(retired_at=now))
    row.used_from, row.retired_at = now, None
    session.flush()


def pem(row: ListenerKey, seal: Seal) -> bytes:
    """Key and chain as a TLS library reads them. Whoever has it has the private key in clear."""
    return seal.open(row.key, _where(row.id)).rstrip(b"\n") + b"\n" + row.chain.encode()


def _where(name: str) -> Where:
    return Where(ListenerKey.__tablename__, name, "key")
