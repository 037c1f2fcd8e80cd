"""Loops are seen by our own mark."""

from __future__ import annotations

from federation.loops import has_looped, is_ours, ourselves
from radius.message import Attribute, Code, Type
from radius.secret import Secret
from radius.tables import Home
from radius.wire import build, parse

TAG = b"\x01\x02\x03\x04"


def test_our_mark_is_twelve_octets_that_begin_with_the_tag() -> None:
    """Another proxy's Proxy-State of any shape is not ours."""
    assert [True, False, False, False] == [is_ours(value, TAG) for value in (TAG + bytes(8), TAG, TAG + bytes(9), bytes(12))]


def test_a_request_with_our_mark_among_others_has_looped() -> None:
    """Wherever it stands: the proxies between added theirs."""
    others = [Attribute(Type.PROXY_STATE, b"17"), Attribute(Type.USER_NAME, TAG + bytes(8))]
    ours = Attribute(Type.PROXY_STATE, TAG + b"rrrrrrrr")
    looped, clean = ([*others, ours, *others], others)
    assert [True, False, False] == [
        has_looped(parse(build(Code.ACCESS_REQUEST, 1, bytes(16), attributes)), TAG) for attributes in (looped, clean, [])
    ]


def test_homes_that_are_ourselves_are_named() -> None:
    """A home at one of our own listeners, by its address or behind a wildcard on the same host."""
    homes = [
        Home("us", "192.0.2.1", Secret(b"x")),
        Home("us-acct", "192.0.2.1", Secret(b"x"), port=9, acct_port=1813),
        Home("loop", "127.0.0.1", Secret(b"x"), port=1999),
        Home("fine", "192.0.2.2", Secret(b"x")),
    ]
    listens = [("192.0.2.1", 1812), ("192.0.2.1", 1813), ("0.0.0.0", 1999)]
    assert ["us", "us-acct", "loop"] == ourselves(homes, listens)
