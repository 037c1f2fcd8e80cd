"""proxeny.showing: what runs is read now and then, what was counted is written as often, and nothing is lost but by a kill."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from portal.cases.adverts import Place, Shown, choose
from portal.figures import Placement
from proxeny.showing import BEFORE, LATE, PERIOD, Showing
from store import adverts
from store.adverts import Figure
from store.models import Campaign, CampaignState
from store.schema import prepare
from store.session import reading, transaction
from tests.store.rows import NOW
from tests.store.test_adverts import campaign

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

TORONTO = ZoneInfo("America/Toronto")
MIDNIGHT = datetime(2026, 3, 8, 5, tzinfo=UTC)  # there


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    made = prepare(f"sqlite:///{tmp_path}/proxeny.db")
    yield made
    made.dispose()


def sown(database: Engine, **changes: int) -> str:
    with transaction(database) as session:
        return campaign(session, **({"total_cap": 100} | changes))


def view(showing: Showing, name: str, visit: str, at: datetime = NOW) -> None:
    showing.figures.shown(Placement("bakery-1", name, "library", "en"), visit, at.timestamp())


def total(database: Engine, name: str) -> int:
    with reading(database) as session:
        return adverts.shown(session, [name]).get(name, 0)


def test_every_few_seconds(database: Engine) -> None:
    """What runs is known after the first look and not asked for again before its time; a clock set back does not stop it."""
    name, showing = sown(database), Showing(database)
    assert (True, [name]) == (showing.look(NOW, TORONTO), [run.advert.campaign for run in showing.running])
    said: list[str] = []
    event.listen(database, "before_cursor_execute", lambda *told: said.append(told[2]))
    for each in range(int(PERIOD)):
        assert not showing.look(NOW + timedelta(seconds=each), TORONTO)
    assert [] == said
    assert [True, True] == [showing.look(NOW + timedelta(seconds=PERIOD), TORONTO), showing.look(NOW - timedelta(days=1), TORONTO)]
    with transaction(database) as session:
        session.get_one(Campaign, name).state = CampaignState.PAUSED
    assert showing.look(NOW, TORONTO)
    assert () == showing.running


def test_what_was_counted_is_written(database: Engine) -> None:
    """At each look, and at the end; once."""
    name, showing = sown(database), Showing(database)
    view(showing, name, "A")
    showing.look(NOW, TORONTO)
    assert 1 == total(database, name)
    view(showing, name, "B")
    showing.end()
    showing.end()
    assert 2 == total(database, name)


def test_caps_are_counted_by_the_operators_day(database: Engine) -> None:
    """Today from its midnight, and all there ever was: of this process, of others, and what waits to be written."""
    name, showing = sown(database), Showing(database)
    with transaction(database) as session:
        for at, count in ((MIDNIGHT - timedelta(hours=1), 10), (MIDNIGHT, 3)):
            adverts.count(session, [Figure("bakery-1", name, at, "library", "en", count)], TORONTO)
    showing.look(NOW, TORONTO)
    assert {name: Shown(3, 13)} == showing.figures.counts()
    view(showing, name, "A")
    assert {name: Shown(4, 14)} == showing.figures.counts()
    with transaction(database) as session:  # another process
        adverts.count(session, [Figure("bakery-1", name, NOW.replace(minute=0, second=0, microsecond=0), "arena", "en", 5)], TORONTO)
    showing.look(NOW + timedelta(seconds=PERIOD), TORONTO)
    assert {name: Shown(9, 19)} == showing.figures.counts()
    showing.look(NOW + timedelta(days=1), TORONTO)
    assert {name: Shown(0, 19)} == showing.figures.counts()


def test_a_day_ends_at_the_operators_midnight(database: Engine) -> None:
    """Not at UTC's; from then on what was shown is of the days before, also what was counted before anybody looked."""
    name, showing = sown(database), Showing(database)
    evening = MIDNIGHT + timedelta(hours=23, seconds=-10)  # the clocks went forward that day
    view(showing, name, "A", evening)
    showing.look(evening, TORONTO)
    assert {name: Shown(1, 1)} == showing.figures.counts()
    view(showing, name, "B", evening + timedelta(seconds=5))
    showing.look(evening + timedelta(seconds=15), TORONTO)
    assert {name: Shown(0, 2)} == showing.figures.counts()


def test_a_day_that_begins_within_an_hour(database: Engine) -> None:
    """In a zone of half hours the hour around midnight is the new day's: its views count for both days' caps, never for none."""
    zone, midnight = ZoneInfo("Asia/Kolkata"), datetime(2026, 3, 8, 18, 30, tzinfo=UTC)
    name, showing = sown(database, day_cap=50), Showing(database)
    for number, at in enumerate((midnight - timedelta(minutes=20), midnight + timedelta(minutes=20))):
        showing.look(at, zone)
        for each in range(3):
            view(showing, name, f"{number} {each}", at)
        showing.look(at + timedelta(seconds=PERIOD), zone)
        assert {name: Shown(3 + 3 * number, 3 + 3 * number)} == showing.figures.counts()


def test_without_a_cap_nothing_is_summed(database: Engine) -> None:
    """Only campaigns whose caps matter are asked about."""
    showing = Showing(database)
    with transaction(database) as session:
        campaign(session)
    showing.look(NOW, TORONTO)
    assert {} == showing.figures.counts()


def test_a_store_that_does_not_answer(database: Engine) -> None:
    """Shows what ran last; what was counted waits, and is written when it answers again. An end does not wait for it."""
    name, showing = sown(database), Showing(database)
    showing.look(NOW, TORONTO)
    view(showing, name, "A")

    def fail(*_: object) -> None:
        raise OperationalError("", {}, Exception("away"))

    event.listen(database, "before_cursor_execute", fail)
    with pytest.raises(OperationalError):
        showing.look(NOW + timedelta(seconds=PERIOD), TORONTO)
    showing.end()
    view(showing, name, "B")
    assert ([name], {name: Shown(2, 2)}) == ([run.advert.campaign for run in showing.running], showing.figures.counts())
    event.remove(database, "before_cursor_execute", fail)
    showing.look(NOW + timedelta(seconds=2 * PERIOD), TORONTO)
    assert 2 == total(database, name)


def test_what_another_process_writes_after_midnight(database: Engine) -> None:
    """Of the day before: it is in the sum that caps look at a minute later; whatever comes later than that, within the hour."""
    name, showing = sown(database), Showing(database)
    for late, count in ((0.0, 0), (PERIOD, 0), (LATE, 14), (LATE + BEFORE, 21)):
        showing.look(MIDNIGHT + timedelta(seconds=late), TORONTO)
        assert {name: Shown(0, count)} == showing.figures.counts()
        with transaction(database) as session:
            adverts.count(session, [Figure("bakery-1", name, MIDNIGHT - timedelta(hours=1), "library", "en", 7)], TORONTO)


def test_caps_across_processes(database: Engine) -> None:
    """Three processes show one campaign: together never more than its cap and what the others showed between two looks of theirs."""
    cap, each_period = 100, 4
    name, processes = sown(database, total_cap=cap), [Showing(database) for _ in range(3)]
    place = Place(site="library", timezone="America/Toronto")
    for second in range(0, 300, int(PERIOD)):
        now = NOW + timedelta(seconds=second)
        for number, process in enumerate(processes):
            process.look(now, TORONTO)
            for each in range(each_period):
                visit = f"{number} {second} {each}"
                advert = choose(process.running, place, now, visit, process.figures.counts())
                if advert is not None:
                    process.figures.shown(Placement(advert.creative, advert.campaign, "library", "en"), visit, now.timestamp())
    for process in processes:
        process.end()
    assert cap <= total(database, name) <= cap + (len(processes) - 1) * each_period
