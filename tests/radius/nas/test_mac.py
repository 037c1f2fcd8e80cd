"""Stations' addresses: any spelling in, the wanted one out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.nas import mac

SPELLINGS = ["AA-BB-CC-DD-EE-01", "aa:bb:cc:dd:ee:01", "AABB.CCDD.EE01", "aabbccddee01", "aa-bb-cc-dd-ee-01"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_one_address(spelling: str) -> None:
    """Dashes, colons, dots and none are read as the same station."""
    assert "AA-BB-CC-DD-EE-01" == mac.read(spelling)


@pytest.mark.parametrize("example", SPELLINGS)
def test_an_example_shows_the_form(example: str) -> None:
    """An address is written with the example's separators and in its case, and reads back."""
    assert example.replace("01", "02") == mac.written("AA-BB-CC-DD-EE-02", example)


def test_a_form_of_digits_alone_is_upper_case() -> None:
    """An example without letters says nothing of case."""
    assert "AA:BB:CC:DD:EE:02" == mac.written("AA-BB-CC-DD-EE-02", "00:11:22:33:44:55")


@pytest.mark.parametrize("example", ["", "AA-BB", "AA-BB-CC-DD-EE-FF-00", "gg:bb:cc:dd:ee:ff", "%s%s%s%s%s%s"])
def test_what_is_no_example_is_refused(example: str) -> None:
    """A format that is no address is told so, and never half used."""
    assert not mac.fits(example)
    with pytest.raises(ValueError, match="no example"):
        mac.written("AA-BB-CC-DD-EE-02", example)


@given(st.text(max_size=40))
def test_reading_never_raises(text: str) -> None:
    """Any text is an address or nothing."""
    found = mac.read(text)
    assert found == "" or mac.fits(found)
