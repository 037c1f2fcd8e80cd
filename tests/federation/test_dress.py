"""What a forwarded request gets, where absent."""

from __future__ import annotations

import pytest

from federation.dress import Dresser
from radius.message import Attribute, Code, Message, Type
from radius.wire import build, parse

OPERATOR = b"\x7e\x141wifi.city.example"
CUI = b"\x59\x03\0"


def message(code: Code, *attributes: Attribute) -> Message:
    return parse(build(code, 1, bytes(16), attributes))


@pytest.mark.parametrize(
    ("code", "present", "expected"),
    [
        (Code.ACCESS_REQUEST, (), OPERATOR + CUI),
        (Code.ACCESS_REQUEST, (Type.OPERATOR_NAME,), CUI),
        (Code.ACCESS_REQUEST, (Type.CHARGEABLE_USER_IDENTITY,), OPERATOR),
        (Code.ACCESS_REQUEST, (Type.CHARGEABLE_USER_IDENTITY, Type.OPERATOR_NAME), b""),
        (Code.ACCOUNTING_REQUEST, (), OPERATOR),
        (Code.ACCOUNTING_REQUEST, (Type.OPERATOR_NAME,), b""),
    ],
)
def test_only_what_is_absent_is_added(code: Code, present: tuple[Type, ...], expected: bytes) -> None:
    """RFC 5580, 4.1 and RFC 4372, 2.1: the nearest operator's name stays; only an Access-Request asks for a CUI."""
    given = message(code, *(Attribute(kind, b"x") for kind in present))
    assert expected == Dresser("1wifi.city.example").dress(given)


def test_a_controller_without_a_name_still_asks_for_the_cui() -> None:
    """No [operator] yet: nothing is invented."""
    assert CUI == Dresser("").dress(message(Code.ACCESS_REQUEST))
