"""Mail by SMTP: handed over encrypted and signed in; tried again for what may pass; failed, in words, for what will not."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from proxeny import mailing
from store import messages
from tests.peers import smtp
from tests.peers.authority import Authority, Certificate
from tests.peers.program import free_port
from tests.peers.smtp import Mood, mailbox
from tests.proxeny.letters import GUEST, WORDS, letter, mail_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from proxeny.calling import Ended
    from tests.peers.smtp import Mailbox

__all__ = ["mailbox"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Certificate:
    return authority.issue("127.0.0.1", "localhost")


def said(ended: Ended) -> tuple[bool, bool, bool, str]:
    """(sent, worth another try, the server was heard, the words)."""
    return ended.outcome.done, ended.outcome.again, ended.heard, ended.outcome.text


@contextmanager
def raw(play: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server on one port that does as it likes with each connection; its URL."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                found, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(found,), daemon=True).start()

    def one(found: socket.socket) -> None:
        with found, suppress(OSError):
            play(found)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"smtp://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()


def test_it_arrives(mailbox: Mailbox, tmp_path: Path) -> None:
    """Whole, from us, to one address; the server's words are kept."""
    assert (True, False, True, "250 2.0.0 kept") == said(mailing.send(mail_settings(tmp_path, mailbox.url), letter()))
    (got,) = mailbox.mails
    assert ("wifi@city.example", GUEST, "Your code · Café", WORDS.text, "482913") == (got.sender, got.to, got.subject, got.text, got.code)
    assert "“déjà”" in got.html
    assert "https://wifi.city.example/m/gAAAAbc-_" == got.link


@pytest.mark.parametrize("wrapped", [False, True], ids=["starttls", "smtps"])
def test_encrypted_and_signed_in(authority: Authority, certificate: Certificate, tmp_path: Path, wrapped: bool) -> None:
    """The certificate is verified against the authority named; the password may hold any letter."""
    with smtp.serving(certificate, wrapped=wrapped, auth=True) as box:
        mail = mail_settings(tmp_path, box.url, password=smtp.PASSWORD, ca=str(authority.file))
        assert mailing.send(mail, letter()).outcome.done
        assert [(True, smtp.USER)] == [(got.encrypted, got.user) for got in box.mails]


def test_a_wrong_password_is_ours_to_mend(authority: Authority, certificate: Certificate, tmp_path: Path) -> None:
    """Nothing is lost by it: the message waits."""
    with smtp.serving(certificate, auth=True) as box:
        mail = mail_settings(tmp_path, box.url, password="wrong", ca=str(authority.file))
        assert (False, True, False) == said(mailing.send(mail, letter()))[:3]
        assert mailing.send(mail, letter()).outcome.text.startswith("535 ")
        assert [] == box.mails


@pytest.mark.parametrize("wrapped", [False, True], ids=["starttls", "smtps"])
def test_who_is_not_known_hears_nothing(tmp_path: Path, certificate: Certificate, authority: Authority, wrapped: bool) -> None:
    """An authority that we do not trust, a certificate of another name: no address and no word is told."""
    other = authority.issue("mail.elsewhere.example")
    with smtp.serving(certificate, wrapped=wrapped) as box:
        ended = said(mailing.send(mail_settings(tmp_path, box.url), letter()))
        assert (False, True, False) == ended[:3]
        assert "its certificate is not trusted" in ended[3]
    with smtp.serving(other, wrapped=wrapped) as box:
        ended = said(mailing.send(mail_settings(tmp_path, box.url, ca=str(authority.file)), letter()))
        assert (False, True, False) == ended[:3]
        assert "its certificate is not trusted" in ended[3]
        assert 0 == box.tried


def test_no_starttls_no_mail(mailbox: Mailbox, tmp_path: Path) -> None:
    """A server, or who sits before it, that takes the offer away gets nothing in clear (RFC 3207, 6)."""
    mail = mail_settings(tmp_path, mailbox.url.replace("smtp:", "smtp+starttls:"))
    assert (False, True, False, "it offers no STARTTLS") == said(mailing.send(mail, letter()))
    assert 0 == mailbox.tried


def test_a_missing_authority_is_named(mailbox: Mailbox, tmp_path: Path) -> None:
    """And the message waits for it."""
    mail = mail_settings(tmp_path, mailbox.url, ca=str(tmp_path / "none.pem"))
    assert (False, True, False, f"the authority {tmp_path}/none.pem cannot be read: No such file or directory") == said(
        mailing.send(mail, letter())
    )


@pytest.mark.parametrize(
    ("mood", "expected"),
    [
        (Mood(rcpt="451 4.7.1 greylisted {to}"), (False, True, True, "451 4.7.1 greylisted …")),
        (Mood(rcpt="550 5.1.1 <{to}> unknown"), (False, False, True, "550 5.1.1 <…> unknown")),
        (Mood(rcpt="421 4.3.2 going down"), (False, True, False, "421 4.3.2 going down")),
        (Mood(data="452 4.3.1 full"), (False, True, True, "452 4.3.1 full")),
        (Mood(data="554 5.7.1 spam"), (False, False, True, "554 5.7.1 spam")),
    ],
)
def test_refusals(mailbox: Mailbox, tmp_path: Path, mood: Mood, expected: tuple[bool, bool, bool, str]) -> None:
    """4yz is worth another try, 5yz is the end; of the words the address is left out."""
    mailbox.mood = mood
    assert expected == said(mailing.send(mail_settings(tmp_path, mailbox.url), letter()))
    assert [] == mailbox.mails


def test_who_went_away_after_it_took_the_mail(mailbox: Mailbox, tmp_path: Path) -> None:
    """Gets it again, and knows it by its Message-ID."""
    mailbox.mood = Mood(lose=True)
    mail = mail_settings(tmp_path, mailbox.url)
    assert (False, True, False) == said(mailing.send(mail, letter()))[:3]
    mailbox.mood = Mood()
    assert mailing.send(mail, letter()).outcome.done
    assert 1 == len({got.message["Message-ID"] for got in mailbox.mails})


def test_nobody_listens(tmp_path: Path) -> None:
    """No server, no name."""
    ended = said(mailing.send(mail_settings(tmp_path, f"smtp://127.0.0.1:{free_port()}"), letter()))
    assert (False, True, False, "Connection refused") == ended
    ended = said(mailing.send(mail_settings(tmp_path, "smtps://mail.nowhere.invalid"), letter()))
    assert (False, True, False) == ended[:3]


def _banner(found: socket.socket) -> None:
    for _ in range(10**6):
        found.sendall(b"220-welcome, and welcome, and welcome\r\n")


def _line(found: socket.socket) -> None:
    while True:
        found.sendall(b"2" * 65536)


def _drip(found: socket.socket) -> None:
    while True:
        found.sendall(b"2")
        time.sleep(0.05)


def _silence(found: socket.socket) -> None:
    time.sleep(60)


def _web(found: socket.socket) -> None:
    found.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def _full(found: socket.socket) -> None:
    found.sendall(b"554 5.3.2 closed\r\n")


def _gone(found: socket.socket) -> None:
    found.recv(0)


@pytest.mark.parametrize(
    ("play", "words"),
    [
        (_banner, "its answers are longer than 65536 octets"),
        (_line, "it does not speak SMTP"),
        (_drip, "Connection unexpectedly closed"),
        (_silence, "timed out"),
        (_web, "-1"),
        (_full, "554 5.3.2 closed"),
        (_gone, "Connection unexpectedly closed"),
    ],
)
def test_servers_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, play: Callable[[socket.socket], None], words: str) -> None:
    """Each costs a bounded time and a bounded memory, and the message waits."""
    monkeypatch.setattr(mailing, "WHOLE", 2.0)
    with raw(play) as url:
        begun = time.monotonic()
        ended = said(mailing.send(mail_settings(tmp_path, url, timeout=1), letter()))
        assert time.monotonic() - begun < 20
        assert (False, True, False) == ended[:3]
        assert words in ended[3]


_REPLY = some.one_of(
    some.binary(max_size=40),
    some.sampled_from(
        [
            b"220 hello",
            b"250-x\r\n250-STARTTLS\r\n250 AUTH PLAIN",
            b"250 OK",
            b"354 go",
            b"421 no",
            b"550 no",
            b"250-",
            b"-",
            b"999 x",
            b"250\xff",
        ]
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(replies=some.lists(_REPLY, max_size=8))
def test_whatever_a_server_says(tmp_path: Path, replies: list[bytes]) -> None:
    """Octets of any kind are an outcome in words, and never a fault of ours."""

    def play(found: socket.socket) -> None:
        for reply in replies:
            found.sendall(reply + b"\r\n")
            found.settimeout(0.01)
            with suppress(OSError):
                found.recv(65536)

    with raw(play) as url:
        outcome = mailing.send(mail_settings(tmp_path, url, timeout=1), letter()).outcome
        assert (True, True) == (bool(outcome.text), outcome.text.isprintable() or not outcome.text.isascii())
        assert GUEST not in outcome.text


def test_a_conversation_ends_before_its_lease() -> None:
    """So that nobody else begins with a message while it is being sent."""
    assert messages.LEASE.total_seconds() >= 2 * mailing.WHOLE


def test_addresses_beyond_ascii(mailbox: Mailbox, tmp_path: Path) -> None:
    """A name beyond ASCII goes by SMTPUTF8; a domain in its ASCII form."""
    mail = mail_settings(tmp_path, mailbox.url)
    assert mailing.send(mail, letter("gé@example.org")).outcome.done
    assert mailing.send(mail, letter("guest@café.example")).outcome.done
    assert ["gé@example.org", "guest@xn--caf-dma.example"] == [got.to for got in mailbox.mails]


@pytest.mark.parametrize("to", ["a@example.org\r\nBcc: b@example.org", "a@example.org>\r\nDATA", "a b"])
def test_no_address_is_more_than_one(mailbox: Mailbox, tmp_path: Path, to: str) -> None:
    """It fails for good before anybody is asked."""
    ended = said(mailing.send(mail_settings(tmp_path, mailbox.url), letter(to)))
    assert (False, False, True, "it cannot be written: the address is none") == ended
    assert (0, []) == (mailbox.tried, mailbox.mails)
