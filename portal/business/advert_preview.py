"""An advert as its guests would see it: of what is kept, of one version, or of what is typed and not saved yet.

The page is the guests' own, made by their own app (proxeny/shop_preview.py), in a frame of ours. What is typed comes by POST alone, from a
button of the form or a module of ours: an address brings no words, neither into a log nor onto a page of ours. Never changes anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, g, request
from flask_babel import gettext as _

from portal import languages
from portal.admin.desk import desk
from portal.admin.portals_preview import Sight
from portal.business import media
from portal.business.views import add
from portal.cases import campaigns as form
from portal.cases import link
from store import campaigns, offers, versions
from store.adverts import Advert
from store.models import Creative

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from portal.permissions import Permission
    from store.offers import Offer
    from store.versions import Version

SIGHTS = ("welcome", "online")
SCHEMES = ("", "light", "dark")


def blueprint(see: Permission, act: Permission) -> Blueprint:
    """For one app."""
    made = Blueprint("advert_preview", __name__)
    add(made, "/adverts/<name>/preview", kept, see)
    add(made, "/adverts/preview", unsaved, act, "GET", "POST", picture=True)
    return made


def kept(name: str) -> ResponseReturnValue:
    """The newest version; the one that `version` numbers, or `live`."""
    with desk().reading() as session:
        if campaigns.find(session, g.shop.id, name) is None or (row := asked_version(session, Creative, name)) is None:
            abort(404)
        return seen(session, versions.fields_of(row), request.args)


def asked_version(session: Session, model: type[Version], owner: str) -> Version | None:
    """The version that this request is about: the newest, the one that it numbers, or the one that guests see."""
    asked = request.args.get("version", "")
    if asked == "live":
        return versions.live(session, model, owner)
    every = versions.history(session, model, owner)
    return next((row for row in every if asked in ("", str(row.version))), None)


def unsaved() -> ResponseReturnValue:
    """Of what a form holds; without one, of nothing."""
    fields = form.typed(request.form)
    found: Any = media.sent(request.form.get("crop", ""))
    if found is not None and not isinstance(found, str):
        fields["picture"] = media.kept(found)  # the frame fetches it by its name
    with desk().reading() as session:
        return seen(session, fields, request.values)


def seen(session: Session, fields: Mapping[str, Any], asked: Mapping[str, str]) -> Response:
    """The guests' page with an advert of these fields."""
    page, scheme, language = asked.get("sight", "") or SIGHTS[0], asked.get("scheme", ""), asked.get("show_language", "") or g.language
    if page not in SIGHTS or scheme not in SCHEMES or language not in languages.LANGUAGES:
        abort(404)
    site = _site(fields, offers.offered(session, g.shop, form.places(fields)), asked.get("site", ""))
    return media.framed_here(desk().tools["shop_preview"](session, advert(session, fields), Sight(page, site, language, scheme)))


def advert(session: Session, fields: Mapping[str, Any]) -> Advert:
    """Of these fields, by this shop; a picture that is not its own is none."""
    picture = media.find(session, fields["picture"]) if fields.get("picture") else None
    wanted = fields.get("link", "") or g.shop.link
    return Advert(
        creative="preview",
        campaign="preview",
        shop=g.shop.slug,
        name=g.shop.name,
        title={key: text[: form.TITLE] for key, text in fields["title"].items()} or {g.language: _("Your title")},
        text={key: text[: form.TEXT] for key, text in fields["text"].items()},
        link=wanted if not link.fault(wanted) else "",
        picture=picture.sha if picture is not None else "",
        alt=fields["alt"],
        width=picture.width if picture is not None else 0,
        height=picture.height if picture is not None else 0,
        house=g.shop.house,
    )


def _site(fields: Mapping[str, Any], offered: list[Offer], asked: str) -> str:
    """The site that was asked for; else the first in which the advert wants to be shown; else any of the shop's."""
    sites = list(dict.fromkeys(each.site for each in offered if each.site))
    if asked in sites:
        return asked
    chosen = {tuple(each) for each in fields.get("plan", {}).get("places", ())}
    named = (each.site for each in offered if each.site and (each.kind.value, each.name) in chosen)
    return next(named, next(iter(sites), ""))
