"""Conversations over a real line: what a controller may do to us, and what becomes of it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from proxeny import calling
from radius.nas.family import Outcome, Request
from tests.peers.authority import Authority
from tests.peers.program import free_port
from tests.peers.stubs.controller import Asked, Mood, Said, Stub, serving

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from radius.nas.family import Response


class Echo(Stub):
    """Says back what it was asked, and gives a cookie."""

    def answer(self, asked: Asked) -> Said:
        return Said(200, {"body": asked.body, "cookie": asked.headers.get("cookie", "")}, (("Set-Cookie", "a=1; Path=/"), ("X-One", "1")))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def echo(authority: Authority) -> Iterator[Stub]:
    with serving(Echo(), authority.issue("127.0.0.1")) as stub:
        yield stub


def once(url: str, got: list[Response] | None = None):
    """A conversation of one request, whose outcome is the answer's status."""

    def begin() -> Generator[Request, Response, Outcome]:
        answer = yield Request("GET", url)
        if got is not None:
            got.append(answer)
        return Outcome(answer.status == 200, f"{answer.status} {answer.body[:200].decode(errors='replace')}", answer.status == 0)

    return begin


def test_a_conversation_keeps_its_cookies_and_header_names_are_lower_case(echo: Stub, authority: Authority) -> None:
    """The second request bears the cookie of the first; a mapping goes as JSON."""
    got: list[Response] = []

    def begin() -> Generator[Request, Response, Outcome]:
        got.append((yield Request("POST", f"{echo.url}/one", (("X-Mine", "x"),), {"a": 1})))
        got.append((yield Request("GET", f"{echo.url}/two")))
        return Outcome(done=True, text="said")

    assert (Outcome(done=True, text="said"), True) == calling.perform(begin, authority.file)
    assert ["1", "1"] == [answer.headers["x-one"] for answer in got]
    assert ["", "a=1"] == [each.headers.get("cookie", "") for each in echo.asked]
    assert {"a": 1} == echo.asked[0].body
    assert {"application/json", "identity"} <= set(echo.asked[0].headers.values())


def test_each_conversation_begins_without_cookies(echo: Stub, authority: Authority) -> None:
    """Two orders share no session."""
    for _ in range(2):
        calling.perform(once(f"{echo.url}/"), authority.file)
    assert ["", ""] == [each.headers.get("cookie", "") for each in echo.asked]


def test_a_certificate_of_a_stranger_is_refused(echo: Stub) -> None:
    """Nothing is said to a server whose certificate nobody we trust has signed."""
    outcome, heard = calling.perform(once(f"{echo.url}/"))
    assert (False, True, False) == (outcome.done, outcome.again, heard)
    assert "its certificate is not trusted" in outcome.text
    assert [] == echo.asked


def test_a_certificate_of_another_name_is_refused(authority: Authority) -> None:
    """The right authority does not make the wrong host right."""
    with serving(Echo(), authority.issue("elsewhere.example")) as stub:
        outcome, _ = calling.perform(once(f"{stub.url}/"), authority.file)
    assert "its certificate is not trusted" in outcome.text
    assert [] == stub.asked


def test_a_redirect_is_not_followed(echo: Stub, authority: Authority) -> None:
    """Wherever a controller sends us, our words stay with it."""
    echo.answer = lambda _asked: Said(302, {}, (("Location", f"{echo.url}/there"),))
    outcome, _ = calling.perform(once(f"{echo.url}/"), authority.file)
    assert outcome.text.startswith("302")
    assert ["GET /"] == echo.paths


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "it does not speak HTTP"),
        (b"", "0 "),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", "it does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n" + b"x" * 2_000_000, "longer than"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", "0 "),
    ],
)
def test_what_is_no_whole_answer_is_none(echo: Stub, authority: Authority, raw: bytes, words: str) -> None:
    """Garbage, half an answer, one without end: status 0 and the reason."""
    echo.mood = Mood(raw=raw or b"\0")
    outcome, heard = calling.perform(once(f"{echo.url}/"), authority.file)
    assert words in outcome.text
    assert (False, True, False) == (outcome.done, outcome.again, heard)


@pytest.mark.parametrize("mood", [Mood(hang=threading.Event()), Mood(drip=True)], ids=["silent", "dripping"])
def test_who_hangs_is_left(echo: Stub, authority: Authority, monkeypatch: pytest.MonkeyPatch, mood: Mood) -> None:
    """An answer that never comes, or never ends, takes as long as we let it."""
    monkeypatch.setattr(calling, "PATIENCE", 0.5)
    echo.mood = mood
    outcome, heard = calling.perform(once(f"{echo.url}/"), authority.file)
    assert "nothing whole within" in outcome.text  # and not: longer than a whole conversation may take
    assert (False, True, False) == (outcome.done, outcome.again, heard)


def test_a_conversation_without_end_is_ended(echo: Stub, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither many requests nor a long time are without bound."""

    def begin() -> Generator[Request, Response, Outcome]:
        while True:
            yield Request("GET", f"{echo.url}/")

    outcome, _ = calling.perform(begin, authority.file)
    assert (False, False) == (outcome.done, outcome.again)
    assert calling.MOST_REQUESTS + 1 >= len(echo.asked)
    monkeypatch.setattr(calling, "WHOLE", 0.2)
    monkeypatch.setattr(calling, "MOST_REQUESTS", 1_000_000)
    assert calling.perform(begin, authority.file).outcome.again


def test_nobody_there_is_no_answer() -> None:
    """A closed port and an impossible URL are told, not raised."""
    outcome, heard = calling.perform(once(f"https://127.0.0.1:{free_port()}/"))
    assert (False, True, False) == (outcome.done, outcome.again, heard)
    for url in ("https://", "ftp://127.0.0.1/", "https://[::1", "https://127.0.0.1:99999/", "no url"):
        assert outcome.done == calling.perform(once(url)).outcome.done


def test_a_packed_answer_is_not_unpacked(echo: Stub, authority: Authority) -> None:
    """We ask for plain octets; who sends packed ones is not understood, whatever their size unpacked."""
    echo.answer = lambda _asked: Said(200, b"\x1f\x8b\x08" + bytes(20), (("Content-Encoding", "gzip"),))
    got: list[Response] = []
    calling.perform(once(f"{echo.url}/", got), authority.file)
    assert b"\x1f\x8b\x08" + bytes(20) == got[0].body


def test_a_fault_of_our_own_is_an_outcome(tmp_path: Path) -> None:
    """A conversation that raises, or an authority that cannot be read, ends its order and nothing else."""

    def begin() -> Generator[Request, Response, Outcome]:
        raise KeyError("what we forgot")
        yield

    assert Outcome(done=False, text="a fault of ours: KeyError") == calling.perform(begin).outcome
    (tmp_path / "ca.crt").write_text("no certificate")
    for name in ("ca.crt", "none.crt"):
        outcome = calling.perform(begin, tmp_path / name).outcome
        assert (False, False) == (outcome.done, outcome.again)
        assert "cannot be read" in outcome.text


def test_a_form_goes_as_a_form(echo: Stub, authority: Authority) -> None:
    """Words are sent in their order."""

    def begin() -> Generator[Request, Response, Outcome]:
        yield Request("POST", f"{echo.url}/", (), (("b", "2 3"), ("a", "é")))
        return Outcome(done=True, text="")

    calls: list[bytes] = []
    echo.read = calls.append
    calling.perform(begin, authority.file)
    assert [b"b=2+3&a=%C3%A9"] == calls
