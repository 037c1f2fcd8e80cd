"""store.alerts: one open row for each rule and object; taken notice of, silenced, closed, told once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from store import alerts
from store.alerts import Change, Finding, Key
from store.models import Alert, Silence
from store.session import reading, transaction
from tests.store.rows import NOW

if TYPE_CHECKING:
    from sqlalchemy import Engine

DEAD = Key("home-dead", "uni-a-1")
SOON = Key("certificate", "guest")


def settled(database: Engine, change: Change, minutes: float = 0) -> list[str]:
    with transaction(database) as session:
        return [row.object for row in alerts.settle(session, change, NOW + timedelta(minutes=minutes))]


def untold(database: Engine, minutes: float = 0) -> list[str]:
    with reading(database) as session:
        return [row.object for row in alerts.untold(session, NOW + timedelta(minutes=minutes))]


def only(database: Engine) -> Alert:
    with reading(database) as session:
        return session.scalars(select(Alert)).one()


def test_one_open_row_for_each_rule_and_object(database: Engine) -> None:
    """Opened twice it is one; closed and broken again it is another, and the first stays as it was."""
    for _ in range(2):
        assert [] == settled(database, Change(opens=[Finding(DEAD, {"realms": "uni-a.example"})]))
    assert {"realms": "uni-a.example"} == only(database).details
    assert ["uni-a-1"] == settled(database, Change(closes=[DEAD, SOON]), 5)
    assert (NOW, NOW + timedelta(minutes=5)) == (only(database).opened_at, only(database).closed_at)
    settled(database, Change(opens=[Finding(DEAD)]), 6)
    with reading(database) as session:
        assert 2 == len(session.scalars(select(Alert)).all())
        assert {DEAD} == set(alerts.opened(session))
        assert {"home-dead": 1} == alerts.counts(session)


def test_an_alert_that_began_before_it_could_be_written_says_when(database: Engine) -> None:
    """`since` is when it was opened."""
    settled(database, Change(opens=[Finding(DEAD, since=NOW - timedelta(hours=1))]))
    assert (NOW - timedelta(hours=1), NOW) == (only(database).opened_at, only(database).seen_at)


def test_a_step_further_is_told_anew(database: Engine) -> None:
    """A certificate that has fourteen days left is news again, though somebody took notice at thirty; a step back is none."""
    settled(database, Change(opens=[Finding(SOON, {"days": 30}, 1)]))
    with transaction(database) as session:
        row = session.scalars(select(Alert)).one()
        row.told_at = NOW
        assert alerts.acknowledge(session, row.id, "ops@city.example", NOW) is not None
    settled(database, Change(holds=[Finding(SOON, {"days": 20}, 1)]), 10)
    assert [] == untold(database)
    assert {"days": 20, "step": 1} == only(database).details
    settled(database, Change(holds=[Finding(SOON, {"days": 14}, 2)]), 20)
    assert ["guest"] == untold(database)
    assert (None, "") == (only(database).acknowledged_at, only(database).acknowledged_by)


def test_who_took_notice_first_is_kept(database: Engine) -> None:
    """The second is told that somebody did before; of a closed one nobody can take notice."""
    settled(database, Change(opens=[Finding(DEAD)]))
    name = only(database).id
    with transaction(database) as session:
        assert "ops@city.example" == alerts.acknowledge(session, name, "ops@city.example", NOW).acknowledged_by  # type: ignore[union-attr]
        assert alerts.acknowledge(session, name, "desk@city.example", NOW) is None
    assert [] == untold(database)
    with transaction(database) as session:
        assert alerts.close(session, name, NOW) is not None
        assert alerts.close(session, name, NOW) is None
        assert alerts.acknowledge(session, name, "desk@city.example", NOW) is None


def test_nobody_is_told_of_what_is_silenced_until_it_ends(database: Engine) -> None:
    """An object's silence, or a whole rule's; what is still so when it ends is told then."""
    settled(database, Change(opens=[Finding(DEAD), Finding(SOON, step=1)]))
    assert ["guest", "uni-a-1"] == sorted(untold(database))
    with transaction(database) as session:
        alerts.silence(session, DEAD, NOW + timedelta(hours=1), "ops@city.example", "maintenance")
        alerts.silence(session, Key("certificate", ""), NOW + timedelta(hours=2), "ops@city.example", "")
        alerts.silence(session, Key("certificate", ""), NOW + timedelta(hours=3), "ops@city.example", "later")
        rows = list(session.scalars(select(Alert)))
        assert {row.id for row in rows} == alerts.hushed(session, rows, NOW)
        assert ["maintenance", "later"] == [each.why for each in alerts.silent(session, NOW)]
    assert [[], ["uni-a-1"], ["guest", "uni-a-1"]] == [sorted(untold(database, minutes)) for minutes in (0, 90, 200)]
    with transaction(database) as session:
        assert [True, False] == [alerts.speak(session, DEAD) for _ in range(2)]
    assert ["uni-a-1"] == untold(database)


def test_what_is_over_for_long_is_forgotten(database: Engine) -> None:
    """Closed ones and silences of that age go; open ones stay however old."""
    settled(database, Change(opens=[Finding(DEAD), Finding(SOON, step=1)]))
    settled(database, Change(closes=[DEAD]))
    with transaction(database) as session:
        alerts.silence(session, DEAD, NOW, "ops@city.example", "")
        assert 0 == alerts.purge(session, timedelta(days=1), NOW + timedelta(hours=23))
        assert 1 == alerts.purge(session, timedelta(days=1), NOW + timedelta(days=1))
        assert [] == session.scalars(select(Silence)).all()
        assert {SOON} == set(alerts.opened(session))


def test_no_more_are_open_than_the_bound(database: Engine, monkeypatch) -> None:
    """Beyond it the newest wait until others are closed."""
    monkeypatch.setattr(alerts, "MOST", 2)
    settled(database, Change(opens=[Finding(Key("home-dead", f"uni-{n}")) for n in range(3)]))
    settled(database, Change(opens=[Finding(Key("home-dead", "uni-2"))]))
    with reading(database) as session:
        assert ["uni-0", "uni-1"] == sorted(key.on for key in alerts.opened(session))
