"""What runs where, week by week: sites down, days across, with gaps and crowds; the same as CSV.

Never more sites on a page than anybody reads, and never a promise: what a cap leaves is not in it.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from babel.dates import format_date
from flask import Blueprint, Response, abort, g, request, stream_with_context

from portal import sheets, words
from portal.admin import schedule
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.page import page
from portal.admin.tables import exporting
from portal.cases import calendar
from portal.cases.remainders import time_zone
from portal.permissions import Permission
from store.models import Site

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from portal.cases.calendar import Run, Spot

blueprint = Blueprint("calendar", __name__, url_prefix="/calendar")
COLUMNS: Final = ("site", "site_name", "district", "day", "business", "advert", "house", "from", "until", "weight", "only_at")
SHOWN: Final = 5  # adverts of one day at one site that are named
SLICE: Final = 200  # sites of one statement of a file


@blueprint.get("")
@needs(Permission.SPLASH)
def show() -> ResponseReturnValue:
    """One week, a page of sites."""
    first, district = _week(), request.args.get("district", "")[:200]
    if request.args.get("format") == "csv":
        away = exporting("calendar")
        return _file(first, district) if away is None else away
    with desk().reading() as session:
        some = calendar.spots(session, district, _after(session), calendar.SITES + 1)
        rows = calendar.week(calendar.runs(session, first), some[: calendar.SITES], first)
        districts = calendar.districts(session)
    return page(
        "calendar.html",
        rows=rows,
        first=first,
        days=[words.brief_day(first + timedelta(days=day), weekday=True) for day in range(calendar.DAYS)],
        span=(format_date(first, "long", locale=g.locale), format_date(first + timedelta(days=6), "long", locale=g.locale)),
        before=calendar.monday(first - timedelta(days=7)),
        after=calendar.monday(first + timedelta(days=7)),
        district=district,
        districts=districts,
        onward=some[calendar.SITES - 1].id if len(some) > calendar.SITES else "",
        amount=calendar.free(rows),
        shown=SHOWN,
        crowd=calendar.CROWDED,
        hours=schedule.hours,
        only_at=calendar.only_at,
    )


def _week() -> date:
    """The Monday of the day that was asked for, else of today at the operator's place."""
    try:
        asked = date.fromisoformat(request.args.get("week", "")[:10])
    except ValueError:
        asked = g.now.astimezone(time_zone(desk().zone())).date()
    return calendar.monday(asked)


def _after(session: Session) -> tuple[str, str] | None:
    """The site after which this page begins."""
    if not (name := request.args.get("after", "")):
        return None
    site = session.get(Site, name[:200])
    if site is None:
        abort(404)
    return site.name, site.id


def _file(first: date, district: str) -> Response:
    answer = Response(stream_with_context(_lines(first, district)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="calendar-{first:%Y-%m-%d}.csv"'
    return answer


def _lines(first: date, district: str) -> Iterator[str]:
    """One for each advert, site and day; one without an advert where there is none."""
    yield "\ufeff" + sheets.line(COLUMNS)
    with desk().reading() as session:
        running = calendar.runs(session, first)
    after: tuple[str, str] | None = None
    while True:
        with desk().reading() as session:
            some = calendar.spots(session, district, after, SLICE)
        for row in calendar.week(running, some, first):
            for cell in row.cells:
                yield "".join(sheets.line(_cells(row.spot, cell.day, run)) for run in cell.runs or (None,))
        if len(some) < SLICE:
            return
        after = some[-1].name, some[-1].id


def _cells(spot: Spot, day: date, run: Run | None) -> Sequence[Any]:
    where = (spot.id, spot.name, spot.district, day.isoformat())
    if run is None:
        return (*where, *[""] * (len(COLUMNS) - len(where)))
    hours = (_clock(run.from_minute), _clock(run.until_minute))
    return (*where, run.shop, run.name, "yes" if run.house else "no", *hours, run.weight, " ".join(calendar.only_at(run, spot)))


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
