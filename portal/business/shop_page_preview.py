"""A shop's public page as guests would see it: of a version, or of what is typed and not saved yet.

The page is the guests' own, made by their own app (proxeny/shop_preview.py), in a frame of ours. Never changes anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, g, request

from portal import languages
from portal.admin.desk import desk
from portal.business import media
from portal.business.advert_preview import SCHEMES, asked_version
from portal.business.views import add
from portal.cases import pictures
from portal.cases import shop_page as form
from store.models import ShopVersion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from portal.permissions import Permission


def blueprint(see: Permission, act: Permission) -> Blueprint:
    """For one app."""
    made = Blueprint("shop_page_preview", __name__)
    add(made, "/page/preview", seen_page, see)
    add(made, "/page/edit/preview", unsaved_page, act, "POST", picture=True)
    return made


def seen_page() -> ResponseReturnValue:
    """The newest version; the one that `version` numbers, or `live`."""
    with desk().reading() as session:
        row = asked_version(session, ShopVersion, g.shop.id)
        if row is None and request.args.get("version"):
            abort(404)
        return _framed(session, row or ShopVersion(**form.fields_of(g.shop, None)), request.args)


def unsaved_page() -> ResponseReturnValue:
    """Of what a form holds."""
    fields = form.typed(request.form)
    found: Any = media.sent(request.form.get("crop", ""))
    if found is not None and not isinstance(found, str):
        fields["picture"] = media.kept(found)  # the frame fetches it by its name
    with desk().reading() as session:
        if pictures.shown(session, g.shop.id, fields["picture"]) is None:
            fields["picture"] = ""
        return _framed(session, ShopVersion(**fields), request.form)


def _framed(session: Session, row: ShopVersion, asked: Mapping[str, str]) -> Response:
    scheme, language = asked.get("scheme", ""), asked.get("show_language", "") or g.language
    if scheme not in SCHEMES or language not in languages.LANGUAGES:
        abort(404)
    return media.framed_here(desk().tools["shop_page_preview"](session, row, language, scheme))
