"""store.placements: a shop's sums, in both databases; never another's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from portal.admin.desk import counted
from store import adverts, placements
from store.adverts import Figure
from store.models import Campaign, CampaignState, Site
from store.placements import SPAN, Advert, Count, Hourly, Part, start
from store.session import reading, transaction
from tests.store.rows import NOW
from tests.store.test_adverts import HOUR, campaign

if TYPE_CHECKING:
    from sqlalchemy import Engine

DAY = timedelta(days=1)
OLDER = SPAN * DAY


def sown(database: Engine) -> tuple[str, str, str]:
    """Two shops with a campaign each and figures of four hours; (the bakery's id, its campaign's, the other's)."""
    with transaction(database) as session:
        session.add(Site(id="library", name="Central Library", managed_by="file"))
        mine, other = campaign(session), campaign(session, "bicycles")
        rows = [
            (mine, "bakery-1", HOUR - OLDER, "library", "en", 3, 0),
            (mine, "bakery-1", HOUR - DAY, "library", "en", 7, 1),
            (mine, "bakery-1", HOUR, "library", "en", 4, 0),
            (mine, "bakery-1", HOUR, "arena", "fr", 2, 2),
            (other, "bicycles-1", HOUR, "library", "en", 100, 50),
        ]
        adverts.count(session, [Figure(creative, name, *rest) for name, creative, *rest in rows])
        return session.get_one(Campaign, mine).business_id, mine, other


def test_a_shops_own(database: Engine) -> None:
    """Totals, hours, places and languages of its campaigns alone, within the time that was asked for."""
    shop, mine, other = sown(database)
    with reading(database) as session:
        assert {mine: Count(16, 3)} == placements.totals(session, shop)
        assert {mine: Count(6, 2)} == placements.totals(session, shop, HOUR, HOUR + DAY)
        assert {mine: Count(10, 1)} == placements.totals(session, shop, end=HOUR)
        assert {} == placements.totals(session, shop, HOUR + DAY)
        hours = [Hourly(mine, HOUR - DAY, Count(7, 1)), Hourly(mine, HOUR, Count(6, 2))]
        assert hours == placements.hours(session, shop, HOUR - DAY, HOUR + DAY)
        firsts = [start((HOUR - OLDER).date()), start(HOUR.date())]
        parts = [
            Part(mine, 0, "library", "en", Count(3, 0)),
            Part(mine, 1, "arena", "fr", Count(2, 2)),
            Part(mine, 1, "library", "en", Count(11, 1)),
        ]
        assert parts == placements.parts(session, shop, firsts)
        assert [Advert(mine, "bakery", CampaignState.LIVE)] == placements.adverts(session, shop)
        assert {"library": "Central Library"} == placements.places(session, ["library", "arena"])
        assert ([], []) == (
            placements.hours(session, shop, HOUR - DAY, HOUR + DAY, other),
            placements.parts(session, shop, firsts, other),
        )


def test_a_statement_each(database: Engine) -> None:
    """However many rows, campaigns and spans."""
    shop, *_ = sown(database)
    firsts = [start((HOUR + OLDER * each).date()) for each in range(-13, 1)]
    with reading(database) as session, counted(database) as said:
        placements.totals(session, shop, NOW - DAY, NOW)
        placements.hours(session, shop, NOW - 364 * DAY, NOW)
        placements.parts(session, shop, firsts)
        placements.adverts(session, shop)
    assert 4 == sum(each.startswith("SELECT") for each in said)


def test_a_span_is_the_zones(database: Engine) -> None:
    """It begins at midnight of the operator: an hour before it belongs to the span before, whatever day UTC has by then."""
    with transaction(database) as session:
        mine = campaign(session)
        shop = session.get_one(Campaign, mine).business_id
        midnight = datetime(2026, 2, 23, 5, tzinfo=UTC)
        told = [Figure("bakery-1", mine, midnight - timedelta(hours=hours), "library", "en", 1) for hours in (0, 1, 4)]
        adverts.count(session, told, ZoneInfo("America/Toronto"))
    with reading(database) as session:
        found = placements.parts(session, shop, [date(2026, 1, 26), date(2026, 2, 23)])
    assert [(0, Count(2, 0)), (1, Count(1, 0))] == [(each.period, each.counted) for each in found]
