"""The live grants in memory: true to what was put, bounded in number, and small."""

from __future__ import annotations

import gc
import tracemalloc

from radius.grants import Grants, LiveGrant

CEILING = 60e6  # octets of 100,000 grants, all with accounts; docs/limits.md


def grant(number: int, **more: object) -> LiveGrant:
    """A grant as a datagram of the porter's gives it: no two share an object."""
    fields = {"device": number.to_bytes(16, "big"), "id": f"{number:016d}", "plan": b"visitor".decode(), "ends_at": 1.79e9 + number}
    return LiveGrant(**{**fields, "day_ends": float("1790086400"), "month_ends": float("1792592000"), **more})  # type: ignore[arg-type]


def test_a_grant_is_found_as_it_was_put() -> None:
    """Every field, and the newest of its device."""
    grants = Grants()
    first, second = grant(1, account="a1", day_octets=1 << 40), grant(1, id="another", plan="daily")
    grants.put([first])
    assert first == grants.find(first.device)
    grants.put([second])
    assert (second, 1) == (grants.find(first.device), len(grants))


def test_one_that_ended_takes_out_itself_only() -> None:
    """A revocation that comes late does not take the grant that followed."""
    grants = Grants()
    old, new = grant(1), grant(1, id="new")
    grants.put([old, new, old._replace(live=False)])
    assert new == grants.find(new.device)
    grants.put([new._replace(live=False), grant(2)._replace(live=False)])
    assert (None, 0) == (grants.find(new.device), len(grants))


def test_the_one_not_looked_at_for_longest_gives_way() -> None:
    """Beyond the bound; what is looked at stays, and a smaller bound holds at once."""
    grants = Grants(3)
    grants.put(map(grant, range(3)))
    grants.find(grant(0).device)
    grants.put([grant(3)])
    assert [True, False, True, True] == [grants.find(grant(number).device) is not None for number in range(4)]
    grants.bound(1)
    assert (1, grant(3)) == (len(grants), grants.find(grant(3).device))


def test_all_are_forgotten_at_once() -> None:
    """The porter sends them anew."""
    grants = Grants()
    grants.put(map(grant, range(5)))
    grants.clear()
    assert (0, None) == (len(grants), grants.find(grant(1).device))


def test_a_hundred_thousand_fit_into_sixty_megabytes() -> None:
    """Each with an account, from datagrams; and twenty thousand others later it is no more."""
    grants = Grants(100_000)
    gc.collect()
    tracemalloc.start()
    try:
        for start, more in ((0, 100_000), (100_000, 20_000)):
            grants.put(grant(number, account=f"{number:016x}") for number in range(start, start + more))
            assert 100_000 == len(grants)
            assert tracemalloc.get_traced_memory()[0] < CEILING
    finally:
        tracemalloc.stop()
