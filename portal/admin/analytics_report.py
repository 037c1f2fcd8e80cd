"""A month on one page, for whoever decides about the money: sentences first, two charts, two short tables, in either language.

As a page of ours, as a PDF (portal/press.py), and as a page that the browser prints. All of sums, and nothing of fewer than five.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from babel.dates import format_date, format_time
from flask import Blueprint, Response, current_app, g, make_response, redirect, render_template, request
from flask_babel import force_locale
from flask_babel import gettext as _

from portal import languages, press, visitor_report, words
from portal.admin import analytics, charts
from portal.admin import analytics_panels as panels
from portal.admin import analytics_span as spans
from portal.admin.analytics_panels import Panel, said
from portal.admin.assets import url as asset
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.page import page
from portal.cases.publishing import last_of
from portal.cases.suppression import FEWEST
from portal.cases.usage import Days, Look, part, share
from portal.permissions import Permission
from store import site_usage
from store.models import Span
from store.visitors import periods

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from portal.admin.analytics_span import Asked

blueprint = Blueprint("analytics_report", __name__)
STYLE: Final = Path(__file__).parent.parent / "static" / "report.css"
BACK: Final = 13  # months that can be chosen
SITES: Final = 6
COUNTRIES: Final = 6


@dataclass(frozen=True, slots=True)
class Report:
    """One month's, in the language it was written in."""

    month: date
    title: str
    sentences: Sequence[str]
    charts: Sequence[Panel]
    tables: Sequence[Panel]
    note: str


@blueprint.get("/analytics/report")
@needs(Permission.REPORTS)
def report() -> ResponseReturnValue:
    """It, and the ways to print it."""
    month = _month()
    with desk().reading() as session:
        found = written(session, month)
        asked = spans.asked(session)
    choices = [(each.isoformat()[:7], str(format_date(each, "MMMM y", locale=g.locale))) for each in _months()]
    values: dict[str, Any] = {"report": found, "choices": choices, "missing": press.missing(), "asked": asked, "query": asked.query}
    return page("analytics_report.html", title=_("Report"), month=month.isoformat()[:7], **analytics.shown(), **values)


@blueprint.get("/analytics/report.pdf")
@needs(Permission.REPORTS)
def pdf() -> ResponseReturnValue:
    """One sheet of paper."""
    if press.missing():
        return redirect(f"/analytics/report?month={_month().isoformat()[:7]}", 303)
    return analytics.handed_out(_pressed)


def _pressed() -> Response:
    month = _month()
    try:
        octets = press.pdf(_printed("report_pdf.html", month, style=STYLE.read_text(), drawn=_data))
    except press.BusyError:
        answer = page("analytics_jam.html", 503, back=f"/analytics/report?month={month.isoformat()[:7]}", busy=True)
        answer.headers["Retry-After"] = "15"
        return answer
    except press.JammedError as fault:
        g.why = "no PDF"
        current_app.logger.warning("a PDF was not made: %s", fault)
        return page("analytics_jam.html", 500, back=f"/analytics/report?month={month.isoformat()[:7]}", busy=False)
    answer = Response(octets, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="wi-fi-{month.isoformat()[:7]}-{_language()}.pdf"'
    return answer


@blueprint.get("/analytics/report/print")
@needs(Permission.REPORTS)
def sheet() -> ResponseReturnValue:
    """The same for the browser's own printing."""
    return make_response(_printed("report_view.html", _month(), asset=asset, drawn=_data))


def _printed(template: str, month: date, **values: Any) -> str:
    with force_locale(_language()):
        before, g.locale = g.locale, languages.locale(_language(), g.locale.territory or "")
        try:
            with desk().reading() as session:
                found = written(session, month)
            shown = {"report": found, "said": said, "language": _language(), "month": month.isoformat()[:7]}
            return words.one_stop(render_template(template, **shown, **values))
        finally:
            g.locale = before


def _language() -> str:
    wanted = request.args.get("language", "")
    return wanted if wanted in languages.LANGUAGES else g.language


def _data(panel: Panel) -> str:
    """A chart inside the page, in its language: the press opens no address. Wide and low, as two of them go on a sheet with words."""
    svg = charts.drawn(analytics.drawn(panel, 1000, 172))
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _months() -> list[date]:
    """The last that is over, and those before it; then the running one."""
    first = spans.today().replace(day=1)
    found, each = [], first
    for _number in range(BACK):
        each = (each - timedelta(days=1)).replace(day=1)
        found.append(each)
    return [*found, first]


def _month() -> date:
    some = _months()
    return next((each for each in some if each.isoformat()[:7] == request.args.get("month", "")), some[0])


def written(session: Session, month: date) -> Report:
    """What there is to say of a month."""
    asked = spans.everywhere(session, Days(month, last_of(month), spans.zone()))
    before = (month - timedelta(days=1)).replace(day=1)
    look, past = Look(session, asked.days), Look(session, Days(before, month - timedelta(days=1), spans.zone()))
    days, clock = panels.days(look, asked, session), panels.clock(look, asked, session)
    tables = [_shortened(panels.sites(look, asked, session), SITES, (0, 1, 2, 5)), _countries(session, asked)]
    sentences = [*_sums(session, look, past), *_busiest(look, days, clock)]
    return Report(
        month,
        _("Public Wi-Fi in %(month)s", month=_named(month)),
        [str(each) for each in sentences],
        [days, clock],
        [each for each in tables if each.rows],
        _(
            "Visitors are different people or devices, counted without knowing them: what tells them apart is destroyed a day after the "
            "month. Phones that change their address count more than once. Nothing that stands for fewer than %(num)s is shown.",
            num=FEWEST,
        ),
    )


def _named(month: date) -> str:
    return str(format_date(month, "MMMM y", locale=g.locale))


def _sums(session: Session, look: Look, past: Look) -> Iterator[str]:
    used, then = look.total, past.total
    if used.sessions < FEWEST:
        yield _("Hardly anybody was online in this month.")
        return
    city = next((each for each in site_usage.visitors(session, look.days.begins) if not each.site), None)
    number = {"sessions": said(used.sessions, "count"), "hours": said(used.seconds, "hours"), "data": words.amount(used.octets)}
    if city is not None and city.visitors >= FEWEST:
        yield _("%(visitors)s visitors used the city’s Wi-Fi, %(sessions)s times in all.", visitors=said(city.visitors, "count"), **number)
    else:
        yield _("The city’s Wi-Fi was used %(sessions)s times.", **number)
    if then.sessions >= FEWEST:
        change, before = (used.sessions - then.sessions) / then.sessions, _named(past.days.first)
        more = (
            _("That is %(share)s more sessions than in %(month)s.")
            if change >= 0
            else _("That is %(share)s fewer sessions than in %(month)s.")
        )
        yield more % {"share": said(abs(change), "percent"), "month": before}
    if city is not None and (returning := part(city.again, city.visitors)) is not None:
        yield _("%(share)s of the visitors came on more than one day.", share=said(returning, "percent"))
    yield _("All sessions together lasted %(hours)s hours and moved %(data)s.", **number)
    if (stay := look.median) is not None:
        yield _("Half of the sessions lasted longer than %(time)s.", time=words.duration(60 * round(stay)))
    if (roaming := share(used)) is not None:
        yield _("%(share)s of the sessions were of visitors from universities and other institutions.", share=said(roaming, "percent"))


def _busiest(look: Look, days: Panel, clock: Panel) -> Iterator[str]:
    day = max((row for row in days.rows if row[1]), key=lambda row: row[1], default=None)
    hour = max((row for row in clock.rows if row[1]), key=lambda row: row[1], default=None)
    if day is not None and hour is not None and look.total.sessions >= FEWEST:
        when = format_date(day[0], "EEEE d MMMM" if g.locale.language == "fr" else "EEEE, MMMM d", locale=g.locale)
        begins = format_time(time(int(hour[0][:2])), "short", locale=g.locale)
        yield _("The busiest day was %(day)s; the busiest hour of the day begins at %(begins)s.", day=when, begins=begins)


def _shortened(panel: Panel, most: int, keep: tuple[int, ...]) -> Panel:
    """The largest of those that may be told, in these columns."""
    rows = [[row[at] for at in keep] for row in panel.rows if row[1]][:most]
    return Panel(panel.name, panel.title, [panel.columns[at] for at in keep], rows)


def _countries(session: Session, asked: Asked) -> Panel:
    """Of the month's visitors, each once."""
    period = periods(asked.days.first, asked.days.zone)[list(Span).index(Span.MONTH)]
    found = visitor_report.report(session, period).countries
    named = [(visitor_report.called(each.code, g.locale), each.visitors) for each in found if each.code and each.visitors >= FEWEST]
    columns = panels.Column("country", _("Home country"), "text"), panels.Column("visitors", _("Visitors"))
    return Panel("countries", _("Visitors of institutions, by country"), columns, named[:COUNTRIES])
