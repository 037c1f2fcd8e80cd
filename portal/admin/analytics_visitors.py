"""Where visitors come from and whether they come back, panel by panel: counts of people or devices whom nobody knows.

Institutions are told beside their countries, so that neither table gives the other's small cells away. Never a chart whose labels a
stranger chose: a realm without an institution is called by its own name.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from babel.dates import format_date
from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later

from portal.admin.analytics_panels import Column, Panel, ranked
from portal.cases.suppression import FEWEST
from portal.cases.usage import kept_back_within, part
from portal.visitor_report import called
from store import site_usage

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from portal.admin.analytics_span import Asked
    from portal.cases.usage import Look

    Cells = dict[tuple[str, str], int]  # (institution, country) -> visits

MONTHS: Final = 13
VISITS: Final = Column("visitor_days", later("Visits"))


def countries(look: Look, asked: Asked, _session: Session) -> Panel:
    """Where those come from whom an institution vouches for."""
    groups, shut, _institutions = _whose(look)
    visits = {country: None if country in shut else sum(cells.values()) for country, cells in groups.items() if country is not None}
    rows = ranked([(_country(country), count) for country, count in visits.items()])
    about = _("Of the whole city: where visitors come from is not counted by site.") if asked.where else ""
    columns = Column("country", _("Country"), "text"), VISITS
    return Panel("countries", _("Home countries"), columns, rows, "visitor_days", about)


def institutions(look: Look, _asked: Asked, _session: Session) -> Panel:
    """Who vouches for them."""
    groups, _countries, shut = _whose(look)
    rows = [
        (
            institution or _("Guests of the portal"),
            _country(country) if institution else "",
            None if (institution, country) in shut else visits,
        )
        for cells in groups.values()
        for (institution, country), visits in cells.items()
    ]
    rows.sort(key=lambda row: (row[2] is None, -(row[2] or 0), row[:2]))
    about = _("A visit is one person or device on one day, in the whole city. Guests of the portal are at home here.")
    columns = Column("institution", _("Institution"), "text"), Column("country", _("Country"), "text"), VISITS
    return Panel("institutions", _("Home institutions"), columns, rows, "", about)


def _country(code: str) -> str:
    return called(code, g.locale) or _("No country named")


def _whose(look: Look) -> tuple[dict[str | None, Cells], frozenset[str | None], frozenset[tuple[str, str]]]:
    """Visits by country and in it by institution, guests under None; the countries and the institutions that are not told."""
    groups: defaultdict[str | None, Cells] = defaultdict(dict)
    for (institution, country), visits in sorted(look.whose.items()):
        groups[country if institution else None][institution, country] = visits
    found = dict(sorted(groups.items(), key=lambda each: (each[0] is None, each[0] or "")))
    return found, *kept_back_within(found)


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
    told = [(asked.named(each.site), *_came(each)) for each in found if each.site and (wanted is None or each.site in wanted)]
    title = _("Visitors by site, %(month)s", month=format_date(month, "MMMM y", locale=g.locale))
    return Panel("site-visitors", title, (Column("site", _("Site"), "text"), *_CAME), ranked(told), "visitors")
