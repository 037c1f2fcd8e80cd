"""Pictures as they are kept: by their digest, each once, shown to strangers where somebody of the city allowed it.

Never keeps an octet as it was sent (store/stills.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, update

from store import unused_pictures
from store.models import Media, Picture
from store.session import insert
from store.stills import prepared

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.stills import Prepared


def keep_picture(session: Session, octets: bytes, now: datetime) -> str:
    """One of the city's own, shown to anybody: its digest once it is kept. PictureError where we do not take it."""
    return keep(session, prepared(octets), now)


def keep(session: Session, picture: Prepared, now: datetime) -> str:
    """The same of one that is prepared."""
    _add(session, picture, now)
    publish(session, picture.sha, now)
    return picture.sha


def keep_for(session: Session, business_id: str, picture: Prepared, now: datetime) -> str:
    """One that a shop sent: nobody else is shown it until it is published. Whoever sends the same twice has it once."""
    _add(session, picture, now)
    mine = insert(session, Picture).values(business_id=business_id, sha=picture.sha, created_at=now)
    session.execute(mine.on_conflict_do_update(index_elements=["business_id", "sha"], set_={"created_at": now}))
    unused_pictures.trim(session, business_id)
    return picture.sha


def publish(session: Session, sha: str, now: datetime) -> None:
    """Strangers may see it from now on."""
    session.execute(update(Media).where(Media.sha == sha).values(published_at=func.coalesce(Media.published_at, now)))


def of_shop(session: Session, business_id: str, sha: str) -> Media | None:
    """A picture that this shop sent; another's is none."""
    return session.get(Media, sha) if sha and session.get(Picture, (business_id, sha)) is not None else None


def _add(session: Session, picture: Prepared, now: datetime) -> None:
    row = insert(session, Media).values(**picture._asdict(), created_at=now)
    anew = row.on_conflict_do_update(index_elements=["sha"], set_={"created_at": now})  # its days (store/unused_pictures.py)
    session.execute(anew)
