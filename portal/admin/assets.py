"""The staff app's own style and scripts, and Leaflet out of its package: served under a name that holds their digest.

So a browser may keep each for good, and never shows one version's page with another's style. Never a path from outside:
what is served is listed here.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort, g

blueprint = Blueprint("assets", __name__)
_OURS: Final = Path(__file__).parent.parent / "static"
_LEAFLET: Final = ("leaflet.js", "leaflet.css", "images/marker-icon.png", "images/marker-icon-2x.png", "images/marker-shadow.png")
_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".png": "image/png", ".svg": "image/svg+xml"}


@lru_cache(maxsize=128)
def _found(name: str) -> tuple[bytes, str] | None:
    """(octets, digest) of what is served under this name; None where nothing is."""
    ours = {path.name for path in _OURS.iterdir() if path.suffix in _TYPES}
    if name in ours:
        octets = (_OURS / name).read_bytes()
    elif name.startswith("leaflet/") and name.removeprefix("leaflet/") in _LEAFLET:
        octets = (files("xstatic.pkg.leaflet") / "data" / name.removeprefix("leaflet/")).read_bytes()
    else:
        return None
    return octets, hashlib.sha256(octets).hexdigest()[:12]


def url(name: str) -> str:
    """Where a page finds it."""
    found = _found(name)
    if found is None:
        raise LookupError(name)
    return f"/static/{found[1]}/{name}"


def serve(digest: str, name: str) -> Response:
    """GET: the file; of another version, 404. Leaflet's own style asks for its pictures beside it, under its own digest."""
    found = _found(name)
    if found is None or (found[1] != digest and not name.endswith(".png")):
        abort(404)
    g.cache = "public, max-age=31536000, immutable"
    return Response(found[0], mimetype=_TYPES[Path(name).suffix])


serve.open = True  # type: ignore[attr-defined]  # whoever is about to sign in needs them, too
blueprint.add_url_rule("/static/<digest>/<path:name>", view_func=serve)
