"""Values put into a template that an operator wrote, each encoded for its place: a URL, JSON, a form, XML, a header.

What a value holds can end no string, begin no field and break no line. Never asks anybody, and never keeps a value.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NAMES: Final = ("to", "digits", "text", "id", "secret")
_PLACE: Final = re.compile(r"\{(to|digits|text|id|secret)\}")
_ANY: Final = re.compile(r"\{([a-z_]{1,20})\}")
JSON, FORM, XML = "application/json", "application/x-www-form-urlencoded", "application/xml"


def _json(value: str) -> str:
    return json.dumps(value)[1:-1]


def _xml(value: str) -> str:
    kept = "".join(each for each in value if each in "\t\n\r" or each >= " ")  # XML 1.0, 2.2: other controls are in no document
    return escape(kept, {'"': "&quot;", "'": "&apos;", "\r": "&#13;", "\n": "&#10;"})


def _header(value: str) -> str:
    if not value.isascii() or not value.isprintable():
        raise ValueError("a header holds printable ASCII alone")  # RFC 9110, 5.5
    return value


_ENCODERS: Final[Mapping[str, Callable[[str], str]]] = {JSON: _json, FORM: quote_plus, XML: _xml, "text/xml": _xml}


def in_url(template: str, values: Mapping[str, str]) -> str:
    """The URL: a value is one part of a path or of a query."""
    return _filled(template, values, lambda value: quote(value, safe=""))


def in_header(template: str, values: Mapping[str, str]) -> str:
    """A header's value; raises ValueError for what no header can hold."""
    return _header(_filled(template, values, _header))


def in_body(template: str, kind: str, values: Mapping[str, str]) -> bytes:
    """The body, of this media type: one of those that `takes` says."""
    return _filled(template, values, _ENCODERS[kind]).encode()


def takes(kind: str) -> bool:
    """Whether we know how a value is written in a body of this type."""
    return kind in _ENCODERS


def media_type(content_type: str, body: str) -> str:
    """What a body is: as its header says, else as it looks."""
    said = content_type.partition(";")[0].strip().lower()
    return said or (JSON if body.lstrip()[:1] in ("{", "[") else FORM)


def named(template: str) -> set[str]:
    """The placeholders of a template, known or not: {to} and its like."""
    return set(_ANY.findall(template))


def _filled(template: str, values: Mapping[str, str], encode: Callable[[str], str]) -> str:
    """Each in one pass: what a value says is not looked through for another."""
    return _PLACE.sub(lambda found: encode(values[found[1]]), template)
