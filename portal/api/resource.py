"""How a view of the API is declared: its method and path, what it needs, what it reads, what it answers, in one place.

The router, the gate, the reading of what was sent and the OpenAPI document all have it from there, so none can say another
thing than the others. A view gets its query first, its body next, then the parts of its path. Never a key that nobody declared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from flask_smorest import Blueprint
from marshmallow import RAISE, Schema
from webargs.flaskparser import FlaskParser

from portal.admin.guard import needs
from portal.api import again, reading
from portal.api.problems import Fault, Kind, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from marshmallow import ValidationError
    from marshmallow.fields import Field

    from portal.permissions import Permission

View = TypeVar("View", bound="Callable[..., Any]")
_NAMED: Final = {"GET": 200, "POST": 201, "PATCH": 200, "DELETE": 204}
_MATCH: Final = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "schema": {"type": "string"},
    "description": 'The ETag of what you read, with its quotes; "*" where any will do',
    "example": '"5f3a…"',
}
_NONE: Final = {
    "in": "header",
    "name": "If-None-Match",
    "schema": {"type": "string"},
    "description": "The ETag of what you have: 304 where it is still that",
}
_AGAIN: Final = {
    "in": "header",
    "name": again.HEADER,
    "schema": {"type": "string", "maxLength": again.LONGEST, "pattern": "^[\\x20-\\x7e]+$"},
    "description": "The same request again under the same key is done once, and answered alike for a day",
}
_ETAG: Final = {"ETag": {"description": "Its version, for If-Match and If-None-Match", "schema": {"type": "string"}}}
_LINK: Final = {"Link": {"description": 'The next page, as rel="next"', "schema": {"type": "string"}}}


class _Parser(FlaskParser):
    """Reads strictly, and refuses in our words."""

    DEFAULT_UNKNOWN_BY_LOCATION: Final = {"json": RAISE, "query": RAISE}  # type: ignore[misc]
    DEFAULT_VALIDATION_STATUS = 422

    def _raw_load_json(self, req: Any) -> Any:  # noqa: ARG002  webargs'
        return reading.body()

    def handle_error(self, error: ValidationError, req: Any, schema: Schema, **_rest: Any) -> NoReturn:  # noqa: ARG002  webargs'
        said: Any = error.messages
        wrongs = [fault for location, found in said.items() for fault in faults(location, found)]
        raise RefusedError(Kind.INVALID, faults=wrongs[:100])


def faults(location: str, found: Any, path: str = "#") -> Iterator[Fault]:
    """Every message, at the place that it is about."""
    if isinstance(found, dict):
        for key, inner in found.items():
            step = str(key).replace("~", "~0").replace("/", "~1")
            yield from faults(location, inner, path if key == "_schema" else f"{path}/{step}")
        return
    for words in found if isinstance(found, list) else [found]:
        name = path.removeprefix("#/")
        yield Fault(str(words), parameter=name) if location == "query" else Fault(str(words), path)


class _Rules(Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    """A blueprint that reads as we do."""

    ARGUMENTS_PARSER = _Parser()


class Resource:
    """Views that belong together; `title` and `about` head them on the documentation page."""

    def __init__(self, name: str, title: str, about: str) -> None:
        self.title = title
        self.blueprint = _Rules(name, name, url_prefix="/api/v1", description=about)

    def on(
        self,
        method: str,
        path: str,
        permission: Permission | None,
        *,
        query: Mapping[str, Field[Any]] | None = None,
        body: type[Schema] | Schema | None = None,
        answer: type[Schema] | Schema | None = None,
        status: int = 0,
        match: bool = False,
        example: Any = None,
        also: Mapping[str, Permission] | None = None,
        dry: tuple[str, type[Schema]] | None = None,
        fleeting: bool = False,
    ) -> Callable[[View], View]:
        """One view; a permission of None: for every token. `match`: it needs If-Match; `also`: what needs another permission -> which
        (it asks `guard.require` for that); `dry`: media type and schema of what `?dry_run=true` answers;
        `fleeting`: a POST whose answer is kept for nobody, for it is somebody's, and changes nothing."""

        def mark(view: View) -> View:
            made: Any = view
            rules = self.blueprint
            made = rules.response(code := status or _NAMED[method], answer, headers=_headers(code, paged="after" in (query or {})))(made)
            if method == "GET":
                made = rules.alt_response(304, description="What you have is still that", headers=_ETAG)(made)
            if dry is not None:
                made = rules.alt_response(200, schema=dry[1], content_type=dry[0], description="What would change")(made)
            if body is not None:
                made = rules.arguments(body, required=False, example=example)(made)
            made = rules.arguments(Schema.from_dict(dict(query or {}), name=f"{view.__name__}_query"), location="query")(made)
            made.fleeting = fleeting
            made._apidoc["arguments"]["parameters"] += _extra(method, match=match, fleeting=fleeting)  # noqa: SLF001  as smorest keeps it
            made = rules.doc(**_said(method, permission, also or {}), operationId=f"{rules.name}_{view.__name__}")(made)
            made = needs(permission)(made) if permission is not None else everyones(made)
            rules.route(path, methods=[method])(made)
            return view

        return mark


def _headers(status: int, *, paged: bool) -> dict[str, Any]:
    return {} if status == 204 else {**_ETAG, **(_LINK if paged else {})}


def everyones(view: View) -> View:
    """Names a view that any token that works may use."""
    view.everyones = True  # type: ignore[attr-defined]
    return view


def _extra(method: str, *, match: bool, fleeting: bool) -> list[Any]:
    """The headers that it reads."""
    return [each for each, so in ((_MATCH, match), (_AGAIN, method == "POST" and not fleeting), (_NONE, method == "GET")) if so]


def _said(method: str, permission: Permission | None, also: Mapping[str, Permission]) -> dict[str, Any]:
    """What the document has of a view beside what it reads and answers."""
    scope = {"x-scope": permission.name} if permission is not None else {}
    said: dict[str, Any] = {"security": [{"token": [*scope.values()]}], **scope}
    if also:
        said["x-also"] = [{"for": what, "scope": each.name} for what, each in also.items()]
    if method == "GET":
        said["responses"] = {"304": {"description": "It is still what you have"}}
    return said
