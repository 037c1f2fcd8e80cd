"""Where a shop may be shown: what lies within what, and what is taken from it when that is made smaller. In both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from store import offers, shop_places
from store.models import AccessPoint, Business, Campaign, CampaignPlace, PlaceKind, Site
from store.session import reading, transaction
from store.shop_places import CITY

if TYPE_CHECKING:
    from sqlalchemy import Engine

NOW = datetime(2026, 3, 9, 14, tzinfo=UTC)
DOWN, NORTH = (PlaceKind.DISTRICT, "downtown"), (PlaceKind.DISTRICT, "north")
LIBRARY, POOL = (PlaceKind.SITE, "library"), (PlaceKind.SITE, "pool")
DESK, DOOR = (PlaceKind.ACCESS_POINT, "desk"), (PlaceKind.ACCESS_POINT, "door")
ALL = [CITY, DOWN, NORTH, LIBRARY, POOL, DESK, DOOR]


@pytest.fixture
def city(database: Engine) -> Engine:
    """A library downtown with an access point at its desk, a pool in the north, and an access point in no site."""
    with transaction(database) as session:
        session.add_all([Site(id="library", name="Library", district="downtown"), Site(id="pool", name="Pool", district="north")])
        session.flush()
        session.add_all([AccessPoint(name="desk", site="library"), AccessPoint(name="door")])
    return database


def shop(city: Engine, *places: shop_places.Place, house: bool = False) -> str:
    """One that may be shown at these; its id."""
    with transaction(city) as session:
        made = Business(slug="oven", name="Oven", house=house, created_at=NOW)
        session.add(made)
        session.flush()
        shop_places.let(session, made.id, places)
        return made.id


@pytest.mark.parametrize(
    ("may", "within"),
    [
        (CITY, ALL),
        (DOWN, [DOWN, LIBRARY, DESK]),
        (NORTH, [NORTH, POOL]),
        (LIBRARY, [LIBRARY, DESK]),
        (DESK, [DESK]),
        (DOOR, [DOOR]),
    ],
)
def test_a_place_holds_what_lies_in_it(city: Engine, may: shop_places.Place, within: list[shop_places.Place]) -> None:
    """The city everything, a district its sites, a site its access points; nothing holds what is larger."""
    name = shop(city, may)
    with reading(city) as session:
        beyond = shop_places.beyond(session, session.get_one(Business, name), ALL)
    assert within == [place for place in ALL if place not in beyond]


def test_a_place_that_is_not_there_is_beyond(city: Engine) -> None:
    """Whatever the shop may: a site that was removed, a district that no site names."""
    name = shop(city, CITY)
    gone = [(PlaceKind.SITE, "gone"), (PlaceKind.DISTRICT, "gone"), (PlaceKind.ACCESS_POINT, "gone"), (PlaceKind.DISTRICT, "")]
    with reading(city) as session:
        assert gone == shop_places.beyond(session, session.get_one(Business, name), gone)


def test_the_citys_own_has_the_whole_city(city: Engine) -> None:
    """Without a row that says so."""
    name = shop(city, house=True)
    with reading(city) as session:
        assert [] == shop_places.beyond(session, session.get_one(Business, name), ALL)


def test_what_a_smaller_place_no_longer_holds_is_shown_no_more(city: Engine) -> None:
    """Of this shop's campaigns, and of no other's."""
    name = shop(city, CITY)
    with transaction(city) as session:
        other = Business(slug="other", name="Other", created_at=NOW)
        session.add(other)
        session.flush()
        shop_places.let(session, other.id, [CITY])
        for business in (name, other.id):
            campaign = Campaign(business_id=business, name="bread", created_at=NOW)
            session.add(campaign)
            session.flush()
            wanted = [CITY, LIBRARY, POOL, DESK, *([NORTH] if business == other.id else [])]
            session.add_all(CampaignPlace(campaign_id=campaign.id, kind=kind, name=called) for kind, called in wanted)
    with transaction(city) as session:
        assert [CITY, POOL] == sorted(shop_places.let(session, name, [DOWN, DESK]), key=ALL.index)
    with reading(city) as session:
        left = session.query(CampaignPlace).join(Campaign).filter_by(business_id=name)
        assert {LIBRARY, DESK} == {(row.kind, row.name) for row in left}
        assert 7 == session.query(CampaignPlace).count()


@pytest.mark.parametrize("chosen", [[POOL], [NORTH], [DESK], [DOWN, POOL]])
def test_what_was_chosen_stays_on_the_form_of_a_city_that_grew(
    city: Engine, chosen: list[shop_places.Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many come before it by name; in the order of names."""
    monkeypatch.setattr(offers, "SITES", 2)
    monkeypatch.setattr(offers, "POINTS", 1)
    name = shop(city, CITY)
    with transaction(city) as session:
        session.add_all(Site(id=f"a{number}", name=f"A {number}", district="a") for number in range(3))
        session.flush()
        session.add(AccessPoint(name="a", site="a0"))
    with reading(city) as session:
        row = session.get_one(Business, name)
        found = offers.offered(session, row, [*([kind.value, place] for kind, place in chosen), ["moon", "x"], ["site"]])
        assert set(chosen) <= {(each.kind, each.name) for each in found}
        titles = [each.title for each in found if each.kind is PlaceKind.SITE]
        assert (2, sorted(titles)) == (len(titles), titles)
