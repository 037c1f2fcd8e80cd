"""The pictures of a shop's figures: views by day and by hour of the day; and how hours and shares are written beside them.

What a table leaves out is no bar here, either. Never a label that a shop chose.
"""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Any, Final

import pygal
from babel.dates import format_time
from babel.numbers import format_percent
from flask import g
from flask_babel import gettext as _

from portal import words
from portal.admin.charts import PLAIN
from store.placements import SPAN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from portal.cases.figures import Report, Row

SIZE: Final = {"width": 440, "height": 190}  # shown half as large again on a desk: on a phone the numbers are still read


def days(report: Report) -> Any:
    """Views by day; over more than four weeks, by week: the sum of what is told of its days."""
    rows = report.days.rows
    if len(rows) <= SPAN:
        return _bars([words.brief_day(row.key) for row in rows], [_seen(row) for row in rows], 7)
    weeks = [rows[at : at + 7] for at in range(0, len(rows), 7)]
    labels = [words.brief_day(week[0].key) for week in weeks]
    return _bars(labels, [sum(_seen(row) or 0 for row in week) or None for week in weeks], 4)


def hours(report: Report) -> Any:
    """Views by hour of the day."""
    return _bars([hour(row.key) for row in report.hours.rows], [_seen(row) for row in report.hours.rows], 6)


DRAWN: Final[Mapping[str, Callable[[Report], Any]]] = {"days": days, "hours": hours}


def hour(number: int) -> str:
    """ "14:00"; "2:00 PM"."""
    return str(format_time(time(number), "short", locale=g.locale))


def share(of: float) -> str:
    """Of a hundred, to a tenth."""
    pattern = g.locale.percent_formats[None].pattern  # "#,##0%"
    return str(format_percent(of, pattern.replace("0", "0.0"), locale=g.locale))


def _seen(row: Row) -> int | None:
    return row.shown.number or None if row.shown is not None else None


def _bars(labels: list[str], values: list[int | None], every: int) -> Any:
    chart = pygal.Bar(
        show_legend=False, x_labels_major_every=every, show_minor_x_labels=False, truncate_label=-1, spacing=2, **SIZE, **PLAIN
    )
    chart.x_labels = labels
    chart.add(_("Times shown"), values)
    return chart
