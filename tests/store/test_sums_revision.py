"""migrations 0011: sums made of what is there are those that are written beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from portal.cases.remainders import time_zone
from store import placements, schema
from store.models import (
    Base,
    Business,
    Campaign,
    CampaignClock,
    CampaignDay,
    CampaignSpan,
    CityHour,
    Creative,
    CreativeState,
    DwellWeek,
    Operator,
    SiteDay,
)
from store.session import reading, transaction
from tests.store.rows import NOW
from tests.store.test_site_sums import strewn

if TYPE_CHECKING:
    from sqlalchemy import Engine

SUMS: tuple[type[Base], ...] = (CampaignDay, CampaignClock, CampaignSpan, CityHour, SiteDay, DwellWeek)


def shown(database: Engine, zone: str) -> None:
    """Two adverts on both sides of midnights and changes of clocks, from before the day that spans are counted from."""
    with transaction(database) as session:
        session.add(Operator(id=1, name="city-of-example", timezone=zone))
        shop = Business(slug="bakery", name="Bakery", created_at=NOW)
        session.add(shop)
        session.flush()
        rows = []
        for name in ("bread", "cake"):
            campaign = Campaign(business_id=shop.id, name=name, created_at=NOW)
            session.add(campaign)
            session.flush()
            creative = Creative(campaign_id=campaign.id, version=1, state=CreativeState.APPROVED, created_at=NOW)
            session.add(creative)
            session.flush()
            last = datetime(2024, 9, 8, 18, tzinfo=UTC)  # in India half of it is of the next four weeks
            for number, hour in enumerate(
                [*(datetime(2023, 12, 20, tzinfo=UTC) + timedelta(hours=each * 41) for each in range(150)), last]
            ):
                key = {"creative_id": creative.id, "campaign_id": campaign.id, "hour": hour, "site": "pool"}
                rows += [{**key, "language": tongue, "impressions": 1 + number, "clicks": number % 2} for tongue in ("en", "fr")]
        placements.add(session, rows, time_zone(zone))


def sums(database: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every sum."""
    with reading(database) as session:
        found = {table.__tablename__: session.execute(table.__table__.select()).all() for table in SUMS}
    return {name: sorted(tuple(row) for row in rows) for name, rows in found.items()}


@pytest.mark.parametrize("zone", ["America/Toronto", "America/St_Johns", "Asia/Kolkata", "Nowhere/Known"])
def test_the_past_is_summed_as_the_present_is(url: str, zone: str) -> None:
    """Down and up again: the same rows, by the operator's midnights; a zone that the machine does not know is UTC, as everywhere."""
    database = schema.prepare(url)
    strewn(database)
    shown(database, zone)
    before = sums(database)
    assert all(before.values())
    database.dispose()
    schema.downgrade(url, "0010")
    schema.upgrade(url)
    assert before == sums(database)
    database.dispose()


def test_a_zone_that_is_not_known_stops_no_upgrade(url: str) -> None:
    """Names of zones come and go with the machine's tables of them: 0009 and 0011 take UTC in place of one that went."""
    database = schema.prepare(url)
    database.dispose()
    schema.downgrade(url, "0008")
    with database.begin() as connection:
        operator = "id, name, operator_name, country, managed_by, timezone"
        connection.execute(text(f"INSERT INTO operator ({operator}) VALUES (1, 'x', '', '', 'file', 'Nowhere/Known')"))
    schema.upgrade(url)
    assert schema.head() == schema.revision(database)
    database.dispose()
