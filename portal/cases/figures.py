"""A shop's figures as they may be told: how often its adverts were shown and clicked, by day, hour, place and language.

Theory of operation. Totals are exact, by whole weeks. What is broken down is told of one advert at a time in spans that never shift:
days within their week, from Monday; hours, places and languages within four weeks. In each such table suppression.hidden says which
views are left out, with their clicks, and which clicks of the others; everything larger (more weeks, all adverts of a shop) is the
sum of what those tables show. So whatever is subtracted from whatever, no cell comes out that was left out. Days and hours are the
operator's zone's, as the store cut them.

Shown means handed to a browser, which is no number of people: never calls it one.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, TypeVar

from portal.cases.suppression import hidden
from store import placements
from store.placements import HOUR, LANGUAGE, MONDAY, PLACE, SPAN, Count, start

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, tzinfo

    from sqlalchemy.orm import Session

    from store.placements import Advert, Daily, Part

LONGEST: Final = 13  # spans at once: a year
_NONE: Final = Count()
Key = TypeVar("Key")
Sums: TypeAlias = defaultdict[Key, list[int]]  # impressions and clicks, while they are added up
_Z: Final = 1.959964  # of the normal distribution: 95 in 100


class Rate(NamedTuple):
    """Clicks per view: what it was, and between what it lies as far as so few tell (Wilson's interval, 95 %)."""

    share: float
    low: float
    high: float


class Span(NamedTuple):
    """Whole spans, with their last day."""

    first: date
    last: date

    @property
    def starts(self) -> list[date]:
        """The first day of each."""
        return [self.first + timedelta(days=each) for each in range(0, (self.last - self.first).days, SPAN)]


class Told(NamedTuple):
    """A number that may be told."""

    number: int
    more: bool = False  # there may be more of it


class Row(NamedTuple):
    """One line of a breakdown; None is what is left out."""

    key: Any
    shown: Told | None
    clicks: Told | None


class Table(NamedTuple):
    """A breakdown, and what is in none of its lines."""

    rows: Sequence[Row]
    rest: Count

    @property
    def empty(self) -> bool:
        return all(row.shown is None for row in self.rows)

    @property
    def drawn(self) -> bool:
        """Whether there is a bar to draw."""
        return any(row.shown is not None and row.shown.number for row in self.rows)


class Week(NamedTuple):
    """A running week, from Monday: the shop's, and each advert's that was shown in it."""

    first: date
    counted: Count
    adverts: Mapping[str, Count]  # by campaign


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of a shop, or of one advert, over a span."""

    span: Span
    counted: Count
    days: Table
    hours: Table  # of the day
    places: Table  # by site
    languages: Table
    adverts: Sequence[tuple[Advert, Count]]  # the newest first; of one advert alone, it
    names: Mapping[str, str]  # site -> how people call it


def rate(count: Count) -> Rate | None:
    """None where nothing was shown. A click counts without its view where a process ended between them: never more than all."""
    if not (shown := count.impressions):
        return None
    share = min(count.clicks, shown) / shown
    middle, spread = share + _Z * _Z / (2 * shown), _Z * math.sqrt(share * (1 - share) / shown + _Z * _Z / (4 * shown * shown))
    whole = 1 + _Z * _Z / shown
    return Rate(share, max((middle - spread) / whole, 0.0), min((middle + spread) / whole, 1.0))


def spanned(first: date, last: date) -> Span:
    """The whole spans that these days lie in; LONGEST at most, the last ones."""
    first, last = sorted((max(first, MONDAY), max(last, MONDAY)))
    end = start(last) + timedelta(days=SPAN - 1)
    return Span(max(start(first), end - timedelta(days=SPAN * LONGEST - 1)), end)


def week(session: Session, business_id: str, now: datetime, zone: tzinfo) -> Week:
    """By one statement."""
    first = _monday(placements.today(now, zone))
    found = placements.totals(session, business_id, first, first + timedelta(days=7))
    return Week(first, _sum(found.values()), found)


def report(session: Session, business_id: str, span: Span, today: date, campaign: str | None = None, *, parts: bool = True) -> Report:
    """In six statements, however much there is; of one campaign, which the caller knows to be the shop's, or of all.

    Without `parts`, which a picture does not show, places and languages are empty.
    """
    daily = placements.days(session, business_id, span.first, span.last + timedelta(days=1), campaign)
    sums: Sums[str] = _sums()
    for each in daily:
        _grow(sums[each.campaign], each.counted)
    by_advert = _counts(sums)
    hours, places, languages = (
        placements.parts(session, business_id, span.starts, by, campaign) if parts or by is HOUR else () for by in (HOUR, PLACE, LANGUAGE)
    )
    by_place = _parts(places)
    mine = [each for each in placements.adverts(session, business_id) if campaign in (None, each.id)]
    return Report(
        span,
        _sum(by_advert.values()),
        _days(daily, span, today),
        _hours(hours),
        by_place,
        _parts(languages),
        [(each, by_advert.get(each.id, _NONE)) for each in mine],
        placements.places(session, [row.key for row in by_place.rows]),
    )


def _sums() -> Sums[Any]:
    return defaultdict(lambda: [0, 0])


def _grow(held: list[int], count: Count) -> None:
    """In place: a year of a shop has tens of thousands of lines."""
    held[0] += count.impressions
    held[1] += count.clicks


def _counts(sums: Mapping[Key, list[int]]) -> dict[Key, Count]:
    return {key: Count(*held) for key, held in sums.items()}


def _days(daily: Iterable[Daily], span: Span, today: date) -> Table:
    """Each campaign's weeks."""
    weeks: defaultdict[tuple[str, date], dict[date, Count]] = defaultdict(dict)
    for each in daily:
        weeks[each.campaign, _monday(each.day)][each.day] = each.counted
    until = min(span.last, today)
    whole = [{day: cells.get(day, _NONE) for day in _run(monday, 7)} for (_, monday), cells in weeks.items()]
    return _folded(whole, [day for start in span.starts for day in _run(start, SPAN) if day <= until])


def _hours(parts: Iterable[Part]) -> Table:
    """Each campaign's spans."""
    return _folded([{hour: cells.get(hour, _NONE) for hour in range(24)} for cells in _spans(parts)], range(24))


def _parts(parts: Iterable[Part]) -> Table:
    """Each campaign's spans; those with most first, what is left out at the end by its name."""
    table = _folded([dict(sorted(cells.items())) for cells in _spans(parts)])  # an order that says nothing of what was counted
    return table._replace(rows=sorted(table.rows, key=lambda row: (-(row.shown or Told(0)).number, row.key)))


def _spans(parts: Iterable[Part]) -> Iterable[Mapping[Any, Count]]:
    spans: defaultdict[tuple[str, int], dict[Any, Count]] = defaultdict(dict)
    for each in parts:
        spans[each.campaign, each.period][each.key] = each.counted
    return spans.values()


def _folded(blocks: Sequence[Mapping[Any, Count]], keys: Iterable[Any] = ()) -> Table:
    """The sum of what each of these tables tells. Besides `keys`, lines are those that some table names."""
    lines, named, every = list(keys), set[Any](), _sum(count for cells in blocks for count in cells.values())
    shown, clicks = _Sum(), _Sum()
    for cells in blocks:
        told = shown.add({key: count.impressions for key, count in cells.items()})
        named.update(cells if told is not None else ())
        clicks.partly.update(cells.keys() - (told or ()))
        clicks.add({key: cells[key].clicks if cells[key].impressions else 0 for key in told or ()})  # none where nothing was shown
    rest = Count(every.impressions - shown.total, every.clicks - clicks.total)
    return Table([Row(key, shown.told(key), clicks.told(key)) for key in lines or sorted(named)], rest)


class _Sum:
    """What several tables tell of one number, and of which of their lines there may be more."""

    def __init__(self) -> None:
        self.sums: dict[Any, int] = {}
        self.partly: set[Any] = set()

    def add(self, cells: Mapping[Any, int]) -> list[Any] | None:
        """One table; the lines of it that are told, None where none may be named."""
        left_out = hidden(cells)
        told = [key for key in cells if left_out is not None and key not in left_out]
        self.partly.update(cells.keys() - told)
        for key in told:
            self.sums[key] = self.sums.get(key, 0) + cells[key]
        return told if left_out is not None else None

    @property
    def total(self) -> int:
        return sum(self.sums.values())

    def told(self, key: Any) -> Told | None:
        number, more = self.sums.get(key, 0), key in self.partly
        return None if more and not number else Told(number, more)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _run(first: date, days: int) -> Iterator[date]:
    return (first + timedelta(days=each) for each in range(days))


def _sum(counts: Iterable[Count]) -> Count:
    found = list(counts)
    return Count(sum(each.impressions for each in found), sum(each.clicks for each in found))
