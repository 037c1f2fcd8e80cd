"""Shops' public pages as guests get them: of shops that are not suspended, with words that the city has approved.

What a page shows stands in the shop's own row, where approving a version (portal/cases/review.py) puts it. Never a draft.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, exists, or_, select

from store.models import Business, BusinessPlace, Campaign, Creative, CreativeState, PlaceKind, ShopVersion

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

LISTED: Final = 200  # shops of one place
_STANDS: Final = exists().where(ShopVersion.business_id == Business.id, ShopVersion.state == CreativeState.APPROVED)
_ADVERTISES: Final = (
    exists()
    .where(Campaign.business_id == Business.id, Creative.campaign_id == Campaign.id, Creative.state == CreativeState.APPROVED)
    .correlate(Business)
)


def stands(session: Session, business_id: str) -> bool:
    """Whether a version of its page was ever approved: there is something to show."""
    return bool(session.scalar(select(_STANDS).where(Business.id == business_id)))


def find(session: Session, slug: str) -> Business | None:
    """The shop of this page. One of which nothing was ever approved has none: an advert's link may lead to a name and no more."""
    shown = (Business.suspended_at.is_(None), or_(_STANDS, _ADVERTISES))
    return session.scalars(select(Business).where(Business.slug == slug, *shown)).first()


def near(session: Session, places: Iterable[tuple[str, str]]) -> Sequence[Business]:
    """The shops with a page of their own that may be shown at one of these places, by name; not the city's own."""
    kinds: dict[str, list[str]] = {}
    for kind, name in sorted(places):
        kinds.setdefault(kind, []).append(name)
    here = (and_(BusinessPlace.kind == PlaceKind(kind), BusinessPlace.name.in_(names)) for kind, names in kinds.items())
    there = exists().where(BusinessPlace.business_id == Business.id, or_(*here))
    mine = select(Business).where(~Business.house, Business.suspended_at.is_(None), _STANDS, there)
    return session.scalars(mine.order_by(Business.name, Business.id).limit(LISTED)).all()
