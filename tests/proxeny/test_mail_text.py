"""Mails as octets: one address, headers that hold one line, both forms; and a server's words without what is nobody's business."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as some

from proxeny import mail_text
from store.messages import Content
from tests.proxeny.letters import GUEST, WORDS, letter, mail_settings

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

    from proxeny.parts_messages import Mail


@pytest.fixture(scope="module")
def mail(tmp_path_factory: pytest.TempPathFactory) -> Mail:
    folder: Path = tmp_path_factory.mktemp("mail")
    return mail_settings(folder, "smtp://127.0.0.1", reply_to="Aide <help@city.example>")


def read(octets: bytes) -> EmailMessage:
    return message_from_bytes(octets, policy=policy.default)  # type: ignore[return-value]


def test_a_mail(mail: Mail) -> None:
    """Who, to whom, when, that no machine need answer; plain text first, then HTML; nothing that a relay must mend."""
    octets = mail_text.written(mail, letter())
    got = read(octets)
    assert ("Wi-Fi de l’Été <wifi@city.example>", GUEST, "Aide <help@city.example>", "Your code · Café") == tuple(
        str(got[name]) for name in ("From", "To", "Reply-To", "Subject")
    )
    assert ("Sun, 08 Mar 2026 06:59:59 +0000", "auto-generated", "fr", "multipart/alternative") == (
        got["Date"], got["Auto-Submitted"], got["Content-Language"], got.get_content_type(),
    )  # fmt: skip
    assert [("text/plain", WORDS.text), ("text/html", WORDS.html + "\n")] == [
        (part.get_content_type(), part.get_content().replace("\r\n", "\n")) for part in got.iter_parts()
    ]
    assert octets.isascii()
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    assert octets.replace(b"\r\n", b"").count(b"\n") == 0
    assert got.get("List-Unsubscribe") is None


def test_each_try_is_the_same_mail(mail: Mail) -> None:
    """So that a server that took it and went away sees the same Message-ID, of our own domain."""
    assert mail_text.written(mail, letter()) == mail_text.written(mail, letter()._replace(tries=9))
    ids = {read(mail_text.written(mail, letter(number=number)))["Message-ID"] for number in (17, 18)}
    assert 2 == len(ids)
    assert all(each.endswith("@city.example>") for each in ids)


@pytest.mark.parametrize(
    "to",
    [
        "guest-017@example.org\r\nBcc: guest-018@example.org",
        "guest-017@example.org\nBcc: x@example.org",
        "guest-017@example.org, guest-018@example.org",
        "<guest-017@example.org>",
        "guest-017@example.org>\r\nRCPT TO:<x@example.org",
        'a"b@example.org',
        "a b@example.org",
        "a@b@example.org",
        "guest-017",
        "@example.org",
        "",
        "a\x00@example.org",
        "x" * 65 + "@example.org",
        "guest@a..b.\u00e9" + "x" * 70,
    ],
)
def test_an_address_that_is_more_or_less_is_none(mail: Mail, to: str) -> None:
    """Nobody else gets a copy, and no command is slipped in."""
    with pytest.raises(ValueError, match=r"."):
        mail_text.written(mail, letter(to))


@pytest.mark.parametrize("subject", ["a\r\nBcc: guest-018@example.org", "a\nb", "a\rb"])
def test_a_subject_is_one_line(mail: Mail, subject: str) -> None:
    """Of whatever a portal's name is made; what is more is refused."""
    with pytest.raises(ValueError, match=r"."):
        mail_text.written(mail, letter(content=Content("text", subject)))


@given(text=some.text(max_size=300), html=some.text(max_size=300))
def test_whatever_the_words(mail: Mail, text: str, html: str) -> None:
    """The headers are ours, and the recipient is one, whatever stands in the body."""
    try:
        got = read(mail_text.written(mail, letter(content=Content(text, "Subject", html))))
    except UnicodeEncodeError:  # a lone surrogate: no text of ours has one
        return
    assert (GUEST, None, None) == (str(got["To"]), got["Bcc"], got["Cc"])


def test_addresses_beyond_ascii(mail: Mail) -> None:
    """A domain is written in ASCII; a name is as it is, and then the mail is one of RFC 6532."""
    assert "guest@xn--caf-dma.example" == mail_text.reachable("guest@café.example")
    assert "g\u00e9@xn--caf-dma.example" == mail_text.reachable("gé@café.example")
    assert b"To: g\xc3\xa9@example.org" in mail_text.written(mail, letter("gé@example.org"))
    assert b"To: guest@xn--caf-dma.example" in mail_text.written(mail, letter("guest@café.example"))


def test_a_servers_words() -> None:
    """On one line, short, without the address in any spelling, the code or the link."""
    words = (
        "550 5.1.1 <GUEST-017@example.org>:\r\n guest-017 unknown, said x@y.example\x00 482 913 482913 "
        "https://wifi.city.example/m/gAAAAbc-_ " + "x" * 500
    )
    said = mail_text.hushed(words, letter(content=WORDS._replace(text=WORDS.text + "482913")))
    assert "550 5.1.1 <…>: … unknown, said … … … … x" == said[:40]
    assert 200 == len(said)
    assert len(mail_text.hushed("a" * 10**6, letter())) == 200


def test_our_name(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's where it is a whole one, else that of the domain that mails come from."""
    for machine, name in (("wifi.city.example", "wifi.city.example"), ("wifi", "city.example"), ("a b.c", "city.example")):
        monkeypatch.setattr(mail_text.socket, "gethostname", lambda machine=machine: machine)
        assert name == mail_text.our_name(mail)
