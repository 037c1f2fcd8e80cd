"""migrations 0009: sums by site of what was there before, and sessions that go on over it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import select

from store import schema
from store.check import check
from store.models import Operator, SessionTrail, Ssid
from store.privacy import Privacy
from store.session import reading, transaction
from tests.store.test_dwell import lengths
from tests.store.test_dwell import told as told_in_toronto
from tests.store.test_ledger import interim, start, stop
from tests.store.test_sums import MALL, at_sites

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.sealed import Seal

GUEST = {"user_name": b"02-00-00-00-00-02", "acct_session_id": "5F-02", "ssid": "City Wi-Fi", "site": "arena", "access_point": "a-1"}
ELSEWHERE = {"acct_session_id": "5F-03", "ssid": "Campus"}  # a network of institutions by another name


def places(database: Engine) -> list[int]:
    """How many words each place of a trail has."""
    with reading(database) as session:
        return [len(place) for text in session.scalars(select(SessionTrail.places)) for place in json.loads(text)]


def test_the_past_is_told_by_what_was_kept(url: str, seal: Seal) -> None:
    """Down and up again: hours by the network that was used, lengths by the sessions, as they were counted; sessions go on from there."""
    marks = Privacy(seal, b"t" * 32, b"d" * 32, b"a" * 32)
    database = schema.prepare(url)
    with transaction(database) as session:
        session.add(Operator(id=1, name="city-of-example", timezone="America/Toronto"))
        session.add_all([Ssid(name="City Wi-Fi"), Ssid(name="Campus", profile="openroaming")])
    records = [start(10), interim(310, 300, down=70), start(5, **GUEST), interim(905, 900, up=9, **GUEST)]
    told_in_toronto(database, marks, *records, start(20, **ELSEWHERE), interim(80, 60, **ELSEWHERE))
    hours, stays = at_sites(database), lengths(database)
    assert {5} == set(places(database))
    database.dispose()
    schema.downgrade(url, "0008")
    schema.upgrade(url)
    assert (hours, stays, {4}) == (at_sites(database), lengths(database), set(places(database)))
    told_in_toronto(database, marks, stop(3610, 3600, down=100, **MALL), start(3, **GUEST), stop(1803, 1800, up=10, **GUEST))
    assert {
        (0, "mall", True, 60): 1, (0, "arena", False, 30): 1, (0, "central-library", True, 1): 1,
    } == lengths(database)  # fmt: skip
    assert {(True, 3660), (False, 1800)} == {
        (roaming, sum(figures[1] for (_hour, _site, kind), figures in at_sites(database).items() if kind is roaming))
        for roaming in (True, False)
    }
    assert [] == check(url)
    database.dispose()
