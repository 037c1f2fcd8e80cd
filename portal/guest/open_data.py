"""/open-data/: what the city publishes of its Wi-Fi, for people and for programs, at addresses that stay.

Every file has an ETag, may be kept a quarter of an hour, and may be read by any site's page. Never a file that nobody published, and
never a word about who fetched it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from babel.dates import format_date
from flask import Blueprint, abort, g, make_response, request

from portal import open_words, words
from portal.capabilities import Capability
from portal.cases.publishing import first_of
from portal.guard import open_to
from portal.guest.page import page
from portal.guest.pages import remember
from portal.kit import kit
from store import publications
from store.models import Dataset
from store.session import reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response

    from portal.cases.open_catalogue import File
    from store.publications import Brief

blueprint = Blueprint("open_data", __name__)
SETS: Final = {"hotspots": open_words.HOTSPOTS, "usage_monthly": open_words.USAGE}
_KEPT: Final = "public, max-age=900"
_HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match, If-Modified-Since",
    "Access-Control-Expose-Headers": "ETag, Last-Modified",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@blueprint.get("/open-data/")
@open_to(Capability.NONE)
def index() -> Any:
    """What there is, under which terms, and what was withdrawn and why."""
    back = remember()
    newest, files = _shelf()
    gone = [(_title(each), each) for each in newest if each.withdrawn_at is not None]
    listed = {name: {file: found for file, found in files.items() if file.startswith(name)} for name in SETS}
    months = [_month(each) for each in newest if each.dataset is Dataset.USAGE and each.withdrawn_at is None]
    return page(
        "open_data.html",
        sets={name: said for name, said in SETS.items() if listed[name]},
        listed=listed,
        columns=open_words.COLUMNS,
        about=open_words.CATALOGUE,
        months=months,
        gone=gone,
        terms=kit().house.open_data,
        amount=words.amount,
        day=lambda at: words.day(at, g.doors.timezone),
        back=back,
    )


@blueprint.get("/open-data/<name>")
@open_to(Capability.NONE)
def file(name: str) -> Response:
    """One of the files."""
    newest, files = _shelf()
    found = files.get(name)
    if found is None:
        abort(404)
    gone = (each.withdrawn_at for each in newest if each.withdrawn_at is not None)  # what is taken out is a change, too
    g.cache = _KEPT
    answer = make_response(found.octets)
    answer.content_type = f"{found.kind}; charset=utf-8" if found.kind == "text/csv" else found.kind
    answer.set_etag(found.digest)
    answer.last_modified = max((found.at, *gone))
    return answer.make_conditional(request)  # type: ignore[return-value]  # it is the same


@blueprint.after_request
def _anybodys(response: Response) -> Response:
    """Pages of other sites may read it, whoever they are: there is nothing in it that is not public."""
    if request.endpoint == "open_data.file":
        response.headers.update(_HEADERS)
    return response


def _shelf() -> tuple[list[Brief], Mapping[str, File]]:
    """The last publication of each period, and the files of those that are public."""
    tools = kit()
    terms = tools.house.open_data
    if terms is None:
        return [], {}
    with reading(tools.database) as session:
        newest = publications.newest(session)
        live = [each for each in newest if each.withdrawn_at is None]
        files = tools.shelf.files(live, lambda: publications.octets(session, [each.id for each in live]), terms, tools.house.url)
    return newest, files


def _title(brief: Brief) -> str:
    return str(SETS["hotspots"].title) if brief.dataset is Dataset.HOTSPOTS else _month(brief)


def _month(brief: Brief) -> str:
    first = first_of(brief.period)
    return str(format_date(first, "LLLL y", locale=g.locale)) if first is not None else brief.period
