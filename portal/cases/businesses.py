"""Shops as the city has them: invited with their owner, shown at certain places, suspended and restored; and the city's own.

Never deletes one: its figures and the log name it.
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import func, select

from portal.cases import addresses, members
from portal.cases.members import Unfit
from portal.messages.letter import line
from store import shop_places
from store.models import Business, Role
from store.session import insert, take

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.cases.members import Joined
    from portal.cases.shop_news import Reach
    from store.privacy import Privacy
    from store.shop_places import Place

MOST: Final = 2_000  # shops of one city
NAME: Final = 80  # characters
WHY: Final = 1_000
HOUSE: Final = "city"  # slug of the city's own, where no shop has had it from before it was kept back
_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_PAGES: Final = frozenset({"new", HOUSE})  # slugs that are a page of their own, or the city's


class No(Enum):
    """Why there is no such shop; the value is its line of documentation."""

    NAME = "A shop has a name, of at most 80 characters."
    SLUG = "An address has 1 to 64 of a-z, 0-9 and -, and begins and ends with a letter or a digit."
    KEPT = "This address is kept for the city's own pages."
    TAKEN = "Another shop has this address."
    PLACES = "Choose at least one place that there is."
    FULL = "There are as many shops as there may be."


class Wanted(NamedTuple):
    """What was typed of a new one."""

    name: str
    slug: str
    email: str
    language: str
    places: Sequence[Place]


class Invited(NamedTuple):
    """A new shop with its owner."""

    shop: Business
    owner: Joined


def slug_of(name: str) -> str:
    """An address made of a name: "Miller's Oven" is millers-oven; "" where nothing is left of it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"['’]", "", plain)).strip("-")[:40].strip("-")


def invite(session: Session, privacy: Privacy, reach: Reach, wanted: Wanted, now: datetime) -> Invited | list[No | Unfit]:
    """A new shop whose owner gets a mail; all that is wrong, and nothing was written, where it cannot be."""
    name = line(wanted.name)
    slug = wanted.slug.strip().lower() or slug_of(name)
    if wrong := [*_misnamed(session, name, slug), *_unfit(session, wanted)]:
        return wrong
    with session.begin_nested() as begun:
        shop = _made(session, slug, name, now)
        if shop is None:  # somebody was faster
            return [No.TAKEN]
        owner = members.join(session, privacy, reach, shop, wanted.email, Role.BUSINESS_OWNER, wanted.language, now)
        if isinstance(owner, Unfit):
            begun.rollback()
            return [owner]
        shop_places.let(session, shop.id, wanted.places)
    return Invited(shop, owner)


def _misnamed(session: Session, name: str, slug: str) -> Iterator[No]:
    if not name or len(name) > NAME:
        yield No.NAME
    if not slug and not name:
        return  # it is made of the name
    if not _SLUG.fullmatch(slug):
        yield No.SLUG
    elif slug in _PAGES:
        yield No.KEPT
    elif session.scalar(select(Business.id).where(Business.slug == slug)) is not None:
        yield No.TAKEN


def _unfit(session: Session, wanted: Wanted) -> Iterator[No | Unfit]:
    if not addresses.email(wanted.email):
        yield Unfit.ADDRESS
    if not wanted.places or set(wanted.places) - shop_places.known(session, wanted.places).keys():
        yield No.PLACES
    if (session.scalar(select(func.count()).select_from(Business)) or 0) >= MOST:
        yield No.FULL


def _made(session: Session, slug: str, name: str, now: datetime, *, house: bool = False) -> Business | None:
    """None where the slug is somebody's, however long ago they took it."""
    values = {"slug": slug, "name": name, "house": house, "created_at": now}
    row = insert(session, Business).values(values).on_conflict_do_nothing(index_elements=["slug"]).returning(Business.id)
    made = session.scalar(row)
    return session.get_one(Business, made) if made is not None else None


def house(session: Session, name: str, now: datetime) -> Business:
    """The city's own, made where it was not there: it may be shown everywhere."""
    for slug in (HOUSE, *(f"{HOUSE}-{number}" for number in range(2, MOST + 2))):
        if (shop := _made(session, slug, name, now, house=True)) is not None:
            shop_places.let(session, shop.id, [shop_places.CITY])
            return shop
        if (shop := own(session)) is not None:  # of two at once, the second waits for the slug, and finds the first's
            return shop
    raise AssertionError("more shops than there may be")


def own(session: Session) -> Business | None:
    """The city's own, where it is there."""
    return session.scalars(select(Business).where(Business.house).order_by(Business.created_at, Business.id).limit(1)).first()


def suspend(session: Session, shop: Business, why: str, now: datetime) -> bool:
    """Nothing of it is shown, and nobody of it changes anything, until it is restored; whether it was not suspended already."""
    take(session, shop, key_share=True)
    if shop.suspended_at is not None:
        return False
    shop.suspended_at, shop.suspended_why = now, line(why)[:WHY]
    return True


def restore(session: Session, shop: Business) -> bool:
    """What was approved is shown again; whether it was suspended."""
    take(session, shop, key_share=True)
    if shop.suspended_at is None:
        return False
    shop.suspended_at, shop.suspended_why = None, ""
    return True
