"""What analytics shows, panel by panel: a table, of which the chart and the CSV are two more forms.

A cell that may not be told is None, in all three. Never a row that stands for one to four sessions or visitors, nor one that would
tell such a row by subtraction.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from babel.dates import format_skeleton
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit
from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later

from portal import words
from portal.cases.usage import STAYS, kept_back, kept_back_within, middle, share, stands_for
from store.site_usage import Used

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from portal.admin.analytics_span import Asked
    from portal.cases.usage import Look

MOST: Final = 60  # rows on a page; a file has all


class Column(NamedTuple):
    """One column: its name in a CSV, its title, and how its cells are told."""

    name: str
    title: Any
    kind: str = "count"  # text, day, count, hours (of seconds), octets, percent (of one), change (of one), minutes


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

    @property
    def blank(self) -> bool:
        """Whether a chart would have no bar."""
        return not any(cell for row in self.rows for cell in row[1:])

    def title_of(self, column: str) -> str:
        """How a column is called."""
        return str(next(each.title for each in self.columns if each.name == column))


def label(cell: Any) -> str:
    """A row's name beside a chart."""
    return str(cell) if isinstance(cell, str) else words.brief_day(cell)


SESSIONS: Final = Column("sessions", later("Sessions"))
USED: Final = (SESSIONS, Column("hours", later("Hours online"), "hours"), Column("octets", later("Data"), "octets"))
USED_ALL: Final = (*USED, Column("roaming_percent", later("Roaming"), "percent"))
MEDIAN: Final = Column("median_minutes", later("Median stay"), "minutes")


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
    if kind == "change":
        parts = round(100 * value)  # whole hundredths: a hair less is no "-0%"
        return ("+" if parts > 0 else "") + str(format_percent(parts / 100, locale=g.locale))
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
    return round(value / 3600, 1) if kind == "hours" else round(100 * value) if kind in ("percent", "change") else round(value, 1)


def _told(
    used: Mapping[Any, Used], shut: Collection[Any] | None = None, shares: Collection[Any] | None = None
) -> dict[Any, tuple[Any, ...]]:
    """The cells `USED_ALL` of each but those of `shut`, and of `shares` that one; None: those that this table alone gives away."""
    shut = kept_back({key: stands_for(each) for key, each in used.items()}) if shut is None else shut
    if shares is None:
        shares = frozenset[Any]().union(*(kept_back({key: part(each) for key, each in used.items()}) for part in _PARTS))
    return {
        key: (None,) * len(USED_ALL) if key in shut else (each.sessions, each.seconds, each.octets, None if key in shares else share(each))
        for key, each in used.items()
    }


_PARTS: Final[Sequence[Callable[[Used], int]]] = (
    lambda used: used.roaming,
    lambda used: used.sessions - used.roaming,
)  # both can be reckoned from a share


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
    sums: defaultdict[str, Used] = defaultdict(Used)
    for site, used in look.sites.items():
        sums[asked.district(site)] += used
    shut, _sites = shut_places(asked, look.sites)
    shares, _sites = _shut_shares(asked, look.sites)
    rows = ranked([(name or _("No district"), *cells) for name, cells in _told(sums, shut, shares).items()])
    return Panel("districts", _("By district"), (Column("district", _("District"), "text"), *USED_ALL), rows, "sessions")


def shut_places(
    asked: Asked, sites: Mapping[str, Used], counted: Callable[[Used], int] = stands_for
) -> tuple[frozenset[str], frozenset[str]]:
    """The districts and the sites that are not told, as the one table is read beside the other."""
    groups: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for site, used in sorted(sites.items()):
        groups[asked.district(site)][site] = counted(used)
    return kept_back_within(dict(sorted(groups.items())))


def _shut_shares(asked: Asked, sites: Mapping[str, Used]) -> tuple[frozenset[str], frozenset[str]]:
    """Those whose share is not told, likewise."""
    districts, places = zip(*(shut_places(asked, sites, part) for part in _PARTS), strict=True)
    return frozenset[str]().union(*districts), frozenset[str]().union(*places)


def sites(look: Look, asked: Asked, _session: Session) -> Panel:
    """By site, with how long people stay."""
    told = []
    (_districts, shut), (_districts, shares) = shut_places(asked, look.sites), _shut_shares(asked, look.sites)
    for site, cells in _told(look.sites, shut, shares).items():
        stay = middle(look.lengths.get(site, {})) if cells[0] is not None else None
        told.append((asked.named(site) or _("Access points without a site"), *cells, stay))
    return Panel("sites", _("By site"), (Column("site", _("Site"), "text"), *USED_ALL, MEDIAN), ranked(told), "sessions")


def ranked(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The largest first; what is not told stands last, by name, so that its place tells nothing. Each begins with its name."""
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
