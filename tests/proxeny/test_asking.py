"""The built-in client with a twin of the runner: its packets are right, its stories complete."""

from __future__ import annotations

import asyncio

import pytest

from proxeny.asking import LISTENER, Asker
from proxeny.verbs.ask import last_line, story
from radius import codec
from radius.actions import Drop, Reason
from radius.message import Type
from radius.records import HomeChange, Login
from radius.wire import attribute, parse
from tests.peers import packets

QUESTION = {"identity": "bob@uni-a.example", "password": "s3cret", "client": "", "chap": False}


def login(session: bytes, verdict: str = "accept", reason: str = "", home: str = "uni-a-1") -> Login:
    return Login(
        0.0, 0.1, "proxeny ask", "proxeny ask", "", "", "", "", b"bob@uni-a.example", "uni-a.example", "uni-a.example", b"", b"", session,
        home, (home,) if home else (), verdict, reason, 1, 5.0, 1.0, b"", False,
    )  # fmt: skip


class Runner:
    """Answers a submitted request as the test says."""

    def __init__(self, answer) -> None:
        self.answer, self.requests, self.listener = answer, [], None

    def know(self, index, listener) -> None:
        assert LISTENER == index
        self.listener = listener

    def submit(self, octets, origin, allowed, client):
        self.requests.append((octets, client))
        return self.answer(self, parse(octets), origin, client) or ()


class Journal:
    def __init__(self) -> None:
        self.records = []

    def write(self, record) -> None:
        self.records.append(record)


def ask(answer, question=QUESTION):
    """(the answer, the runner, the journal)"""

    async def main():
        journal, told = Journal(), asyncio.get_running_loop().create_future()
        asker, runner = Asker(asyncio.get_running_loop(), journal), Runner(answer)
        asker.open(runner)
        asker.ask(question, told.set_result)
        return await asyncio.wait_for(told, 10), runner, journal

    return asyncio.run(main())


def accept(runner, request, origin, client):
    body = attribute(Type.REPLY_MESSAGE, b"welcome")
    runner.listener.reply(codec.sign_access_answer(2, request.identifier, request.authenticator, body, client.secret), origin)
    runner.listener.write(HomeChange(0.0, "uni-a-1", "alive", ""))
    runner.listener.write(login(b"another"))
    runner.listener.write(login(request.value(Type.ACCT_SESSION_ID)))


def test_an_accept_is_told_with_its_home() -> None:
    """The login's record is known by its session; every record still reaches the journal."""
    answer, _, journal = ask(accept)
    assert ("accept", "uni-a-1", "welcome") == (answer["verdict"], answer["home"], answer["said"])
    assert 3 == len(journal.records)
    assert last_line(answer).startswith("Access-Accept from uni-a-1 in ")


@pytest.mark.parametrize("chap", [False, True])
def test_the_request_is_one_a_nas_might_send(chap: bool) -> None:
    """Signed, Message-Authenticator first, the password provable by PAP or CHAP, read by the tests' own reader."""
    _, runner, _ = ask(accept, QUESTION | {"chap": chap})
    octets, client = runner.requests[0]
    packet = packets.read(octets)
    secret = client.secret.octets.decode("latin-1")
    assert packets.SIGNATURE == packet.rows[0][0]
    assert codec.signed_by(parse(octets), client.secret, packet.authenticator)
    if chap:
        import hashlib

        proof = packet.value(packets.CHAP_PASSWORD)
        assert proof[1:] == hashlib.md5(proof[:1] + b"s3cret" + packet.value(packets.CHAP_CHALLENGE)).digest()
    else:
        hidden = packet.value(packets.USER_PASSWORD)
        assert b"s3cret" == codec.reveal_password(hidden, client.secret, packet.authenticator).rstrip(b"\0"), secret


def test_a_drop_is_no_answer_with_its_reason() -> None:
    """Nothing comes back, and the story says why."""
    answer, *_ = ask(lambda runner, request, origin, client: (Drop(Reason.LOOP, origin),))
    assert "No answer: LOOP (A Proxy-State of our own came back: a proxy loop.)" == last_line(answer)


@pytest.mark.parametrize(
    ("verdict", "reason", "home", "line"),
    [
        ("refused", "NO_ROUTE", "", "Access-Reject: NO_ROUTE (No rule says where this realm goes.)"),
        ("reject", "", "uni-a-1", "Access-Reject: refused by uni-a-1"),
        ("no_answer", "HOME_SILENT", "uni-a-1", "No answer: HOME_SILENT (No home of the realm answered in time.)"),
    ],
)
def test_refusals_say_whose_they_are(verdict: str, reason: str, home: str, line: str) -> None:
    """The home's, ours, or silence; a Reject that only stands for silence is told as such."""

    def reject(runner, request, origin, client):
        runner.listener.write(login(request.value(Type.ACCT_SESSION_ID), verdict, reason, home))
        runner.listener.reply(codec.sign_access_answer(3, request.identifier, request.authenticator, b"", client.secret), origin)

    answer, *_ = ask(reject)
    assert line == last_line(answer)
    assert line == list(story("bob@uni-a.example", answer, chap=False))[-1]


def test_a_challenge_ends_the_question() -> None:
    """A home that wants another round gets none from PAP, and the story says so."""

    def challenge(runner, request, origin, client):
        runner.listener.reply(codec.sign_access_answer(11, request.identifier, request.authenticator, b"", client.secret), origin)

    answer, *_ = ask(challenge)
    assert last_line(answer).startswith("No answer: the home asks for another round")


@pytest.mark.parametrize("wrong", [{"identity": ""}, {"identity": "x" * 300}, {"password": "x" * 129}, {"client": "unknown"}])
def test_what_cannot_be_asked_is_said(wrong: dict) -> None:
    """An error in words; nothing is sent."""
    answer, runner, _ = ask(accept, QUESTION | wrong)
    assert "error" in answer
    assert [] == runner.requests
