"""Strangers' octets as text: one line, one form of hardware address."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.text import mac, place, shown

MAC = "AA-BB-CC-DD-EE-0F"


@pytest.mark.parametrize(
    "octets",
    [
        b"AA-BB-CC-DD-EE-0F", b"aa:bb:cc:dd:ee:0f", b"aabbccddee0f", b"aabb.ccdd.ee0f", b"aabb-ccdd-ee0f", b" AA BB CC DD EE 0F ",
        b"aa:bb:cc:dd:ee:0f;vendor=x",
    ],
)  # fmt: skip
def test_every_spelling_is_one_address(octets: bytes) -> None:
    """As controllers write them."""
    assert mac(octets) == MAC


@pytest.mark.parametrize(
    "octets",
    [b"", b"bob", b"10.0.0.1", b"aa:bb:cc:dd:ee", b"aa:bb:cc:dd:ee:0f:11", b"ag:bb:cc:dd:ee:0f", b"aa:bb:cc:dd:ee:0f\nx", b"\xff" * 12],
)
def test_what_is_no_address_is_none(octets: bytes) -> None:
    """A telephone number is a Calling-Station-Id too (RFC 2865, 5.31)."""
    assert mac(octets) == ""


@pytest.mark.parametrize(
    ("called", "expected"),
    [
        (b"AA-BB-CC-DD-EE-0F:eduroam", (MAC, "eduroam")), (b"aa:bb:cc:dd:ee:0f:eduroam", (MAC, "eduroam")),
        (b"aabbccddee0f:eduroam", (MAC, "eduroam")), (b"aabb.ccdd.ee0f:City Wi-Fi", (MAC, "City Wi-Fi")),
        (b"AA-BB-CC-DD-EE-0F:a:b", (MAC, "a:b")), (b"AA-BB-CC-DD-EE-0F:", (MAC, "")), (b"AA-BB-CC-DD-EE-0F", (MAC, "")),
        (b"AA-BB-CC-DD-EE-0F:caf\xc3\xa9\n\xff", (MAC, "café\\n\\xff")), (b"eduroam", ("", "")), (b"", ("", "")), (b":eduroam", ("", "")),
        (b"AA-BB-CC-DD-EE-0F-eduroam", ("", "")), (b"5551234", ("", "")),
    ],
)  # fmt: skip
def test_the_place_in_a_called_station_id(called: bytes, expected: tuple[str, str]) -> None:
    """RFC 3580, 3.20, and the spellings met in the field; an empty SSID is one (hostapd's wired driver)."""
    assert expected == place(called)


@given(st.binary(max_size=300))
def test_any_octets(octets: bytes) -> None:
    """Never raises; printable, and addresses in the one form or not at all."""
    bssid, ssid = place(octets)
    assert shown(octets).isprintable()
    assert ssid.isprintable()
    assert all(re.fullmatch(r"(?:[0-9A-F]{2}-){5}[0-9A-F]{2}|", each) for each in (bssid, mac(octets)))
