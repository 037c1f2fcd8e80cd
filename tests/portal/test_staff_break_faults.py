"""The staff side under bad luck: a stored network with faults, a database that is locked, a controller that hangs or talks nonsense."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
from sqlalchemy import update

from portal.admin.desk import Actor, Edit, counted
from proxeny import serving
from store.models import AccessPoint, Client, ManagedBy, Site
from store.sealed import Where
from store.session import engine, transaction
from tests.peers.program import until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from portal.admin.desk import Made, Wrong
    from tests.portal.staffroom import Room

OPS = Actor("ops@city.example")


@pytest.fixture
def broken(staffroom: Room) -> Room:
    """Two gateways that no page would have let in: an older version did, or another [guest]."""
    with transaction(staffroom.database) as session:
        for number in (1, 2):
            name = f"broken-{number}"
            secret = staffroom.privacy.seal.close(b"a-long-enough-secret", Where("client", name, "secret"))
            session.add(Client(name=name, addresses=[f"192.0.2.{number}/32"], secret=secret, nas="opennds", managed_by=ManagedBy.APP))
    return staffroom


def changed(room: Room, *edits: Edit) -> Made | Sequence[Wrong]:
    with room.desk.writing() as session:
        return room.desk.change(session, edits, OPS)


def test_a_network_with_several_faults_is_mended_one_by_one(broken: Room) -> None:
    """Each entry by itself; what is wrong elsewhere, and was before, is not held against it."""
    outcomes = [changed(broken, Edit("client", f"broken-{number}", {"nas": "generic"})) for number in (1, 2)]
    said = [(f'~ client "broken-{number}": nas "opennds" -> "generic"',) for number in (1, 2)]
    assert said == [getattr(each, "changes", each) for each in outcomes]


def test_what_has_no_fault_is_changed_beside_what_has(broken: Room) -> None:
    """A site moves though a gateway that nobody touched is wrong; a change that makes another fault is refused for that one alone."""
    assert changed(broken, Edit("site", "central-library", {"latitude": 43.0})).changes
    (wrong,) = changed(broken, Edit("site", "central-library", {"portal": "nobodys"}))
    assert (0, "portal") == (wrong.at, wrong.key)
    (wrong,) = changed(broken, Edit("portal", "library", None))
    assert "central-library" in wrong.what


def test_a_fault_of_the_entry_that_is_changed_stays_one(broken: Room) -> None:
    """Whoever changes another key of it hears of it: what a form leaves is what somebody has seen."""
    (wrong,) = changed(broken, Edit("client", "broken-1", {"rate": 100.0}))
    assert 0 == wrong.at


@pytest.fixture
def locked(staffroom: Room) -> Iterator[Room]:
    """Somebody writes for longer than anybody waits."""
    another, staffroom.database = staffroom.database, engine(str(staffroom.database.url), patience=0)
    staffroom.client()
    with transaction(another) as session:
        session.execute(update(Site).values(name="Half written"))
        yield staffroom
    another.dispose()


def test_a_database_that_is_locked_is_still_read(locked: Room) -> None:
    """That somebody was here half an hour ago cannot be written down: the page is there all the same, and the session lasts."""
    locked.later(minutes=5)
    assert "Central Library" in locked.page("/sites")
    locked.later(minutes=5)
    assert "Central Library" in locked.page("/sites")


def test_what_cannot_be_written_is_said_in_words(locked: Room) -> None:
    """503, when to try again, and nothing of the database's own words."""
    answer = locked.post("/sites/central-library", name="Renamed", timezone="America/Toronto")
    assert (503, "5") == (answer.status_code, answer.headers["Retry-After"])
    assert "locked" not in answer.get_data(as_text=True)


def test_a_look_that_fails_is_a_look_later(staffroom: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a controller or a row says that nobody thought of: the pages follow the network afterwards."""
    pages = Mock()
    pages.look.side_effect = [TypeError("not a mapping"), *[None] * 1_000]
    monkeypatch.setattr(serving, "LOOK", 0.01)
    monkeypatch.setattr(serving, "made", lambda *_: pages)
    with socket.socket() as sock:
        made = serving.Serving(staffroom.desk.tools["settings"](), sock, "staff")
        made._following.start()
        until(lambda: pages.look.call_count > 2, "it looks again")
        made._ended.set()
        made._following.join()


def test_many_entries_are_written_in_few_statements(staffroom: Room) -> None:
    """Who imports a city's access points holds the database's only pen for a moment: forty more cost no statement more."""
    names = [f"ap-{number:02}" for number in range(60)]
    with transaction(staffroom.database) as session:
        session.add_all(AccessPoint(name=name, site="central-library", managed_by=ManagedBy.APP) for name in names)

    def statements(some: Sequence[str], latitude: float) -> int:
        with counted(staffroom.database) as seen:
            assert len(some) == len(changed(staffroom, *(Edit("access_point", name, {"latitude": latitude}) for name in some)).changes)
        return len(seen)

    statements(names[:1], 42.0)  # makes the log's key
    assert statements(names[:20], 43.0) == statements(names, 44.0)
