"""Pictures that nothing uses: no advert, no shop's page in any version, no portal in any version. They go after some days.

Whoever sends one again begins its days anew (store/pictures.py), so that a form that was just filled in loses nothing. A shop has
at most MOST of them. Never one that a row names, whatever became of that row.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import Text, and_, cast, delete, exists, func, select, tuple_, union

from store.models import Business, Creative, Media, Picture, Portal, PortalVersion, ShopVersion
from store.session import affected, transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Engine
    from sqlalchemy.orm import InstrumentedAttribute, Session

AGE: Final = timedelta(days=7)
MOST: Final = 100  # of one shop: far more than anybody tries out in a week


def purge(database: Engine, before: datetime, most: int) -> int:
    """Those that were sent before this moment; first that they were a shop's, then themselves. How many rows went."""
    theirs = select(Picture.business_id, Picture.sha).where(Picture.created_at < before, _unused(Picture.sha)).limit(most)
    ours = select(Media.sha).where(_over(before)).limit(most)
    gone = 0
    for some in (
        delete(Picture).where(tuple_(Picture.business_id, Picture.sha).in_(theirs)),
        delete(Media).where(Media.sha.in_(ours), Media.created_at < before),
    ):
        went = most
        while went >= most:
            with transaction(database) as session:
                went = affected(session.execute(some.execution_options(synchronize_session=False)))
            gone += went
    return gone


def trim(session: Session, business_id: str) -> None:
    """Of a shop that tried out more than MOST, the oldest are its no more."""
    mine = and_(Picture.business_id == business_id, _unused(Picture.sha))
    if (session.scalar(select(func.count()).select_from(Picture).where(mine)) or 0) > MOST:
        kept = select(Picture.sha).where(mine).order_by(Picture.created_at.desc(), Picture.sha).limit(MOST)
        session.execute(delete(Picture).where(mine, Picture.sha.not_in(kept)).execution_options(synchronize_session=False))


def oldest(session: Session) -> datetime | None:
    """When the oldest of them was sent."""
    return session.scalar(select(func.min(Media.created_at)).where(_idle()))


def late(session: Session, before: datetime) -> datetime | None:
    """The same of one that should have gone by then."""
    return session.scalar(select(func.min(Media.created_at)).where(_over(before)))


def _over(before: datetime) -> ColumnElement[bool]:
    return and_(Media.created_at < before, _idle())


def _idle() -> ColumnElement[bool]:
    """Nobody's, and unused."""
    logo = exists().where(cast(PortalVersion.fields, Text).contains(Media.sha))
    return and_(_unused(Media.sha), Media.sha.not_in(select(Picture.sha)), ~logo)


def _unused(sha: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    named = (select(Creative.picture), select(ShopVersion.picture), select(Business.picture), select(Portal.logo))
    return sha.not_in(union(*named))
