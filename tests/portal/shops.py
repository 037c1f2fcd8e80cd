"""Shops with adverts, for the tests of the pages that show them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw

from portal.words import date
from store import adverts
from store.models import Business, Campaign, CampaignPlace, CampaignState, Creative, CreativeState, PlaceKind, PlacementHour
from store.pictures import keep_picture
from store.session import reading, transaction

if TYPE_CHECKING:
    from tests.portal.world import World

BAKERY = {
    "slug": "millers-oven",
    "name": "Miller’s Oven",
    "about": {"en": "We bake every night.\n\nAnd sell until it is gone.", "fr": "Nous cuisons chaque nuit.\n\nEt vendons tout."},
    "address": "12 Mill Street",
    "hours": {"en": "Tuesday to Saturday\n7:00 to 18:00", "fr": "Du mardi au samedi\nde 7 h à 18 h"},
    "link": "https://bakery.example/menu",
    "alt": {"en": "Three loaves", "fr": "Trois miches"},
}
BREAD = {
    "title": {"en": "Bread from this morning", "fr": "Du pain de ce matin"},
    "text": {"en": "Two minutes from here.", "fr": "À deux minutes d’ici."},
    "alt": {"en": "Three loaves", "fr": "Trois miches"},
}


def painted(size: tuple[int, int] = (960, 480), kind: str = "PNG", noise: int = 0, **more: Any) -> bytes:
    """A picture in this form; with noise it is as heavy as a picture can be."""
    image = Image.effect_noise(size, noise).convert("RGB") if noise else Image.new("RGB", size, "#ecb765")
    ImageDraw.Draw(image).ellipse((0, 0, size[0] // 2, size[1] // 2), fill="#8a4b1f")
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def opened(city: World, noise: int = 0, shop: dict[str, Any] | None = None, creative: dict[str, Any] | None = None, **campaign: Any) -> str:
    """A shop whose one campaign runs from now on; the creative's id."""
    now = date(city.time)
    with transaction(city.database) as session:
        picture = keep_picture(session, painted(noise=noise), now)
        business = Business(**(BAKERY | {"picture": picture} | (shop or {})), created_at=now)
        session.add(business)
        session.flush()
        row = Campaign(business_id=business.id, name="bread", state=CampaignState.LIVE, created_at=now, **campaign)
        session.add(row)
        session.flush()
        session.add(CampaignPlace(campaign_id=row.id, kind=PlaceKind.CITY, name=""))
        state = {"state": CreativeState.APPROVED, "picture": picture}
        made = Creative(campaign_id=row.id, **(BREAD | state | (creative or {})), created_at=now)
        session.add(made)
        session.flush()
        name = made.id
    read(city)
    return name


def read(city: World) -> None:
    """The pages know what runs."""
    with reading(city.database) as session:
        city.adverts = adverts.running(session, date(city.time))


def written(city: World) -> list[tuple[str, str, int, int]]:
    """(site, language, impressions, clicks) of the store, once what was counted is written down."""
    with transaction(city.database) as session:
        adverts.count(session, city.figures.take())
    with reading(city.database) as session:
        rows = session.query(PlacementHour).order_by(PlacementHour.hour, PlacementHour.site, PlacementHour.language)
        return [(row.site, row.language, row.impressions, row.clicks) for row in rows]
