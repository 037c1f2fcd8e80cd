"""A shop's pictures on its own pages: shown before anybody else may see them, and taken as soon as they are chosen.

Never a picture of another shop that is not published.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, abort, g, jsonify, request
from flask_babel import gettext as _

from portal.admin.desk import desk
from portal.admin.portals_preview import framed
from portal.business.views import add
from portal.cases import pictures
from portal.pace import Rate
from store.models import Media

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from portal.permissions import Permission
    from store.stills import Prepared

SENT: Final = 60  # pictures of one shop in an hour: reading one takes seconds, and two are read at once
_SHA: Final = re.compile(r"[0-9a-f]{64}")


def blueprint(see: Permission, act: Permission) -> Blueprint:
    """For one app."""
    made = Blueprint("shop_media", __name__)
    add(made, "/media/<sha>.webp", picture, see)
    add(made, "/media", chosen, act, "POST", picture=True)
    return made


def picture(sha: str) -> ResponseReturnValue:
    """The shop's own, or one that is published: a preview has the city's logo, too."""
    if not _SHA.fullmatch(sha):
        abort(404)
    with desk().reading() as session:
        row = find(session, sha)
        if row is None:
            abort(404)
        g.cache = "private, max-age=31536000, immutable"  # its name is its digest
        return Response(row.octets, mimetype="image/webp")


def find(session: Session, sha: str) -> Media | None:
    """One of the shop's own, or one that anybody may see."""
    if (own := pictures.shown(session, g.shop.id, sha)) is not None:
        return own
    row = session.get(Media, sha)
    return row if row is not None and row.published_at is not None else None


def chosen() -> ResponseReturnValue:
    """A picture that was just chosen in a form, so that its preview need not send it again: its digest, or why it is not taken."""
    found = sent(request.form.get("crop", ""))
    if found is None or isinstance(found, str):
        return jsonify({"wrong": found or _("No picture was chosen.")}), 422
    sha = kept(found)
    return jsonify({"sha": sha, "src": where(sha)})


def sent(crop: str) -> Any:
    """The picture of this form, made safe; why it is not taken; None where none was chosen. Seconds: hold no transaction."""
    file = request.files.get("picture")
    if file is None or not file.filename:
        return None
    if not desk().rates.take(f"picture {g.shop.id}", Rate(SENT, 3_600.0), g.now.timestamp()):
        return str(_("So many pictures came from your shop within the hour that no more are read. Try again later; your words are kept."))
    return pictures.sent(file, crop)


def kept(found: Prepared) -> str:
    """Its digest, once it is this shop's: in a transaction of its own, since whoever has the log must wait for no picture of another's.

    What no version uses goes again.
    """
    with desk().writing() as session:
        return pictures.take(session, g.shop.id, found, g.now)


def framed_here(seen: Any) -> Response:
    """The guests' page in a frame of ours; its pictures are fetched under the shop, where those are that nobody else sees yet."""
    answer = framed(seen)
    answer.set_data(answer.get_data().replace(b'src="/media/', f'src="/shops/{g.shop.slug}/media/'.encode()))
    return answer


def where(sha: str) -> str:
    """Its address on these pages; "" for none."""
    return f"/shops/{g.shop.slug}/media/{sha}.webp" if sha else ""
