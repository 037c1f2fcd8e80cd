"""No page of the shops asks the database once per row: a shop with fifty times as many adverts costs no more statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portal.admin.desk import counted
from tests.portal.shoproom import Person, ShopRoom, shoproom
from tests.screens.shop_pages import SHOPS, furnish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = [name for name, desk in SHOPS.items() if desk.role is Person.OWNER_A and name != "no-such-page"]


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory, shaped: Path) -> Iterator[tuple[ShopRoom, ShopRoom]]:
    """A stall and a chain of bakeries."""
    few, many = (shoproom(tmp_path_factory.mktemp(name), shaped) for name in ("few", "many"))
    furnish(few, weeks=1)
    furnish(many, weeks=2, adverts=150)
    yield few, many
    for each in (few, many):
        each.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_costs_as_many_statements_whatever_it_lists(rooms: tuple[ShopRoom, ShopRoom], name: str) -> None:
    """3 adverts or 150: as many statements, give or take those that a list without rows leaves out."""
    costs = []
    for each in rooms:
        with counted(each.database) as seen:
            answer = each.get(SHOPS[name].path, SHOPS[name].role)
        assert 200 == answer.status_code, (name, answer.status_code)
        costs.append(len(seen))
    few, many = costs
    assert many <= few + 2, f"{few} statements for few rows, {many} for many"
    assert many < 30
