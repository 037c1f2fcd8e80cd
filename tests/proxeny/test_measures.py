"""proxeny.measures: times, amounts and rates as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxeny import measures
from proxeny.faults import WrongError
from proxeny.measures import Range

WIDE = Range(0, 10**18)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2h", 7_200),
        ("30m", 1_800),
        ("1h 30m", 5_400),
        ("1h30min", 5_400),
        ("45s", 45),
        ("7d", 604_800),
        (" 1d 1s ", 86_401),
        ("90 m", 5_400),
    ],
)
def test_times_are_read(text: str, seconds: int) -> None:
    """Days, hours, minutes and seconds, one after the other."""
    assert seconds == measures.duration(WIDE)(text)


@pytest.mark.parametrize(
    ("text", "octets"),
    [("1 GB", 10**9), ("1.5GB", 1_500_000_000), ("500 MB", 5 * 10**8), ("2 tb", 2 * 10**12), ("10kB", 10_000), ("7 B", 7)],
)
def test_amounts_are_decimal(text: str, octets: int) -> None:
    """1 GB is 10^9 octets; the case of the unit says nothing."""
    assert octets == measures.octets(WIDE)(text)


@pytest.mark.parametrize(
    ("text", "bits"), [("5 Mbit/s", 5_000_000), ("512 kbit/s", 512_000), ("1.5 mbit/s", 1_500_000), ("1Gbit/s", 10**9)]
)
def test_rates_are_decimal(text: str, bits: int) -> None:
    """1 Mbit/s is 10^6 bit/s."""
    assert bits == measures.rate(WIDE)(text)


@pytest.mark.parametrize("value", ["", "2", "h", "2h 3h", "30m 2h", "-1h", "1.5h", "٣h", 7200, True, None, ["2h"], "two hours"])
def test_what_is_no_time_is_refused(value: object) -> None:
    """A bare number has no unit, and units come in their order."""
    with pytest.raises(WrongError, match="is no time"):
        measures.duration(WIDE)(value)


@pytest.mark.parametrize("value", ["1", "GB", "1 GiB", "1 Mbit/s", "1e9 B", "-1 GB", 10**9, None])
def test_what_is_no_amount_is_refused(value: object) -> None:
    """Units are named, and are ours."""
    with pytest.raises(WrongError, match="is no amount of data"):
        measures.octets(WIDE)(value)


def test_bounds_are_told_with_units() -> None:
    """What is too much or too little is told in the units that were written; 0 means nothing but an error."""
    with pytest.raises(WrongError, match=r'"1s" is out of bounds. It goes from 1m to 1d'):
        measures.duration(Range(60, 86_400))("1s")
    with pytest.raises(WrongError, match="It goes from 1 kB to 1 TB; leave the key out for no limit"):
        measures.octets(Range(1_000, 10**12))("0 B")
    with pytest.raises(WrongError, match="is no whole number"):
        measures.octets(WIDE)("0.5 B")


@given(st.integers(0, 10**15))
def test_what_is_told_is_read_again(number: int) -> None:
    """Written in the largest unit that says it exactly, every number is itself again."""
    assert number == measures.octets(WIDE)(measures.told(number, measures.OCTETS))
    assert number == measures.rate(WIDE)(measures.told(number, measures.RATES))
    assert number % 10**9 == measures.duration(WIDE)(measures.told(number % 10**9, measures.TIMES, ""))
