"""Hops: where a session was, from the first access point to the last, in whatever order that was told."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import delete, select

from store.models import SessionHop, SessionTrail
from store.session import reading, transaction
from tests.store.rows import NOW
from tests.store.test_ledger import interim, privacy, start, stop, told

__all__ = ["privacy"]


def at(point: int) -> dict[str, str]:
    """A record's words for one of the library's access points."""
    return {"access_point": f"lib-{point}", "bssid": f"AA-BB-CC-DD-EE-0{point}"}


def hops(database) -> list[tuple[float, str]]:
    with reading(database) as session:
        return [((hop.at - NOW).total_seconds(), hop.access_point) for hop in session.scalars(select(SessionHop).order_by(SessionHop.at))]


WALK = [
    start(0, **at(1)), interim(60, 60, **at(1)), interim(120, 120, **at(2)), interim(180, 180, **at(1)), interim(240, 240, **at(2)),
    interim(300, 300, **at(2)), stop(360, 360, **at(3)),
]  # fmt: skip
ARRIVALS = [(0, "lib-1"), (120, "lib-2"), (180, "lib-1"), (240, "lib-2"), (360, "lib-3")]


@pytest.mark.parametrize("seed", range(6))
def test_every_return_is_a_hop_in_any_order(database, privacy, seed):
    """There and back and there again: each arrival with its own time, however the records come."""
    walk = random.Random(seed).sample(WALK, len(WALK)) if seed else WALK
    (one,) = told(database, privacy, *walk, one_by_one=seed % 2 == 0)
    assert hops(database) == ARRIVALS
    assert (one.access_point, one.bssid) == ("lib-3", "AA-BB-CC-DD-EE-03")


def test_who_never_moved_has_none(database, privacy):
    """One access point, and records that name none, are no journey."""
    told(database, privacy, start(0), interim(60, 60, access_point="", bssid=""), stop(90, 90))
    assert hops(database) == []


def test_a_late_record_moves_no_session_back(database, privacy):
    """The session is where its newest word saw it; that it was elsewhere before becomes a hop."""
    (one,) = told(database, privacy, start(0, **at(1)), interim(120, 120, **at(1)), interim(60, 60, **at(2)))
    assert (one.access_point, hops(database)) == ("lib-1", [(0, "lib-1"), (60, "lib-2"), (120, "lib-1")])


def test_older_hops_of_a_session_without_a_trail_stay(database, privacy):
    """A session that an older version counted, or whose trail was let go: what is known stays, what comes is added."""
    told(database, privacy, *WALK[:4])
    with transaction(database) as session:
        session.execute(delete(SessionTrail))
    told(database, privacy, interim(240, 240, **at(2)), interim(250, 250, **at(2)), interim(300, 300, **at(1)))
    assert hops(database) == [*ARRIVALS[:3], (240, "lib-2"), (300, "lib-1")]


def test_a_session_without_a_trail_that_moves_for_the_first_time(database, privacy):
    """It has a hop to where it was, and one to where it went."""
    told(database, privacy, *WALK[:2])
    with transaction(database) as session:
        session.execute(delete(SessionTrail))
    told(database, privacy, interim(240, 240, down=9, **at(2)))
    assert hops(database) == [(0, "lib-1"), (240, "lib-2")]
