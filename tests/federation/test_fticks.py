"""F-Ticks lines: radsecproxy's own vectors, every mode, and strangers' octets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.fticks import Mac, csi, hashed, line

KEY = b"magic passphrase"
PLAIN = "29c0ee9d9c41771795a11ff75fefe9f5ccaab523ad31fc4fd8e776c707ad1581"
KEYED = "57c8cd8031142c51ac9747370f48a5aa731006729d0cdf589ba101864f35f390"
MAC = b"00:23:14:0a:f7:24"


@pytest.mark.parametrize(
    "station", [MAC, b"00:23:14:0A:F7:24", b"00:23:14:0a:f7:24;cruft", b"00-23-14-0a-f7-24", b"0023140af724", b"z00:y23:14x:0ga:f7 :24"]
)
def test_the_hash_is_of_the_digits_alone(station: bytes) -> None:
    """The vectors of radsecproxy's t_fticks.c: case, separators, junk and what follows a `;` mean nothing."""
    assert (PLAIN, KEYED) == (hashed(station), hashed(station, KEY))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (Mac.STATIC, "undisclosed"),
        (Mac.ORIGINAL, "00:23:14:0a:f7:24"),
        (Mac.VENDOR_HASHED, "00:23:14:" + PLAIN),
        (Mac.VENDOR_KEY_HASHED, "00:23:14:" + KEYED),
        (Mac.FULLY_HASHED, PLAIN),
        (Mac.FULLY_KEY_HASHED, KEYED),
    ],
)
def test_every_mode(mode: Mac, expected: str) -> None:
    """The vendor modes show the maker and hash the whole address."""
    assert expected == csi(MAC, mode, KEY)


def test_the_line_to_the_letter() -> None:
    """With and without VISINST, accepted and not."""
    assert [
        f"F-TICKS/eduroam/1.0#REALM=uni-a.example#VISCOUNTRY=CA#VISINST=city#CSI=00:23:14:{KEYED}#RESULT=OK#",
        "F-TICKS/govroam/1.0#REALM=#VISCOUNTRY=CA#CSI=undisclosed#RESULT=FAIL#",
    ] == [
        line("uni-a.example", "CA", "city", MAC, ok=True, key=KEY),
        line("", "CA", "", MAC, ok=False, mode=Mac.STATIC, prefix="F-TICKS/govroam/1.0"),
    ]


def test_an_address_without_separators_shows_its_maker_and_no_more() -> None:
    """Nine characters of it would be three quarters of the device; short ones do not overrun."""
    assert ("002314" + PLAIN, "00:2" + hashed(b"00:2"), "") == (
        csi(b"0023140af724", Mac.VENDOR_HASHED),
        csi(b"00:2", Mac.VENDOR_HASHED),
        csi(b"", Mac.VENDOR_HASHED),
    )


@pytest.mark.parametrize("mode", [Mac.VENDOR_KEY_HASHED, Mac.FULLY_KEY_HASHED])
def test_a_keyed_mode_without_key_is_refused(mode: Mac) -> None:
    """A hash without a key is reversible in minutes; it is not put in the place of one with."""
    with pytest.raises(ValueError, match="needs a key"):
        csi(MAC, mode)


@given(st.text(max_size=60), st.text(max_size=5), st.text(min_size=1, max_size=20), st.binary(max_size=60), st.sampled_from(Mac))
def test_no_octets_end_a_field_or_the_line(realm: str, country: str, institution: str, station: bytes, mode: Mac) -> None:
    """Whatever comes: six marks, one line, ASCII."""
    text = line(realm, country, institution, station, ok=True, mode=mode, key=KEY)
    assert (6, True, True) == (text.count("#"), text.isascii(), text.isprintable())
