"""Before and after: some days beside as many others, for an event, a new access point, a shut library.

The same sums of both, and by site. Never a difference of which one side may not be told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pygal
from flask import Blueprint, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later

from portal.admin import analytics
from portal.admin import analytics_span as spans
from portal.admin.analytics_panels import SESSIONS, Column, Panel, label, shut_places
from portal.admin.charts import PLAIN, every, picture, size
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.page import page
from portal.cases.suppression import FEWEST
from portal.cases.usage import Look, kept_back, stands_for
from portal.permissions import Permission
from store.site_usage import Used

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Response
    from flask.typing import ResponseReturnValue

    from portal.admin.analytics_span import Asked

blueprint = Blueprint("analytics_compare", __name__)


class Pair(NamedTuple):
    """One sum of both."""

    title: Any
    kind: str
    now: Any
    then: Any

    @property
    def change(self) -> float | None:
        """By which part it grew; None where it cannot be said. Shares are subtracted by eye."""
        return grown(self.now, self.then) if self.kind != "percent" else None


def grown(now: float | None, then: float | None) -> float | None:
    """By which part; None where either side is not told, or there was nothing."""
    return (now - then) / then if now is not None and then else None


@blueprint.get("/analytics/compare")
@needs(Permission.REPORTS)
def compare() -> ResponseReturnValue:
    """Both, beside each other."""
    with desk().reading() as session:
        asked = spans.asked(session)
        before, wrong = spans.base(asked.days)
        now, then = Look(session, asked.days), Look(session, before)
        panels = [_steps(now, then), _sites(now, then, asked)]
        if request.args.get("format") == "csv":
            name = request.args.get("table", "")
            panel = next((each for each in panels if each.name == name), panels[0])
            return analytics.handed_out(lambda: analytics.csv(panel, asked))
        pairs = _pairs(now, then, asked)
    values = spans.values(asked) | {"query": f"{asked.query}&with={before.first.isoformat()}", "before": before, "pairs": pairs}
    few = any(each.shut for each in panels)
    return page("analytics_compare.html", title=_("Before and after"), panels=panels, wrong=wrong, few=few, **analytics.shown(), **values)


def _pairs(now: Look, then: Look, asked: Asked) -> list[Pair]:
    sums = zip(analytics.totals(now), analytics.totals(then), strict=True)
    pairs = [Pair(title, kind, value, other) for (title, kind, value), (_title, _kind, other) in sums]
    if not asked.where:
        came = [sum(look.whose.values()) for look in (now, then)]
        mine, theirs = (None if 0 < each < FEWEST else each for each in came)
        pairs.append(Pair(later("Visits"), "count", mine, theirs))
    return pairs


BEFORE = Column("sessions_before", later("Compared with"))
CHANGE = Column("change_percent", later("Difference"), "change")


def _steps(now: Look, then: Look) -> Panel:
    """Of one day hour by hour, of several day by day."""
    if now.days.count == 1:
        mine, theirs = now.by_clock(), then.by_clock()
        labels: list[Any] = [f"{hour:02}:00" for hour in mine]
        first = Column("hour", _("Hour"), "text")
    else:
        mine, theirs = now.by_day(), then.by_day()  # type: ignore[assignment]  # both by the same
        labels = list(mine)
        first = Column("day", _("Day"), "day")
    rows = list(zip(labels, _told(mine.values()), _told(theirs.values()), strict=True))
    return Panel("steps", _("Side by side"), (first, SESSIONS, BEFORE), rows, "sessions")


def _told(some: Iterable[Used]) -> list[int | None]:
    listed = list(some)
    shut = kept_back(dict(enumerate(map(stands_for, listed))))
    return [None if at in shut else used.sessions for at, used in enumerate(listed)]


def _sites(now: Look, then: Look, asked: Asked) -> Panel:
    """Where it grew, and where it shrank."""
    names = sorted(now.sites.keys() | then.sites.keys())
    both = []
    for look in (now, then):
        each = {name: look.sites.get(name, Used()) for name in names}
        _districts, shut = shut_places(asked, each)
        both.append([None if name in shut else used.sessions for name, used in each.items()])
    rows = [
        (asked.named(name) or _("Access points without a site"), mine, theirs, grown(mine, theirs))
        for name, mine, theirs in zip(names, *both, strict=True)
    ]
    rows.sort(key=lambda row: (row[1] is None, -(row[1] or 0), row[0]))
    return Panel("sites", _("By site"), (Column("site", _("Site"), "text"), SESSIONS, BEFORE, CHANGE), rows)


@blueprint.get("/charts/analytics-compare.svg")
@needs(Permission.REPORTS)
def chart() -> Response:
    """Both lines over each other."""
    with desk().reading() as session:
        asked = spans.asked(session)
        before, _wrong = spans.base(asked.days)
        panel = _steps(Look(session, asked.days), Look(session, before))
    shape = size(960, 280)
    lines = pygal.Line(
        legend_at_bottom=True,
        truncate_legend=-1,
        x_label_rotation=30,
        truncate_label=-1,
        dots_size=2,
        allow_interruptions=True,
        include_x_axis=True,
        **shape,
        **PLAIN,
    )
    lines.show_minor_x_labels = False
    labels = [label(row[0]) for row in panel.rows]
    lines.x_labels, lines.x_labels_major = labels, labels[:: every(len(labels), shape["width"])]
    lines.add(str(SESSIONS.title), [row[1] for row in panel.rows])
    lines.add(str(BEFORE.title), [row[2] for row in panel.rows])
    return picture(lines, 60)
