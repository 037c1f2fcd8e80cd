"""Pages that tell of a year: a large shop's figures and a large city's analytics, SQLite and PostgreSQL, in the server.

A part of `make bench`; alone: `.venv/bin/python -m tests.bench.years [--quick]`. A shop with twenty adverts at sixty sites, each shown
at five of them in each of twelve hours a day for a year, in a city of a thousand other adverts; and half a year of six hundred sites,
each used by residents and by visitors in each of twelve hours a day. Figures are written by the code that counts them. Never a
browser, and no socket between: what is measured is the server.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.console import Console

from store import placements, site_sums
from store.models import Business, Campaign, CampaignState, Creative, CreativeState, Site
from store.schema import prepare
from store.sealed import Seal, create_keys
from store.session import engine, transaction
from tests.bench.desks import Pages, judged, middle, settled, table
from tests.peers.postgres import cluster
from tests.portal import staffroom
from tests.portal.shoproom import A, Person, ShopRoom, furnished
from tests.portal.staffroom import NOW, Room

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

ZONE = ZoneInfo("America/Toronto")
OPEN = range(13, 25)  # hours of UTC, from its midnight
SITES, AT_ONCE = 60, 5  # of the shop's adverts; at how many of these one is shown in an hour
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class City:
    """How much there is."""

    adverts: int  # of the shop
    days: int  # of its figures
    others: int  # adverts of other shops
    sites: int
    used: int  # days that they were used


LARGE = City(adverts=20, days=364, others=1_000, sites=600, used=182)
SMALL = City(adverts=4, days=56, others=20, sites=60, used=28)
WHAT = "A year of figures (20 adverts at 60 sites, 1,000 others, 600 sites)"


def measure(folder: Path, city: City = LARGE) -> list[Pages]:
    """Both databases, one after the other."""
    gc.freeze()  # as the pages' process does
    found = [measured("SQLite", f"sqlite:///{folder}/proxeny.db", folder / "sqlite", city)]
    with cluster() as server, server.database() as url:
        found.append(measured("PostgreSQL", url, folder / "postgresql", city))
    return found


def measured(name: str, url: str, folder: Path, city: City) -> Pages:
    """One database, which is empty; the folder is made."""
    folder.mkdir()
    create_keys(folder / "keys" / "seal.key")
    prepare(url).dispose()
    database = engine(url)
    office = staffroom.over(database, Seal(folder / "keys" / "seal.key"), folder)
    shops = furnished(office)
    adverts = [shops.advert(A, name=f"advert {number}") for number in range(city.adverts)]
    began = time.monotonic()
    _past(database, adverts, city)
    settled(database)
    written = time.monotonic() - began
    pages = dict(_asked(office, shops, adverts[0], city))
    database.dispose()
    return Pages(name, written, pages)


def _asked(office: Room, shops: ShopRoom, advert: str, city: City) -> Iterator[tuple[str, float]]:
    today = NOW.date()
    year, half = f"from={today - timedelta(days=city.days - 1)}&to={today}", f"from={today - timedelta(days=city.used)}&to={today - DAY}"
    of_shop = f"/shops/{A}"
    for name, path in (
        ("a shop's first page", f"{of_shop}/"),
        ("its figures, four weeks", f"{of_shop}/figures"),
        ("its figures, a year", f"{of_shop}/figures?{year}"),
        ("of one advert, a year", f"{of_shop}/figures?{year}&advert={advert}"),
        ("a chart of a year", f"{of_shop}/figures/days.svg?{year}"),
        ("a year as CSV", f"{of_shop}/figures.csv?{year}"),
    ):
        yield name, middle(shops, path, Person.OWNER_A)
    for name, path in (
        ("the city's list of shops", "/businesses"),
        ("analytics, half a year", f"/analytics?{half}"),
        ("by place", f"/analytics/places?{half}"),
        ("lengths of stay", f"/analytics/stays?{half}"),
        ("before and after", "/analytics/compare?from=2026-03-07&to=2026-03-08"),
        ("the report of a month", "/analytics/report"),
    ):
        yield name, middle(office, path)


def _past(database: Engine, adverts: list[str], city: City) -> None:
    with transaction(database) as session:
        session.add_all(
            Site(id=f"site-{number:03}", name=f"Site {number}", district=f"District {number % 20}") for number in range(city.sites)
        )
        others = list(_others(session, city.others))
        mine = [(session.query(Creative).filter_by(campaign_id=name).one().id, name) for name in adverts]
    midnight = NOW.replace(hour=0, minute=0)
    for back in range(city.days, 0, -1):
        day = midnight - back * DAY
        with transaction(database) as session:
            placements.add(session, [*_shown(mine, day), *_elsewhere(others, day)], ZONE)
            if back <= city.used:
                site_sums.add_hours(session, list(_hours(city.sites, day)))
                site_sums.add_lengths(session, list(_lengths(city.sites, day)))


def _others(session: Session, count: int) -> Iterator[tuple[str, str]]:
    """(creative, campaign) of adverts of other shops, five each."""
    for number in range(count):
        if number % 5 == 0:
            shop = Business(slug=f"shop-{number}", name=f"Shop {number}", created_at=NOW)
            session.add(shop)
            session.flush()
        campaign = Campaign(business_id=shop.id, name=f"advert {number}", state=CampaignState.LIVE, created_at=NOW)
        session.add(campaign)
        session.flush()
        creative = Creative(campaign_id=campaign.id, version=1, state=CreativeState.APPROVED, created_at=NOW)
        session.add(creative)
        session.flush()
        yield creative.id, campaign.id


def _shown(adverts: list[tuple[str, str]], day: datetime) -> Iterator[dict[str, Any]]:
    for number, (creative, campaign) in enumerate(adverts):
        for hour in OPEN:
            for site in range(AT_ONCE):
                at = (number + hour * AT_ONCE + site + day.day) % SITES
                yield _line(creative, campaign, day + timedelta(hours=hour), f"site-{at:03}", ("en", "fr")[(at + hour) % 2], 1 + at % 7)


def _elsewhere(adverts: list[tuple[str, str]], day: datetime) -> Iterator[dict[str, Any]]:
    for number, (creative, campaign) in enumerate(adverts):
        yield _line(creative, campaign, day + timedelta(hours=OPEN[number % len(OPEN)]), f"site-{number % SITES:03}", "en", 30)


def _line(creative: str, campaign: str, hour: datetime, site: str, language: str, shown: int) -> dict[str, Any]:
    key = {"creative_id": creative, "campaign_id": campaign, "hour": hour, "site": site, "language": language}
    return {**key, "impressions": shown, "clicks": shown // 5}


def _hours(sites: int, day: datetime) -> Iterator[dict[str, Any]]:
    for site in range(sites):
        for hour in OPEN:
            for roaming in (False, True):
                key = {"hour": day + timedelta(hours=hour), "site": f"site-{site:03}", "roaming": roaming}
                yield {**key, "sessions": 3 + site % 9, "seconds": 900 * (1 + hour % 5), "input_octets": 10**7, "output_octets": 10**8}


def _lengths(sites: int, day: datetime) -> Iterator[dict[str, Any]]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)
    for site in range(sites):
        for roaming in (False, True):
            for minutes in (0, 5, 15, 30, 60, 120):
                yield {"day": midnight, "site": f"site-{site:03}", "roaming": roaming, "minutes": minutes, "sessions": 6 + site % 5}


def main() -> int:
    """The command."""
    wanted = argparse.ArgumentParser(prog="python -m tests.bench.years", description=__doc__)
    wanted.add_argument("--quick", action="store_true", help="a small city")
    out = Console(width=None if sys.stdout.isatty() else 140)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), SMALL if wanted.parse_args().quick else LARGE)
    out.print(table(found, WHAT))
    for each in found:
        out.print(f"{each.database}: the past was written in {each.written:.0f} s")
    for met, words in judged(found, "a year's pages"):
        out.print(f"{'met ' if met else 'LOST'}  {words}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
