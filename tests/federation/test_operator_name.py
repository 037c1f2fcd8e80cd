"""Operator-Name in every namespace, and slips in it."""

from __future__ import annotations

import pytest

from federation.operator_name import encode, validated


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
