"""store.placements: a shop's sums, in both databases; never another's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from portal.admin.desk import counted
from store import adverts, placements
from store.adverts import Figure
from store.models import Campaign, CampaignState, Site
from store.placements import Advert, Count, Hourly, Part
from store.session import reading, transaction
from tests.store.rows import NOW
from tests.store.test_adverts import HOUR, campaign

if TYPE_CHECKING:
    from sqlalchemy import Engine

DAY = timedelta(days=1)


def sown(database: Engine) -> tuple[str, str, str]:
    """Two shops with a campaign each and figures of three hours; (the bakery's id, its campaign's, the other's)."""
    with transaction(database) as session:
        session.add(Site(id="library", name="Central Library", managed_by="file"))
        mine, other = campaign(session), campaign(session, "bicycles")
        rows = [
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
        assert {mine: Count(13, 3)} == placements.totals(session, shop)
        assert {mine: Count(6, 2)} == placements.totals(session, shop, HOUR, HOUR + DAY)
        assert {mine: Count(7, 1)} == placements.totals(session, shop, end=HOUR)
        assert {} == placements.totals(session, shop, HOUR + DAY)
        hours = [Hourly(mine, HOUR - DAY, Count(7, 1)), Hourly(mine, HOUR, Count(6, 2))]
        assert hours == placements.hours(session, shop, HOUR - DAY, HOUR + DAY)
        edges = [HOUR - DAY, HOUR, HOUR + DAY]
        parts = [
            Part(mine, 0, "library", "en", Count(7, 1)),
            Part(mine, 1, "arena", "fr", Count(2, 2)),
            Part(mine, 1, "library", "en", Count(4, 0)),
        ]
        assert parts == placements.parts(session, shop, edges)
        assert [Advert(mine, "bakery", CampaignState.LIVE)] == placements.adverts(session, shop)
        assert {"library": "Central Library"} == placements.places(session, ["library", "arena"])
        assert ([], []) == (
            placements.hours(session, shop, HOUR - DAY, HOUR + DAY, other),
            placements.parts(session, shop, edges, other),
        )


def test_a_statement_each(database: Engine) -> None:
    """However many rows, campaigns and spans."""
    shop, *_ = sown(database)
    edges = [HOUR + DAY * each for each in range(-13, 1)]
    with reading(database) as session, counted(database) as said:
        placements.totals(session, shop, NOW - DAY, NOW)
        placements.hours(session, shop, edges[0], edges[-1])
        placements.parts(session, shop, edges)
        placements.adverts(session, shop)
    assert 4 == sum(each.startswith("SELECT") for each in said)
