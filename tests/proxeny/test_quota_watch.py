"""proxeny.quota_watch: nothing that concerns an open session is overlooked, and nothing is looked at for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from proxeny import quota_watch
from proxeny.quota_watch import QuotaWatch
from store import grants
from store.models import Grant, Order, OrderKind, OrderState, Session
from store.privacy import Privacy
from store.session import reading, transaction
from tests.peers.program import until
from tests.proxeny.test_errands import Nas, World
from tests.proxeny.test_errands import nas as nas  # noqa: PLC0414 - fixtures of that file
from tests.proxeny.test_errands import world as world  # noqa: PLC0414
from tests.proxeny.test_keeper import accounting, attribute, spooled
from tests.proxeny.test_quotas import database, network, online, seal
from tests.store import guests

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.sealed import Seal

__all__ = ["database", "nas", "seal", "world"]
HOUR = timedelta(hours=1)


@pytest.fixture
def marks(seal: Seal) -> Privacy:
    return Privacy(seal, b"t" * 32, b"d" * 32, b"a" * 32)


def now() -> datetime:
    return datetime.now(UTC)


def looked(watch: QuotaWatch, database: Engine, marks: Privacy, seen: Any, turns: int = 1) -> None:
    """So many turns, whatever the time is."""
    for _ in range(turns):
        watch._look_at = watch._sweep_at = 0.0
        watch.turn(database, seen, marks)


def told(database: Engine) -> list[tuple[str, str]]:
    with reading(database) as work:
        return [(order.kind.value, order.session_id) for order in work.query(Order).order_by(Order.id)]


def several(database: Engine, seal: Seal, count: int, began: timedelta = timedelta(), **changes: Any) -> list[Grant]:
    """So many guests, each with an open session."""
    made = []
    with transaction(database) as work:
        for number in range(count):
            made.append(guests.admit(work, bytes([number]) * 16, now(), client="lib-coova", **changes))
            online(work, seal, f"s{number}", made[-1], started_at=now() - began, updated_at=now())
    return made


def test_a_walk_comes_to_every_session(database: Engine, seal: Seal, marks: Privacy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page by page, a page a turn: after our start those that were spent meanwhile are ended, and then it is over."""
    monkeypatch.setattr(quota_watch, "PAGE", 2)
    several(database, seal, 5)
    watch, seen = QuotaWatch(), network(day_data=1)
    with transaction(database) as work:
        work.query(Session).update({"input_octets": 9})
        quota_watch.usage.spend(work, [(grants.subject(each), now(), 0, 9) for each in work.query(Grant)], guests.noon())
    looked(watch, database, marks, seen)
    assert told(database) == [("revoke", "s0"), ("revoke", "s1")]
    looked(watch, database, marks, seen, 3)
    assert told(database) == [("revoke", f"s{number}") for number in range(5)]
    assert not watch._walks


def test_a_day_that_turns_is_walked_through(database: Engine, seal: Seal, marks: Privacy) -> None:
    """Sessions from before midnight hear what the new day gives; once."""
    several(database, seal, 2, began=25 * HOUR)
    watch, seen = QuotaWatch(), network()
    watch._walks.clear()
    looked(watch, database, marks, seen)
    assert told(database) == []
    watch._day -= 24 * HOUR
    looked(watch, database, marks, seen, 2)
    assert told(database) == [("limit", "s0"), ("limit", "s1")]


def test_a_plan_that_changed_is_told_to_its_sessions_only(database: Engine, seal: Seal, marks: Privacy) -> None:
    """A new version of the network in which no plan is another says nothing, nor does one that holds no open session otherwise."""
    several(database, seal, 1)
    watch = QuotaWatch()
    for seen in (network(), network(), network(devices=9, simultaneous=4, extend_times=2, extend_by=60, session=60), network()):
        looked(watch, database, marks, seen)
    assert told(database) == []
    looked(watch, database, marks, network(up=10**6))
    assert told(database) == [("limit", "s0")]
    looked(watch, database, marks, network(up=10**6), 2)
    assert len(told(database)) == 1


def test_a_plan_that_is_gone_ends_its_sessions(database: Engine, seal: Seal, marks: Privacy) -> None:
    """It allows nothing any more."""
    several(database, seal, 1)
    watch, seen = QuotaWatch(), network()
    looked(watch, database, marks, seen)
    without = network()
    without.rows["plan"].clear()
    looked(watch, database, marks, without)
    assert told(database) == [("revoke", "s0")]


def test_what_others_change_is_followed(database: Engine, seal: Seal, marks: Privacy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Extensions and revocations, in pieces; what we counted ourselves is not looked at again."""
    monkeypatch.setattr(quota_watch, "PAGE", 2)
    made = several(database, seal, 4)
    watch, seen = QuotaWatch(), network()
    looked(watch, database, marks, seen, 4)
    with transaction(database) as work:
        watch.consumption()
        watch.spent(work, {grants.subject(each) for each in made}, now())
    watch.committed()
    assert len(watch._own) == 4
    with transaction(database) as work:
        for number, each in enumerate(made[:3]):
            grant = grants.of(work, each.id)
            assert grants.revoke(work, grant, "", now()) if number else grants.extend(work, grant, 1, 1800, now())
    looked(watch, database, marks, seen, 4)
    assert told(database) == [("limit", "s0"), ("revoke", "s1"), ("revoke", "s2")]
    assert not watch._own


def test_a_transaction_that_was_undone_leaves_no_trace(database: Engine, seal: Seal, marks: Privacy) -> None:
    """Numbers that were given back will be others': they are not taken for ours."""
    (grant,) = several(database, seal, 1)
    watch, seen = QuotaWatch(), network()
    looked(watch, database, marks, seen)

    def undone() -> None:
        with transaction(database) as work:
            watch.consumption()
            watch.spent(work, {grants.subject(grant)}, now())
            raise KeyError

    with pytest.raises(KeyError):
        undone()
    watch.consumption()
    with transaction(database) as work:
        grants.revoke(work, grants.of(work, grant.id), "", now())
    looked(watch, database, marks, seen)
    assert told(database) == [("revoke", "s0")]


def test_accounting_that_uses_up_a_plan_ends_the_session(world: World, nas: Nas) -> None:
    """From the spool to the NAS: the Class names the grant, the octets are its day's, the order follows at once."""
    grant = world.admit()
    records = []
    for number, (status, octets) in enumerate(((1, 0), (3, 999_999_000), (3, 1_000_000_001))):
        key, _, _, _, packet = accounting(
            number * 60, status, octets, extra=attribute(25, b"g." + grant.id.encode()) + attribute(55, number.to_bytes(4, "big"))
        )
        records.append((key, "lib-nas", "127.0.0.1 50000", "127.0.0.1 1813", packet))
    with world.keeping() as keeper:
        until(lambda: keeper.watch._network is not None, "the network")
        spooled(world.loaded, records[:2])
        until(lambda: keeper.draining.counts["accounting"] == 2, "the first records")
        assert world.orders() == []
        spooled(world.loaded, records[2:], "worker-1.spool")
        (order,) = world.settled()
    assert (order.kind, order.state, order.grant_id) == (OrderKind.REVOKE, OrderState.DONE, grant.id)
    assert nas.heard[0].value(44) == b"S-1"
    with reading(world.database) as work:
        assert work.query(Session).one().grant_id == grant.id
        assert work.query(Grant).one().changed > 1  # who follows the grants hears what was used
