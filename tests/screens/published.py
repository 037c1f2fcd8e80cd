"""What the pages of open data show: the places, a month that is public, one that was withdrawn, one that nobody published yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from portal.cases import publishing
from portal.cases.disclosure import Figures, Line
from portal.cases.open_files import Hotspot, geojson, usage_csv
from portal.doors import Terms
from store import publications
from store.models import Dataset, Publication, Site
from store.session import transaction
from store.site_sums import FIGURES, add_hours

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.portal.staffroom import Room
    from tests.portal.world import World

TERMS: Final = Terms(
    "CC-BY-4.0",
    "Creative Commons Attribution 4.0",
    "https://creativecommons.org/licenses/by/4.0/",
    "City of Example",
    "open-data@city.example",
)
PUBLIC: Final = "0123456789publ00"
USAGE: Final = "/open-data/usage/2026-01"  # nobody published it yet
_ZONE: Final = ZoneInfo("America/Toronto")


def published(session: Session, room: Room) -> None:
    """Rows; and the terms, which are the settings'."""
    room.tools["open_data"] = lambda: TERMS
    session.add(Site(id="depot", name="Works Depot", timezone="America/Toronto", published=False))
    library = session.get_one(Site, "central-library")
    library.address, library.opening_hours, library.accessible_entrance = "1 Main Street", "Mo-Fr 09:00-21:00; Sa 10:00-17:00", "yes"
    library.indoor_outdoor, library.activated_on = "both", "2024-05-01"
    first = {"hour": datetime(2025, 12, 1, 5, tzinfo=UTC), "site": "depot", "roaming": False}  # since when there are months
    add_hours(session, [first | dict.fromkeys(FIGURES, 1)])
    session.flush()
    places = publishing.hotspots(session, room.time.date())
    publishing.publish(session, Dataset.HOTSPOTS, "", places, "city-admin@city.example", room.time - timedelta(days=3))
    december, february = (publishing.usage(session, _ZONE, first)[0] for first in (date(2025, 12, 1), date(2026, 2, 1)))
    publishing.publish(session, Dataset.USAGE, "2026-02", february, "city-admin@city.example", room.time - timedelta(days=2)).id = PUBLIC
    gone = publishing.publish(session, Dataset.USAGE, "2025-12", december, "city-admin@city.example", room.time - timedelta(days=40))
    publications.withdraw(gone, "city-admin@city.example", "A gateway at the arena counted twice.", room.time - timedelta(days=30))


def open_data(city: World, language: str) -> str:
    """The guests' page."""
    city.house = replace(city.house, open_data=TERMS)
    figures = Figures(1250, 430, 61_005, 480, 95, 35, 15)
    gone = None
    with transaction(city.database) as session:
        files = [(Dataset.HOTSPOTS, "", geojson([Hotspot("central-library", "Central Library", lat=43.5885, lon=-79.6441)]))]
        months = ("2026-01", "2026-02", "2026-03")
        files += [(Dataset.USAGE, month, usage_csv(month, [Line("central-library", figures)])) for month in months]
        at = datetime.fromtimestamp(city.time, UTC)
        for dataset, period, octets in files:
            gone = Publication(dataset=dataset, period=period, octets=octets, published_at=at)
            publications.publish(session, gone, ())
        assert gone is not None
        publications.withdraw(gone, "", "A gateway at the arena counted twice.", at)
    return f"/open-data/?lang={language}"
