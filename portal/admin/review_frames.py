"""/review/<kind>/<id>/seen: a version as guests would see it, in a frame of the review page. Never counts, never changes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, g, request

from portal import languages
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.portals_preview import Sight, framed
from portal.cases import review
from portal.permissions import Permission
from store import campaigns
from store.adverts import Advert
from store.models import Creative, Media, PlaceKind, Site

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from portal.cases.review import Item

blueprint = Blueprint("review_frames", __name__, url_prefix="/review")


@blueprint.get("/<kind>/<name>/seen")
@needs(Permission.SPLASH)
def seen(kind: str, name: str) -> ResponseReturnValue:
    """The guests' own page with this version on it."""
    language = request.args.get("show_language", "")
    language = language if language in languages.LANGUAGES else g.language
    with desk().reading() as session:
        item = review.find(session, kind, name)
        if item is None:
            abort(404)
        return framed(_page(session, item, language))


def _page(session: Session, item: Item, language: str) -> Any:
    row = item.version
    if not isinstance(row, Creative):
        return desk().tools["shop_page_preview"](session, row, language)
    picture = session.get(Media, row.picture) if row.picture else None
    advert = Advert(
        creative=row.id,
        campaign=row.campaign_id,
        shop=item.shop.slug,
        name=item.shop.name,
        title=dict(row.title),
        text=dict(row.text),
        link=row.link or item.shop.link,
        picture=picture.sha if picture is not None else "",
        alt=dict(row.alt),
        width=picture.width if picture is not None else 0,
        height=picture.height if picture is not None else 0,
        house=item.shop.house,
    )
    return desk().tools["shop_preview"](session, advert, Sight("welcome", _site(session, row), language, ""))


def _site(session: Session, row: Creative) -> str:
    """The first site that it names: guests there see its own portal."""
    try:
        places = campaigns.read(row.plan).places
    except ValueError:
        return ""
    named = next((name for kind, name in places if kind is PlaceKind.SITE), "")
    return named if named and session.get(Site, named) is not None else ""
