"""Which days and which places a page of analytics is of, as its form or its address says; what makes no sense is said, and left out.

Never a span that one look cannot carry (`usage.LONGEST`), and never an error for a date that was mistyped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from flask import g, request
from flask_babel import gettext as _
from sqlalchemy import select

from portal.admin.desk import desk
from portal.cases.remainders import time_zone
from portal.cases.usage import LONGEST, Days, comparable
from store.models import Site
from store.site_names import apart

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from sqlalchemy.orm import Session

USUAL: Final = 28  # days, until yesterday
FIRST: Final = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Place:
    """A site as the form names it."""

    id: str
    name: str
    district: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked at."""

    days: Days
    where: str  # "site:central-library", "district:downtown"; "" for everywhere
    places: Mapping[str, Place]  # all there are, in order of their names
    wrong: str = ""  # what was asked for and could not be

    @property
    def query(self) -> str:
        """What asks for the same."""
        said = {"from": self.days.first.isoformat(), "to": self.days.last.isoformat(), "where": self.where}
        return urlencode({name: value for name, value in said.items() if value})

    @property
    def districts(self) -> list[str]:
        return sorted({each.district for each in self.places.values() if each.district})

    @property
    def site(self) -> str | None:
        """The one site; "" for the whole city, None for a district, whose visitors nobody counts."""
        kind, _colon, name = self.where.partition(":")
        return None if kind == "district" else name

    def named(self, site: str) -> str:
        """A site's name; of one that is gone its id."""
        return self.places[site].name if site in self.places else site

    def district(self, site: str) -> str:
        """The one it lies in; "" for none."""
        return self.places[site].district if site in self.places else ""


def asked(session: Session) -> Asked:
    """By this request's `from`, `to` and `where`."""
    places = _places(session)
    first, last, wrong = _span()
    where = request.args.get("where", "")
    sites = _sites(where, places)
    if where and sites is None:
        where, wrong = "", wrong or _("There is no such place: this is the whole city.")
    return Asked(Days(first, last, zone(), sites), where, places, wrong)


def everywhere(session: Session, days: Days) -> Asked:
    """These days, of the whole city."""
    return Asked(days, "", _places(session))


def _places(session: Session) -> dict[str, Place]:
    rows = session.execute(select(Site.id, Site.name, Site.district).order_by(Site.name, Site.id)).all()
    called = apart({row.id: row.name for row in rows})
    return {row.id: Place(row.id, called[row.id], row.district) for row in rows}


def zone() -> tzinfo:
    """The operator's."""
    return time_zone(desk().zone())


def _sites(where: str, places: Mapping[str, Place]) -> frozenset[str] | None:
    kind, _colon, name = where.partition(":")
    found = {each.id for each in places.values() if name and name == {"site": each.id, "district": each.district}.get(kind)}
    return frozenset(found) or None


def today() -> date:
    """Where the operator is."""
    found: date = g.now.astimezone(zone()).date()
    return found


def _span() -> tuple[date, date, str]:
    yesterday = today() - timedelta(days=1)
    usual = yesterday - timedelta(days=USUAL - 1), yesterday
    said = request.args.get("from", ""), request.args.get("to", "")
    if not any(said):
        return *usual, ""
    days = [_day(each) for each in said]
    first, last = days[0] or days[1], days[1] or days[0]
    if first is None or last is None or any(text and day is None for text, day in zip(said, days, strict=True)):
        return *usual, _("Choose days up to today, written 2026-03-31. These are the last four weeks.")
    first, last = min(first, last), max(first, last)
    if (last - first).days >= LONGEST:
        return (
            last - timedelta(days=LONGEST - 1),
            last,
            _("One look takes in %(num)s days at most: these are the last of them.", num=LONGEST),
        )
    return first, last, ""


def _day(text: str) -> date | None:
    """None for what is no day between the beginning of the century and today."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST <= day <= today() else None


def base(of: Days) -> tuple[Days, str]:
    """What these days are compared with: as many, from the day `with` on, else the same days of the week before; and what was wrong."""
    said = request.args.get("with", "")
    first = _day(said)
    if first is None:
        return comparable(of), _("Choose a day up to today, written 2026-03-31. It is compared with the weeks before.") if said else ""
    return Days(first, first + timedelta(days=of.count - 1), of.zone, of.sites), ""


def values(of: Asked) -> dict[str, Any]:
    """What every page of analytics shows of it."""
    return {"asked": of, "days": of.days, "query": of.query, "shortcuts": _shortcuts(), "most": LONGEST}


def _shortcuts() -> list[tuple[str, str]]:
    """(title, query) of spans that are often wanted."""
    now = today()
    this = now.replace(day=1)
    before = (this - timedelta(days=1)).replace(day=1)
    spans = (
        (_("Last seven days"), now - timedelta(days=7), now - timedelta(days=1)),
        (_("Last four weeks"), now - timedelta(days=USUAL), now - timedelta(days=1)),
        (_("Last month"), before, this - timedelta(days=1)),
        (_("This month"), this, now),
    )
    return [(title, urlencode({"from": first.isoformat(), "to": last.isoformat()})) for title, first, last in spans]
