"""Analytics: what the city's Wi-Fi is used for, by day, hour, district, site and length, and where its visitors come from.

Each panel is a table, a chart of the same (`/charts/analytics/…`) and a CSV of the same; all of sums, over a span of days. Never a look
at a session or at a person, and never a cell that stands for fewer than five.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import pygal
from flask import Blueprint, Response, abort, g, redirect, request
from flask_babel import lazy_gettext as later

from portal.admin import analytics_panels as panels
from portal.admin import analytics_span as spans
from portal.admin import analytics_visitors as people
from portal.admin.analytics_panels import MOST, Panel, raw, said
from portal.admin.charts import NARROW, PLAIN, every, picture, size
from portal.admin.desk import desk
from portal.admin.guard import FRESH, audited, needs
from portal.admin.page import page
from portal.cases.suppression import FEWEST
from portal.cases.usage import Look, share, stands_for
from portal.permissions import Permission, may
from portal.sheets import line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from portal.admin.analytics_span import Asked

blueprint = Blueprint("analytics", __name__)
TABS: Final = (
    ("/analytics", later("Usage")),
    ("/analytics/places", later("Places")),
    ("/analytics/stays", later("Stays")),
    ("/analytics/visitors", later("Visitors")),
    ("/analytics/compare", later("Before and after")),
    ("/analytics/report", later("Report")),
)
PANELS: Final[Mapping[str, Callable[[Look, Asked, Session], Panel]]] = {
    "days": panels.days,
    "hours": panels.clock,
    "districts": panels.districts,
    "sites": panels.sites,
    "stays": panels.stays,
    "countries": people.countries,
    "institutions": people.institutions,
    "months": people.months,
    "site-visitors": people.site_visitors,
}
BARS: Final = 20  # of a chart with a name at each bar


@blueprint.get("/analytics")
@needs(Permission.REPORTS)
def usage() -> ResponseReturnValue:
    """In all, by day and by hour."""
    return _page(["days", "hours"], later("Usage"), summed=True)


@blueprint.get("/analytics/places")
@needs(Permission.REPORTS)
def places() -> ResponseReturnValue:
    """By district and by site."""
    return _page(["districts", "sites"], later("Places"))


@blueprint.get("/analytics/stays")
@needs(Permission.REPORTS)
def stays() -> ResponseReturnValue:
    """How long they stay."""
    return _page(["stays"], later("Stays"))


@blueprint.get("/analytics/visitors")
@needs(Permission.REPORTS)
def visitors() -> ResponseReturnValue:
    """Where they come from, and whether they come back."""
    return _page(["countries", "institutions", "months", "site-visitors"], later("Visitors"))


def _page(names: Sequence[str], title: Any, *, summed: bool = False) -> ResponseReturnValue:
    with desk().reading() as session:
        asked = spans.asked(session)
        look = Look(session, asked.days)
        if request.args.get("format") == "csv":
            return _file(session, look, asked, names)
        some = [PANELS[name](look, asked, session) for name in names]
        facts = totals(look) if summed and look.total.sessions else []
    return page(
        "analytics.html", title=title, panels=some, facts=facts, few=any(each.shut for each in some), **shown(), **spans.values(asked)
    )


def shown() -> dict[str, Any]:
    """What the templates of analytics tell a cell with."""
    return {"said": said, "tabs": TABS, "rows_most": MOST}


def totals(look: Look) -> list[tuple[Any, str, Any]]:
    """(title, kind, value): the exact sums of all of it; None where there is hardly anything."""
    used = look.total
    few = 0 < stands_for(used) < FEWEST
    return [
        (later("Sessions"), "count", None if few else used.sessions),
        (later("Hours online"), "hours", None if few else used.seconds),
        (later("Data"), "octets", None if few else used.octets),
        (later("Roaming"), "percent", None if few else share(used)),
        (later("Median stay"), "minutes", None if few else look.median),
    ]


def _file(session: Session, look: Look, asked: Asked, names: Sequence[str]) -> ResponseReturnValue:
    name = request.args.get("table", names[0])
    if name not in names:
        abort(404)
    return handed_out(lambda: csv(PANELS[name](look, asked, session), asked))


def handed_out(made: Any) -> ResponseReturnValue:
    """A file, to whoever may export and has just proven who they are; it is in the audit log."""
    if not may(g.staff.role, Permission.EXPORT):
        abort(403)
    if g.now - g.session.proven_at > FRESH:
        return redirect(f"/prove?next={quote(request.full_path, safe='')}", 303)
    answer: ResponseReturnValue = made()
    with desk().writing() as session:
        audited(session, "export", "analytics", f"{request.path}?{request.query_string.decode('ascii', 'replace')}"[:200])
    return answer


def csv(panel: Panel, asked: Asked) -> Response:
    """The same as a file; what is not told is empty."""
    return lines(
        f"{panel.name}-{asked.days.first}-{asked.days.last}",
        [column.name for column in panel.columns],
        ([raw(cell, column.kind) for cell, column in zip(row, panel.columns, strict=True)] for row in panel.rows),
    )


def lines(name: str, head: Iterable[str], rows: Iterable[Iterable[Any]]) -> Response:
    """A CSV of this name."""
    answer = Response("\ufeff" + line(head) + "".join(line(row) for row in rows), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


@blueprint.get("/charts/analytics/<name>.svg")
@needs(Permission.REPORTS)
def chart(name: str) -> Response:
    """A panel as a picture."""
    builder = PANELS.get(name)
    if builder is None or name == "institutions":
        abort(404)
    with desk().reading() as session:
        asked = spans.asked(session)
        panel = builder(Look(session, asked.days), asked, session)
    return picture(drawn(panel, **size(960, 260)), 60)


def drawn(panel: Panel, width: int, height: int) -> Any:
    """Columns side by side; where each has a name, bars below one another, of the largest."""
    some = panel.drawn()
    if panel.name in ("districts", "sites", "countries", "site-visitors"):
        some = [each for each in some if each[1]][:BARS]
        longest = 18 if (width, height) == NARROW else -1
        bars = pygal.HorizontalBar(width=width, height=max(80 + 24 * len(some), 120), show_legend=False, truncate_label=longest, **PLAIN)
        some = some[::-1]
    else:
        plain = PLAIN | {"max_scale": height // 32}
        bars = pygal.Bar(width=width, height=height, show_legend=False, x_label_rotation=30, truncate_label=-1, **plain)
        bars.show_minor_x_labels = False
        bars.x_labels_major = [label for label, _number in some[:: every(len(some), width)]]
    bars.x_labels = [label for label, _number in some]
    bars.add(panel.title_of(panel.bar), [number for _label, number in some])
    return bars
