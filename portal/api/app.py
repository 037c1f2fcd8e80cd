"""The API's app, and where it stands: before the staff's pages, on their listener, for whatever is below /api/.

It is made when somebody first asks for it. Programs get part of the threads, so that people's pages have the others however
much is asked. Never a cookie, a form, or a page but its own documentation.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, g
from flask_babel import Babel
from flask_smorest import Api
from marshmallow import Schema, fields

from portal import languages
from portal.api import adopting, catalogue, docs, guard, network, sections, trials
from portal.api.problems import MEDIA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from portal.admin.desk import Desk
    from portal.api.resource import Resource

VERSION: Final = "1.0.0"
RESOURCES: Final[tuple[Resource, ...]] = (
    *network.RESOURCES,
    *trials.RESOURCES,
    *sections.RESOURCES,
    *adopting.RESOURCES,
    *catalogue.RESOURCES,
)
_BUSY: Final = json.dumps({"type": "about:blank", "title": "All places are taken", "status": 503, "detail": "Try again."}).encode()


class Wrong(Schema):
    """One thing that is wrong with what was sent."""

    pointer = fields.String(metadata={"description": "Where in the body: a JSON pointer (RFC 6901)"})
    parameter = fields.String(metadata={"description": "Or which parameter of the query"})
    detail = fields.String(required=True)
    remedy = fields.String(metadata={"description": "What to do about it"})


class Problem(Schema):
    """RFC 9457: why it was not done."""

    type = fields.String(required=True, metadata={"description": "Which kind: its place on the documentation page"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(metadata={"description": "The number of this request, for whoever runs the controller", "example": "K7Q-42M"})
    errors = fields.List(fields.Nested(Wrong))
    scope = fields.String(metadata={"description": "The scope that was missing"})
    reason = fields.String(metadata={"description": "Why it cannot be done just now, in a word"})
    seen = fields.String(metadata={"description": "The newest version there is, for another try"})


class Document(Api):  # type: ignore[misc]  # flask-smorest has no types
    """The OpenAPI document; faults are the guard's."""

    ERROR_SCHEMA = Problem
    DEFAULT_ERROR_RESPONSE_NAME = "DEFAULT_ERROR"

    def _register_error_handlers(self) -> None:
        """Ours are there already."""

    def _register_responses(self) -> None:
        """Problems are no plain JSON."""
        self.DEFAULT_RESPONSE_CONTENT_TYPE = MEDIA
        super()._register_responses()
        self.DEFAULT_RESPONSE_CONTENT_TYPE = Api.DEFAULT_RESPONSE_CONTENT_TYPE


def api_app(desk: Desk) -> Flask:
    """The API over this desk."""
    app = Flask("portal", static_folder=None, template_folder="templates/staff")
    app.extensions["staff"] = desk
    app.url_map.strict_slashes = True
    app.url_map.merge_slashes = False
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(languages.CATALOGUES)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    guard.guard(app)
    Babel(app, locale_selector=lambda: g.locale)
    document = Document(app, spec_kwargs=docs.about(VERSION))
    for resource in RESOURCES:
        document.register_blueprint(resource.blueprint)
    docs.serve(app, document.spec, {each.blueprint.name: each.title for each in RESOURCES})
    return app


class Mount:
    """The staff's pages with the API before them."""

    def __init__(self, pages: Flask) -> None:
        self._pages, self._inner = pages, pages.wsgi_app
        self._app: Flask | None = None
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(max(1, self._desk.office.api_places))

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """WSGI."""
        path = environ.get("PATH_INFO", "")
        if not self._desk.office.api_rate or not (path == "/api" or path.startswith("/api/")):
            return self._inner(environ, start)
        if not self._places.acquire(blocking=False):
            headers = [("Content-Type", MEDIA), ("Content-Length", str(len(_BUSY))), ("Retry-After", "1"), ("Cache-Control", "no-store")]
            self._desk.said("request", {"method": environ.get("REQUEST_METHOD", "")[:16], "route": "", "status": 503, "why": "places"})
            start("503 Service Unavailable", headers)
            return [_BUSY]
        try:
            return self.app(environ, start)  # no answer of the API is written while it is sent
        finally:
            self._places.release()

    @property
    def app(self) -> Flask:
        """The API's own, made once."""
        with self._lock:
            if self._app is None:
                self._app = api_app(self._desk)
            self._app.extensions["staff"] = self._desk
            return self._app

    @property
    def _desk(self) -> Desk:
        found: Desk = self._pages.extensions["staff"]
        return found
