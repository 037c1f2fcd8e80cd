"""Octets, rates and times in a vendor's units."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.nas import amounts
from radius.nas.family import Target
from radius.nas.plan import Remaining


@given(st.integers(1, 2**63))
def test_gigawords_carry_what_32_bits_do_not(count: int) -> None:
    """The two numbers are the count again, and each fits; the low one is never 0."""
    pair = dict(amounts.octets(count, "low", "high"))
    assert count + (count % 2**32 == 0) == pair["low"] + (pair.get("high", 0) << 32)
    assert ("high" in pair) == (count >= 2**32)
    assert max(pair.values()) < 2**32


@pytest.mark.parametrize(("count", "expected"), [(None, ()), (0, ()), (1, (("low", 1),)), (2**40, (("low", 2**32 - 1),))])
def test_without_gigawords_there_is_a_ceiling(count: int | None, expected: object) -> None:
    """No limit is no attribute; what an attribute cannot hold is as much as it can."""
    assert expected == amounts.octets(count, "low")


def test_units_round_towards_the_guest_never_to_nothing() -> None:
    """A rate below the unit is one; a minute begun is a minute."""
    assert (("up", 1),) == amounts.rate(512, "up", 1000)
    assert () == amounts.rate(None, "up", 1000)
    assert [1, 1, 2, 120] == [amounts.minutes(count) for count in (1, 60, 61, 7200)]
    assert () == amounts.seconds(0, "Session-Timeout")


def test_a_whole_session_has_what_was_used() -> None:
    """For a NAS that counts from the start, used and left are added; no limit stays none."""
    target = Target(used_seconds=600, used_octets=10)
    assert Remaining(900, 30) == amounts.whole(Remaining(300, 20), target)
    assert Remaining() == amounts.whole(Remaining(), target)
