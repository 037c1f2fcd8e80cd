"""store.placements: a shop's sums, in both databases; never another's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from portal.admin.desk import counted
from store import adverts, placements
from store.adverts import Figure
from store.models import Campaign, CampaignState, Site
from store.placements import LANGUAGE, PLACE, SPAN, Advert, Count, Daily, Part, start
from store.schema import upgrade
from store.session import engine, reading, transaction
from tests.store.test_adverts import HOUR, campaign

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tests.peers.postgres import Cluster

DAY = timedelta(days=1)
OLDER = SPAN * DAY
TODAY = HOUR.date()


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
        assert {mine: Count(6, 2)} == placements.totals(session, shop, TODAY, TODAY + DAY)
        assert {mine: Count(10, 1)} == placements.totals(session, shop, end=TODAY)
        assert {} == placements.totals(session, shop, TODAY + DAY)
        days = [Daily(mine, TODAY - DAY, Count(7, 1)), Daily(mine, TODAY, Count(6, 2))]
        assert days == placements.days(session, shop, TODAY - DAY, TODAY + DAY)
        assert days[:1] == placements.days(session, shop, TODAY - DAY, TODAY)
        firsts = [start(TODAY - OLDER), start(TODAY)]
        hours = [Part(mine, 0, HOUR.hour, Count(3, 0)), Part(mine, 1, HOUR.hour, Count(13, 3))]
        assert hours == list(placements.parts(session, shop, firsts, placements.HOUR))
        by_place = [Part(mine, 0, "library", Count(3, 0)), Part(mine, 1, "arena", Count(2, 2)), Part(mine, 1, "library", Count(11, 1))]
        assert by_place == list(placements.parts(session, shop, firsts, PLACE))
        of_last = [Part(mine, 0, "en", Count(11, 1)), Part(mine, 0, "fr", Count(2, 2))]
        assert of_last == list(placements.parts(session, shop, firsts[1:], LANGUAGE, mine))
        assert [Advert(mine, "bakery", CampaignState.LIVE)] == placements.adverts(session, shop)
        assert {"library": "Central Library"} == placements.places(session, ["library", "arena"])
        assert [] == placements.days(session, shop, TODAY - DAY, TODAY + DAY, other)
        assert [[], [], []] == [list(placements.parts(session, shop, firsts, by, other)) for by in (placements.HOUR, PLACE, LANGUAGE)]


def test_a_statement_each(database: Engine) -> None:
    """However many rows, campaigns and spans."""
    shop, *_ = sown(database)
    firsts = [start(TODAY + OLDER * each) for each in range(-13, 1)]
    with reading(database) as session, counted(database) as said:
        placements.totals(session, shop, TODAY - DAY, TODAY)
        placements.days(session, shop, TODAY - 364 * DAY, TODAY)
        for by in (placements.HOUR, PLACE, LANGUAGE):
            list(placements.parts(session, shop, firsts, by))
        placements.adverts(session, shop)
    assert 6 == sum(each.startswith("SELECT") for each in said)


def test_a_span_is_the_zones(database: Engine) -> None:
    """It begins at midnight of the operator: an hour before it belongs to the span before, whatever day UTC has by then."""
    with transaction(database) as session:
        mine = campaign(session)
        shop = session.get_one(Campaign, mine).business_id
        midnight = datetime(2026, 2, 23, 5, tzinfo=UTC)
        told = [Figure("bakery-1", mine, midnight - timedelta(hours=hours), "library", "en", 1) for hours in (0, 1, 4)]
        adverts.count(session, told, ZoneInfo("America/Toronto"))
    with reading(database) as session:
        found = list(placements.parts(session, shop, [date(2026, 1, 26), date(2026, 2, 23)], PLACE))
    assert [(0, Count(2, 0)), (1, Count(1, 0))] == [(each.period, each.counted) for each in found]


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("America/Toronto", datetime(2026, 2, 23, 4, tzinfo=UTC)),
        ("America/St_Johns", datetime(2026, 2, 23, 2, tzinfo=UTC)),  # three hours and a half behind: the next is midnight's, half before it
        ("Asia/Kathmandu", datetime(2026, 2, 22, 17, tzinfo=UTC)),  # five and three quarters ahead: a quarter of the next is before it
    ],
)
def test_an_hour_lies_where_its_middle_does(database: Engine, zone: str, first: datetime) -> None:
    """Also where the operator's hours begin within ours: its day, its four weeks and its hour of the day are one decision."""
    with transaction(database) as session:
        mine = campaign(session)
        shop = session.get_one(Campaign, mine).business_id
        told = [Figure("bakery-1", mine, first + timedelta(hours=after), "library", "en", 1 + after) for after in range(3)]
        adverts.count(session, told, ZoneInfo(zone))
    firsts = [date(2026, 1, 26), date(2026, 2, 23)]
    with reading(database) as session:
        days = [(each.day, each.counted.impressions) for each in placements.days(session, shop, firsts[0], date(2026, 3, 23))]
        hours, places = (
            [(each.period, each.key, each.counted.impressions) for each in placements.parts(session, shop, firsts, by)]
            for by in (placements.HOUR, PLACE)
        )
    assert [(date(2026, 2, 22), 1), (date(2026, 2, 23), 2 + 3)] == days
    assert [(0, 23, 1), (1, 0, 2), (1, 1, 3)] == hours
    assert [(0, "library", 1), (1, "library", 2 + 3)] == places


@pytest.mark.peer("postgresql")
def test_rows_are_read_by_the_statement_itself(cluster: Cluster) -> None:
    """No cursor stays in PostgreSQL, each of whose fetches would have all of a page's two seconds."""
    with cluster.database(upgrade) as url:
        database = engine(url)
        shop, *_ = sown(database)
        with reading(database) as session:
            told = placements.parts(session, shop, [start(TODAY)], PLACE)
            assert ("arena", 0) == (next(told).key, session.scalar(text("SELECT count(*) FROM pg_cursors")))
            assert ["library"] == [each.key for each in told]
        database.dispose()
