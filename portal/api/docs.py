"""The OpenAPI document, and the page that people read it on. Both are open: they hold nothing of any city.

Never a script, and nothing from anywhere else.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from flask import Response, g, request

from portal.api.answers import tag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

PATH: Final = "/api/v1/openapi.json"


def about(version: str) -> dict[str, Any]:
    """What the document says of the whole."""
    return {
        "title": "Proxeny",
        "version": version,
        "openapi_version": "3.1.0",
        "info": {"description": "What the staff's pages do, for programs.", "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "pxy_…, made under API by whoever may; scopes are permissions"}
            }
        },
    }


def serve(app: Flask, spec: Any, titles: Mapping[str, str]) -> None:
    """Put the document before this app."""
    content = spec.to_dict()
    for each in content.get("tags", ()):
        each["x-title"] = titles.get(each["name"], each["name"])
    octets = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    mark = tag(octets)

    def document() -> Response:
        """GET: for programs."""
        g.cache = "public, max-age=300"
        made = Response(octets, content_type="application/json")
        made.set_etag(mark)
        made.make_conditional(request)
        return made

    document.open = True  # type: ignore[attr-defined]
    app.add_url_rule(PATH, "document", document)
