"""Octets to a Message and back, strictly."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.message import Attribute
from radius.wire import LONGEST, Malformed, attribute, build, parse

attributes = st.lists(st.builds(Attribute, st.integers(1, 255), st.binary(max_size=253)), max_size=15)


@given(st.integers(0, 255), st.integers(0, 255), st.binary(min_size=16, max_size=16), attributes)
def test_what_is_built_is_read_back(code: int, identifier: int, authenticator: bytes, given_attributes: list[Attribute]) -> None:
    """parse(build(m)) == m: every octet, every order."""
    message = parse(build(code, identifier, authenticator, given_attributes))
    assert (code, identifier, authenticator, tuple(given_attributes)) == (
        message.code,
        message.identifier,
        message.authenticator,
        message.attributes,
    )
    kinds = [kind for kind, _ in given_attributes]
    assert [kind for number, kind in enumerate(kinds) if kind in kinds[:number]] == list(message.repeated)


@given(st.binary(max_size=5000))
def test_any_octets_are_read_or_malformed(octets: bytes) -> None:
    """No other exception, and what is read fills its Length exactly."""
    try:
        message = parse(octets)
    except Malformed:
        return
    assert octets[2] << 8 | octets[3] == len(message.octets) == 20 + sum(2 + len(value) for _, value in message.attributes)


@given(st.binary(max_size=4096), st.integers(0, 4200))
def test_a_plausible_header_is_no_licence(body: bytes, length: int) -> None:
    """The same for packets whose header looks right."""
    with suppress(Malformed):
        assert length == len(parse(b"\x01\x07" + length.to_bytes(2, "big") + bytes(16) + body).octets)


def header(length: int) -> bytes:
    """An Access-Request's header."""
    return b"\x01\x07" + length.to_bytes(2, "big") + bytes(16)


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"", "TOO_SHORT"),
        (b"\x01", "TOO_SHORT"),
        (b"\x01\x00\x00\x14", "TOO_SHORT"),
        (header(20)[:19], "TOO_SHORT"),
        (header(0), "BAD_LENGTH"),
        (header(19), "BAD_LENGTH"),
        (header(21), "TOO_SHORT"),
        (header(4097) + bytes(4077), "BAD_LENGTH"),
        (header(65535) + bytes(65515), "BAD_LENGTH"),
        (header(24) + b"\x01\x03a" + b"\x01", "BAD_ATTRIBUTE"),
        (header(22) + b"\x01\x00", "BAD_ATTRIBUTE"),
        (header(22) + b"\x01\x01", "BAD_ATTRIBUTE"),
        (header(22) + b"\x01\x03", "BAD_ATTRIBUTE"),
        (header(23) + b"\x00\x03a", "BAD_ATTRIBUTE"),
        (header(20 + 402) + b"\x01\x02" * 201, "TOO_MANY_ATTRIBUTES"),
    ],
)
def test_lengths_that_do_not_hold(octets: bytes, reason: str) -> None:
    """RFC 2865, 3 and 5; the catalogue's items 1-10 and 15."""
    with pytest.raises(Malformed) as fault:
        parse(octets)
    assert reason == fault.value.reason.name


def test_octets_beyond_the_length_are_padding() -> None:
    """RFC 2865, 3: ignored, and gone from the Message."""
    assert header(23) + b"\x01\x03a" == parse(header(23) + b"\x01\x03a" + b"junk").octets


def test_the_longest_packet_is_read() -> None:
    """4096 octets hold; one more cannot be built."""
    full = [Attribute(26, bytes(253))] * 15 + [Attribute(26, bytes(249))]
    assert LONGEST == len(parse(build(1, 1, bytes(16), full)).octets)
    with pytest.raises(ValueError, match="more than a RADIUS packet holds"):
        build(1, 1, bytes(16), [*full[:-1], Attribute(26, bytes(250))])


@pytest.mark.parametrize(("kind", "value"), [(0, b""), (256, b""), (1, bytes(254))])
def test_an_attribute_that_cannot_be_is_not_built(kind: int, value: bytes) -> None:
    """RFC 2865, 5: a type of 1 to 255, a value of 253 octets at most."""
    with pytest.raises(ValueError, match="cannot hold"):
        attribute(kind, value)


def test_fewer_attributes_may_be_asked_for() -> None:
    """`limits.attributes`."""
    octets = build(1, 1, bytes(16), [Attribute(25, b"x")] * 21)
    assert 21 == len(parse(octets, 21).attributes)
    with pytest.raises(Malformed):
        parse(octets, 20)
