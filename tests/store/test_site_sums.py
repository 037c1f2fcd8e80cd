"""store.site_sums: days, weeks and the city's hours say what the rows that they sum say, in whatever zone they are asked for."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from store import site_usage
from store.session import reading, transaction
from store.site_sums import FIGURES, add_hours, add_lengths
from store.site_usage import Used, midnight

if TYPE_CHECKING:
    from sqlalchemy import Engine

FIRST = datetime(2026, 2, 26, tzinfo=UTC)
SITES = ("arena", "library", "pool")


def strewn(database: Engine) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Seven weeks of three sites, written twice over in parts, as late accounting is."""
    chance = Random(5)
    hours, lengths = [], []
    for _ in range(600):
        hour = FIRST + timedelta(hours=chance.randrange(49 * 24))
        key = {"site": chance.choice(SITES), "roaming": chance.random() < 0.5}
        hours.append({"hour": hour, **key, **{name: chance.randrange(50) for name in FIGURES}})
        day = midnight(hour.date(), ZoneInfo("America/Toronto"))
        lengths.append({"day": day, **key, "minutes": chance.choice((0, 5, 60)), "sessions": chance.randrange(3)})
    with transaction(database) as session:
        for half in (slice(0, 300), slice(300, None)):
            add_hours(session, hours[half])
            add_lengths(session, lengths[half])
    return hours, lengths


def told(rows: list[dict[str, Any]]) -> Used:
    """Their sum."""
    return sum((Used(*(row[name] for name in FIGURES), row["roaming"] * row["sessions"]) for row in rows), Used())


@pytest.mark.parametrize("zone", ["UTC", "America/Toronto", "Asia/Kolkata", "Pacific/Apia"])
def test_coarse_sums_say_what_the_fine_ones_do(database: Engine, zone: str) -> None:
    """A day, some days, a month over a change of clocks and all of it; of all sites, and of two."""
    hours, lengths = strewn(database)
    for first, last in (((3, 4), (3, 4)), ((3, 6), (3, 9)), ((3, 1), (3, 31)), ((2, 1), (5, 1))):
        begins, ends = midnight(date(2026, *first), ZoneInfo(zone)), midnight(date(2026, *last) + timedelta(days=1), ZoneInfo(zone))
        for sites in (None, {"arena", "pool"}):
            mine = [row for row in hours if begins <= row["hour"] < ends and (sites is None or row["site"] in sites)]
            steps: Counter[tuple[str, int]] = Counter()
            for row in lengths:
                if row["sessions"] and begins <= row["day"] < ends and (sites is None or row["site"] in sites):
                    steps[row["site"], row["minutes"]] += row["sessions"]
            with reading(database) as session:
                by_site, by_hour, stays = (
                    ask(session, begins, ends, sites) for ask in (site_usage.by_site, site_usage.by_hour, site_usage.lengths)
                )
            assert {site: told([row for row in mine if row["site"] == site]) for site in {row["site"] for row in mine}} == by_site
            assert {hour: told([row for row in mine if row["hour"] == hour]) for hour in {row["hour"] for row in mine}} == by_hour
            assert steps == Counter({(site, step): count for site, counts in stays.items() for step, count in counts.items()})
