"""Hours of usage: each hour, site, access point and SSID has what was used there and then, in whatever order it was told."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import select

from store.models import SessionAddress, SiteHour, UsageHour
from store.session import reading
from tests.store.rows import NOW
from tests.store.test_ledger import interim, privacy, start, stop, told

__all__ = ["privacy"]
MIDNIGHT = NOW.replace(hour=0, minute=0, second=0, microsecond=0)  # NOW is almost seven
MALL = {"site": "mall", "access_point": "mall-1", "bssid": "AA-BB-CC-DD-EE-99"}


def hours(database) -> dict[tuple[int, str], tuple[int, ...]]:
    """(hour of that day, access point) -> sessions, seconds, in, out; the empty ones left out."""
    with reading(database) as session:
        rows = session.scalars(select(UsageHour)).all()
    return {
        (int((row.hour - MIDNIGHT).total_seconds()) // 3600, row.access_point): figures
        for row in rows
        if any(figures := (row.sessions, row.seconds, row.input_octets, row.output_octets))
    }


def at_sites(database) -> dict[tuple[int, str, bool], tuple[int, ...]]:
    """(hour of that day, site, roaming) -> sessions, seconds, in, out; the empty ones left out."""
    with reading(database) as session:
        rows = session.scalars(select(SiteHour)).all()
    return {
        (int((row.hour - MIDNIGHT).total_seconds()) // 3600, row.site, row.roaming): figures
        for row in rows
        if any(figures := (row.sessions, row.seconds, row.input_octets, row.output_octets))
    }


def test_a_sites_hours_tell_roaming_visitors_from_guests(database, privacy):
    """Whoever is named without a realm, or by our own Class, is a guest; a record without a name is whose the first was."""
    guest = {"acct_session_id": "5F-02", "user_name": b"02-00-00-00-00-02", "access_point": "lib-2"}
    told(database, privacy, start(1), interim(61, 60, down=100, user_name=b""), start(1, **guest), interim(31, 30, down=7, **guest))
    ours = {"acct_session_id": "5F-03", "class_": b"g.0123456789abcdef"}
    told(database, privacy, start(1, **ours), interim(21, 20, up=3, **ours))
    assert at_sites(database) == {(7, "central-library", True): (1, 60, 0, 100), (7, "central-library", False): (2, 50, 3, 7)}


def test_a_sites_hours_follow_a_station_that_moves(database, privacy):
    """As those of its access points do, a correction that comes late included."""
    told(database, privacy, interim(61, 60, down=100, **MALL), interim(121, 120, down=250, **MALL), start(1))
    assert at_sites(database) == {(7, "central-library", True): (1, 60, 0, 100), (7, "mall", True): (0, 60, 0, 150)}


def test_an_interim_over_several_hours_is_spread_over_them(database, privacy):
    """From almost seven to half past nine: a second of six, two whole hours, half an hour; the octets in proportion."""
    told(database, privacy, start(), interim(9_000.876544, 9_000, down=9_001, up=90_010))
    assert hours(database) == {
        (6, "lib-1"): (1, 0, 8, 0), (7, "lib-1"): (0, 3600, 36_001, 3600), (8, "lib-1"): (0, 3600, 36_000, 3600),
        (9, "lib-1"): (0, 1800, 18_001, 1801),
    }  # fmt: skip


def test_a_stop_alone_is_spread_over_its_session(database, privacy):
    """No Start, no Interim: what the Stop tells was used in the time it tells."""
    told(database, privacy, stop(3600.876544, 3600, down=7200))
    assert hours(database) == {(7, "lib-1"): (1, 3600, 0, 7200)}


def test_a_start_that_comes_late_begins_the_session_in_its_own_hour(database, privacy):
    """Without it the session seemed to have begun after seven: the session, and what was used first, are moved."""
    told(database, privacy, interim(3_006, 3_000, down=3_008))
    assert hours(database) == {(7, "lib-1"): (1, 3_000, 0, 3_008)}
    told(database, privacy, start(-2))
    assert hours(database) == {(6, "lib-1"): (1, 2, 0, 2), (7, "lib-1"): (0, 2_998, 0, 3_006)}


def test_what_was_used_before_a_move_counts_where_the_station_was(database, privacy):
    """Two sites in one session: until it is seen elsewhere, it is where it was seen last."""
    told(database, privacy, start(1), interim(61, 60, down=100, **MALL), interim(121, 120, down=250, **MALL), stop(181, 180, down=300))
    assert hours(database) == {(7, "lib-1"): (1, 60, 0, 100), (7, "mall-1"): (0, 120, 0, 200)}


def test_a_record_without_a_place_is_where_the_one_before_was(database, privacy):
    """And before any was named, where it is named first."""
    nowhere = {"access_point": "", "bssid": ""}
    told(
        database, privacy, start(1, **nowhere), interim(61, 60, down=100), interim(121, 120, down=250, **nowhere), stop(181, 180, down=300)
    )
    assert hours(database) == {(7, "lib-1"): (1, 180, 0, 300)}


SIX = [
    start(10), interim(2_000, 1_990, down=70, up=7), interim(4_000, 3_990, down=170, up=17, **MALL),
    interim(7_000, 6_990, down=90, up=30, **MALL), interim(11_000, 10_990, down=370, up=37), stop(12_000, 11_990, down=400, up=400, **MALL),
]  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_any_order_comes_to_the_same_hours(database, privacy, seed):
    """One of the 720 orders of six records, one of which tells of counters that fell: the hours are those of their own order."""
    order = next(itertools.islice(itertools.permutations(SIX), seed * 60 + 7, None))
    told(database, privacy, *order, one_by_one=seed % 3 != 0)
    assert hours(database) == {
        (7, "lib-1"): (1, 3590, 15, 150), (8, "lib-1"): (0, 400, 2, 20), (8, "mall-1"): (0, 3200, 13, 10), (9, "mall-1"): (0, 3600, 6, 180),
        (10, "mall-1"): (0, 200, 1, 10), (10, "lib-1"): (0, 1000, 363, 30),
    }  # fmt: skip
    sites = {"lib-1": "central-library", "mall-1": "mall"}
    assert at_sites(database) == {(hour, sites[point], True): figures for (hour, point), figures in hours(database).items()}


def test_an_address_is_known_from_first_to_last(database, privacy):
    """Said once, said again by each interim, changed, and said with the Stop: the times of each are right."""
    old, new = {"addresses": ("198.51.100.7",)}, {"addresses": ("198.51.100.8",)}
    told(
        database, privacy, start(), *(interim(60 * n, 60 * n, **old) for n in (1, 2, 3)), *(interim(60 * n, 60 * n, **new) for n in (4, 5))
    )
    told(database, privacy, stop(400, 400, **new))
    told(database, privacy, interim(30, 30, **old))
    with reading(database) as session:
        held = {
            row.address: [(at - NOW).total_seconds() for at in (row.first_at, row.last_at)]
            for row in session.scalars(select(SessionAddress))
        }
    assert held == {"198.51.100.7": [30, 180], "198.51.100.8": [240, 400]}
