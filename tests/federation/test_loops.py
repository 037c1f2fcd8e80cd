"""Loops are seen by our own mark."""

from __future__ import annotations

from federation.loops import has_looped, is_ours
from radius.message import Attribute, Code, Type
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
