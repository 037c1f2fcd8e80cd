"""What a forwarded request gets: Operator-Name and the question for a CUI, where absent."""

from __future__ import annotations

import pytest

from federation.cui import NUL, request, usable
from federation.dress import Dresser
from federation.operator_name import encode, validated
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


@pytest.mark.parametrize(
    "text", ["1wifi.city.example", "1xn--bcher-kva.example", "4ACME.PROXENY:CA", "4ACME.CA", "0ABCDE", "2302720", "3CA-x"]
)
def test_operator_names_of_every_namespace(text: str) -> None:
    """RFC 5580, 4.1 and the WBA's namespace."""
    assert (text, bytes((126, len(text) + 2)) + text.encode()) == (validated(text), encode(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "wifi.city.example",
        "9x.example",
        "1wifi",
        "1-a.example",
        "1bücher.example",
        "1a b.example",
        "1" + "a." * 126 + "ab",
        "4a:ca",
    ],
)
def test_what_is_no_operator_name_is_refused_with_a_remedy(text: str) -> None:
    """A slip in the network file is found when it is declared."""
    with pytest.raises(ValueError, match="operator_name"):
        validated(text)


def test_a_cui_is_asked_for_by_one_nul_and_taken_as_it_comes() -> None:
    """RFC 4372, 2.1; zero-length answers exist in the wild and mean none."""
    assert (CUI, b"", b"", b"", b"a\0b") == (request(), usable(None), usable(b""), usable(NUL), usable(b"a\0b"))
