"""Shops with something handed in, before the staff app of the tests."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from store import campaigns, shop_places, versions
from store.models import Business, Campaign, Creative, Membership, Message, PlaceKind, Role, ShopVersion, Staff
from store.session import reading, transaction
from tests.portal.shops import BAKERY, BREAD

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

LIBRARY = (PlaceKind.SITE, "central-library")
OWNER = "owner@millers-oven.example"
WORDS = {key: value for key, value in BREAD.items() if key != "alt"}
PLAN = campaigns.written(campaigns.Plan(places=(LIBRARY,)))


def mailing(room: Room) -> Room:
    """The same, where mails are sent and shops have pages."""
    room.office = replace(room.office, mails=True, business_url="http://shops.city.example")
    return room


def shop(room: Room, slug: str = "millers-oven", name: str = "Miller’s Oven", *places: tuple[PlaceKind, str]) -> str:
    """A shop with its owner; its id."""
    with transaction(room.database) as session:
        made = Business(slug=slug, name=name, created_at=room.time)
        owner = Staff(
            name=f"owner@{slug}.example", email=f"owner@{slug}.example", role=Role.BUSINESS_OWNER, password="x", created_at=room.time
        )
        session.add_all([made, owner])
        session.flush()
        session.add(Membership(staff_id=owner.id, business_id=made.id, created_at=room.time))
        shop_places.let(session, made.id, places or (LIBRARY,))
        return made.id


def owner(room: Room, slug: str = "millers-oven") -> str:
    """Staff.id of a shop's owner."""
    with reading(room.database) as session:
        return session.query(Staff).filter_by(name=f"owner@{slug}.example").one().id


def submitted(room: Room, business: str, by: str, name: str = "Bread", **fields: Any) -> str:
    """An advert that was handed in by this person; the version's id."""
    with transaction(room.database) as session:
        row = campaigns.begin(session, business, name, by, room.time)
        versions.save(row, {**WORDS, "plan": PLAN, **fields}, row.edits, by)
        versions.submit(row, by, room.time)
        return row.id


def page_submitted(room: Room, business: str, by: str, **fields: Any) -> str:
    """The same of a shop's page."""
    said = {key: BAKERY[key] for key in ("name", "about", "address", "hours", "link")}
    with transaction(room.database) as session:
        row = versions.draft(session, ShopVersion, business, by, room.time)
        versions.save(row, said | fields, row.edits, by)
        versions.submit(row, by, room.time)
        return row.id


def version(room: Room, name: str) -> Creative:
    """As it stands now."""
    with reading(room.database) as session:
        return session.get_one(Creative, name)


def campaign(room: Room, name: str) -> Campaign:
    """The campaign of this version, as it stands now."""
    with reading(room.database) as session:
        return session.get_one(Campaign, session.get_one(Creative, name).campaign_id)


def letters(room: Room) -> list[tuple[str, str, str]]:
    """(to, subject, text) of the mails that wait, the oldest first."""

    def opened(row: Message, column: str) -> str:
        return room.privacy.opened(getattr(row, column), "message", str(row.id), column).decode()

    with reading(room.database) as session:
        rows = session.query(Message).order_by(Message.id).all()
        said = [(opened(row, "to"), json.loads(opened(row, "content"))) for row in rows]
    return [(to, content["subject"], content["text"]) for to, content in said]
