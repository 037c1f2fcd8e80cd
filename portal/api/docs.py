"""The OpenAPI document, and the pages that people read it on. All of them are open: they hold nothing of any city.

The frame is in the reader's language; what is said of each operation is the document's own, in English. Never a script, and
nothing from anywhere else.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from flask import Response, abort, g, render_template, request
from flask_babel import refresh
from markupsafe import Markup, escape

from portal import languages, words
from portal.admin import assets
from portal.admin.desk import desk
from portal.api import again, listing, reading
from portal.api.answers import tag
from portal.api.manual import Chapter, chapters
from portal.api.problems import DOCS, Kind
from portal.permissions import PERSONS_ALONE, Permission

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

PATH: Final = "/api/v1/openapi.json"
_CODE: Final = re.compile(r"`([^`]+)`")
_POLICY: Final = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def about(version: str) -> dict[str, Any]:
    """What the document says of the whole."""
    return {
        "title": "Proxeny",
        "version": version,
        "openapi_version": "3.1.0",
        "info": {
            "description": "What the staff's pages do, for programs. How to page, to change and to repeat is told at /api/v1/docs.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "pxy_…, made under API by whoever may; scopes are permissions"}
            }
        },
    }


def serve(app: Flask, spec: Any, titles: Mapping[str, str]) -> None:
    """Put the document and its pages before this app."""
    content = spec.to_dict()
    for each in content.get("tags", ()):
        each["x-title"] = titles.get(each["name"], each["name"])
    octets = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    mark = tag(octets)
    book = chapters(content)
    kept: dict[tuple[str, ...], str] = {}  # one for each page and language: there are no others

    def document() -> Response:
        """GET: for programs."""
        g.cache = "public, max-age=300"
        made = Response(octets, content_type="application/json")
        made.set_etag(mark)
        made.make_conditional(request)
        return made

    def guide() -> Response:
        """GET: how to begin, and what there is."""
        return _page(kept, "api_guide.html", book)

    def chapter(name: str) -> Response:
        """GET: the operations of one chapter."""
        if name not in book:
            abort(404)
        return _page(kept, "api_chapter.html", book, name)

    views: tuple[tuple[str, Any], ...] = ((PATH, document), (DOCS, guide), (f"{DOCS}/<name>", chapter))
    for path, view in views:
        view.open = True
        app.add_url_rule(path, f"docs_{view.__name__}", view)


def _ticked(words: str) -> Markup:
    """What stands between backticks is code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(words))))  # noqa: S704  escaped just before


def _page(kept: dict[tuple[str, ...], str], template: str, book: Mapping[str, Chapter], name: str = "") -> Response:
    """In the reader's language, made once, under a policy that lets nothing run."""
    chosen = [each for each in reversed(request.args.getlist("lang")) if each in languages.LANGUAGES][:1]
    g.language = languages.choose(languages.LANGUAGES, chosen, list(request.accept_languages.values()))
    g.locale = languages.locale(g.language, "CA")
    refresh()
    which = (desk().office.url, str(desk().office.api_rate), name, g.language, *chosen)
    if which not in kept:
        values = {"book": book, "chapter": book.get(name), "kept": f"?lang={chosen[0]}" if chosen else ""}
        kept[which] = words.one_stop(render_template(template, **_shared(), **values))
    g.cache = "no-cache"
    made = Response(kept[which], content_type="text/html; charset=utf-8")
    made.headers["Content-Security-Policy"] = _POLICY
    made.headers["Content-Language"] = g.language
    made.vary.add("Accept-Language")
    made.set_etag(tag(kept[which].encode()))
    made.make_conditional(request)
    return made


def _shared() -> dict[str, Any]:
    """What every page says."""
    return {
        "asset": assets.url,
        "language": str(g.locale).replace("_", "-"),
        "direction": g.locale.text_direction,
        "languages": [(each, (languages.locale(each, "").get_display_name(each) or each).capitalize()) for each in languages.LANGUAGES],
        "spoken": g.language,
        "ticked": _ticked,
        "code": lambda said: Markup("<code>{}</code>").format(said),
        "url": desk().office.url,
        "docs": DOCS,
        "document": PATH,
        "rate": desk().office.api_rate,
        "usual": listing.USUAL,
        "most": listing.MOST,
        "largest": reading.LARGEST >> 20,
        "header": again.HEADER,
        "kinds": list(Kind),
        "scopes": [each for each in Permission if each not in PERSONS_ALONE],
    }
