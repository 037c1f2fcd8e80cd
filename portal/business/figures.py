"""A shop's figures: how often its adverts were shown and clicked, by day, hour, place and language; as a page, pictures, CSV and PDF.

The shop is `g.shop`: under /shops/<slug> as tenancy says, under /businesses/<slug> any that the city asks about. An advert is found
among that shop's alone. What is told is portal/cases/figures.py's to say. Never a word of how many people that was: nobody counts them.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode

from babel.dates import format_date
from flask import Blueprint, Response, abort, current_app, g, make_response, redirect, render_template, request
from flask_babel import gettext as _

from portal import press, sheets, words
from portal.admin import charts
from portal.admin.desk import desk
from portal.admin.page import page
from portal.business.figures_drawn import DRAWN, hour, share
from portal.business.views import add
from portal.cases import figures as cases
from portal.cases.remainders import time_zone
from portal.cases.suppression import FEWEST
from store import placements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.typing import ResponseReturnValue

    from portal.cases.figures import Report, Row, Span, Table, Told
    from portal.permissions import Permission
    from store.placements import Advert

_BACK: Final = timedelta(days=placements.SPAN)


class Chosen(NamedTuple):
    """What is asked for, and what came out."""

    report: Report
    adverts: list[Advert]  # all of the shop
    advert: Advert | None  # the one that it is about; None for all
    today: date

    @property
    def query(self) -> str:
        return query(self.report.span, self.advert.id if self.advert is not None else "")


def blueprint(see: Permission, act: Permission) -> Blueprint:  # noqa: ARG001  as the pages that change something
    """For one app."""
    made = Blueprint("shop_figures", __name__)
    add(made, "/figures", figures, see)
    add(made, "/figures/<what>.svg", figures_drawn, see)
    add(made, "/figures.csv", figures_csv, see)
    add(made, "/figures.pdf", figures_pdf, see)
    return made


def figures() -> ResponseReturnValue:
    """The page."""
    return page("figures.html", **_values(_chosen()), pdf=not press.missing())


def figures_drawn(what: str) -> ResponseReturnValue:
    """One of its pictures."""
    if what not in DRAWN:
        abort(404)
    return charts.picture(DRAWN[what](_chosen(parts=False).report), 60)


def figures_csv() -> ResponseReturnValue:
    """Every line of it."""
    chosen = _chosen()
    answer = Response("\ufeff" + "".join(map(sheets.line, _lines(chosen))), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{_called(chosen)}.csv"'
    return answer


def figures_pdf() -> ResponseReturnValue:
    """The same on paper; without the libraries that a PDF takes, the page itself, which a browser prints."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)  # another site's page makes nobody print
    chosen = _chosen()
    back = f"{where()}/figures?{chosen.query}"
    if press.missing():
        return redirect(back, 303)
    pictures = {name: _embedded(charts.drawn(draw(chosen.report))) for name, draw in DRAWN.items()}
    shared = {"language": str(g.locale).replace("_", "-"), "direction": g.locale.text_direction, "shop": g.shop, "now": g.now}
    html = words.one_stop(render_template("figures_pdf.html", **shared, **_values(chosen), pictures=pictures))
    try:
        octets = press.pdf(html)
    except (press.BusyError, press.JammedError) as fault:
        current_app.logger.warning("a PDF was not made: %s", fault)
        g.why = "no PDF"
        answer = page("figures_jam.html", 503, back=back)
        answer.headers["Retry-After"] = "15"
        return answer
    made = make_response(octets)
    made.mimetype = "application/pdf"
    made.headers["Content-Disposition"] = f'attachment; filename="{_called(chosen)}.pdf"'
    return made


def where() -> str:
    """Under which path this shop's pages lie here."""
    return f"/{request.path.split('/', 2)[1]}/{g.shop.slug}"


def query(span: Span, advert: str = "") -> str:
    """Of the page that shows these."""
    return urlencode({"from": span.first.isoformat(), "to": span.last.isoformat(), **({"advert": advert} if advert else {})})


def _chosen(*, parts: bool = True) -> Chosen:
    today = placements.today(g.now, time_zone(desk().zone()))
    span = cases.spanned(_day("from", today), _day("to", today))
    with desk().reading() as session:
        mine = placements.adverts(session, g.shop.id)
        advert = _advert(mine, request.args.get("advert", ""))
        report = cases.report(session, g.shop.id, span, today, advert.id if advert is not None else None, parts=parts)
    return Chosen(report, mine, advert, today)


def _day(name: str, today: date) -> date:
    """A day that was asked for; what is none, and what is yet to come, is today."""
    try:
        return min(date.fromisoformat(request.args.get(name, "")), today)
    except ValueError:
        return today


def _advert(mine: list[Advert], asked: str) -> Advert | None:
    if not asked:
        return None
    found = next((each for each in mine if each.id == asked), None)
    return found if found is not None else abort(404)


def _values(chosen: Chosen) -> dict[str, Any]:
    """For both templates."""
    span = chosen.report.span
    before = cases.spanned(span.first - _BACK, span.first - _BACK)
    now = cases.spanned(chosen.today, chosen.today)
    year = cases.spanned(chosen.today - timedelta(days=364), chosen.today)
    only = chosen.advert.id if chosen.advert is not None else ""
    return {
        "of": chosen,
        "report": chosen.report,
        "rate": cases.rate,
        "share": share,
        "few": FEWEST,
        "label": label,
        "day": _told,
        "where": where(),
        "spans": [(name, span == each, query(each, only)) for name, each in _named(now, before, year)],
    }


def _named(now: Span, before: Span, year: Span) -> Iterator[tuple[str, Span]]:
    yield _("These four weeks"), now
    yield _("Four weeks before"), before
    yield _("A year"), year


def label(kind: str, key: Any, report: Report) -> str:
    """What a line of a breakdown is called."""
    match kind:
        case "day":
            return words.brief_day(key, weekday=True)
        case "hour":
            return f"{hour(key)}–{hour((key + 1) % 24)}"
        case "place":
            return report.names.get(key, key) or _("Place not known")
    return str(g.locale.languages.get(key, key)).capitalize()


def _told(day: date) -> str:
    return str(format_date(day, "long", locale=g.locale))


def _lines(chosen: Chosen) -> Iterator[tuple[Any, ...]]:
    """One line for each cell, its total first; `note` says which are left out, and where there may be more."""
    report = chosen.report
    yield "part", "key", "name", "shown", "clicks", "note"
    yield "total", f"{report.span.first}/{report.span.last}", chosen.advert.name if chosen.advert else g.shop.name, *report.counted, ""
    for advert, count in report.adverts:
        yield "advert", advert.id, advert.name, *count, ""
    for kind, table in _tables(report):
        for row in table.rows:
            key = f"{row.key:02d}" if kind == "hour" else str(row.key)
            yield kind, key, label(kind, row.key, report), *_cells(row)
        yield kind, "", "", *table.rest, "in no line"


def _tables(report: Report) -> Iterator[tuple[str, Table]]:
    yield "day", report.days
    yield "hour", report.hours
    yield "place", report.places
    yield "language", report.languages


def _cells(row: Row) -> tuple[int | str, int | str, str]:
    """Both numbers, and a note on either."""
    notes = {"shown": _note(row.shown), "clicks": _note(row.clicks)}
    said = set(notes.values())
    note = said.pop() if len(said) == 1 else "; ".join(f"{name} {each}" for name, each in notes.items() if each)
    return "" if row.shown is None else row.shown.number, "" if row.clicks is None else row.clicks.number, note


def _note(told: Told | None) -> str:
    if told is None:
        return "left out"
    return "at least" if told.more else ""


def _called(chosen: Chosen) -> str:
    return f"figures-{g.shop.slug}-{chosen.report.span.first}"


def _embedded(svg: str) -> str:
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()
