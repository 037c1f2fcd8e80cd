"""Shops: whose they are, who works for them, where they may be shown.

What is asked for somebody, or for a shop, is asked by their id: there is no function here that finds another's.
Never a row for somebody who is no member.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from store.models import Business, BusinessPlace, Membership, Role, Staff

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

LONGEST_SLUG: Final = 64


def of(session: Session, staff_id: str, slug: str) -> Business | None:
    """The shop of this name, if this person works for it."""
    mine = select(Business).join(Membership, Membership.business_id == Business.id)
    return session.scalars(mine.where(Membership.staff_id == staff_id, Business.slug == slug)).first()


def all_of(session: Session, staff_id: str) -> Sequence[Business]:
    """Every shop that this person works for."""
    mine = select(Business).join(Membership, Membership.business_id == Business.id).where(Membership.staff_id == staff_id)
    return session.scalars(mine.order_by(Business.name, Business.id)).all()


def house(session: Session, slug: str) -> Business | None:
    """The city's own shop of this name."""
    return session.scalars(select(Business).where(Business.slug == slug, Business.house)).first()


def members(session: Session, business_id: str) -> Sequence[Staff]:
    """Who works for this shop: owners first."""
    theirs = select(Staff).join(Membership, Membership.staff_id == Staff.id).where(Membership.business_id == business_id)
    return session.scalars(theirs.order_by(Staff.role, Staff.name)).all()


def since(session: Session, business_id: str) -> dict[str, datetime]:
    """Staff.id -> since when they work for this shop."""
    mine = select(Membership.staff_id, Membership.created_at).where(Membership.business_id == business_id)
    return {row.staff_id: row.created_at for row in session.execute(mine)}


def owners(session: Session, businesses: Collection[str]) -> dict[str, list[str]]:
    """Business.id -> names of its owners; one statement for however many."""
    theirs = select(Membership.business_id, Staff.name).join(Staff, Staff.id == Membership.staff_id).order_by(Staff.name)
    found: dict[str, list[str]] = {}
    for business, name in session.execute(theirs.where(Membership.business_id.in_(businesses), Staff.role == Role.BUSINESS_OWNER)):
        found.setdefault(business, []).append(name)
    return found


def places(session: Session, business_id: str) -> Sequence[BusinessPlace]:
    """Where the city lets it be shown."""
    mine = select(BusinessPlace).where(BusinessPlace.business_id == business_id)
    return session.scalars(mine.order_by(BusinessPlace.kind, BusinessPlace.name)).all()
