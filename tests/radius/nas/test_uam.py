"""UAM's arithmetic, by the vectors of CoovaChilli's own response program."""

from __future__ import annotations

import pytest

from radius.nas import uam
from radius.secret import Secret

SECRET = Secret(b"uamsecret")
CHALLENGE = "00112233445566778899aabbccddeeff"
URL = "https://portal.example/guest?res=notyet&uamip=10.1.0.1&uamport=3990"


def test_the_vectors() -> None:
    """newchal, CHAP response and PAP password are what chilli computes."""
    mixed = uam.challenge(CHALLENGE, SECRET)
    assert "5123f6c2e8e2f1326c60bc84bbcc1b7f" == mixed.hex()
    assert "32bed346c50a839e48fd24e05074a0ed" == uam.chap(b"hello", mixed)
    assert "39469aae87" == uam.pap(b"hello", mixed)
    assert bytes.fromhex(CHALLENGE) == uam.challenge(CHALLENGE, None)


def test_the_signature_covers_the_whole_url() -> None:
    """md is the vector's, in either case of letters, and fits no other URL and no other secret."""
    assert "BD8D348F012D740D8C95D397E71D6F5C" == uam.signature(URL, SECRET)
    assert uam.signed(f"{URL}&md=bd8d348f012d740d8c95d397e71d6f5c", SECRET)
    assert not uam.signed(f"{URL.replace('10.1.0.1', '10.1.0.2')}&md=BD8D348F012D740D8C95D397E71D6F5C", SECRET)
    assert not uam.signed(f"{URL}&md=BD8D348F012D740D8C95D397E71D6F5C", Secret(b"other"))
    assert not uam.signed(URL, SECRET)
    assert not uam.signed(f"{URL}&md=é\ud800", SECRET)


def test_a_long_password_is_refused() -> None:
    """What chilli cannot undo is not sent."""
    with pytest.raises(ValueError, match="does not fit"):
        uam.pap(b"x" * 129, bytes(16))


@pytest.mark.parametrize("said", ["", "00", "00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff", "x" * 32, CHALLENGE + "00"])
def test_a_challenge_is_32_digits(said: str) -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match=r".*"):
        uam.challenge(said, SECRET)
