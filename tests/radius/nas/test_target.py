"""Whom an order means, packed and unpacked."""

from __future__ import annotations

from radius.nas import target
from radius.nas.family import Arrival, Misfit, Target


def test_a_target_comes_back_as_it_was() -> None:
    """Packed and unpacked, octets and words and all."""
    whole = Target(
        "02-00-5E-00-00-07", b"t-\xff", "a1", "s1", "nas", "192.0.2.1", 7, "10.0.0.9", "02-00-5E-00-00-01", "City", (("a", "b"),), 3, 9
    )
    assert [whole, Target()] == [target.unpack(target.pack(each)) for each in (whole, Target())]


def test_an_arrival_is_a_target_and_again_an_arrival() -> None:
    """What `let_in` needs of a guest survives the order's row; the challenge does not."""
    come = Arrival("02-00-5E-00-00-07", ssid="City", session="s1", challenge="00", words=(("nas_address", "192.0.2.1"), ("nas_port", "7")))
    named = target.of(come, "t-abc")
    assert (b"t-abc", "192.0.2.1", 7) == (named.user_name, named.nas_address, named.nas_port)
    again = target.arrival(named)
    assert (come.station, come.ssid, come.session, come.words, "") == (
        again.station,
        again.ssid,
        again.session,
        again.words,
        again.challenge,
    )


def test_what_is_no_target_is_malformed() -> None:
    """Any octets: never an exception."""
    assert {Misfit.MALFORMED} == {target.unpack(octets) for octets in (b"", b"\xff", b"[]", b'{"words": 7}', b'{"user_name": 7}')}
    assert Target(station="x") == target.unpack(b'{"station": "x", "later": 1}')
