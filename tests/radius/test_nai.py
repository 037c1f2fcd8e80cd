"""The identity's syntax: what is split, what is refused whatever the network says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.actions import Reason
from radius.nai import Nai, parse


@pytest.mark.parametrize(
    ("user_name", "expected"),
    [
        (b"bob@uni-a.example", Nai(b"bob", "uni-a.example")),
        (b"bob@UNI-A.Example", Nai(b"bob", "uni-a.example")),
        (b"Bob.O'Neil+x@uni-a.example", Nai(b"Bob.O'Neil+x", "uni-a.example")),
        (b"@uni-a.example", Nai(b"", "uni-a.example")),
        (b"host/pc-7.uni-a.example@uni-a.example", Nai(b"host/pc-7.uni-a.example", "uni-a.example")),
        (b"bob@xn--strae-oqa.example", Nai(b"bob", "xn--strae-oqa.example")),
        (b"bob@localhost", Nai(b"bob", "localhost")),
        (b"bob!@uni-a.example", Nai(b"bob!", "uni-a.example")),
        (b"100%@uni-a.example", Nai(b"100%", "uni-a.example")),
        (b"bob", Nai(b"bob", "")),
        (b"DOM\\bob", Nai(b"DOM\\bob", "")),
        (b"*", Nai(b"*", "")),
        (b"b" * 63 + b"@" + b".".join([b"c" * 63] * 2 + [b"d" * 61]), Nai(b"b" * 63, ".".join(["c" * 63] * 2 + ["d" * 61]))),
    ],
)
def test_identities_are_split_and_the_realm_lowered(user_name: bytes, expected: Nai) -> None:
    """RFC 7542, 2.2: the realm follows the `@`, its case means nothing, and the user part is opaque."""
    assert expected == parse(user_name)


@pytest.mark.parametrize(
    "user_name",
    [
        b"", b"a@b@c.example", b"a@", b"@", b"a@b..c", b"a@.b.example", b"a@b.example.", b"a..b@c.example", b"a @b.example",
        b"a@b.example ", b" a@b.example", b"a@b.example\n", b"a\n@b.example", b"a@b.example\0", b"a\tb@c.example", b"a\x7f@b.example",
        "a@ｂ.ca".encode(), "a@bücher.example".encode(), "jö@uni-a.example".encode(), b"a\xff@b.example", b"a@" + b"x" * 240 + b".ca",
        b"a@../..", b"a@%{realm}.ca", b"a@$(id).ca", b"%{User-Name}@uni-a.example", b"$(id)@uni-a.example", b"a@b.ca/x", b"a@b.ca;x",
        b"uni-b.example!bob@uni-a.example", b"a@*", b"a@[::1]", b"x" * 254,
    ],
)  # fmt: skip
def test_what_is_no_identity_is_refused(user_name: bytes) -> None:
    """RFC 7542, 2.2, and the realm catalogue: nothing but host names comes out as a realm."""
    assert Reason.BAD_REALM is parse(user_name)


@given(st.binary(max_size=300))
def test_any_octets_give_an_answer(user_name: bytes) -> None:
    """No octets raise, and a realm that comes out has only lower-case host name characters."""
    match parse(user_name):
        case Nai(user, realm):
            assert set(realm) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
            assert user_name.lower() == (user.lower() + b"@" + realm.encode() if b"@" in user_name else user.lower())
        case refusal:
            assert Reason.BAD_REALM is refusal


@given(st.text("ab.@!%{$( \\", max_size=40).map(str.encode))
def test_no_trap_in_the_alphabet_that_matters(user_name: bytes) -> None:
    """With the dangerous characters alone: at most one `@`, no empty label, no source route."""
    nai = parse(user_name)
    if isinstance(nai, Nai):
        assert user_name.count(b"@") <= 1
        assert b".." not in user_name
        assert "" not in nai.realm.split(".") or not nai.realm
