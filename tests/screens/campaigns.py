"""Shops before the city's pages: one with a version that waits beside the one that guests see, and one suspended."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from store.campaigns import Plan, written
from store.models import (
    Business,
    BusinessPlace,
    Campaign,
    CampaignPlace,
    CampaignState,
    Creative,
    CreativeState,
    Membership,
    PlaceKind,
    Role,
    ShopVersion,
    Staff,
)
from store.pictures import keep_picture
from tests.portal.shops import BAKERY, BREAD, painted

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.portal.staffroom import Room

SHOP: Final = "millers-oven"
ADVERT: Final = "06h0revadvert0001"
SHOWN: Final = "06h0revadvert0000"
PAGE: Final = "06h0revpage000001"
CAMPAIGN: Final = "06h0revcampaign01"
_LIBRARY: Final = (PlaceKind.SITE, "central-library")


def campaigns(session: Session, room: Room, more: int = 2) -> None:
    """So many shops beside these two."""
    now = room.time
    bakery = _shop(session, room, SHOP, "Miller’s Oven")
    picture = keep_picture(session, painted(), now)
    campaign = _campaign(session, bakery, "Bread from this morning", CAMPAIGN, now)
    first = {"created_at": now - timedelta(days=30), "state": CreativeState.APPROVED, "plan": written(Plan(places=(_LIBRARY,)))}
    session.add(Creative(id=SHOWN, campaign_id=campaign, **BREAD, **first))
    plan = Plan(places=(_LIBRARY,), weekdays=0b0111110, from_minute=420, until_minute=1080, day_cap=500)
    words = {"title": {"en": "Rolls from this morning", "fr": "Petits pains de ce matin"}, "text": BREAD["text"], "alt": BREAD["alt"]}
    second = {"version": 2, "created_at": now, "picture": picture, "plan": written(plan), **_waits(room, hours=50)}
    session.add(Creative(id=ADVERT, campaign_id=campaign, **words, **second))
    fields = {key: value for key, value in BAKERY.items() if key not in ("slug", "hours")}
    fields["hours"] = {"week": [[], *[[[420, 1080]]] * 5, []], "en": "Until it is gone.", "fr": "Jusqu’à épuisement."}
    session.add(ShopVersion(id=PAGE, business_id=bakery, **fields, picture=picture, created_at=now, **_waits(room, hours=2)))
    closed = session.get_one(Business, _shop(session, room, "green-cafe", "Green Café"))
    closed.suspended_at, closed.suspended_why = now - timedelta(days=2), "The address of the page led to another shop."
    for number in range(more):
        shop = _shop(session, room, f"shop-{number}", f"Shop {number}")
        made = _campaign(session, shop, f"Offer {number}", f"06h0revmore{number:06}", now)
        session.add(Creative(campaign_id=made, **BREAD, **first))
        session.add(Creative(campaign_id=made, **BREAD, version=2, created_at=now, **_waits(room, hours=number)))


def _waits(room: Room, hours: int) -> dict[str, Any]:
    return {"state": CreativeState.SUBMITTED, "submitted_at": room.time - timedelta(hours=hours), "submitted_by": "somebody", "edits": 1}


def _shop(session: Session, room: Room, slug: str, name: str) -> str:
    row = Business(slug=slug, name=name, created_at=room.time - timedelta(days=60))
    session.add(row)
    session.flush()
    session.add(BusinessPlace(business_id=row.id, kind=_LIBRARY[0], name=_LIBRARY[1]))
    address = f"owner@{slug}.example"
    owner = Staff(name=address, email=address, role=Role.BUSINESS_OWNER, password="set", created_at=room.time)
    session.add(owner)
    session.flush()
    session.add(Membership(staff_id=owner.id, business_id=row.id, created_at=room.time))
    return row.id


def _campaign(session: Session, shop: str, name: str, id_: str, now: Any) -> str:
    row = Campaign(id=id_, business_id=shop, name=name, state=CampaignState.LIVE, created_at=now)
    session.add(row)
    session.flush()
    session.add(CampaignPlace(campaign_id=row.id, kind=_LIBRARY[0], name=_LIBRARY[1]))
    return row.id
