"""A packet that has been read: where its attributes lie, and that nothing in it changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.message import Attribute, Code, Type
from radius.wire import build, parse

attributes = st.lists(st.builds(Attribute, st.integers(1, 255), st.binary(max_size=253)), max_size=15)


@given(attributes)
def test_every_attribute_is_found_where_it_lies(given_attributes: list[Attribute]) -> None:
    """Spans, first offsets, single values and lists of values all agree with the octets, in order."""
    message = parse(build(1, 7, bytes(range(16)), given_attributes))
    assert given_attributes == [Attribute(kind, message.octets[start + 2 : end]) for kind, start, end in message.spans()]
    assert tuple(given_attributes) == message.attributes
    for kind in range(1, 256):
        values = [value for type_, value in given_attributes if type_ == kind]
        assert values == message.values(kind)
        assert (values[0] if values else None) == message.value(kind)
        assert (kind in message.first) == bool(values)


def test_the_header_is_read() -> None:
    """RFC 2865, 3: code, identifier, authenticator; and whether a type occurs twice."""
    message = parse(build(11, 200, bytes(range(16)), [Attribute(24, b"s"), Attribute(24, b"t")]))
    assert (11, 200, bytes(range(16)), [24]) == (message.code, message.identifier, message.authenticator, message.repeated)
    assert not parse(build(1, 1, bytes(16), [Attribute(24, b"s"), Attribute(25, b"t")])).repeated


def test_messages_are_their_octets() -> None:
    """Equal octets, equal messages; anything else is another."""
    one, same, other = (parse(build(1, number, bytes(16), [])) for number in (1, 1, 2))
    assert one == same
    assert {one: "found"}[same] == "found"
    assert one != other
    assert one != one.octets


def test_its_repr_shows_no_value() -> None:
    """Values may be passwords: only types are shown."""
    shown = repr(parse(build(1, 9, bytes(16), [Attribute(2, b"hidden password!"), Attribute(1, b"ada")])))
    assert "Message(code=1, identifier=9, attributes=[1, 2])" == shown


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("ACCESS_REQUEST", 1), ("ACCESS_ACCEPT", 2), ("ACCESS_REJECT", 3), ("ACCOUNTING_REQUEST", 4), ("ACCOUNTING_RESPONSE", 5),
        ("ACCESS_CHALLENGE", 11), ("STATUS_SERVER", 12), ("DISCONNECT_REQUEST", 40), ("DISCONNECT_ACK", 41), ("DISCONNECT_NAK", 42),
        ("COA_REQUEST", 43), ("COA_ACK", 44), ("COA_NAK", 45), ("PROTOCOL_ERROR", 52),
    ],
)  # fmt: skip
def test_codes_have_their_registered_numbers(name: str, number: int) -> None:
    """IANA, radius-types: packet type codes."""
    assert number == Code[name]


def test_types_have_the_dictionary_s_numbers() -> None:
    """The road's own constants and the dictionary say the same."""
    from tests.radius.road import BOOK

    names = {int(kind): kind.name.replace("_", "-") for kind in Type if kind is not Type.VENDOR_SPECIFIC}  # known by its vendors only
    assert names == {kind: BOOK.name(kind).upper() for kind in names}
