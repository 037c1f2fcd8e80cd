"""What the city reports of a week or a month: visitors by country and institution, the share of roaming, the sentence.

Reckoned from the rows of one period, which name nobody. Never a number of fewer than `FEWEST` people: that could be somebody.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from babel.lists import format_list
from babel.numbers import format_decimal
from sqlalchemy import and_, case, func, or_, select

from store.models import Span, VisitorCount
from store.visitors import periods

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, tzinfo

    from babel import Locale
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from store.visitors import Period

FEWEST: Final = 5
BACK: Final = 12  # periods of the trend, the running one among them
ANOTHERS: Final = timedelta(hours=26)  # between the midnights of two zones, at most
_ARTICLE: Final = frozenset({"AE", "BS", "CD", "CF", "DO", "GB", "GM", "MV", "NL", "PH", "US"})  # "the United States", in English


class Country(NamedTuple):
    """A country's visitors, of institutions that name it; "" of those that name none."""

    code: str
    visitors: int


class Past(NamedTuple):
    """One period of the trend."""

    period: Period
    roaming: int
    guests: int

    @property
    def share(self) -> int | None:
        return share(self.roaming, self.guests)


@dataclass(frozen=True, slots=True)
class Report:
    """One period's."""

    period: Period
    countries: Sequence[Country]  # those with most visitors first
    roaming: int  # visitors of institutions
    guests: int  # of the portal
    logins: int
    frozen: bool

    @property
    def share(self) -> int | None:
        """Of a hundred visitors, how many an institution vouched for."""
        return share(self.roaming, self.guests)


def share(roaming: int, guests: int) -> int | None:
    """Of a hundred; None where there is nobody, or too few to say."""
    return round(100 * roaming / (roaming + guests)) if roaming + guests >= FEWEST else None


def shown(number: int, locale: Locale) -> str:
    """A count as it may be told."""
    return f"<{FEWEST}" if 0 < number < FEWEST else str(format_decimal(number, locale=locale))


def of(period: Period) -> ColumnElement[bool]:
    """Its counts, also those whose midnight was another zone's: the operator may move the clock, and the past is still told.

    Of the one period in which that was done, whoever came before and after counts twice.
    """
    return and_(VisitorCount.span == period.span, VisitorCount.begins_at.between(period.begins_at - ANOTHERS, period.begins_at + ANOTHERS))


def report(session: Session, period: Period) -> Report:
    """By one statement."""
    total, logins = func.sum(VisitorCount.visitors), func.sum(VisitorCount.logins)
    ours = case((VisitorCount.institution == "", 1), else_=0)
    rows = session.execute(
        select(VisitorCount.country, ours, total, logins, func.count(VisitorCount.frozen_at))
        .where(of(period))
        .group_by(VisitorCount.country, ours)
    ).all()
    countries: Counter[str] = Counter()
    for country, guests, visitors, _logins, _frozen in rows:
        if not guests:
            countries[country] += int(visitors)
    return Report(
        period,
        [Country(*each) for each in sorted(countries.items(), key=lambda each: (-each[1], each[0])) if each[1]],
        countries.total(),
        sum(int(row[2]) for row in rows if row[1]),
        sum(int(row[3]) for row in rows),
        any(row[4] for row in rows),
    )


def last(today: date, span: Span, zone: tzinfo) -> list[Period]:
    """The running period and those before it, newest first."""
    place, day, found = list(Span).index(span), today, []
    for _ in range(BACK):
        period = periods(day, zone)[place]
        found.append(period)
        day = period.begins_at.astimezone(zone).date() - timedelta(days=1)
    return found


def trend(session: Session, wanted: Sequence[Period]) -> list[Past]:
    """Each of these periods, in their order, by one statement."""
    ours = case((VisitorCount.institution == "", 1), else_=0)
    rows = session.execute(
        select(VisitorCount.begins_at, ours, func.sum(VisitorCount.visitors))
        .where(or_(*map(of, wanted)))
        .group_by(VisitorCount.begins_at, ours)
    ).all()

    def total(period: Period, guests: int) -> int:
        return sum(int(count) for begins, whose, count in rows if whose == guests and abs(begins - period.begins_at) <= ANOTHERS)

    return [Past(each, total(each, 0), total(each, 1)) for each in wanted]


def called(code: str, locale: Locale) -> str:
    """A country's name in this language; the code where it has none, "" for none."""
    return str(locale.territories.get(code, code))


def enumerated(countries: Iterable[Country], locale: Locale) -> str:
    """ "Canada, Germany and the United States": of those with enough visitors to be named."""
    article = "the " if locale.language == "en" else ""
    named = [
        (article if each.code in _ARTICLE else "") + called(each.code, locale)
        for each in countries
        if each.code and each.visitors >= FEWEST
    ]
    return str(format_list(named, locale=locale)) if named else ""
