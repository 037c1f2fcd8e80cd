"""Requests are handed over when they are there, however they are cut; what is none goes."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from gunicorn.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st

from proxeny.hearing import LONGEST_BODY, LONGEST_HEAD, Heard, Hearing

if TYPE_CHECKING:
    from collections.abc import Sequence

GET = b"GET /help HTTP/1.1\r\nHost: a.example\r\n\r\n"
POST = b"POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"
LONG = b"POST /x HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % (LONGEST_BODY + 1)


def hear(*pieces: bytes, close: bool = False) -> Heard:
    """What a connection makes of octets that come in these pieces."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        conn = Hearing(Config(), ours, ("192.0.2.1", 5), ("192.0.2.2", 80))
        for piece in pieces:
            theirs.sendall(piece)
            conn.hear()
        if close:
            theirs.shutdown(socket.SHUT_WR)
        return conn.hear()


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ((), Heard.PART),
        ((b"GET / HTTP/1.1\r\n",), Heard.PART),
        ((GET,), Heard.WHOLE),
        ((GET + b"GET /", b"x"), Heard.WHOLE),
        ((POST,), Heard.WHOLE),
        ((POST[:-1],), Heard.PART),
        ((LONG,), Heard.HEAD),
        ((b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",), Heard.HEAD),
        ((b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",), Heard.HEAD),
        ((b"x" * 40_000, b"x" * (LONGEST_HEAD - 40_000)), Heard.GONE),
    ],
)
def test_how_far_it_has_come(said: Sequence[bytes], heard: Heard) -> None:
    """Nothing, a part, all of it, a head before a long body, too much."""
    assert heard == hear(*said)


@pytest.mark.parametrize(("said", "heard"), [(b"", Heard.GONE), (GET[:-1], Heard.GONE), (POST[:-1], Heard.GONE), (GET, Heard.WHOLE)])
def test_who_hangs_up(said: bytes, heard: Heard) -> None:
    """Before the request is there: gone; after it: answered."""
    assert heard == hear(said, close=True)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([GET, POST]), st.lists(st.integers(1, 40), max_size=20))
def test_pieces_make_no_difference(request: bytes, cuts: list[int]) -> None:
    """Cut anywhere, it is whole with its last octet and not before."""
    ends = sorted({cut for cut in cuts if cut < len(request)} | {len(request)})
    pieces = [request[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
    assert Heard.WHOLE == hear(*pieces)
    assert Heard.PART == hear(*pieces[:-1])


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_octets(octets: bytes) -> None:
    """Never raises."""
    assert isinstance(hear(octets), Heard)


def test_the_parser_begins_with_what_was_heard() -> None:
    """The request is read out of it, and what follows is heard as the next."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        conn = Hearing(Config(), ours, ("192.0.2.1", 5), ("192.0.2.2", 80))
        theirs.sendall(POST + GET[:9])
        assert Heard.WHOLE == conn.hear()
        conn.init()
        request = next(conn.parser)
        assert (b"hello", "/x") == (request.body.read(), request.path)
        conn.again()
        assert Heard.PART == conn.hear()
        theirs.sendall(GET[9:])
        assert Heard.WHOLE == conn.hear()
