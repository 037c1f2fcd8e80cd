"""Visitors: how many came from where in a week or a month, as the city reports it; the trend, the share of roaming, CSV.

Counts alone, of rows that name nobody. Never a number that stands for fewer than five people.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import pygal
from babel.dates import format_date
from flask import Blueprint, g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import case, select, true

from portal import visitor_report as reports
from portal.admin.charts import PLAIN, every, picture, size
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.lists import Column, Filter, List
from portal.admin.tables import table
from portal.cases.remainders import time_zone
from portal.permissions import Permission
from portal.visitor_report import FEWEST, called, shown
from store.models import Span, VisitorCount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Response

    from portal.visitor_report import Report
    from store.visitors import Period

blueprint = Blueprint("visitors", __name__)
SPANS: Final = {"week": lazy_gettext("Week"), "month": lazy_gettext("Month")}
MOST_BARS: Final = 12
_TOLD: Final = case((VisitorCount.visitors.between(1, FEWEST - 1), 1), else_=VisitorCount.visitors)  # a page's place tells no more, either
COLUMNS: Final = (
    Column("span", lazy_gettext("Period"), lambda row: row.span.value),
    Column("begins", lazy_gettext("Begins"), lambda row: first(row).isoformat()),
    Column("country", lazy_gettext("Country code"), lambda row: row.country),
    Column("country_name", lazy_gettext("Country"), lambda row: called(row.country, g.locale)),
    Column("institution", lazy_gettext("Institution"), lambda row: row.institution or _("Guests of the portal")),
    Column("visitors", lazy_gettext("Visitors"), lambda row: row.visitors if not 0 < row.visitors < FEWEST else f"<{FEWEST}"),
    Column("logins", lazy_gettext("Logins"), lambda row: row.logins if not 0 < row.visitors < FEWEST else ""),
)


@blueprint.get("/visitors")
@needs(Permission.REPORTS)
def page() -> Any:
    """One period, and those before it."""
    some = _choices()
    period = _chosen(some)
    whose = select(VisitorCount).where(reports.of(period))
    order = _TOLD, VisitorCount.institution, VisitorCount.country, VisitorCount.begins_at
    keep = [Filter(name, "", lambda _value: true()) for name in ("span", "begin")]  # what a next page and a saved filter are of
    of = List(whose, order, COLUMNS, keep, descending=True)
    if request.args.get("format") == "csv":
        return table(of, "visitors.html", "visitors")
    with desk().reading() as session:
        report, past = reports.report(session, period), reports.trend(session, some)
    values = {"choices": some, "report": report, "past": past, "spans": SPANS, "sentence": sentence(report)}
    return table(of, "visitors.html", "visitors", shown=_shown, called=_called, first=first, title=title, few=FEWEST, **values)


@blueprint.get("/charts/visitors.svg")
@needs(Permission.REPORTS)
def trend() -> Response:
    """Visitors of institutions and guests of the portal, period by period."""
    with desk().reading() as session:
        past = reports.trend(session, _choices())[::-1]
    shape = size(960, 260)
    chart = pygal.StackedBar(legend_at_bottom=True, x_label_rotation=30, truncate_label=-1, show_minor_x_labels=False, **shape, **PLAIN)
    chart.x_labels = labels = [_short(each.period) for each in past]
    chart.x_labels_major = labels[:: every(len(labels), shape["width"])]
    chart.add(_("Institutions"), [_drawn(each.roaming) for each in past])
    chart.add(_("Guests of the portal"), [_drawn(each.guests) for each in past])
    return picture(chart, 60)


@blueprint.get("/charts/countries.svg")
@needs(Permission.REPORTS)
def countries() -> Response:
    """The countries of one period."""
    with desk().reading() as session:
        report = reports.report(session, _chosen(_choices()))
    some = [each for each in report.countries if each.visitors >= FEWEST][:MOST_BARS]
    chart = pygal.HorizontalBar(**size(480, 0) | {"height": max(60 + 26 * len(some), 120)}, show_legend=False, truncate_label=-1, **PLAIN)
    chart.x_labels = [_called(each.code) for each in some][::-1]
    chart.add(_("Visitors"), [each.visitors for each in some][::-1])
    return picture(chart, 60)


def sentence(report: Report) -> str:
    """What the city says of it; "" where there are too few to say anything."""
    where = reports.enumerated(report.countries, g.locale)
    if report.roaming < FEWEST or not where:
        return ""
    said = {"when": title(report.period), "number": shown(report.roaming, g.locale), "where": where}
    if report.period.span is Span.WEEK:
        return str(_("In the week of %(when)s: %(number)s visiting students from %(where)s.", **said))
    return str(_("In %(when)s: %(number)s visiting students from %(where)s.", **said))


def title(period: Period) -> str:
    """ "9 March 2026", a week's Monday; "March 2026"."""
    day = first(period)
    return str(format_date(day, "d MMMM y" if period.span is Span.WEEK else "MMMM y", locale=g.locale))


def first(row: Any) -> date:
    """The first day of a period, the operator's; of a midnight that was another zone's, the day next to it."""
    day: date = (row.begins_at.astimezone(time_zone(desk().zone())) + timedelta(hours=12)).date()
    return day


def _choices() -> list[Period]:
    return choices(request.args.get("span", ""))


def choices(wanted: str) -> list[Period]:
    """The running period and those before it, of weeks unless months are wanted."""
    span = Span(wanted) if wanted in SPANS else Span.WEEK
    zone = time_zone(desk().zone())
    return reports.last(g.now.astimezone(zone).date(), span, zone)


def _chosen(some: Sequence[Period]) -> Period:
    return chosen(some, request.args.get("begin", ""))


def chosen(some: Sequence[Period], asked: str) -> Period:
    """The one that begins on this day; else the last that is over."""
    return next((each for each in some if first(each).isoformat() == asked), some[1])


def _short(period: Period) -> str:
    return str(format_date(first(period), "d MMM" if period.span is Span.WEEK else "MMM y", locale=g.locale))


def _drawn(number: int) -> int | None:
    return number if number >= FEWEST else None


def _shown(number: int) -> str:
    return shown(number, g.locale)


def _called(code: str) -> str:
    return called(code, g.locale) if code else _("No country named")
