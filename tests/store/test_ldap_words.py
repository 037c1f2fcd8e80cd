"""Names and filters: no octets of a user's change a filter's shape."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.operation.search import parse_filter

from store.ldap_words import check_filter, escaped, is_name


def shape(words: str) -> tuple[int, ...]:
    """The tags of a parsed filter's tree, outside in."""

    def tags(node: object) -> list[int]:
        return [node.tag, *(tag for each in node.elements for tag in tags(each))]

    return tuple(tags(parse_filter(words, None, auto_escape=False, auto_encode=False, validator=None, check_names=False)))


@given(st.binary(min_size=1, max_size=253))
def test_any_octets_leave_the_filter_as_it_was(user: bytes) -> None:
    """Whatever a name holds, the parsed filter has the same operators, and the value comes back octet for octet."""
    template = "(&(objectClass=person)(uid={user}))"
    words = template.replace("{user}", escaped(user))
    assert shape(template.replace("{user}", "x")) == shape(words)
    assert words.isascii()
    assert user == bytes.fromhex("".join(part if at else part.encode().hex() for at, part in pieces(escaped(user))))


def pieces(words: str) -> list[tuple[bool, str]]:
    """(escaped, text): two hexadecimal digits behind a backslash, or the character itself."""
    found, rest = [], words
    while rest:
        size = 3 if rest[0] == "\\" else 1
        found.append((size == 3, rest[size - 2 : size] if size == 3 else rest[0]))
        rest = rest[size:]
    return found


@pytest.mark.parametrize(
    ("user", "answer"),
    [
        (b"ada", True),
        ("élodie".encode(), True),
        (b"a b", True),
        (b"x" * 253, True),
        (b"", False),
        (b"   ", False),
        (b"x" * 254, False),
        (b"ada\0", False),
        (b"ada\n", False),
        (b"\xff\xfe", False),
        ("a\u0085b".encode(), False),
    ],
)
def test_what_may_be_a_name(user: bytes, answer: bool) -> None:
    """UTF-8 of 1 to 253 octets, not blank, without control characters."""
    assert answer is is_name(user)


@pytest.mark.parametrize("words", ["(uid={user})", "(&(objectClass=person)(|(uid={user})(mail={user})))", "(mail={user}@city.example)"])
def test_filters_that_stand(words: str) -> None:
    """{user} in a value, once or more."""
    check_filter(words)


@pytest.mark.parametrize("words", ["(uid=ada)", "({user}=x)", "(&({user}=x)(uid={user}))", "(uid={user}", "uid", "(&(uid={user})"])
def test_filters_that_do_not(words: str) -> None:
    """Without {user}, with {user} as the attribute, or unbalanced."""
    with pytest.raises(ValueError, match=r"filter|belongs"):
        check_filter(words)
