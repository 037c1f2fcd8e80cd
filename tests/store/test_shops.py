"""store/shops.py: whose a shop is, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from store import shops
from store.models import Business, BusinessPlace, Membership, PlaceKind, Role, Staff
from store.session import reading, transaction
from tests.store.rows import NOW

if TYPE_CHECKING:
    from sqlalchemy import Engine

BAKERY, CAFE, CITY = "millers-oven", "green-cafe", "city"
OWNER, VENUE, STRANGER = "owner@millers-oven.example", "counter@millers-oven.example", "owner@green-cafe.example"


@pytest.fixture
def ids(database: Engine) -> dict[str, str]:
    """Two shops and the city's own; the owner of the bakery works for both."""
    made: dict[str, str] = {}
    with transaction(database) as session:
        people = {OWNER: Role.BUSINESS_OWNER, VENUE: Role.VENUE_STAFF, STRANGER: Role.BUSINESS_OWNER}
        rows = [Business(slug=slug, name=slug.title(), house=slug == CITY, created_at=NOW) for slug in (BAKERY, CAFE, CITY)]
        rows += [Staff(name=name, role=role, created_at=NOW) for name, role in people.items()]
        session.add_all(rows)
        session.flush()
        made |= {getattr(row, "slug", None) or row.name: row.id for row in rows}
        for who, shop in ((OWNER, BAKERY), (VENUE, BAKERY), (OWNER, CAFE), (STRANGER, CAFE)):
            session.add(Membership(staff_id=made[who], business_id=made[shop], created_at=NOW))
        session.add(BusinessPlace(business_id=made[BAKERY], kind=PlaceKind.SITE, name="central-library"))
    return made


@pytest.mark.parametrize(
    ("who", "slug", "found"),
    [(OWNER, BAKERY, True), (OWNER, CAFE, True), (VENUE, CAFE, False), (STRANGER, BAKERY, False), (OWNER, CITY, False), (OWNER, "", False)],
)
def test_a_shop_is_found_by_whoever_works_for_it(database: Engine, ids: dict[str, str], who: str, slug: str, found: bool) -> None:
    """And by nobody else, not even the city's own."""
    with reading(database) as session:
        assert found is (shops.of(session, ids[who], slug) is not None)


@pytest.mark.usefixtures("ids")
def test_the_house_is_the_citys_alone(database: Engine) -> None:
    """A shop is none, whatever it is called."""
    with reading(database) as session:
        assert [None, None] == [shops.house(session, slug) for slug in (BAKERY, "nothing")]
        assert CITY == getattr(shops.house(session, CITY), "slug", None)


def test_lists_are_of_one_person_and_of_one_shop(database: Engine, ids: dict[str, str]) -> None:
    """Shops by name, owners before their staff, places of this shop."""
    with reading(database) as session:
        assert [[CAFE, BAKERY], [BAKERY]] == [[row.slug for row in shops.all_of(session, ids[who])] for who in (OWNER, VENUE)]
        assert [OWNER, VENUE] == [row.name for row in shops.members(session, ids[BAKERY])]
        assert [1, 0] == [len(shops.places(session, ids[shop])) for shop in (BAKERY, CAFE)]
        owners = shops.owners(session, [ids[shop] for shop in (BAKERY, CAFE, CITY)])
        assert {ids[BAKERY]: [OWNER], ids[CAFE]: [STRANGER, OWNER]} == owners
