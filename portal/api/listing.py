"""A list of the pages as JSON: the same statement, order and filters, turned by the same keys.

`limit` and `after` are those of every list; the filters are the page's own. Never a filter that is silently not taken.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from flask import request
from marshmallow import Schema, fields, validate

from portal.admin.desk import desk
from portal.api.answers import answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flask import Response
    from sqlalchemy.orm import Session

    from portal.admin.lists import List

USUAL: Final = 50
MOST: Final = 200
_TEXT: Final = (validate.Length(1, 200), validate.Regexp(r"\s*\S", error="Says nothing."))


def query(of: List) -> dict[str, fields.Field[Any]]:
    """The parameters of this list, for `Resource.get`. A filter whose choices are not known yet is typed."""
    paging: dict[str, fields.Field[Any]] = {
        "limit": fields.Integer(load_default=USUAL, validate=validate.Range(1, MOST), metadata={"description": "So many at most"}),
        "after": fields.String(validate=validate.Length(1, 1_000), metadata={"description": "The cursor in `next` of the page before"}),
    }
    return paging | {each.name: _filter(each) for each in of.filters}


def _filter(each: Any) -> fields.Field[Any]:
    said = {"description": ", ".join(str(words) for words in (each.title, each.hint) if words)}
    return fields.String(validate=validate.OneOf(list(each.choices)) if each.choices else list(_TEXT), metadata=said)


def page_of(item: type[Schema]) -> type[Schema]:
    """The schema of a page of these."""
    name = f"{item.__name__}Page"
    return type(
        name,
        (Schema,),
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.String(
                required=True, allow_none=True, metadata={"description": "Where the next page is, relative to this host; null on the last"}
            ),
            "total": fields.Integer(required=True, metadata={"description": "How many the filters leave, counted up to 10,000"}),
            "total_capped": fields.Boolean(required=True, metadata={"description": "There are more than `total`"}),
        },
    )


def listed(of: List, asked: Mapping[str, Any], items: Callable[[Session, Sequence[Any]], Sequence[Any]] | None = None) -> Response:
    """The page that was asked for; `items` makes of its rows what is said of them, else each is its columns."""
    of = replace(of, filters=[each._replace(choices=each.choices or None) for each in of.filters])
    with desk().reading() as session:
        found = of.page(session, asked["limit"])
        said = items(session, found.rows) if items is not None else [columns(of, row) for row in found.rows]
    more = None
    if found.onward:
        size = {"limit": request.args["limit"]} if "limit" in request.args else {}
        more = f"{request.path}?{found.onward}{'&' if size else ''}{urlencode(size)}"
    content = {"items": said, "next": more, "total": found.total, "total_capped": found.capped}
    return answer(content, headers={"Link": f'<{more}>; rel="next"'} if more else None)


def columns(of: List, row: Any) -> dict[str, Any]:
    """What the CSV has of this row, by name."""
    return {column.name: column.cell(row) for column in of.columns}
