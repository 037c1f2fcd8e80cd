"""EAP's header as a proxy sees it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius import eap
from radius.message import Attribute
from radius.wire import build, parse


@given(st.lists(st.binary(max_size=253), min_size=1, max_size=8))
def test_fragments_join_in_order(fragments: list[bytes]) -> None:
    """RFC 3579, 3.1."""
    message = parse(build(1, 1, bytes(16), [Attribute(1, b"a"), *(Attribute(79, part) for part in fragments)]))
    assert b"".join(fragments) == eap.joined(message)


def test_no_eap_is_none() -> None:
    """A packet without EAP-Message has no EAP packet, not an empty one."""
    assert eap.joined(parse(build(1, 1, bytes(16), [Attribute(1, b"a")]))) is None


@pytest.mark.parametrize(
    ("packet", "sound"),
    [
        (b"", True),  # EAP-Start (RFC 3579, 2.1)
        (b"\x02\x01\x00\x06\x01a", True),
        (b"\x02\x01\x00\x06\x01b", False),  # Identity is not the User-Name
        (b"\x02\x01\x00\x06\x19a", True),  # another method's own octets
        (b"\x02", False),
        (b"\x02\x01\x00\x04", False),  # a Response without a type
        (b"\x02\x01\x00\x07\x01a", False),
        (b"\x02\x01\x00\x05\x01a", False),
        (b"\x09\x01\x00\x04", False),
        (b"\x03\x01\x00\x04", False),
        (b"\x05\x01\x00\x05\x02", True),
    ],
)
def test_only_packets_that_keep_to_their_header_are_sound(packet: bytes, sound: bool) -> None:
    """RFC 3748, 4: the code, the Length, the Identity."""
    assert sound == eap.sound(packet, b"a")


def test_failure_answers_the_identifier() -> None:
    """RFC 3748, 4.2: the Response's identifier; 0 for EAP-Start."""
    assert b"\x04\x07\x00\x04" == eap.failure(b"\x02\x07\x00\x06\x01a")
    assert b"\x04\x00\x00\x04" == eap.failure(b"")


@pytest.mark.parametrize(
    ("packet", "told"),
    [
        ("0205000d190015030300020230", True),  # PEAP, unknown_ca, as wpa_supplicant sends it
        ("020500110d800000000715030300020230", True),  # EAP-TLS with its length
        ("0205000d15001503010002022d", True),  # TTLS, TLS 1.0, certificate_expired
        ("0205000d190015030300020228", False),  # handshake_failure: of no certificate
        ("0205000d190015030300020130", False),  # a warning
        ("0205000d1a0015030300020230", False),  # MS-CHAPv2 is no TLS
        ("0105000d190015030300020230", False),  # a Request
        ("0205000d190016030300020230", False),  # no alert
        ("020500061900", False),
        ("", False),
    ],
)
def test_a_device_may_say_that_it_distrusts_the_certificate(packet: str, told: bool) -> None:
    """RFC 5246, 7.2.2, in clear behind the flags of RFC 5216, 3.1; anything else says nothing."""
    assert told == eap.distrusts(bytes.fromhex(packet))
