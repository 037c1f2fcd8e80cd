"""What the API answers with: JSON with an ETag, and whether that is the one which a change was asked of.

Strong: the same entity is the same octets. Never an answer that a cache may give to somebody else.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from flask import Response, g, request

from portal.api.problems import Kind, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping


def answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """This content. What is read has an ETag, and is 304 where the program has it already."""
    octets = written(content)
    made = Response(octets, status, content_type="application/json")
    made.headers.update(headers or {})
    if status < 300:
        made.set_etag(tag(octets))
    if request.method in ("GET", "HEAD") and status == 200:
        g.cache = "private, no-cache"
        made.make_conditional(request)
    return made


def empty() -> Response:
    """It was done, and there is nothing to say of it."""
    return Response(status=204)


def written(content: Any) -> bytes:
    """As JSON; the same content is the same octets."""
    return json.dumps(content, ensure_ascii=False, default=plain, separators=(",", ":")).encode() + b"\n"


def tag(octets: bytes) -> str:
    """The ETag of these."""
    return hashlib.sha256(octets).hexdigest()[:32]


def unchanged(content: Any) -> None:
    """Refuse a change that was not asked of this content, as it is now: in the transaction that changes it."""
    said = request.if_match
    if "If-Match" not in request.headers:
        raise RefusedError(Kind.UNCONDITIONAL)
    if not (said.star_tag or said.contains(tag(written(content)))):
        raise RefusedError(Kind.CHANGED)


def plain(value: Any) -> Any:
    """What JSON has no word for: a moment as ISO 8601 in UTC, a word of a closed set as text, a text of the pages in English."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        raise TypeError("no octets are told to a program")
    return str(value)
