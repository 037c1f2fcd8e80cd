"""Visitors for programs: how many came from where in a week or a month. Never a number that stands for fewer than five people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from marshmallow import Schema, fields, validate

from portal import visitor_report as reports
from portal.admin import visitors as pages
from portal.admin.desk import desk
from portal.api.answers import answer
from portal.api.problems import Fault, Kind, RefusedError
from portal.api.resource import Resource
from portal.api.shapes import says
from portal.api.values import choice, flag, many, text, whole
from portal.permissions import Permission
from portal.visitor_report import FEWEST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response

_FEW: Final = f"null: fewer than {FEWEST}"


class Country(Schema):
    """Visitors of institutions of one country."""

    country = text('ISO 3166; "": institutions that name none')
    visitors = whole(_FEW, none=True)


class Period(Schema):
    """One period of the trend."""

    begins = fields.Date(required=True)
    roaming = whole(f"Visitors of institutions; {_FEW}", none=True)
    guests = whole(f"Of the portal; {_FEW}", none=True)


class Report(Schema):
    """One week or month."""

    span = choice(pages.SPANS)
    begins = fields.Date(required=True)
    final = flag("Its counts change no more")
    roaming = whole(f"Visitors of institutions; {_FEW}", none=True)
    guests = whole(f"Of the portal; {_FEW}", none=True)
    share = whole("Of a hundred visitors, how many an institution vouched for; null: too few", none=True)
    sentence = text("What the city may say of it")
    countries = many(Country)
    trend = many(Period, "This and those before it, the newest first")


_QUERY: Final[dict[str, fields.Field[Any]]] = {
    "span": fields.String(load_default="week", validate=validate.OneOf(list(pages.SPANS))),
    "begin": fields.Date(**says("First day of one of the last twelve periods; left out: the last that is over")),
}
RESOURCE: Final = Resource("visitors", "Visitors", "Counts alone, which name nobody.")


@RESOURCE.on("GET", "/visitors", Permission.REPORTS, query=_QUERY, answer=Report)
def show(asked: Mapping[str, Any]) -> Response:
    """One period, and those before it."""
    choices = pages.choices(asked["span"])
    begin = asked.get("begin")
    if begin is not None and all(pages.first(each) != begin for each in choices):
        raise RefusedError(Kind.INVALID, faults=[Fault("None of the last twelve periods begins on that day", parameter="begin")])
    period = pages.chosen(choices, begin.isoformat() if begin is not None else "")
    with desk().reading() as session:
        report, past = reports.report(session, period), reports.trend(session, choices)
    content = {
        "span": period.span,
        "begins": pages.first(period).isoformat(),
        "final": report.frozen,
        "roaming": _told(report.roaming),
        "guests": _told(report.guests),
        "share": report.share,
        "sentence": pages.sentence(report),
        "countries": [{"country": each.code, "visitors": _told(each.visitors)} for each in report.countries],
        "trend": [
            {"begins": pages.first(each.period).isoformat(), "roaming": _told(each.roaming), "guests": _told(each.guests)} for each in past
        ],
    }
    return answer(content)


def _told(number: int) -> int | None:
    return None if 0 < number < FEWEST else number
