"""Sessions of several legs: one Acct-Multi-Session-Id, an Acct-Session-Id at each access point, counters of their own."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import func, select

from store.models import SessionStatus, SessionTrail, UsageHour
from store.session import reading, transaction
from store.sessions import SILENT, mark_stale, named
from tests.store.rows import NOW
from tests.store.test_hops import at, hops
from tests.store.test_ledger import interim, privacy, short, start, stop, told

__all__ = ["privacy"]


def leg(number: int) -> dict[str, str]:
    """At access point `number`, a controller's or one's own address, under an id of its own."""
    return at(number) | {
        "acct_session_id": f"S-{number}",
        "multi_session_id": "M-1",
        "source": f"192.0.2.{number}",
        "nas_identifier": f"ap-{number}",
    }


FIRST = [start(0, **leg(1)), interim(60, 60, 100, 10, **leg(1)), stop(125, 120, 150, 15, **leg(1))]
SECOND = [start(121, **leg(2)), interim(181, 60, 1_000, 1, **leg(2))]


def test_the_same_multi_session_elsewhere_moves_the_session(database, privacy):
    """One session: totals are the legs' sums, orders reach it by the newest leg's name, where it was and is are hops."""
    (one,) = told(database, privacy, *FIRST[:2], *SECOND, FIRST[2])
    assert short(one) == ("open", 0.0, 180, 16, 1_150)
    assert (one.acct_session_id, one.source, one.nas_identifier, one.access_point) == ("S-2", "192.0.2.2", "ap-2", "lib-2")
    assert (one.updates, one.multi_session_id, hops(database)) == (5, "M-1", [(0, "lib-1"), (121, "lib-2")])
    (ended,) = told(database, privacy, stop(241, 120, 1_500, 2, **leg(2)))
    assert (short(ended), ended.terminate_cause) == (("ended", 0.0, 240, 17, 1_650), "User-Request")
    with reading(database) as session:
        sums = session.execute(
            select(*(func.sum(column) for column in (UsageHour.sessions, UsageHour.seconds, UsageHour.output_octets)))
        ).one()
        assert (tuple(map(int, sums)), session.scalar(select(func.count()).select_from(SessionTrail))) == ((1, 240, 1_650), 2)


@pytest.mark.parametrize("seed", range(6))
def test_legs_in_any_order_within_minutes(database, privacy, seed):
    """Records of both legs that overtake each other, and come twice, are one session still."""
    records = [*FIRST, *SECOND, stop(241, 120, 1_500, 2, **leg(2))]
    records += random.Random(seed).sample(records, 3)
    (one,) = told(database, privacy, *random.Random(seed).sample(records, len(records)), one_by_one=seed % 2 == 0)
    assert (short(one), one.updates) == (("ended", 0.0, 240, 17, 1_650), 6)
    assert hops(database)[-1] == (121, "lib-2")


def test_an_old_legs_word_finds_its_session_by_its_own_name(database, privacy):
    """The NAS that the station left says no Acct-Multi-Session-Id in its last record; the leg is known by its name."""
    told(database, privacy, *FIRST[:2], *SECOND)
    (one,) = told(database, privacy, stop(125, 120, 150, 15, **leg(1) | {"multi_session_id": ""}))
    assert short(one) == ("open", 0.0, 180, 16, 1_150)


def test_a_session_that_stale_clean_up_took_comes_back_with_a_leg(database, privacy):
    """A leg's word later than the clean-up opens the session, whichever leg it is of."""
    told(database, privacy, *FIRST[:2], *SECOND)
    with transaction(database) as session:
        assert mark_stale(session, NOW + SILENT * 2) == 1
    (one,) = told(database, privacy, interim(500, 379, 2_000, 9, **leg(2)))
    assert (one.status, one.ended_at, one.output_octets) == (SessionStatus.OPEN, None, 2_100)


@pytest.mark.parametrize(
    "other",
    [
        leg(2) | {"multi_session_id": "M-2"}, leg(2) | {"multi_session_id": ""}, leg(2) | {"station": "02-00-00-00-00-02"},
        leg(2) | {"client": "district"}, leg(2) | at(1),
    ],
    ids=["another multi-session", "none", "another station", "another client", "the same access point"],
)  # fmt: skip
def test_different_ids_are_separate_sessions(database, privacy, other):
    """Unless Acct-Multi-Session-Id, station and client are the same and the access point is another, they are two."""
    two = told(database, privacy, *FIRST[:2], start(90, **other))
    assert [each.acct_session_id for each in two] == ["S-1", "S-2"]
    assert hops(database) == []


def test_a_station_that_comes_back_after_a_while_begins_anew(database, privacy):
    """A cached key keeps its Acct-Multi-Session-Id for hours; a session does not last so long unheard of."""
    two = told(database, privacy, *FIRST, start(4_000, **leg(2)), start(4_030, **leg(3)))
    assert [short(each) for each in two] == [("ended", 0.0, 120, 15, 150), ("open", 4_000.0, 0, 0, 0)]
    assert two[1].acct_session_id == "S-3"


def test_a_session_is_found_by_the_name_it_has_now(database, privacy):
    """`named` knows the newest leg's Acct-Session-Id."""
    (one,) = told(database, privacy, *FIRST[:2], *SECOND)
    with reading(database) as session:
        assert [each.id for each in named(session, "S-2")] == [one.id]
