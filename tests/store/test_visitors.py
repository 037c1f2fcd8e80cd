"""Visitors: each counted once a period whatever is tried again, in the operator's days, and nobody once a period is closed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from store import deletions, visitors
from store.models import NamedKey, Operator, RetentionRun, Span, VisitorCount, VisitorMark
from store.retention import Kept
from store.session import reading, transaction
from store.visitors import Period, Visit, ends_at, periods
from tests.store.guests import at_once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from store.sealed import Seal

TORONTO = ZoneInfo("America/Toronto")
NOW = datetime(2026, 3, 11, 15, tzinfo=UTC)  # a Wednesday
DAY, WEEK, MONTH = periods(date(2026, 3, 11), TORONTO)


def visit(who: str = "a", at: datetime = NOW, institution: str = "University A", country: str = "CA") -> Visit:
    return Visit(at, institution, country, who.encode())


def count(database: Engine, seal: Seal, visits: Sequence[Visit], now: datetime = NOW) -> None:
    with transaction(database) as session:
        visitors.count(session, seal, visits, TORONTO, now)


def counted(database: Engine, period: Period) -> dict[tuple[str, str], tuple[int, int]]:
    """(institution, country) -> (visitors, logins)"""
    with reading(database) as session:
        rows = session.scalars(select(VisitorCount).where(VisitorCount.span == period.span, VisitorCount.begins_at == period.begins_at))
        return {(row.institution, row.country): (row.visitors, row.logins) for row in rows}


def left(database: Engine) -> tuple[int, list[str]]:
    """How many marks there are, and which keys."""
    with reading(database) as session:
        marks = session.scalar(select(func.count()).select_from(VisitorMark)) or 0
        return marks, sorted(session.scalars(select(NamedKey.name).where(NamedKey.name.startswith("visitors "))))


def at_home(database: Engine) -> None:
    with transaction(database) as session:
        session.add(Operator(id=1, name="city-of-example", timezone="America/Toronto"))


def test_a_visitor_is_counted_once_a_period_and_each_login(database: Engine, seal: Seal) -> None:
    """Two of one institution, one of them thrice; one of another; a guest of the portal; and a login of nobody knows whom."""
    count(database, seal, [visit("a"), visit("b"), visit("a"), visit("a", institution="University B", country="DE")])
    count(database, seal, [visit("a"), visit("g", institution="", country=""), visit("")])
    expected = {("University A", "CA"): (2, 5), ("University B", "DE"): (1, 1), ("", ""): (1, 1)}
    assert [expected] * 3 == [counted(database, period) for period in (DAY, WEEK, MONTH)]


def test_the_next_day_counts_again_and_the_week_does_not(database: Engine, seal: Seal) -> None:
    """Who comes back on the next day of the same week is a new visitor of the day alone."""
    count(database, seal, [visit()])
    count(database, seal, [visit(at=NOW + timedelta(days=1))], NOW + timedelta(days=1))
    tomorrow = periods(date(2026, 3, 12), TORONTO)[0]
    line = ("University A", "CA")
    assert [(1, 1), (1, 1), (1, 2), (1, 2)] == [counted(database, each)[line] for each in (DAY, tomorrow, WEEK, MONTH)]


def test_a_batch_that_was_undone_has_counted_nobody(database: Engine, seal: Seal) -> None:
    """What falls with its transaction leaves neither mark, count nor key; tried again, it counts once."""

    def undone() -> None:
        with transaction(database) as session:
            visitors.count(session, seal, [visit()], TORONTO, NOW)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        undone()
    assert (0, []) == left(database)
    for _ in range(2):
        count(database, seal, [visit()])
    assert {("University A", "CA"): (1, 2)} == counted(database, DAY)


def test_several_recorders_count_one_visitor_once(url: str, database: Engine, seal: Seal) -> None:
    """Four at once, each with the same forty visitors in an order of its own: forty, whoever was first; and one key a period."""
    some = [visit(f"v{number}") for number in range(40)]

    def recorder(place: int) -> None:
        for start in range(0, 40, 8):
            count(connections[place], seal, [some[(start + step + place * 7) % 40] for step in range(8)])

    connections: dict[int, Engine] = {}

    def begun(place: int, connection: Engine) -> None:
        connections[place] = connection
        recorder(place)

    at_once(url, [lambda connection, place=place: begun(place, connection) for place in range(4)])
    assert [{("University A", "CA"): (40, 160)}] * 3 == [counted(database, period) for period in (DAY, WEEK, MONTH)]
    assert (120, 3) == (left(database)[0], len(left(database)[1]))


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 3, 11), 24)], ids=["spring", "autumn", "plain"]
)
def test_days_turn_at_the_operators_midnight(day: date, hours: int, database: Engine, seal: Seal) -> None:
    """Also where a day has 23 hours or 25: its first and its last second are its own, and the next second is the next day's."""
    period = periods(day, TORONTO)[0]
    begins, ends = period.begins_at, ends_at(period, TORONTO)
    assert timedelta(hours=hours) == ends - begins
    second = timedelta(seconds=1)
    for at in (begins - second, begins, ends - second, ends):
        count(database, seal, [visit(at=at)], at)
    line = ("University A", "CA")
    around = (periods(day + timedelta(days=step), TORONTO)[0] for step in (-1, 0, 1))
    assert [(1, 1), (1, 2), (1, 1)] == [counted(database, each)[line] for each in around]


def test_a_week_begins_on_monday_and_a_month_on_its_first() -> None:
    """Sunday is the last day of its week, whatever month it is in."""
    _day, week, month = periods(date(2026, 3, 1), TORONTO)
    assert (datetime(2026, 2, 23, 5, tzinfo=UTC), datetime(2026, 3, 1, 5, tzinfo=UTC)) == (week.begins_at, month.begins_at)
    assert datetime(2026, 3, 2, 5, tzinfo=UTC) == ends_at(week, TORONTO)
    assert datetime(2026, 4, 1, 4, tzinfo=UTC) == ends_at(month, TORONTO)  # an hour earlier: summer


def test_nothing_joins_two_periods_or_two_institutions(database: Engine, seal: Seal) -> None:
    """One visitor of two institutions leaves six marks on a day, and three more for another week: no two are alike."""
    later = NOW + timedelta(days=31)
    count(database, seal, [visit(), visit(institution="University B")])
    count(database, seal, [visit(at=later)], later)
    with reading(database) as session:
        marks = [bytes(mark) for mark in session.scalars(select(VisitorMark.mark))]
        octets = [bytes(each) for each in session.scalars(select(NamedKey.octets).where(NamedKey.name.startswith("visitors ")))]
    assert (9, 9) == (len(marks), len(set(marks)))
    assert (6, 6) == (len(octets), len(set(octets)))


def test_a_period_is_closed_a_day_after_its_end(database: Engine, seal: Seal) -> None:
    """Before, who is late still counts; after, its counts are frozen, its marks and key are gone, and the proof is written."""
    at_home(database)
    count(database, seal, [visit("a"), visit("b")])
    end = ends_at(DAY, TORONTO)
    count(database, seal, [visit("late")], end + timedelta(hours=23))
    assert 0 == visitors.close(database, end + timedelta(hours=24))
    assert 9 == left(database)[0]
    assert 3 == deletions.purge(database, {}, end + timedelta(hours=25))[Kept.VISITORS]
    assert (6, [MONTH.key, WEEK.key]) == left(database)
    with reading(database) as session:
        frozen = {row.span: row.frozen_at for row in session.scalars(select(VisitorCount))}
        proof = session.scalars(select(RetentionRun).where(RetentionRun.kept == "visitors")).one()
    assert {Span.DAY: end + timedelta(hours=25), Span.WEEK: None, Span.MONTH: None} == frozen
    assert (3, ends_at(WEEK, TORONTO)) == (proof.deleted, proof.oldest)


def test_nobody_is_counted_once_a_period_is_closed(database: Engine, seal: Seal) -> None:
    """A login that comes two days late counts in its week alone; with a clock that was set back a frozen count stays what it was."""
    at_home(database)
    count(database, seal, [visit()])
    end = ends_at(DAY, TORONTO)
    visitors.close(database, end + timedelta(days=2))
    count(database, seal, [visit("b")], end + timedelta(days=2))
    assert ({("University A", "CA"): (1, 1)}, {("University A", "CA"): (2, 2)}) == (counted(database, DAY), counted(database, WEEK))
    count(database, seal, [visit("c")], NOW)
    assert {("University A", "CA"): (1, 1)} == counted(database, DAY)
    visitors.close(database, end + timedelta(days=2))
    assert [MONTH.key, WEEK.key] == left(database)[1]


def test_whoever_closes_may_be_cut_short(database: Engine, seal: Seal, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as marks are left the key is, so that the next purge goes on; and meanwhile the proof of deletion says it is late."""
    at_home(database)
    count(database, seal, [visit("a"), visit("b")])
    end = ends_at(DAY, TORONTO)

    def cut(*_: object) -> int:
        raise InterruptedError

    with monkeypatch.context() as patch:
        patch.setattr(visitors, "_forget_marks", cut)
        with pytest.raises(InterruptedError):
            visitors.close(database, end + timedelta(days=2))
    with reading(database) as session:
        late = deletions.overdue(session, {}, end + timedelta(days=2))
    assert [(Kept.VISITORS, end)] == [(each.kept, each.oldest) for each in late]
    assert 2 == visitors.close(database, end + timedelta(days=2))
    assert 0 == visitors.close(database, end + timedelta(days=2))


def test_a_batch_costs_a_bounded_number_of_statements(database: Engine, seal: Seal) -> None:
    """With keys that are there: a look for them, the marks by the four hundred, the counts; and the month's of the city."""
    from portal.admin.desk import counted as watched

    count(database, seal, [visit()])
    with watched(database) as seen:
        count(database, seal, [visit(f"v{number}") for number in range(300)])
    assert 7 == len([each for each in seen if not each.startswith("BEGIN")]), seen
