"""Targets as octets: nothing is lost on the way, nothing strange gets in."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.nas import targets
from radius.nas.family import Arrival, Target

TEXT = st.text(max_size=20)


@given(
    st.builds(
        Target,
        station=TEXT,
        user_name=st.binary(max_size=20),
        acct_session_id=TEXT,
        session=TEXT,
        nas_identifier=TEXT,
        nas_address=TEXT,
        nas_port=st.none() | st.integers(0, 2**32 - 1),
        address=TEXT,
        access_point=TEXT,
        ssid=TEXT,
        words=st.lists(st.tuples(TEXT, TEXT), max_size=4).map(tuple),
        used_seconds=st.integers(0, 2**40),
        used_octets=st.integers(0, 2**60),
    )
)
def test_what_was_packed_is_unpacked(target: Target) -> None:
    """Every field comes back as it was."""
    assert target == targets.unpack(targets.pack(target))


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'"x"',
        b"\xff",
        b'{"user_name":"zz"}',
        b'{"words":[1]}',
        b'{"words":7}',
        b'{"user_name":7}',
        b"[" * 99_999,
    ],
)
def test_what_is_no_target_is_an_empty_one(octets: bytes) -> None:
    """Octets of another kind name nobody."""
    assert Target() == targets.unpack(octets)


def test_a_later_versions_fields_are_left_out() -> None:
    """A downgrade reads what it knows."""
    octets = json.dumps({"station": "02-00-5E-00-01-01", "moon": "full", "nas_port": "x"}).encode()
    assert Target(station="02-00-5E-00-01-01") == targets.unpack(octets)


def test_words_are_kept_in_order_and_twice() -> None:
    """A gateway may want a name repeated."""
    target = Target(words=(("b", "2"), ("a", "1"), ("b", "3")))
    assert target.words == targets.unpack(targets.pack(target)).words


def test_an_arrival_is_a_target_and_again_an_arrival() -> None:
    """What `let_in` needs of a guest survives the order's row; the challenge does not."""
    come = Arrival("02-00-5E-00-00-07", ssid="City", session="s1", challenge="00", words=(("nas_address", "192.0.2.1"), ("nas_port", "7")))
    named = targets.of(come, "t-abc")
    assert (b"t-abc", "192.0.2.1", 7) == (named.user_name, named.nas_address, named.nas_port)
    again = targets.arrival(named)
    assert (come.station, come.ssid, come.session, come.words, "") == (
        again.station,
        again.ssid,
        again.session,
        again.words,
        again.challenge,
    )
