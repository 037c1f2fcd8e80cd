"""No page of the staff app asks the database once per row: a city a hundred times as large costs no more statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portal.admin.desk import counted
from proxeny.demo_history import Amounts
from store.models import Role
from tests.portal.staffroom import Room, room
from tests.screens.desks import DESKS, furnish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = [name for name, desk in DESKS.items() if desk.role is Role.CITY_ADMIN and name != "no-such-page"]


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory, shaped: Path) -> Iterator[tuple[Room, Room]]:
    """A hamlet and a city."""
    few, many = (room(tmp_path_factory.mktemp(name), shaped) for name in ("few", "many"))
    furnish(few, access_points=10, realms=10, amounts=Amounts(logins=40, days=2, online=10))
    furnish(many, access_points=1_000, realms=1_000, amounts=Amounts(logins=3_000, days=2, online=1_000))
    yield few, many
    for each in (few, many):
        each.database.dispose()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_costs_as_many_statements_whatever_it_lists(rooms: tuple[Room, Room], name: str) -> None:
    """10 rows or 1,000: as many statements, give or take those that a list without rows leaves out."""
    costs = []
    for each in rooms:
        with counted(each.database) as seen:
            answer = each.get(DESKS[name].path)
        assert 200 == answer.status_code, (name, answer.status_code)
        costs.append(len(seen))
    few, many = costs
    assert many <= few + 4, f"{few} statements for few rows, {many} for many"
    assert many < 40
