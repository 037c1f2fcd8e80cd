"""store.network_use: what is at sites, how logins went, when homes changed, who names a home; on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from store import models as m
from store import network_use
from store.network_use import Logins, Use
from store.session import reading, transaction
from tests.store import rows

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.sealed import Seal

NOW = rows.NOW + timedelta(days=1)


def login(verdict: str, *, home: str = "uni-a-1", rule: str = "uni-a.example", age: float = 60.0, ms: float = 100.0) -> m.AuthEvent:
    at = NOW - timedelta(seconds=age)
    return m.AuthEvent(began_at=at, at=at, client="library-wlc", home=home, rule=rule, milliseconds=ms, verdict=m.LoginVerdict(verdict))


def test_logins_are_counted_by_verdict_within_their_time(database: Engine) -> None:
    """Each name that was asked about has its sums, one that nothing is known of has none; the mean is of those accepted."""
    with transaction(database) as session:
        session.add_all(
            [login("accept", ms=80), login("accept", ms=120), login("reject", ms=9_000), login("no_answer"), login("abandoned")]
        )
        session.add_all([login("refused", home=""), login("accept", age=7_200), login("accept", home="uni-b-1", rule="*")])
    with reading(database) as session:
        since = NOW - timedelta(hours=1)
        homes = network_use.by_home(session, ["uni-a-1", "uni-z-1"], since)
        rules = network_use.by_rule(session, ["uni-a.example", "*"], since)
    assert {"uni-a-1": Logins(2, 1, 2, 0, 100.0), "uni-z-1": Logins()} == homes
    assert {"uni-a.example": Logins(2, 1, 2, 1, 100.0), "*": Logins(1, milliseconds=100.0)} == rules
    assert (0.4, None) == (homes["uni-a-1"].share, homes["uni-z-1"].share)


def test_what_is_at_a_site_is_counted(database: Engine, seal: Seal) -> None:
    """Access points, gateways, and the sessions that are open; a site without any has noughts."""
    with transaction(database) as session:
        rows.keep(session, [*rows.network(seal), m.Site(id="pier", name="Pier")])
        for number, status in enumerate(("open", "open", "ended")):
            row = rows.session(seal, f"{number:016}", site="central-library", status=m.SessionStatus(status))
            session.add(row)
    with reading(database) as session:
        assert {"central-library": Use(1, 1, 2), "pier": Use()} == network_use.at_sites(session, ["central-library", "pier"])


def test_a_home_s_last_change_is_its_newest(database: Engine) -> None:
    """By its own time, whoever wrote first; a home that never changed has none."""
    with transaction(database) as session:
        for home, minutes, state in (("a", 5, "alive"), ("a", 9, "dead"), ("b", 7, "zombie"), ("b", 8, "alive")):
            session.add(m.HomeChange(at=NOW - timedelta(minutes=minutes), home=home, state=state))
    with reading(database) as session:
        found = network_use.last_changes(session, ["a", "b", "c"])
        assert {"a": "alive", "b": "zombie"} == {home: change.state for home, change in found.items()}
        assert ["alive", "dead"] == [change.state for change in network_use.changes(session, "a", 10)]


def test_the_realms_that_name_a_home_are_found_by_its_whole_name(database: Engine) -> None:
    """Also where it has letters beyond ASCII or what LIKE takes for anything; never by a part of a name."""
    homes = ["uni-a-1", "uni-a-10", "serveur-é", "a%b", 'with "quotes"']
    with transaction(database) as session:
        session.add_all(m.Realm(match=f"r{number}.example", position=number, homes=["other", home]) for number, home in enumerate(homes))
    with reading(database) as session:
        for number, home in enumerate(homes):
            assert [f"r{number}.example"] == list(session.scalars(select(m.Realm.match).where(network_use.names_home(home)))), home
        assert [] == list(session.scalars(select(m.Realm.match).where(network_use.names_home("uni-a"))))
