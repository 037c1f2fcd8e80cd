"""Visitors of a site in a month: each once, who came on another day once more, and nobody once the month is closed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from store import visitors
from store.models import SiteMark, SiteVisitors
from store.session import reading, transaction
from store.visitors import Visit, ends_at, periods
from tests.store.guests import at_once
from tests.store.test_visitors import TORONTO, at_home, count

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.sealed import Seal

NOW = datetime(2026, 3, 11, 15, tzinfo=UTC)  # a Wednesday
MONTH = periods(date(2026, 3, 11), TORONTO)[2]


def visit(who: str = "a", site: str = "library", days: int = 0, institution: str = "University A") -> Visit:
    return Visit(NOW + timedelta(days=days), institution, "CA", who.encode(), site)


def counted(database: Engine) -> dict[str, tuple[int, int]]:
    """site -> (visitors, of whom came again); "" is the city."""
    with reading(database) as session:
        rows = session.scalars(select(SiteVisitors).where(SiteVisitors.begins_at == MONTH.begins_at))
        return {row.site: (row.visitors, row.came_again) for row in rows}


@pytest.mark.parametrize("together", [True, False], ids=["one-batch", "one-by-one"])
def test_who_comes_on_another_day_comes_again_once(together: bool, database: Engine, seal: Seal) -> None:
    """At the site they came back to, and in the city also who changed the site; on the same day twice is once, a third day nothing more."""
    came = [
        visit("a"),
        visit("a"),
        visit("a", days=1),
        visit("a", days=2),
        visit("b"),
        visit("b", "mall", days=1),
        *[visit("c", "mall")] * 2,
    ]
    for batch in [came] if together else [[each] for each in came]:
        count(database, seal, batch, NOW + timedelta(days=2))
    assert {"library": (2, 1), "mall": (2, 0), "": (3, 2)} == counted(database)


def test_two_institutions_name_two_people(database: Engine, seal: Seal) -> None:
    """One name of two institutions is two people; nobody knows who is no visitor; who was at no known site was in the city."""
    count(database, seal, [visit("a"), visit("a", institution="University B"), visit(""), visit("z", "")])
    assert {"library": (2, 0), "": (3, 0)} == counted(database)


def test_marks_of_two_sites_have_nothing_in_common(database: Engine, seal: Seal) -> None:
    """One visitor of two sites leaves three marks, which are three."""
    count(database, seal, [visit("a"), visit("a", "mall")])
    with reading(database) as session:
        marks = [(row.site, bytes(row.mark)) for row in session.scalars(select(SiteMark))]
    assert ["", "library", "mall"] == sorted(site for site, _ in marks)
    assert 3 == len({mark for _, mark in marks})


def test_several_recorders_count_whoever_comes_again_once(url: str, database: Engine, seal: Seal) -> None:
    """Four at once tell the same twenty of two days: twenty visitors, all of whom came again."""
    some = [visit(f"v{number}", days=day) for number in range(20) for day in (0, 1)]

    def recorder(place: int, connection: Engine) -> None:
        for start in range(0, 40, 8):
            count(connection, seal, [some[(start + step + place * 11) % 40] for step in range(8)], NOW + timedelta(days=1))

    at_once(url, [lambda connection, place=place: recorder(place, connection) for place in range(4)])
    assert {"library": (20, 20), "": (20, 20)} == counted(database)


def test_a_closed_month_is_frozen_and_its_marks_are_gone(database: Engine, seal: Seal) -> None:
    """A day after its end; whoever is told of later, or by a clock that was set back, changes nothing."""
    at_home(database)
    count(database, seal, [visit("a"), visit("b")])
    end = ends_at(MONTH, TORONTO)
    visitors.close(database, end + timedelta(hours=23))
    with reading(database) as session:
        assert 4 == len(session.scalars(select(SiteMark.mark)).all())
    visitors.close(database, end + timedelta(hours=25))
    with transaction(database) as session:
        assert [] == session.scalars(select(SiteMark.mark)).all()
        assert {end + timedelta(hours=25)} == set(session.scalars(select(SiteVisitors.frozen_at)))
    count(database, seal, [visit("c")], NOW)
    assert {"library": (2, 0), "": (2, 0)} == counted(database)
