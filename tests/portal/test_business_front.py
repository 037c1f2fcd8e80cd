"""portal/business/front.py: whoever signed in is at their shop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.portal.shoproom import A, B, Person

if TYPE_CHECKING:
    from tests.portal.shoproom import ShopRoom


def test_who_works_for_one_shop_is_led_there(shoproom: ShopRoom) -> None:
    """Nobody chooses among one."""
    answer = shoproom.get("/")
    assert (303, f"/shops/{A}/") == (answer.status_code, answer.location)


@pytest.mark.parametrize("person", list(Person))
def test_a_shop_is_its_members_alone(shoproom: ShopRoom, person: Person) -> None:
    """Another's answers as one that is not there."""
    foreign = B if person.shop == A else A
    found = [shoproom.get(f"/shops/{slug}/", person).status_code for slug in (person.shop, foreign, "nothing", "x" * 65)]
    assert [200, 404, 404, 404] == found
