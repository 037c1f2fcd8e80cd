"""A guest's page as a portal would show it: of what is published, of a draft, or of what is typed and not saved yet.

The page is the guests' own (portal/guest/preview.py), under the guests' own policy but for three words: it may stand in a frame
of ours, its pictures are ours, and no form of it may be sent. Never changes anything, whatever is pressed in it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, Response, abort, g, request

from portal import languages
from portal.admin import entries
from portal.admin.bodies import PICTURED, takes
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.page import page
from portal.admin.portals_edit import SIGHTS, typed
from portal.permissions import Permission
from store import portal_versions as rows
from store.models import Media, Portal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue

blueprint = Blueprint("portals_preview", __name__)
_SHA: Final = re.compile(r"[0-9a-f]{64}")
_FORMS: Final = re.compile(r"form-action [^;]*")


class Sight(NamedTuple):
    """Which page, where, how: as `Desk.tools["preview"]` wants it."""

    page: str
    site: str
    language: str
    scheme: str


@blueprint.get("/portals/<path:name>/preview")
@needs(Permission.NETWORK)
def saved(name: str) -> ResponseReturnValue:
    """Of the draft, else of what guests see; of the version that `version` names."""
    with desk().reading() as session:
        entry = entries.find(session, "portal", Portal, name)
        number = request.args.get("version", "")
        if number:
            row = rows.find(session, name, int(number)) if number.isascii() and number.isdigit() and len(number) < 10 else None
            if row is None:
                abort(404)
        else:
            row = rows.draft(session, name)
    return _seen(name, row.fields if row is not None else entry.values, request.args)


@blueprint.post("/portals/<path:name>/preview")
@takes(PICTURED)
@needs(Permission.NETWORK_ACT)
def unsaved(name: str) -> ResponseReturnValue:
    """Of what the form holds."""
    said, prepared, wrongs = typed()
    if wrongs:
        return _framed(page("portal_preview_no.html", 422, wrongs=wrongs))
    if prepared is not None:
        desk().tools["portal_pictures"]().find(prepared.sha, lambda: prepared.octets)
    return _seen(name, said, request.form)


def _seen(name: str, fields: Mapping[str, Any], asked: Mapping[str, str]) -> ResponseReturnValue:
    language = asked.get("show_language", "") or g.language
    sight = Sight(
        asked.get("sight", "") or "welcome",
        asked.get("site", ""),
        language if language in languages.LANGUAGES else "",
        scheme if (scheme := asked.get("scheme", "")) in ("light", "dark") else "",
    )
    if sight.page not in SIGHTS:
        abort(404)
    with desk().reading() as session:
        found = desk().tools["preview"](session, name, {key: fields.get(key) for key in rows.KEYS}, sight)
    if isinstance(found, list):
        return _framed(page("portal_preview_no.html", 422, wrongs=found))
    return framed(found)


def framed(found: Any) -> Response:
    """A guest's page (`Seen` of proxeny/staff_portals.py) in a frame of ours; no form of it may be sent."""
    answer = Response(found.octets, found.status, mimetype="text/html")
    policy = _FORMS.sub("form-action 'none'", found.policy).replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    answer.headers["Content-Security-Policy"] = policy
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def _framed(answer: Response) -> Response:
    """A page of ours that may stand in the editor's frame."""
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'self'"
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


@blueprint.get("/media/<sha>.webp")
@needs(Permission.SELF)
def picture(sha: str) -> ResponseReturnValue:
    """A logo, or a picture that waits for review, where the guests' pages have it: the frames of more than one page need it."""
    if not _SHA.fullmatch(sha):
        abort(404)

    def ask() -> bytes | None:
        with desk().reading() as session:
            row = session.get(Media, sha)
            return row.octets if row is not None else None

    octets = desk().tools["portal_pictures"]().find(sha, ask)
    if octets is None:
        abort(404)
    g.cache = "private, max-age=31536000, immutable"
    return Response(octets, mimetype="image/webp")
