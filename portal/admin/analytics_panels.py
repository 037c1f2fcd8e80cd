"""What analytics shows, panel by panel: a table, of which the chart and the CSV are two more forms.

A cell that may not be told is None, in all three. Never a row that stands for one to four sessions or visitors, nor one that would
tell such a row by subtraction.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit
from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later

from portal import words
from portal.cases.suppression import FEWEST
from portal.cases.usage import STAYS, kept_back, middle, part, share
from portal.visitor_report import called
from store import site_usage
from store.site_usage import Used

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from portal.admin.analytics_span import Asked
    from portal.cases.usage import Look

MOST: Final = 60  # rows on a page; a file has all
MONTHS: Final = 13


class Column(NamedTuple):
    """One column: its name in a CSV, its title, and how its cells are told."""

    name: str
    title: Any
    kind: str = "count"  # text, day, count, hours (of seconds), octets, percent (of one), minutes


@dataclass(frozen=True, slots=True)
class Panel:
    """One table."""

    name: str
    title: Any
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    bar: str = ""  # the column that its chart draws; "": it has none
    about: str = ""

    @property
    def shut(self) -> bool:
        """Whether a cell is not told."""
        return any(cell is None for row in self.rows for cell in row)

    def drawn(self) -> list[tuple[str, Any]]:
        """(label, number) of each row."""
        at = [column.name for column in self.columns].index(self.bar)
        return [(label(row[0]), row[at]) for row in self.rows]

    def title_of(self, column: str) -> str:
        """How a column is called."""
        return str(next(each.title for each in self.columns if each.name == column))


def label(cell: Any) -> str:
    """A row's name beside a chart."""
    return str(cell) if isinstance(cell, str) else str(format_date(cell, "d MMM", locale=g.locale))


SESSIONS: Final = Column("sessions", later("Sessions"))
USED: Final = (SESSIONS, Column("hours", later("Hours online"), "hours"), Column("octets", later("Data"), "octets"))
USED_ALL: Final = (*USED, Column("roaming_percent", later("Roaming"), "percent"))
MEDIAN: Final = Column("median_minutes", later("Median stay"), "minutes")
VISITS: Final = Column("visitor_days", later("Visits"))


def said(value: Any, kind: str) -> str:
    """A cell in words; "–" for what is not told, or is not."""
    if value is None:
        return "–"
    if kind == "count":
        return str(format_decimal(value, locale=g.locale))
    if kind == "hours":
        return str(format_decimal(round(value / 3600, 1), locale=g.locale))
    if kind == "octets":
        return words.amount(value)
    if kind == "percent":
        return str(format_percent(value, locale=g.locale))
    if kind == "minutes":
        return str(format_unit(round(value), "duration-minute", "short", locale=g.locale)).replace(" ", "\u00a0")
    if kind == "day":
        return str(format_skeleton("yMMMEd", value, locale=g.locale)).replace(" ", "\u00a0")
    return str(value)


def raw(value: Any, kind: str) -> Any:
    """A cell in a CSV."""
    if kind == "day":
        return value.isoformat()
    if value is None or kind in ("text", "count", "octets"):
        return value
    return round(value / 3600, 1) if kind == "hours" else round(100 * value) if kind == "percent" else round(value, 1)


def _told(used: Mapping[Any, Used]) -> dict[Any, tuple[Any, ...]]:
    """The cells `USED_ALL` of each."""
    shut = kept_back({key: each.sessions for key, each in used.items()})
    return {
        key: (None,) * len(USED_ALL) if key in shut else (each.sessions, each.seconds, each.octets, share(each))
        for key, each in used.items()
    }


def days(look: Look, _asked: Asked, _session: Session) -> Panel:
    """Day by day."""
    rows = [(day, *cells) for day, cells in _told(look.by_day()).items()]
    return Panel("days", _("By day"), (Column("day", _("Day"), "day"), *USED_ALL), rows, "sessions")


def clock(look: Look, _asked: Asked, _session: Session) -> Panel:
    """By hour of the day."""
    rows = [(f"{hour:02}:00", *cells) for hour, cells in _told(look.by_clock()).items()]
    about = _("When sessions began, and what was used then; all days together.")
    return Panel("hours", _("By hour of the day"), (Column("hour", _("Hour"), "text"), *USED_ALL), rows, "sessions", about)


def districts(look: Look, asked: Asked, _session: Session) -> Panel:
    """By district."""
    of = {each.id: each.district for each in asked.places}
    sums: defaultdict[str, Used] = defaultdict(Used)
    for site, used in look.sites.items():
        sums[of.get(site, "")] += used
    rows = _ranked({name or _("No district"): cells for name, cells in _told(dict(sorted(sums.items()))).items()})
    return Panel("districts", _("By district"), (Column("district", _("District"), "text"), *USED_ALL), rows, "sessions")


def sites(look: Look, asked: Asked, _session: Session) -> Panel:
    """By site, with how long people stay."""
    told = {}
    for site, cells in _told(dict(sorted(look.sites.items()))).items():
        stay = middle(look.lengths.get(site, {})) if cells[0] is not None else None
        told[asked.named(site) or _("Access points without a site")] = (*cells, stay)
    return Panel("sites", _("By site"), (Column("site", _("Site"), "text"), *USED_ALL, MEDIAN), _ranked(told), "sessions")


def _ranked(told: Mapping[str, tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The largest first; what is not told stands last, by name, so that its place tells nothing."""
    rows = [(name, *cells) for name, cells in told.items()]
    return sorted(rows, key=lambda row: (row[1] is None, -(row[1] or 0), row[0]))


def stays(look: Look, _asked: Asked, _session: Session) -> Panel:
    """How long sessions last."""
    counts = look.stays()
    shut, whole = kept_back(counts), sum(counts.values())
    rows = []
    for minutes, ends in zip(STAYS, (*STAYS[1:], None), strict=True):
        count = None if minutes in shut else counts[minutes]
        title = _("%(from_)s to %(to)s minutes", from_=minutes, to=ends) if ends else _("%(from_)s minutes or more", from_=minutes)
        rows.append((title, count, count / whole if count is not None and whole else None))
    columns = Column("length", _("Length"), "text"), SESSIONS, Column("percent", _("Share"), "percent")
    return Panel("stays", _("How long sessions last"), columns, rows, "sessions")


def countries(look: Look, asked: Asked, _session: Session) -> Panel:
    """Where those come from whom an institution vouches for."""
    counts: Counter[str] = Counter()
    for (institution, country), visits in sorted(look.whose.items(), key=lambda each: each[0][1]):
        if institution:
            counts[called(country, g.locale) or _("No country named")] += visits
    about = _("Of the whole city: where visitors come from is not counted by site.") if asked.where else ""
    return Panel(
        "countries", _("Home countries"), (Column("country", _("Country"), "text"), VISITS), _visits(counts), "visitor_days", about
    )


def institutions(look: Look, _asked: Asked, _session: Session) -> Panel:
    """Who vouches for them; without a chart, as a realm's name may be a stranger's words."""
    counts: Counter[str] = Counter()
    for (institution, _country), visits in sorted(look.whose.items()):
        counts[institution or _("Guests of the portal")] += visits
    about = _("A visit is one person or device on one day, in the whole city. Guests of the portal are at home here.")
    return Panel(
        "institutions", _("Home institutions"), (Column("institution", _("Institution"), "text"), VISITS), _visits(counts), "", about
    )


def _visits(counts: Mapping[str, int]) -> list[tuple[Any, ...]]:
    shut = kept_back(counts)
    return _ranked({name: (None if name in shut else visits,) for name, visits in counts.items()})


def months(look: Look, asked: Asked, session: Session) -> Panel:
    """Different visitors of a month, and who came back; of one site, or of the city."""
    columns = Column("month", _("Month"), "text"), *_CAME
    if asked.site is None:
        about = _("Visitors of a district are not counted: choose a site, or the whole city.")
        return Panel("months", _("Visitors by month"), columns, (), "", about)
    first = (look.days.last.replace(day=1) - timedelta(days=31 * (MONTHS - 2))).replace(day=1)
    came = site_usage.visitors_since(session, site_usage.midnight(first, look.days.zone), asked.site)
    rows = [(format_date((each.begins_at + timedelta(hours=26)).date(), "MMMM y", locale=g.locale), *_came(each)) for each in came]
    about = _("Different people or devices. Who comes back is told within one month alone, as its key is destroyed a day after its end.")
    return Panel("months", _("Visitors by month"), columns, rows, "visitors", about)


_CAME: Final = (
    Column("visitors", later("Visitors")),
    Column("came_again", later("Came on several days")),
    Column("returning_percent", later("Returning"), "percent"),
)


def _came(each: site_usage.Came) -> tuple[Any, ...]:
    few = 0 < each.visitors < FEWEST
    returning = None if few else part(each.again, each.visitors)
    return None if few else each.visitors, each.again if returning is not None else None, returning


def site_visitors(look: Look, asked: Asked, session: Session) -> Panel:
    """Different visitors of each site in the month of the last day."""
    month = look.days.last.replace(day=1)
    found = site_usage.visitors(session, site_usage.midnight(month, look.days.zone))
    wanted = look.days.sites
    told = {asked.named(each.site): _came(each) for each in found if each.site and (wanted is None or each.site in wanted)}
    title = _("Visitors by site, %(month)s", month=format_date(month, "MMMM y", locale=g.locale))
    return Panel("site-visitors", title, (Column("site", _("Site"), "text"), *_CAME), _ranked(told), "visitors")


PANELS: Final[Mapping[str, Callable[[Any, Any, Any], Panel]]] = {
    "days": days,
    "hours": clock,
    "districts": districts,
    "sites": sites,
    "stays": stays,
    "countries": countries,
    "institutions": institutions,
    "months": months,
    "site-visitors": site_visitors,
}
